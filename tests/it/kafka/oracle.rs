//! What must come out: what an undisturbed replay of the same input gives.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use trailgraph::engine::stage::Context;
use trailgraph::engine::store::Pair;
use trailgraph::runtime::files;
use trailgraph::stages::loaded::Loaded;
use trailgraph::wire::state::keys;

use super::broker::{Broker, read};

/// What a run leaves, whatever befell it meanwhile.
pub struct Result {
    pub assets: Vec<Pair>,
    /// The last of each, without what says how it came to be.
    pub incidents: BTreeMap<String, Value>,
    /// What was refused, sorted.
    pub dead_letters: Vec<Vec<u8>>,
}

impl Result {
    fn of(state: &Loaded, incidents: impl Iterator<Item = Value>, mut dead_letters: Vec<Vec<u8>>) -> Result {
        let last = incidents.map(|mut document| {
            let map = document.as_object_mut().unwrap();
            for own in ["revision", "revision_cause", "history"] {
                map.remove(own);
            }
            (document["incident_id"].as_str().unwrap().to_owned(), document)
        });
        let assets = state.scan(&[keys::HEAD], &[keys::HEAD], usize::MAX);
        dead_letters.sort();
        Result { assets, incidents: last.collect(), dead_letters }
    }

    /// That of a replay.
    pub fn replayed(inputs: &[&Path], out: &Path) -> Result {
        let done = Command::new(env!("CARGO_BIN_EXE_trailgraph"))
            .args(["replay", "--out"])
            .arg(out)
            .args(inputs)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        println!("{}", String::from_utf8_lossy(&done.stdout).trim());
        let mut state = Loaded::default();
        files::read_changelog(&out.join("state"), &mut |k, v| state.load(k, v)).unwrap();
        let lines = |name: &str| -> Vec<Value> {
            let text = std::fs::read_to_string(out.join(name)).unwrap_or_default();
            text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
        };
        let letters = lines("dead-letters.jsonl");
        let bytes = letters.iter().map(|l| STANDARD.decode(l["value_base64"].as_str().unwrap()).unwrap());
        Result::of(&state, lines("incidents.jsonl").into_iter(), bytes.collect())
    }

    /// That of a service, as a `read_committed` reader sees it: each revision of each incident once and in order.
    pub fn emitted(broker: &Broker) -> Result {
        let mut state = Loaded::default();
        for (key, value) in read(broker, "trailgraph.state.v1") {
            state.load(&key, value.as_deref());
        }
        let documents: Vec<Value> = read(broker, "trailgraph.incidents.v1")
            .into_iter()
            .map(|(_, v)| serde_json::from_slice(&v.unwrap()).unwrap())
            .collect();
        let mut revisions: BTreeMap<&str, u64> = BTreeMap::new();
        for document in &documents {
            let last = revisions.entry(document["incident_id"].as_str().unwrap()).or_default();
            *last += 1;
            assert_eq!(document["revision"], *last, "each revision once and in order: {}", document["incident_id"]);
        }
        let letters = read(broker, "trailgraph.dead-letters.v1").into_iter().map(|(_, v)| v.unwrap()).collect();
        Result::of(&state, documents.into_iter(), letters)
    }

    pub fn assert_is(&self, want: &Result) {
        assert_eq!(self.assets.len(), want.assets.len(), "assets");
        for ((key, value), (want_key, want_value)) in self.assets.iter().zip(&want.assets) {
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(shown(key), shown(want_key));
            assert!(value == want_value, "{}:\n{}\n{}", shown(key), shown(value), shown(want_value));
        }
        let ids = |r: &Result| r.incidents.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(self), ids(want));
        for (id, incident) in &want.incidents {
            assert_eq!(&self.incidents[id], incident);
        }
        assert_eq!(self.dead_letters.len(), want.dead_letters.len(), "dead letters");
        assert!(self.dead_letters == want.dead_letters, "the dead letters differ");
    }
}

/// Compares what the service has left with a replay of `records`.
pub fn check(broker: &Broker, records: &[String], dir: &Path) {
    let input = dir.join("input.jsonl");
    std::fs::write(&input, records.join("\n")).unwrap();
    let want = Result::replayed(&[&input], &dir.join("replay"));
    assert!(!want.incidents.is_empty());
    Result::emitted(broker).assert_is(&want);
}
