//! Records for tests of effects: real ones and made ones, and what they make of an asset.

use std::path::PathBuf;

use serde_json::Value;
use trailgraph::domain::effects::effects;
use trailgraph::domain::event::{Principal, TrailEvent};
use trailgraph::domain::graph::{AssetId, AssetState, Kind, Write, fold};
use trailgraph::domain::time::Time;

fn text(v: &Value, key: &str) -> String {
    v.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub fn trail(r: &Value) -> TrailEvent {
    let part = |k: &str| r.get(k).cloned().unwrap_or(Value::Null);
    let who = part("userIdentity");
    TrailEvent {
        id: text(r, "eventID"),
        time: Time::parse(&text(r, "eventTime")).unwrap_or_default(),
        source: text(r, "eventSource"),
        name: text(r, "eventName"),
        region: text(r, "awsRegion"),
        account: text(r, "recipientAccountId"),
        principal: Principal {
            kind: text(&who, "type"),
            arn: text(&who, "arn"),
            user_name: text(&who, "userName"),
            invoked_by: text(&who, "invokedBy"),
            ..Principal::default()
        },
        error: r.get("errorCode").and_then(Value::as_str).map(str::to_owned),
        request: part("requestParameters"),
        response: part("responseElements"),
        service_details: part("serviceEventDetails"),
        ..TrailEvent::default()
    }
}

pub fn call(source: &str, name: &str, id: &str, second: i64, q: Value, a: Value) -> TrailEvent {
    TrailEvent {
        id: id.to_owned(),
        time: Time(second * 1000),
        source: format!("{source}.amazonaws.com"),
        name: name.to_owned(),
        region: "us-east-1".to_owned(),
        account: "111122223333".to_owned(),
        request: q,
        response: a,
        ..TrailEvent::default()
    }
}

pub fn state_of(writes: &[Write], kind: Kind, name: &str) -> AssetState {
    let asset = AssetId::new("111122223333", kind, name);
    let of_asset = writes.iter().filter(|w| w.asset.kind == kind && w.asset.name == name);
    fold(&asset, of_asset.map(|w| (&w.fact, &w.stamp, &w.source)), Time::MAX).unwrap_or_default()
}

pub fn keys(state: &AssetState, list: &str) -> Vec<String> {
    state.named_list(list).map(|l| l.keys().cloned().collect()).unwrap_or_default()
}

pub fn all(events: &[TrailEvent]) -> Vec<Write> {
    events.iter().flat_map(|e| effects(e).0).collect()
}

/// The real records of one call each; empty where there are none, which is said.
pub fn shapes() -> Vec<(String, TrailEvent)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/shapes");
    let Ok(files) = std::fs::read_dir(&dir) else {
        eprintln!("SKIPPED: no real records at {}", dir.display());
        return Vec::new();
    };
    let mut out = Vec::new();
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let v: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let records = match v {
            Value::Array(all) => all,
            v if v.get("Records").is_some() => v["Records"].as_array().unwrap().clone(),
            one => vec![one],
        };
        out.extend(records.iter().map(|r| (name.clone(), trail(r))));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out
}

/// Our own records, by `<service>/<Call>[.<variant>]`.
pub fn fixtures() -> Vec<(String, TrailEvent)> {
    let dir = super::fixtures();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&dir).unwrap().with_extension("").to_string_lossy().into_owned();
        let record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (name, trail(&record))
    };
    super::files(&dir, &[".json"]).into_iter().map(read).collect()
}
