//! How long the graph remembers what is no longer so: the task's own clock of event times, the horizon behind it, and the folding of
//! what lies before that.
//!
//! The horizon is a value of the state like any other: it moves with the events that were committed, never with a clock, so whoever
//! restores the task folds on at the same place. It moves in steps, and each step begins one slow pass over all assets, a bounded piece
//! with every commit; between passes folding costs nothing. Folding when an asset is written to would be no substitute: what is never
//! written to again would never be folded, and the work would lie on the way of every record.
//!
//! Findings and incidents are not folded. An incident as of a time before the horizon keeps the topology it was given in time.

use std::collections::BTreeMap;

use super::graph_view::{self, lookup};
use crate::domain::graph::{AssetId, Write};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::values::StoredHorizon;
use crate::wire::state::{Head, keys, values};

/// How far behind the newest event time others are still on their way in the ordinary course of things. CloudTrail's delivery takes up
/// to a quarter of an hour.
pub const LATENESS_MS: i64 = 60 * 60 * 1000;
/// In how many steps the horizon crosses the time that is kept: one a day where 90 days are.
pub const STEPS: i64 = 90;
/// Assets that one commit looks at to fold them, and history records that it looks at in all.
pub const FOLD_ASSETS_MAX: usize = 100;
pub const FOLD_RECORDS_MAX: usize = 2_000;

/// How long what is no longer so is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How far behind the newest event the horizon lies, beside the lateness. None: everything is kept for ever.
    pub keep_ms: Option<i64>,
    pub lateness_ms: i64,
}

impl Retention {
    pub const FOREVER: Retention = Retention { keep_ms: None, lateness_ms: LATENESS_MS };

    pub fn of(keep_ms: i64) -> Retention {
        Retention { keep_ms: Some(keep_ms), lateness_ms: LATENESS_MS }
    }

    /// The time before which only bases are kept; none: there is no such time.
    pub fn horizon(&self, cx: &dyn Context) -> Option<Time> {
        self.keep_ms.map(|keep| self.behind(load(cx, &keys::horizon()).unwrap_or_default().newest, keep))
    }

    fn behind(&self, newest: Time, keep_ms: i64) -> Time {
        newest.plus_ms(-keep_ms).plus_ms(-self.lateness_ms)
    }

    /// Takes note of an event's time, and of its writes drops those that come too late: their facts have newer bases.
    pub fn admit(&self, time: Time, writes: &mut Vec<Write>, cx: &mut dyn Context) {
        let Some(keep_ms) = self.keep_ms else { return };
        let newest = newest(time, keep_ms, cx);
        let horizon = self.behind(newest, keep_ms);
        if time < horizon {
            drop_late(writes, horizon, cx);
        }
    }

    /// Commits the clock, and folds the next piece of what lies before the horizon.
    pub fn fold_some(&self, cx: &mut dyn Context) {
        let Some(keep_ms) = self.keep_ms else { return };
        let before = load(cx, &keys::horizon()).unwrap_or_default();
        let open = load(cx, &keys::newest());
        if open.is_some() {
            cx.put(keys::newest(), None, Logged::No);
        }
        let mut now = open.unwrap_or_else(|| before.clone());
        let horizon = self.behind(now.newest, keep_ms);
        if now.next.is_none() && now.folded < horizon {
            (now.folded, now.next) = (horizon, Some(keys::heads(None)));
        }
        if let Some(from) = now.next.take() {
            now.next = fold_from(from, now.folded, cx);
        }
        if now != before {
            cx.put(keys::horizon(), Some(values::encode(&now)), Logged::Yes);
        }
    }
}

fn load(cx: &dyn Context, key: &[u8]) -> Option<StoredHorizon> {
    lookup::stored(cx, key)
}

/// The newest event time, this one included. Within a commit it lies under a key of its own, so that the store is asked once only.
fn newest(time: Time, keep_ms: i64, cx: &mut dyn Context) -> Time {
    let step = (keep_ms / STEPS).max(1);
    let time = Time(time.0.div_euclid(step).saturating_mul(step));
    let open = load(cx, &keys::newest());
    let is_open = open.is_some();
    let mut at = open.or_else(|| load(cx, &keys::horizon())).unwrap_or_default();
    if time > at.newest || !is_open {
        at.newest = at.newest.max(time);
        cx.put(keys::newest(), Some(values::encode(&at)), Logged::No);
    }
    at.newest
}

/// Drops the writes that come too late.
fn drop_late(writes: &mut Vec<Write>, horizon: Time, cx: &mut dyn Context) {
    let mut by_asset: BTreeMap<AssetId, Vec<Write>> = BTreeMap::new();
    for write in writes.drain(..) {
        by_asset.entry(write.asset.clone()).or_default().push(write);
    }
    for (asset, of_asset) in by_asset {
        let late = graph_view::too_late(cx, &asset, &of_asset.iter().collect::<Vec<_>>(), horizon);
        for (write, is_late) in of_asset.into_iter().zip(late) {
            if is_late {
                cx.count(counts::LATE_WRITES);
            } else {
                writes.push(write);
            }
        }
    }
}

/// Folds one piece, beginning with the key of a head or of a history record. Gives the key with which the next piece begins. `None`: there is
/// no further asset.
fn fold_from(from: Vec<u8>, horizon: Time, cx: &mut dyn Context) -> Option<Vec<u8>> {
    let mut budget = FOLD_RECORDS_MAX;
    let mut from = from;
    if let Some((asset, _, _)) = keys::read_history(&from).filter(|_| from.first() == Some(&keys::HISTORY)) {
        let next = fold_asset(&asset, Some(from), horizon, &mut budget, cx);
        if next.is_some() {
            return next;
        }
        from = after(keys::head(&asset));
    }
    let heads = cx.scan(&keys::heads(None), &from, FOLD_ASSETS_MAX);
    let is_last = heads.len() < FOLD_ASSETS_MAX;
    for (key, head) in heads {
        if budget == 0 {
            return Some(key);
        }
        let first = lookup::readable(cx, &key, Head::first_time(&head))?;
        if let Some(asset) = keys::read_head(&key).filter(|_| first < horizon) {
            let next = fold_asset(&asset, None, horizon, &mut budget, cx);
            if next.is_some() {
                return next;
            }
        }
        from = after(key);
    }
    (!is_last).then_some(from)
}

/// Folds one asset as far as the budget goes.
fn fold_asset(
    asset: &AssetId,
    from: Option<Vec<u8>>,
    horizon: Time,
    budget: &mut usize,
    cx: &mut dyn Context,
) -> Option<Vec<u8>> {
    let folded = graph_view::fold_history(cx, asset, from, horizon, *budget);
    *budget = budget.saturating_sub(folded.records);
    for _ in 0..folded.writes {
        cx.count(counts::FOLDED_WRITES);
    }
    folded.next
}

/// The least key after this one.
fn after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}
