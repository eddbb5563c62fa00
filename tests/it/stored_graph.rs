//! The graph as it is stored, held against the fold of all writes: any order, any repetition, any time, restored, and folded. Few assets,
//! instants and values, so that ties, overwrites, resets and new lives are the rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use trailgraph::domain::assets::FactId;
use trailgraph::domain::assets::ec2::{instance, internet_gateway};
use trailgraph::domain::graph::{
    AssetId, Fact, Kind, Rank, Source, Stamp, StateView, Val, Write, WriteSet, reference_keys,
};
use trailgraph::domain::time::Time;
use trailgraph::engine::stage::Context;
use trailgraph::stages::graph_view::{self, GraphView};
use trailgraph::wire::state::{History, keys};

use crate::common::live::{Live, difference};

const KINDS: [Kind; 3] = [Kind::Instance, Kind::InternetGateway, Kind::Role];
const HALVES: i64 = 16;

fn asset(kind: Kind) -> AssetId {
    AssetId::new("111122223333", kind, "x")
}

fn facts(kind: Kind, lists: bool, count: usize) -> Vec<FactId> {
    kind.facts().filter(|f| f.shape.is_list() == lists).map(|f| f.id).take(count).collect()
}

/// Every half second of the small world, before it, and after.
fn times() -> impl Iterator<Item = Time> {
    (-1..HALVES + 2).map(|t| Time(t * 500)).chain([Time::MAX])
}

fn write() -> impl Strategy<Value = Write> {
    (0..3usize, 0..9u8, 0..5usize, 0..4usize, any::<bool>(), 0..HALVES, 0..5usize, 0..3u8).prop_map(
        |(kind, what, which, value, yes, half, rank, event)| {
            let kind = KINDS[kind];
            let (fields, lists) = (facts(kind, false, 5), facts(kind, true, 2));
            let list = *lists.get(which % lists.len().max(1)).unwrap();
            let rank = [Rank::Implied, Rank::Created, Rank::Set, Rank::Removed, Rank::Deleted][rank];
            let comes = if yes { Rank::Set } else { Rank::Removed };
            let text = |text: &str| Val::text(text);
            let (fact, rank) = match what {
                0 => (Fact::Exists(yes), if yes { Rank::Created } else { Rank::Deleted }),
                1 | 2 => {
                    (Fact::Set { field: fields[which % fields.len()], value: text(["", "a", "b", "c"][value]) }, rank)
                }
                3 if kind == Kind::Instance => {
                    let state = if yes { "running" } else { "terminated" };
                    (Fact::Set { field: instance::STATE.id(), value: text(state) }, rank)
                }
                4 if kind == Kind::InternetGateway => {
                    let vpc = if yes { "vpc-1" } else { "" };
                    (Fact::Set { field: internet_gateway::VPC.id(), value: text(vpc) }, comes)
                }
                3..=6 => {
                    let value = yes.then_some(Val::Int(value as i64));
                    (Fact::Element { list, key: format!("k{}", which % 3), value }, comes)
                }
                7 => (Fact::Reset { list }, rank),
                _ => (Fact::Seen, Rank::Set),
            };
            // An event is of one time, and names an asset or says something of it, never both.
            let event = format!("{}{half}-{event}", if fact == Fact::Seen { "s" } else { "e" });
            let source = Arc::new(Source { call: event.clone(), ..Source::default() });
            let stamp = Stamp { time: Time(half * 500), rank, event: event.into() };
            Write { asset: asset(kind), fact, stamp, source }
        },
    )
}

/// Writes, and the same ones shuffled with some of them twice.
fn twice(max: usize) -> impl Strategy<Value = (Vec<Write>, Vec<Write>)> {
    proptest::collection::vec(write(), 0..max).prop_flat_map(|writes| {
        let mut more = writes.clone();
        more.extend(writes.iter().step_by(3).cloned());
        (Just(writes), Just(more).prop_shuffle())
    })
}

fn put(writes: &[Write], batch: usize) -> Live {
    let mut live = Live::default();
    for writes in writes.chunks(batch) {
        let mut writes = writes.to_vec();
        writes.sort();
        graph_view::put(&mut live, writes);
    }
    live
}

/// Everything stored, but history that only names an asset: which of that is kept depends on the order.
fn export(live: &Live) -> Vec<String> {
    let said = |key: &[u8], value: &[u8]| {
        let history = |kind| History::decode(kind, value).unwrap().writes().any(|w| w.fact != Fact::Seen);
        key.first() != Some(&keys::HISTORY) || history(keys::read_history(key).unwrap().0.kind)
    };
    let pairs = live.scan(&[], &[], usize::MAX).into_iter().filter(|(key, value)| said(key, value));
    pairs.map(|(key, value)| format!("{} = {}", key.escape_ascii(), value.escape_ascii())).collect()
}

/// Every asset at every time from `from` on, whole and by its parts.
fn answers(view: &dyn StateView, from: Time) -> Vec<String> {
    let mut out = Vec::new();
    for (kind, t) in KINDS.into_iter().flat_map(|kind| times().map(move |t| (kind, t))).filter(|(_, t)| *t >= from) {
        let state = view.state(&asset(kind), t);
        let mut fields = state.clone();
        fields.iter_mut().for_each(|state| state.lists.clear());
        assert_eq!(view.fields(&asset(kind), t), fields);
        for (list, key) in facts(kind, true, 2).into_iter().flat_map(|l| ["k0", "k1", "k2"].map(|k| (l, k))) {
            let element = state.as_ref().and_then(|s| s.lists.get(&list)?.get(key).cloned());
            assert_eq!(view.element(&asset(kind), list, key, t), element);
        }
        out.push(format!("{kind:?} {t} {state:?}"));
    }
    out
}

fn restored<'l>(log: impl Iterator<Item = (&'l Vec<u8>, &'l Option<Vec<u8>>)>) -> Live {
    let mut live = Live::default();
    log.for_each(|(key, value)| graph_view::restored(&mut live, key, value.as_deref()));
    live
}

fn fold(live: &mut Live, horizon: Time) {
    for kind in KINDS {
        let mut from = None;
        loop {
            from = graph_view::fold_history(live, &asset(kind), from, horizon, 3).next;
            if from.is_none() {
                break;
            }
        }
    }
}

/// Whoever refers to a key at a time is found by it.
fn referrers_are_complete(live: &Live) -> Result<(), TestCaseError> {
    let view = GraphView(live);
    for (kind, t) in KINDS.into_iter().flat_map(|kind| times().map(move |t| (kind, t))) {
        let Some(state) = view.state(&asset(kind), t).filter(|s| s.exists) else { continue };
        let fields = state.fields.iter().filter_map(|(f, a)| Some((*f, a.value.as_text()?.to_owned())));
        let elements = state.lists.iter().flat_map(|(l, of)| of.keys().map(|key| (*l, key.clone())));
        for key in fields.chain(elements).flat_map(|(fact, value)| reference_keys(fact, &value)) {
            let found = view.referrers("111122223333", &key, kind, t);
            prop_assert!(found.assets.contains(&asset(kind)), "{:?} refers to {} at {}", kind, key, t);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, max_shrink_time: 30_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stored_is_what_all_writes_say((writes, shuffled) in twice(40), batch in 1usize..5) {
        let (live, other) = (put(&writes, batch), put(&shuffled, 1));
        prop_assert_eq!(difference(&export(&live), &export(&other)), None);
        let set: WriteSet = writes.iter().cloned().collect();
        let least = Time(i64::MIN);
        prop_assert_eq!(difference(&answers(&set, least), &answers(&GraphView(&live), least)), None);
        let last: BTreeMap<_, _> = live.log.iter().map(|(k, v)| (k, v)).collect();
        prop_assert_eq!(difference(&restored(last.into_iter().rev()).dump(), &live.dump()), None);
        referrers_are_complete(&live)?;
    }

    #[test]
    fn folding_changes_nothing_from_the_horizon_on((writes, shuffled) in twice(40), half in 1i64..HALVES) {
        let horizon = Time(half * 500);
        let set: WriteSet = writes.iter().cloned().collect();
        let want = answers(&set, horizon);
        let mut folded = put(&writes, 1);
        fold(&mut folded, horizon);
        prop_assert_eq!(difference(&want, &answers(&GraphView(&folded), horizon)), None);
        // As it was written, and as compaction leaves it.
        prop_assert_eq!(difference(&restored(folded.log.iter().map(|(k, v)| (k, v))).dump(), &folded.dump()), None);
        let last: BTreeMap<_, _> = folded.log.iter().map(|(k, v)| (k, v)).collect();
        let compacted = restored(last.into_iter().rev().filter(|(_, v)| v.is_some()));
        prop_assert_eq!(difference(&compacted.dump(), &folded.dump()), None);
        // Half of the writes come after the folding, and some of these too late.
        let (early, late) = shuffled.split_at(shuffled.len() / 2);
        let mut folded = put(early, 2);
        fold(&mut folded, horizon);
        for write in late {
            if write.stamp.time >= horizon || graph_view::too_late(&mut folded, &write.asset, &[write], horizon) == [false] {
                graph_view::put(&mut folded, vec![write.clone()]);
            }
        }
        prop_assert_eq!(difference(&want, &answers(&GraphView(&folded), horizon)), None);
    }
}
