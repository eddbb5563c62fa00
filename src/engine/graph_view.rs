//! The graph of one task, read and written through its context.

use super::counts;
use super::stage::{Context, Logged};
use crate::domain::graph::{AssetId, AssetValue, Fact, StateView, Write, tokens};
use crate::domain::time::Time;
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
        if let Some(fact) = values::decode::<values::StoredFact>(&bytes)
            && fact.stamp.time <= until
        {
            value.merge(&fact.fact, &fact.stamp, &fact.source);
        }
    }
    value
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
    let key = keys::fact(&write.asset, &write.fact, &write.stamp);
    // Being named matters only when it is the first sign of life.
    if !newer && (write.fact == Fact::Seen || cx.get(&key).is_some()) {
        return (false, false);
    }
    let stored = values::StoredFact {
        asset: write.asset.clone(),
        fact: write.fact.clone(),
        stamp: write.stamp.clone(),
        source: write.source.clone(),
    };
    cx.put(key, Some(values::encode(&stored)), Logged::Yes);
    point(cx, &write.asset, &write.fact);
    (true, newer)
}

fn point(cx: &mut dyn Context, asset: &AssetId, fact: &Fact) {
    for token in tokens(asset.kind, fact) {
        cx.put(keys::reverse(&asset.account, &token, asset), Some(Vec::new()), Logged::No);
    }
}

/// A fact comes back from the changelog: the asset's value and the reverse index follow from it.
pub fn restored(cx: &mut dyn Context, bytes: &[u8]) {
    let Some(fact) = values::decode::<values::StoredFact>(bytes) else {
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
