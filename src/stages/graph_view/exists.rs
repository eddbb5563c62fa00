//! The writes about an asset's existence: in its head while they are few, under keys of their own in both orders when they are many.

use super::lookup::{pairs, readable};
use crate::domain::graph::{AssetId, ExistsWrite, ExistsWrites, Stamp};
use crate::domain::time::Time;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::{EXISTS_INLINE_MAX, Head, Unreadable, keys, values};

/// The writes about the existence of one asset, as they are stored.
pub struct StoredExists<'c> {
    pub cx: &'c dyn Context,
    pub asset: &'c AssetId,
    pub inline: Option<&'c [ExistsWrite]>,
}

impl StoredExists<'_> {
    fn in_order(&self, ascending: bool, yes: bool, from: Time) -> impl Iterator<Item = ExistsWrite> {
        let prefix = keys::exists_of(self.asset, ascending, yes);
        let from = keys::exists_from(self.asset, ascending, yes, from);
        pairs(self.cx, prefix.clone(), from).map_while(move |(key, bytes)| {
            let stamp = keys::read_exists(&key, &prefix, ascending).ok_or(Unreadable::Damaged("an exists key"));
            let read = stamp.and_then(|stamp| Ok(ExistsWrite { stamp, yes, source: values::decode_source(&bytes)? }));
            readable(self.cx, &key, read)
        })
    }
}

const SECOND_MS: i64 = 1000;

impl ExistsWrites for StoredExists<'_> {
    fn newest_before(&self, yes: bool, before: Time) -> Option<ExistsWrite> {
        match self.inline {
            Some(writes) => writes.newest_before(yes, before),
            None => self.in_order(false, yes, before.plus_ms(-1)).next(),
        }
    }

    fn oldest_from(&self, yes: bool, from: Time) -> Option<ExistsWrite> {
        match self.inline {
            Some(writes) => writes.oldest_from(yes, from),
            None => self.in_order(true, yes, from).next(),
        }
    }

    fn within(&self, second: Time, until: Time) -> Vec<ExistsWrite> {
        if let Some(writes) = self.inline {
            return writes.within(second, until);
        }
        let until = until.min(second.plus_ms(SECOND_MS - 1));
        let of = |yes| self.in_order(false, yes, until).take_while(|w| w.stamp.time >= second);
        of(false).chain(of(true)).collect()
    }
}

/// Adds a write about existence.
pub fn add(cx: &mut dyn Context, asset: &AssetId, head: &mut Head, write: ExistsWrite) {
    let Some(inline) = &mut head.exists else {
        let key = keys::exists(asset, true, write.yes, &write.stamp);
        let known = cx.get(&key).and_then(|bytes| readable(cx, &key, values::decode_source(&bytes)));
        if known.is_none_or(|known| known < write.source) {
            put(cx, asset, &write, true);
        }
        return;
    };
    match inline.iter_mut().find(|w| w.stamp == write.stamp && w.yes == write.yes) {
        Some(known) => {
            let source = known.source.clone().max(write.source);
            known.source = source;
        }
        None => inline.push(write),
    }
    inline.sort();
    if inline.len() > EXISTS_INLINE_MAX {
        for write in head.exists.take().unwrap_or_default() {
            put(cx, asset, &write, true);
        }
    }
}

/// Removes a write about existence.
pub fn remove(cx: &mut dyn Context, asset: &AssetId, head: &mut Head, yes: bool, stamp: &Stamp) {
    if let Some(inline) = &mut head.exists {
        inline.retain(|w| w.yes != yes || w.stamp != *stamp);
        return;
    }
    let gone = ExistsWrite { stamp: stamp.clone(), yes, source: Default::default() };
    put(cx, asset, &gone, false);
    let left: Vec<ExistsWrite> = {
        let stored = StoredExists { cx, asset, inline: None };
        let of = |yes| stored.in_order(true, yes, Time(i64::MIN)).take(EXISTS_INLINE_MAX.saturating_add(1));
        of(false).chain(of(true)).collect()
    };
    if left.len() <= EXISTS_INLINE_MAX {
        for write in &left {
            put(cx, asset, write, false);
        }
        let mut left = left;
        left.sort();
        head.exists = Some(left);
    }
}

fn put(cx: &mut dyn Context, asset: &AssetId, write: &ExistsWrite, stays: bool) {
    for ascending in [false, true] {
        let value = stays.then(|| values::encode_source(&write.source));
        cx.put(keys::exists(asset, ascending, write.yes, &write.stamp), value, Logged::No);
    }
}
