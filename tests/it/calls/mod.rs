//! What one call each does to the graph, beyond those of `effects.rs`, in `calls/`.

use serde_json::Value;
use trailgraph::domain::effects::effects;
use trailgraph::domain::event::TrailEvent;
use trailgraph::domain::graph::{AssetState, Kind, Val, Write};

use crate::common::records::{call, fixtures, shapes, state_of};

mod balancers;
mod buckets;
mod compute;
mod identities;
mod networks;
mod scaling;

const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/1";
const TARGETS: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/1";

/// One call a second: service, name, request, answer.
type Step = (&'static str, &'static str, Value, Value);

/// What the calls do. None leaves a gap; none does anything where it failed, nor anything more the second time.
fn after(steps: &[Step]) -> Vec<Write> {
    let events = steps.iter().enumerate().map(|(n, (service, name, q, a))| {
        call(service, name, &format!("e{n}"), 100 + i64::try_from(n).unwrap(), q.clone(), a.clone())
    });
    let mut writes = Vec::new();
    for event in events {
        let (once, gaps) = effects(&event);
        assert!(gaps.is_empty(), "{gaps:?}");
        assert!(!once.is_empty(), "{} does nothing", event.name);
        let failed = TrailEvent { error: Some("AccessDenied".to_owned()), ..event.clone() };
        assert_eq!(effects(&failed), (vec![], vec![]));
        writes.extend(once);
    }
    for kind in Kind::ALL {
        for w in writes.iter().filter(|w| w.asset.kind == *kind) {
            let twice: Vec<Write> = writes.iter().chain(&writes).cloned().collect();
            assert_eq!(state_of(&writes, *kind, &w.asset.name), state_of(&twice, *kind, &w.asset.name));
        }
    }
    writes
}

/// The gaps of a call that writes nothing.
fn gap(service: &str, name: &str, q: Value, a: Value) -> Vec<String> {
    let (writes, gaps) = effects(&call(service, name, "e", 1, q, a));
    assert!(writes.is_empty(), "{writes:?}");
    gaps.into_iter().map(|g| g.what).collect()
}

fn value(state: &AssetState, field: &str) -> Option<Val> {
    state.named(field).map(|a| a.value.clone())
}

fn element(state: &AssetState, list: &str, key: &str) -> Option<Val> {
    state.named_list(list)?.get(key)?.value.clone()
}

/// The state of an asset after one of our own records.
fn fixture(record: &str, kind: Kind, name: &str) -> AssetState {
    let event = fixtures().into_iter().find_map(|(r, event)| (r == record).then_some(event));
    state_after(&event.unwrap_or_else(|| panic!("no fixture {record}")), kind, name)
}

/// The state of an asset after a real record. `None`: there are no real records here.
fn real(file: &str, kind: Kind, name: &str) -> Option<AssetState> {
    let (_, event) = shapes().into_iter().find(|(f, _)| f == file)?;
    Some(state_after(&event, kind, name))
}

fn state_after(event: &TrailEvent, kind: Kind, name: &str) -> AssetState {
    let (writes, gaps) = effects(event);
    assert!(gaps.is_empty(), "{gaps:?}");
    state_of(&writes, kind, name)
}

fn none() -> Value {
    Value::Null
}
