//! How long the graph remembers what is no longer so: the task's own clock of event times, the horizon behind it, and the folding of
//! what lies before that.
//!
//! The horizon is a value of the state like any other: it moves with the events that were committed, never with a clock, so whoever
//! restores the task folds on at the same place. It moves in steps, and each step begins one slow pass over all assets, a bounded piece
//! with every commit; between passes folding costs nothing. Folding when an asset is written to would be no substitute: what is never
//! written to again would never be folded, and the work would lie on the way of every record.
//!
//! Findings and incidents are not folded. An incident as of a time before the horizon keeps the topology it was given in time.

use super::graph_view::{FACTS_MAX, refold};
use crate::domain::graph::{AssetValue, Fact, Write, superseded};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::values::{StoredFact, StoredHorizon};
use crate::wire::state::{keys, values};

/// How far behind the newest event time others are still on their way in the ordinary course of things. CloudTrail's delivery takes up
/// to a quarter of an hour.
pub const LATENESS_MS: i64 = 60 * 60 * 1000;
/// In how many steps the horizon crosses the time that is kept: one a day where 90 days are.
pub const STEPS: i64 = 90;
/// Assets that one commit looks at to fold them, and facts after which it looks at no further asset.
pub const FOLD_ASSETS_MAX: usize = 100;
pub const FOLD_FACTS_MAX: usize = 2_000;

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
            writes.retain(|write| {
                let late = is_too_late(write, horizon, cx);
                if late {
                    cx.count(counts::LATE_WRITES);
                }
                !late
            });
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
            (now.folded, now.next) = (horizon, Some(keys::assets(None)));
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
    values::decode(&cx.get(key)?)
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

fn is_too_late(write: &Write, horizon: Time, cx: &dyn Context) -> bool {
    let value = cx.get(&keys::asset(&write.asset)).and_then(|b| values::decode::<AssetValue>(&b));
    let Some(value) = value else { return false };
    value.is_too_late(&write.fact, &write.stamp, horizon).unwrap_or_else(|| {
        let newer = |fact: &Fact| {
            let (line, from) = keys::fact_before(&write.asset, fact, horizon);
            let base = cx.scan(&line, &from, 1).pop().and_then(|(_, b)| values::decode::<StoredFact>(&b));
            base.is_some_and(|base| write.stamp < base.stamp)
        };
        let reset = match &write.fact {
            Fact::Element { list, .. } => newer(&Fact::Reset { list: list.clone() }),
            _ => false,
        };
        reset || newer(&write.fact)
    })
}

/// Folds one piece, and gives where the next begins; none: there is no further asset.
fn fold_from(mut from: Vec<u8>, horizon: Time, cx: &mut dyn Context) -> Option<Vec<u8>> {
    let assets = cx.scan(&keys::assets(None), &from, FOLD_ASSETS_MAX);
    let last = assets.len() < FOLD_ASSETS_MAX;
    let mut facts = 0;
    for (key, value) in assets {
        if facts >= FOLD_FACTS_MAX {
            return Some(key);
        }
        let value = values::decode::<AssetValue>(&value);
        if value.is_some_and(|v| v.first.is_some_and(|first| first.stamp.time < horizon)) {
            facts += fold_asset(&key, horizon, cx);
        }
        from = key;
        from.push(0);
    }
    (!last).then_some(from)
}

fn fold_asset(key: &[u8], horizon: Time, cx: &mut dyn Context) -> usize {
    let Some(asset) = keys::read_asset(key) else { return 0 };
    let prefix = keys::facts_of(&asset);
    let pairs = cx.scan(&prefix, &prefix, FACTS_MAX);
    let whole = pairs.len() < FACTS_MAX;
    let facts: Vec<(Vec<u8>, StoredFact)> =
        pairs.into_iter().filter_map(|(key, bytes)| Some((key, values::decode(&bytes)?))).collect();
    let looked_at = facts.len();
    let goes = superseded(&facts.iter().map(|(_, f)| (&f.fact, &f.stamp)).collect::<Vec<_>>(), horizon);
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for ((key, fact), goes) in facts.into_iter().zip(goes) {
        if goes {
            cx.put(key, None, Logged::Yes);
            cx.count(counts::FOLDED_WRITES);
            gone.push(fact);
        } else {
            kept.push(fact);
        }
    }
    // Of an asset with more facts than are ever read at once the value can't be told yet; a later pass has fewer before it.
    if whole && !gone.is_empty() {
        refold(&asset, &kept, &gone, cx);
    }
    looked_at
}
