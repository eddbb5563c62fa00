//! What must hold of the graph, whatever happens to its input:
//!
//! 1. Any permutation, any duplication, any split into batches, any restart: the same export, byte by byte, now and at every time, and
//!    the same last content of every incident and exposure. Here, over histories at random and over the real records.
//! 2. An effect reads one record and nothing else: it has no view to look through. The compiler, by `EFFECTS` here.
//! 3. Facts loaded from the changelog give the assets and the reverse index of the live run. Here, and in the simulation for every seed.
//! 4. The fast read at a time equals the fold of the facts at that time. Here.
//! 5. A late write changes exactly what it would have changed in its place. Here, over the scenario that ships.
//! 6. Folding changes no answer at or after the horizon. `retention.rs`.

use crate::common::history::at;
use crate::common::live::{answers, assets, difference, exposures, incidents, restored, run};
use crate::common::lives::survived;
use crate::common::{self, history, parallel, strategy};
use proptest::prelude::*;
use serde_json::Value;
use trailgraph::domain::effects;
use trailgraph::domain::event::TrailEvent;
use trailgraph::domain::graph::{AssetId, Fact, Gap, StateView, Write};
use trailgraph::domain::time::Time;
use trailgraph::engine::stage::Context;
use trailgraph::stages::graph_view::{GraphView, folded};
use trailgraph::stages::retention::Retention;
use trailgraph::wire::state::{History, keys};

/// Property 2: what an event does to the graph follows from the event.
const EFFECTS: fn(&TrailEvent) -> (Vec<Write>, Vec<Gap>) = effects::effects;

const SECONDS: u16 = 40;
const FOREVER: Retention = Retention::FOREVER;

fn times() -> Vec<Time> {
    let seconds = (0..i64::from(SECONDS)).step_by(3).map(at);
    seconds.chain([at(-1), at(7).plus_ms(500), Time::MAX]).collect()
}

/// The families that hold the graph.
const GRAPH: [u8; 9] = [
    keys::HISTORY,
    keys::HEAD,
    keys::ELEMENT,
    keys::GONE,
    keys::HIDDEN,
    keys::VERSION,
    keys::EXISTS,
    keys::REFERENCE,
    keys::ENDED_REFERENCE,
];

/// The graph as it is kept, byte by byte. That something was merely named is only kept of what was named first, and that
/// depends on the order; what is read from it doesn't.
fn export(cx: &dyn Context) -> Vec<String> {
    let named = |key: &[u8], bytes: &[u8]| {
        let kind = keys::read_history(key).unwrap().0.kind;
        History::decode(kind, bytes).unwrap().writes().all(|w| w.fact == Fact::Seen)
    };
    let kept = |family: u8| cx.scan(&[family], &[family], usize::MAX);
    let all = GRAPH.into_iter().flat_map(kept);
    let all = all.filter(|(key, value)| key.first() != Some(&keys::HISTORY) || !named(key, value));
    all.map(|(key, value)| format!("{} = {}", key.escape_ascii(), value.escape_ascii())).collect()
}

fn told(cx: &dyn Context) -> Vec<String> {
    let all = incidents(cx).into_iter().chain(exposures(cx));
    all.map(|(key, (_, content))| format!("{} = {content}", key.escape_ascii())).collect()
}

#[test]
fn order_repetition_batches_and_restarts_leave_no_trace() {
    let lived = || (strategy::history(60, SECONDS).prop_flat_map(strategy::disordered), 1usize..9, strategy::lives());
    parallel::holds(256, lived, |((history, other), batch, lives)| {
        let plain = run(&strategy::records(&history), batch, FOREVER);
        let all = assets(&plain);
        let want = answers(&plain, &all, &times());
        let tried = survived(&strategy::records(&other), &lives, FOREVER);
        prop_assert_eq!(difference(&export(&plain), &export(&tried)), None);
        prop_assert_eq!(difference(&want, &answers(&tried, &all, &times())), None);
        prop_assert_eq!(difference(&told(&plain), &told(&tried)), None);
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, max_shrink_time: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn a_fast_read_equals_the_fold(history in strategy::history(60, SECONDS)) {
        let state = run(&strategy::records(&history), 3, FOREVER);
        let view = GraphView(&state);
        for asset in assets(&state) {
            for at in times() {
                prop_assert_eq!(view.state(&asset, at), folded(&state, &asset, at), "{:?} at {}", asset, at);
            }
        }
    }

    #[test]
    fn the_changelog_restores_what_was_there(history in strategy::history(60, SECONDS)) {
        let live = run(&strategy::records(&history), 3, FOREVER);
        let last: std::collections::BTreeMap<_, _> = live.log.iter().map(|(k, v)| (k, v.as_ref())).collect();
        // Backwards is as good an order as any.
        let restored = restored(last.into_iter().rev().filter(|(_, v)| v.is_some()));
        prop_assert_eq!(difference(&restored.dump(), &live.dump()), None);
    }
}

/// The real records that touch the graph, and the real findings, each as a record of its own.
fn real() -> Option<Vec<Value>> {
    let data = common::data()?;
    let mut out = Vec::new();
    for path in common::files(&data, &[".json", ".jsonl", ".json.gz", ".jsonl.gz"]) {
        out.extend(pieces(&std::fs::read(&path).unwrap()));
    }
    Some(out)
}

/// What of these bytes matters here.
fn pieces(bytes: &[u8]) -> Vec<Value> {
    use trailgraph::wire::{Piece, unpack};
    let mut out = Vec::new();
    unpack(bytes, &mut |piece| {
        let Piece::Record { json, call, .. } = piece else { return };
        if call.is_none_or(|c| effects::is_effect(&c.source, &c.name)) {
            out.push(serde_json::from_slice(json).unwrap());
        }
    });
    out
}

/// Every asset at the times of its own facts, and now.
fn export_whole(cx: &dyn Context) -> Vec<String> {
    let view = GraphView(cx);
    let mut out = Vec::new();
    for asset in assets(cx) {
        let now = view.state(&asset, Time::MAX).unwrap();
        let life = now.since.iter().chain(&now.ended).map(|by| by.stamp.time);
        let stamps = now.fields.values().map(|f| f.by.stamp.time).chain(life);
        for at in stamps.chain([Time::MAX]) {
            let read = view.state(&asset, at);
            out.push(format!("{} {} {at} {}", asset.account, asset.text(), serde_json::to_string(&read).unwrap()));
        }
    }
    out
}

#[test]
fn real_records_shuffled_reversed_and_repeated_give_the_same_graph_and_incidents() {
    let Some(records) = real() else { return };
    let (states, incidents) = the_same_in_other_orders(&records);
    assert!(states > 200 && incidents > 10, "{states} {incidents}");
}

/// One record of every call, all of one second: only rank and id tell which comes first.
#[test]
fn a_record_of_every_call_shuffled_reversed_and_repeated_gives_the_same_graph() {
    let files = common::files(&common::fixtures(), &[".json"]);
    let records: Vec<Value> = files.iter().flat_map(|f| pieces(&std::fs::read(f).unwrap())).collect();
    assert_eq!(records.len(), files.len());
    let (states, _) = the_same_in_other_orders(&records);
    assert!(states > 100, "{states}");
}

/// How many states and incidents the records give: the same ones reversed, repeated and shuffled.
fn the_same_in_other_orders(records: &[Value]) -> (usize, usize) {
    let first = run(records, 50, FOREVER);
    let (want, want_incidents) = (export_whole(&first), incidents(&first));
    let reversed: Vec<_> = records.iter().rev().cloned().collect();
    let repeated: Vec<_> = records.iter().chain(records.iter().step_by(5)).cloned().collect();
    // A fixed shuffle: every record goes to its number times a prime, modulo the count.
    let prime = 7_919;
    let shuffled: Vec<_> = (0..records.len()).map(|n| records[(n * prime) % records.len()].clone()).collect();
    for (name, other) in [("reversed", reversed), ("repeated", repeated), ("shuffled", shuffled)] {
        let state = run(&other, 7, FOREVER);
        assert_eq!(difference(&export_whole(&state), &want), None, "{name}");
        assert!(incidents(&state) == want_incidents, "{name}: the incidents differ");
    }
    (want.len(), want_incidents.len())
}

/// Property 5. Each record of the scenario in turn comes last of all.
#[test]
fn a_late_record_changes_what_it_would_have_in_its_place() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    let files = common::files(&dir, &[".json", ".jsonl"]);
    let records: Vec<Value> = files.iter().flat_map(|f| pieces(&std::fs::read(f).unwrap())).collect();
    let whole = run(&records, 10, FOREVER);
    let (want, want_incidents) = (export_whole(&whole), incidents(&whole));
    assert!(records.len() > 50 && want_incidents.len() == 1, "{} {}", records.len(), want_incidents.len());
    for late in 0..records.len() {
        let mut other = records.clone();
        let last = other.remove(late);
        other.push(last);
        let state = run(&other, 10, FOREVER);
        assert_eq!(difference(&want, &export_whole(&state)), None, "late: {}", records[late]);
        assert_eq!(incidents(&state), want_incidents, "late: {}", records[late]);
    }
}

/// Property 2, used: the same event gives the same writes, whatever was there before it.
#[test]
fn an_effect_is_a_function_of_its_record() {
    let event = TrailEvent {
        id: "e".into(),
        source: "ec2.amazonaws.com".into(),
        name: "DeleteVpc".into(),
        account: history::ACCOUNT.into(),
        request: serde_json::json!({ "vpcId": "vpc-1" }),
        ..TrailEvent::default()
    };
    let (writes, gaps) = EFFECTS(&event);
    let vpc = AssetId::new(history::ACCOUNT, trailgraph::domain::graph::Kind::Vpc, "vpc-1");
    assert!(writes.iter().any(|w| w.asset == vpc && w.fact == Fact::Exists(false)) && gaps.is_empty());
    assert_eq!(EFFECTS(&event), (writes, gaps));
}
