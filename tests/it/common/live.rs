//! Running records through the real stage, and everything that can be asked of what comes out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;
use trailgraph::domain::exposure::Checks;
use trailgraph::domain::graph::{AssetId, Kind, StateView, address_owner, at, rules};
use trailgraph::domain::incident::{Knowledge, Limits, topology};
use trailgraph::domain::time::Time;
use trailgraph::engine::counts::{self, Count, Tally};
use trailgraph::engine::record::{OutRecord, OutTopic, Record, TaskId};
use trailgraph::engine::stage::{Context, Logged, Stage};
use trailgraph::stages::fused::Fused;
use trailgraph::stages::graph_view::GraphView;
use trailgraph::stages::loaded::Loaded;
use trailgraph::stages::process::Process;
use trailgraph::stages::retention::Retention;
use trailgraph::wire::state::values::{self, StoredDocument};
use trailgraph::wire::state::{Unreadable, keys};

use super::history::ACCOUNT;

pub fn stage(retention: Retention) -> Fused {
    let process = Process::new(Arc::new(Knowledge::shipped().unwrap()), 5_000);
    Fused::new(Process { retention, checks: Arc::new(Checks::shipped().unwrap()), ..process })
}

/// A state in memory that writes down its changelog, what was counted, and what went out.
#[derive(Clone, Debug, Default)]
pub struct Live {
    pub state: Loaded,
    pub log: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub counts: Tally,
    pub sent: Vec<OutRecord>,
}

impl Context for Live {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.state.get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.state.scan(prefix, from, limit)
    }

    fn unreadable(&self, key: &[u8], why: &Unreadable) {
        panic!("{}: {why}", key.escape_ascii());
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, logged: Logged) {
        if logged == Logged::Yes {
            self.log.push((key.clone(), value.clone()));
        }
        self.state.put(key, value, logged);
    }

    fn send(&mut self, record: OutRecord) {
        self.sent.push(record);
    }

    fn count(&mut self, what: Count) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn happened(&mut self, _at: Time) {}
}

impl Live {
    pub fn count_of(&self, what: Count) -> u64 {
        counts::sum(&self.counts, what)
    }

    /// The incidents that went out, every revision.
    pub fn revisions(&self) -> Vec<Value> {
        let incidents = self.sent.iter().filter(|r| r.topic == OutTopic::Incidents);
        incidents.map(|r| serde_json::from_slice(&r.value).unwrap()).collect()
    }

    /// Every key with its value, as text that a failure can be read from.
    pub fn dump(&self) -> Vec<String> {
        let line = |(k, v): (Vec<u8>, Vec<u8>)| format!("{} = {}", k.escape_ascii(), v.escape_ascii());
        self.state.scan(&[], &[], usize::MAX).into_iter().map(line).collect()
    }
}

pub fn task() -> TaskId {
    TaskId { topic: "t".into(), partition: 0 }
}

pub fn record(offset: usize, value: &Value) -> Record {
    let value = value.to_string().into_bytes();
    Record { task: task(), offset: offset as i64, key: None, value, headers: Vec::new() }
}

/// The records one by one, with the end of a commit after every `batch` of them, and once more at the end.
pub fn run(records: &[Value], batch: usize, retention: Retention) -> Live {
    let (stage, mut live) = (stage(retention), Live::default());
    for (n, value) in records.iter().enumerate() {
        stage.take(&record(n, value), Time(n as i64), &mut live).unwrap();
        if n % batch == batch - 1 {
            stage.tick(Time(n as i64), &mut live);
        }
    }
    stage.tick(Time(1_000_000), &mut live);
    live
}

/// What comes back from a changelog.
pub fn restored<'a>(log: impl Iterator<Item = (&'a Vec<u8>, Option<&'a Vec<u8>>)>) -> Live {
    let (stage, mut live) = (stage(Retention::FOREVER), Live::default());
    for (key, value) in log {
        stage.restored(key, value.map(Vec::as_slice), &mut live);
        live.put(key.clone(), value.cloned(), Logged::No);
    }
    live
}

pub fn assets(cx: &dyn Context) -> Vec<AssetId> {
    let all = cx.scan(&keys::heads(None), &keys::heads(None), usize::MAX);
    all.iter().filter_map(|(key, _)| keys::read_head(key)).collect()
}

/// The kinds of which also the surroundings are asked for: those that findings are about, and that lead far.
const AROUND: [Kind; 8] = [
    Kind::Instance,
    Kind::NetworkInterface,
    Kind::Role,
    Kind::User,
    Kind::Bucket,
    Kind::TargetGroup,
    Kind::LoadBalancer,
    Kind::AutoScalingGroup,
];

/// Every answer there is about these assets at these times: value, existence, rules, surroundings, and who held which address.
pub fn answers(cx: &dyn Context, assets: &[AssetId], times: &[Time]) -> Vec<String> {
    let view = GraphView(cx);
    let mut out = Vec::new();
    for t in times {
        for asset in assets {
            let mut line = format!("{t} {}", asset.text());
            let value = view.state(asset, *t);
            _ = write!(line, " value {}", serde_json::to_string(&value).unwrap());
            _ = write!(line, " resolved {}", serde_json::to_string(&at(&view, asset, *t)).unwrap());
            if asset.kind == Kind::SecurityGroup {
                _ = write!(line, " rules {}", serde_json::to_string(&rules(&view, asset, *t)).unwrap());
            }
            if AROUND.contains(&asset.kind) {
                _ = write!(
                    line,
                    " around {}",
                    serde_json::to_string(&topology(&view, asset, *t, Limits::default())).unwrap()
                );
            }
            out.push(line);
        }
        for ip in ["10.0.0.0", "10.0.0.1", "198.51.100.0", "198.51.100.1"] {
            for vpc in [None, Some("vpc-0"), Some("vpc-1")] {
                out.push(format!("{t} {ip} {vpc:?} {:?}", address_owner(&view, ACCOUNT, ip, vpc, *t)));
            }
        }
    }
    out
}

/// The last content of every incident, all but the number of the revision and how it came to be, with the time it is as of.
pub fn incidents(cx: &dyn Context) -> BTreeMap<Vec<u8>, (Time, Value)> {
    documents(keys::INCIDENT, cx)
}

/// The last content of every exposure, all but when it came to be.
pub fn exposures(cx: &dyn Context) -> BTreeMap<Vec<u8>, (Time, Value)> {
    documents(keys::EXPOSURE, cx)
}

fn documents(family: u8, cx: &dyn Context) -> BTreeMap<Vec<u8>, (Time, Value)> {
    let stored = cx.scan(&[family], &[family], usize::MAX);
    let content = |bytes: &[u8]| {
        let stored: StoredDocument = values::decode(bytes).unwrap();
        let mut document: Value = serde_json::from_str(&stored.document).unwrap();
        for own in ["revision", "revision_cause", "history", "changed_at"] {
            document.as_object_mut().unwrap().remove(own);
        }
        (stored.as_of, document)
    };
    stored.into_iter().map(|(key, bytes)| (key, content(&bytes))).collect()
}

/// The first lines that differ: the rest is long.
pub fn difference(a: &[String], b: &[String]) -> Option<String> {
    let at = (0..a.len().max(b.len())).find(|n| a.get(*n) != b.get(*n))?;
    let (a, b) = (a.get(at).cloned().unwrap_or_default(), b.get(at).cloned().unwrap_or_default());
    let from = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count().saturating_sub(80);
    let cut = |s: &str| s.chars().skip(from).take(400).collect::<String>();
    Some(format!("{}\n  one:   …{}\n  other: …{}", a.chars().take(60).collect::<String>(), cut(&a), cut(&b)))
}
