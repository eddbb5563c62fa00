//! One record of our own for every call that changes the graph: `tests/fixtures/trail/<service>/<Call>[.<variant>].json`, and beside it, in
//! a file that ends in `.facts`, the writes and gaps that the record gives. `BLESS=1` writes these files again; read the difference
//! before you commit it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trailgraph::domain::effects::{calls, effects, state_change};
use trailgraph::domain::event::{Event, TrailEvent};
use trailgraph::domain::graph::{AssetId, Fact, Gap, Val, Write};
use trailgraph::wire::{Parsed, Piece, parse, unpack};

use crate::common::{self, records};

/// The only account that a fixture's record may be delivered to.
const ACCOUNT: &str = "111122223333";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A record and the file that holds it.
pub struct Fixture {
    path: PathBuf,
    json: Value,
}

impl Fixture {
    /// All fixtures below a folder, in the order of their paths.
    pub fn all(name: &str) -> Vec<Fixture> {
        let read = |path: PathBuf| {
            let json = serde_json::from_slice(&std::fs::read(&path).unwrap());
            Fixture { json: json.unwrap_or_else(|e| panic!("{}: {e}", path.display())), path }
        };
        common::files(&folder(name), &[".json"]).into_iter().map(read).collect()
    }

    /// `ec2/RunInstances.two-instances`
    fn name(&self) -> String {
        let name = self.path.strip_prefix(folder("")).unwrap().with_extension("");
        name.to_string_lossy().split_once('/').map_or_else(String::new, |(_, rest)| rest.to_owned())
    }

    fn event(&self) -> Event {
        event(&self.json)
    }

    pub fn trail(&self) -> TrailEvent {
        trail(&self.json, &self.name())
    }
}

/// The event that a record gives at the front door: alone in its input, and neither refused nor irrelevant.
fn event(record: &Value) -> Event {
    let mut events = Vec::new();
    unpack(record.to_string().as_bytes(), &mut |piece| match piece {
        Piece::Record { kind, json, .. } => match parse(kind, json) {
            Ok(Parsed::Event(event)) => events.push(event),
            other => panic!("{other:?}: {record}"),
        },
        Piece::Control => panic!("a control message: {record}"),
        Piece::Refused { refusal, .. } => panic!("{refusal}: {record}"),
    });
    assert_eq!(events.len(), 1, "{record}");
    events.remove(0)
}

fn trail(record: &Value, name: &str) -> TrailEvent {
    match event(record) {
        Event::Trail(event) => event,
        other => panic!("{name} is no CloudTrail record: {other:?}"),
    }
}

/// One line for each write and gap, in order: `kind/name fact [key] = value @rank`.
fn facts(writes: &[Write], gaps: &[Gap]) -> String {
    let mut lines: Vec<String> = writes.iter().map(line).collect();
    lines.sort();
    lines.extend(gaps.iter().map(|g| format!("gap: {}", g.what)));
    lines.iter().map(|l| format!("{l}\n")).collect()
}

fn line(w: &Write) -> String {
    let account = if w.asset.account == ACCOUNT { String::new() } else { format!("{}:", w.asset.account) };
    let rank = format!("{:?}", w.stamp.rank).to_lowercase();
    let implied = if w.source.implied && rank != "implied" { " implied" } else { "" };
    format!("{account}{}/{} {} @{rank}{implied}", w.asset.kind.text(), w.asset.name, fact(&w.fact))
}

fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Exists(true) => "exists".to_owned(),
        Fact::Exists(false) => "ended".to_owned(),
        Fact::Seen => "seen".to_owned(),
        Fact::Set { field, value } => format!("{} = {}", field.name(), val(value)),
        Fact::Element { list, key, value: Some(value) } => format!("{} [{key}] = {}", list.name(), val(value)),
        Fact::Element { list, key, value: None } => format!("{} [{key}] removed", list.name()),
        Fact::Reset { list } => format!("{} reset", list.name()),
    }
}

fn val(value: &Val) -> String {
    match value {
        Val::Unknown => "unknown".to_owned(),
        Val::Bool(b) => b.to_string(),
        Val::Int(n) => n.to_string(),
        Val::Text(text) => Value::from(text.as_str()).to_string(),
    }
}

/// Compares each fixture's facts with its file, and shows every line that differs.
fn compare(all: &[(PathBuf, String)]) {
    let mut differences = String::new();
    for (path, is) in all {
        let path = path.with_extension("facts");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, is).unwrap();
            continue;
        }
        let want = std::fs::read_to_string(&path).unwrap_or_default();
        if want != *is {
            let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (want.lines().collect(), is.lines().collect());
            let gone = old.difference(&new).map(|l| format!("\n  - {l}"));
            let come = new.difference(&old).map(|l| format!("\n  + {l}"));
            differences.push_str(&format!("\n{}", path.display()));
            differences.extend(gone.chain(come));
        }
    }
    assert!(differences.is_empty(), "other facts (BLESS=1 keeps them):{differences}");
}

#[test]
fn every_followed_call_has_a_fixture_and_every_fixture_is_of_a_followed_call() {
    let rows: BTreeSet<String> =
        calls().map(|(s, n)| format!("{}/{n}", s.trim_end_matches(".amazonaws.com"))).collect();
    let of = |f: &Fixture| f.name().split('.').next().unwrap_or_default().to_owned();
    let have: BTreeSet<String> = Fixture::all("trail").iter().map(of).collect();
    assert_eq!(rows.difference(&have).collect::<Vec<_>>(), Vec::<&String>::new(), "calls without a fixture");
    assert_eq!(
        have.difference(&rows).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "fixtures of calls that nobody follows"
    );
}

#[test]
fn a_fixture_is_named_after_its_call_and_stays_within_what_is_reserved_for_documentation() {
    let mut ids = BTreeMap::new();
    for f in Fixture::all("trail") {
        let event = f.trail();
        let call = format!("{}/{}", event.source.trim_end_matches(".amazonaws.com"), event.name);
        assert_eq!(Some(call.as_str()), f.name().split('.').next());
        assert_eq!(event.account, ACCOUNT, "{}", f.name());
        assert_eq!(event.error, None, "{}", f.name());
        assert_eq!(ids.insert(event.id.clone(), f.name()), None, "{}: the id is another fixture's too", f.name());
    }
}

#[test]
fn a_call_gives_the_facts_of_its_fixture() {
    let mut all = Vec::new();
    for f in Fixture::all("trail") {
        let event = f.trail();
        let (writes, gaps) = effects(&event);
        // A variant may be one that changes nothing here: a fleet whose instances tell of themselves, say.
        assert!(f.name().contains('.') || !(writes.is_empty() && gaps.is_empty()), "{} does nothing", f.name());
        assert!(writes.iter().all(|w| *w.stamp.event == *event.id && w.stamp.time == event.time), "{}", f.name());
        all.push((f.path, facts(&writes, &gaps)));
    }
    compare(&all);
}

#[test]
fn a_change_of_state_gives_the_facts_of_its_fixture() {
    let states = Fixture::all("eventbridge");
    assert_eq!(states.len(), 6);
    let of = |f: Fixture| match f.event() {
        Event::InstanceState(change) => (f.path, facts(&state_change(&change), &[])),
        other => panic!("{} is no change of an instance's state: {other:?}", f.name()),
    };
    compare(&states.into_iter().map(of).collect::<Vec<_>>());
}

#[test]
fn no_facts_are_left_without_their_record() {
    for path in common::files(&folder(""), &[".facts"]) {
        assert!(path.with_extension("json").exists(), "{}", path.display());
    }
}

#[test]
fn a_call_that_failed_writes_nothing() {
    for f in Fixture::all("trail") {
        let mut record = f.json.clone();
        record["errorCode"] = json!("Client.UnauthorizedOperation");
        record["errorMessage"] = json!("You are not authorized to perform this operation.");
        let failed = trail(&record, &f.name());
        assert_eq!(effects(&failed), (vec![], vec![]), "{}", f.name());
    }
}

/// A record that was delivered twice gives the same writes, and these change nothing of what they were merged into before.
#[test]
fn a_call_that_is_repeated_changes_nothing() {
    for f in Fixture::all("trail") {
        let (once, again) = (effects(&f.trail()), effects(&f.trail()));
        assert_eq!(once, again, "{}", f.name());
        let twice: Vec<Write> = once.0.iter().chain(&again.0).cloned().collect();
        let assets: BTreeSet<&AssetId> = once.0.iter().map(|w| &w.asset).collect();
        for asset in assets {
            let state = |writes: &[Write]| records::state_of(writes, asset.kind, &asset.name);
            assert_eq!(state(&once.0), state(&twice), "{}: {}", f.name(), asset.text());
        }
    }
}
