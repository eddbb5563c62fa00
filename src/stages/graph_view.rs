//! The graph of one task, read and written through its context.

use std::collections::BTreeSet;

use crate::domain::graph::{AssetId, AssetValue, Fact, StateView, Write, tokens};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::values::StoredFact;
use crate::wire::state::{keys, values};

/// How many facts of one asset a read at a past moment folds at the most; the newest of each fact come first.
pub const FACTS_MAX: usize = 100_000;

/// Reads the graph through a context.
pub struct GraphView<'a>(pub &'a dyn Context);

impl StateView for GraphView<'_> {
    fn value(&self, asset: &AssetId, until: Time) -> Option<AssetValue> {
        let newest: AssetValue = values::decode(&self.0.get(&keys::asset(asset))?)?;
        let first = newest.first.as_ref()?.stamp.time;
        if first > until {
            return None;
        }
        if newest.newest <= until { Some(newest) } else { Some(fold(self.0, asset, until)) }
    }

    fn pointing(&self, account: &str, token: &str, limit: usize) -> Vec<AssetId> {
        let prefix = keys::pointing_at(account, token);
        let found = self.0.scan(&prefix, &prefix, limit);
        found.iter().filter_map(|(key, _)| keys::read_reverse(key, &prefix, account)).collect()
    }
}

/// The asset's facts until a time, folded: what the stored value must equal at its own time.
pub fn fold(cx: &dyn Context, asset: &AssetId, until: Time) -> AssetValue {
    let prefix = keys::facts_of(asset);
    let mut value = AssetValue::default();
    for (_, bytes) in cx.scan(&prefix, &prefix, FACTS_MAX) {
        if let Some(fact) = values::decode::<StoredFact>(&bytes)
            && fact.stamp.time <= until
        {
            value.merge(&fact.fact, &fact.stamp, &fact.source);
        }
    }
    value
}

/// Facts of an asset are gone: its value is that of those that are left, and it points nowhere that only the others did.
pub fn refold(asset: &AssetId, kept: &[StoredFact], gone: &[StoredFact], cx: &mut dyn Context) {
    let mut value = AssetValue::default();
    let mut pointed = BTreeSet::new();
    for f in kept {
        value.merge(&f.fact, &f.stamp, &f.source);
        pointed.extend(tokens(&f.fact));
    }
    let value = value.first.is_some().then(|| values::encode(&value));
    cx.put(keys::asset(asset), value, Logged::No);
    for token in gone.iter().flat_map(|f| tokens(&f.fact)).filter(|t| !pointed.contains(t)) {
        cx.put(keys::reverse(&asset.account, &token, asset), None, Logged::No);
    }
}

/// A fact goes from the changelog that is being restored. It is still there where the log wasn't compacted over it.
pub fn removed(key: &[u8], cx: &mut dyn Context) {
    let Some(gone) = cx.get(key).and_then(|b| values::decode::<StoredFact>(&b)) else { return };
    let prefix = keys::facts_of(&gone.asset);
    let others = cx.scan(&prefix, &prefix, FACTS_MAX);
    if others.len() < FACTS_MAX {
        let kept: Vec<StoredFact> =
            others.iter().filter(|(k, _)| k != key).filter_map(|(_, b)| values::decode(b)).collect();
        refold(&gone.asset.clone(), &kept, &[gone], cx);
    }
}

/// Puts writes into the graph. A write that is known already leaves nothing behind. Returns those that are new.
pub fn put(cx: &mut dyn Context, writes: Vec<Write>) -> Vec<Write> {
    let mut new = Vec::new();
    let mut writes = writes.into_iter().peekable();
    while let Some(first) = writes.next() {
        let asset = first.asset.clone();
        let key = keys::asset(&asset);
        let mut value = load(cx, &key);
        let mut learnt = false;
        let mut one = Some(first);
        while let Some(write) = one {
            let (is_new, newer) = put_one(cx, &mut value, &write);
            learnt |= newer;
            if is_new {
                new.push(write);
            }
            one = writes.next_if(|next| next.asset == asset);
        }
        if learnt {
            cx.put(key, Some(values::encode(&value)), Logged::No);
        }
    }
    new
}

fn load(cx: &mut dyn Context, key: &[u8]) -> AssetValue {
    let Some(bytes) = cx.get(key) else { return AssetValue::default() };
    values::decode(&bytes).unwrap_or_else(|| {
        cx.count(counts::UNREADABLE);
        AssetValue::default()
    })
}

/// (not known before, changed the newest value)
fn put_one(cx: &mut dyn Context, value: &mut AssetValue, write: &Write) -> (bool, bool) {
    let newer = value.merge(&write.fact, &write.stamp, &write.source);
    // Being named matters only when it is the first sign of life.
    if !newer && write.fact == Fact::Seen {
        return (false, false);
    }
    let key = keys::fact(&write.asset, &write.fact, &write.stamp);
    if !newer && cx.get(&key).is_some_and(|known| says_enough(&known, write)) {
        return (false, false);
    }
    let stored =
        values::StoredFactRef { asset: &write.asset, fact: &write.fact, stamp: &write.stamp, source: &write.source };
    cx.put(key, Some(values::encode(&stored)), Logged::Yes);
    point(cx, &write.asset, &write.fact);
    (true, newer)
}

/// Whether what is stored under the same key makes this write needless. A record may say one thing twice (a target on two ports):
/// the greater counts, as in a value, so that the order of arrival can't.
fn says_enough(known: &[u8], write: &Write) -> bool {
    values::decode::<StoredFact>(known).is_none_or(|k| (&k.source, &k.fact) >= (&write.source, &write.fact))
}

fn point(cx: &mut dyn Context, asset: &AssetId, fact: &Fact) {
    for token in tokens(fact) {
        cx.put(keys::reverse(&asset.account, &token, asset), Some(Vec::new()), Logged::No);
    }
}

/// A fact comes back from the changelog: the asset's value and the reverse index follow from it.
pub fn restored(cx: &mut dyn Context, bytes: &[u8]) {
    let Some(fact) = values::decode::<StoredFact>(bytes) else {
        cx.count(counts::UNREADABLE);
        return;
    };
    let key = keys::asset(&fact.asset);
    let mut value = load(cx, &key);
    if value.merge(&fact.fact, &fact.stamp, &fact.source) {
        cx.put(key, Some(values::encode(&value)), Logged::No);
    }
    point(cx, &fact.asset, &fact.fact);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::assets::elasticloadbalancing::target_group;
    use crate::domain::graph::{Kind, Rank, Source, Stamp, Val};
    use crate::stages::loaded::Loaded;

    #[test]
    fn of_one_thing_said_twice_by_one_record_the_greater_is_kept_however_late_it_comes() {
        let group = AssetId::new("1", Kind::TargetGroup, "tg");
        let write = |second: i64, port: &str| Write {
            asset: group.clone(),
            fact: Fact::Element { list: target_group::INSTANCES.id(), key: "i-1".into(), value: Some(Val::text(port)) },
            stamp: Stamp { time: Time(second), rank: Rank::Set, event: "e".into() },
            source: Arc::new(Source::default()),
        };
        let (twice, newer) = (vec![write(1, "80"), write(1, "81")], vec![write(2, "82")]);
        let read = |batches: [&Vec<Write>; 2]| {
            let mut state = Loaded::default();
            for batch in batches {
                put(&mut state, batch.clone());
            }
            fold(&state, &group, Time(1)).lists[&target_group::INSTANCES.id()]["i-1"].value.clone()
        };
        assert_eq!(read([&twice, &newer]), Some(Val::text("81")));
        assert_eq!(read([&newer, &twice]), Some(Val::text("81")));
    }
}
