//! The graph of one task, read and written through its context.
//!
//! The changelog holds one history record for each event and asset. Everything else derives from these records: a head for each asset, a
//! key for each element and for each earlier write, and the index of references. A change touches the keys of what it changes, whatever
//! came before it.

mod as_of;
mod asset;
mod elements;
mod exists;
mod lines;
pub mod lookup;
mod references;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::graph::{AssetId, AssetState, Fact, Horizon, Provenance, Stamp, Subject, Write, fold};
use crate::domain::time::Time;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::{Head, History, Recorded, Unreadable, keys};

pub use as_of::HISTORY_READ_MAX;
use asset::AssetWriter;
pub use references::REFERRERS_MAX;
pub use view::GraphView;

/// Puts the writes of events into the graph. A write that is known already leaves nothing behind. Returns what is new.
pub fn put(cx: &mut dyn Context, writes: Vec<Write>) -> News {
    let mut news = News::default();
    let mut writes = writes.into_iter().peekable();
    while let Some(first) = writes.next() {
        let mut records: BTreeMap<(Time, Arc<str>), Vec<Write>> = BTreeMap::new();
        let asset = first.asset.clone();
        let mut one = Some(first);
        while let Some(write) = one {
            records.entry((write.stamp.time, write.stamp.event.clone())).or_default().push(write);
            one = writes.next_if(|next| next.asset == asset);
        }
        if is_known_sign(cx, &asset, &records) {
            continue;
        }
        let mut writer = AssetWriter::open(cx, &asset);
        for ((time, event), of_event) in records {
            record(&mut writer, time, &event, of_event, &mut news.writes);
        }
        let account = &asset.account;
        let returned = writer.finish().into_iter();
        news.returned.extend(returned.map(|(token, end)| (Subject { account: account.clone(), token }, end)));
    }
    news
}

/// What writes told that was not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    pub writes: Vec<Write>,
    /// Subjects that an asset refers to again that had ended, and when it had.
    pub returned: Vec<(Subject, Time)>,
}

/// Most records name assets that were known before them and say nothing else about these.
fn is_known_sign(cx: &dyn Context, asset: &AssetId, records: &BTreeMap<(Time, Arc<str>), Vec<Write>>) -> bool {
    let mut all = records.values().flatten();
    if all.any(|w| w.fact != Fact::Seen) {
        return false;
    }
    let Some(bytes) = cx.get(&keys::head(asset)) else { return false };
    let first = lookup::readable(cx, &keys::head(asset), Head::first_time(&bytes));
    first.is_some_and(|first| records.keys().all(|(time, _)| *time > first))
}

fn record(writer: &mut AssetWriter<'_>, time: Time, event: &Arc<str>, writes: Vec<Write>, new: &mut Vec<Write>) {
    let before = writer.history(time, event);
    let mut history = before.clone();
    for write in writes {
        let by = Provenance { stamp: write.stamp.clone(), source: write.source.clone() };
        // That an asset was named matters only as the first sign of life.
        if write.fact == Fact::Seen && !writer.is_first_sign(&by) {
            continue;
        }
        let recorded = Recorded { fact: write.fact.clone(), rank: write.stamp.rank, source: write.source.clone() };
        if history.add(recorded) {
            new.push(write);
        }
    }
    if history != before {
        writer.put_history(time, event, Some(&history), Logged::Yes);
        // Of one thing said twice by one event, the greater value takes the place of the lesser.
        for lesser in before.beyond(&history) {
            writer.remove(&stamp(time, event, lesser), &lesser.fact);
        }
        writer.apply(time, event, history.beyond(&before));
    }
}

/// What a correction says takes the place of what its original said about these assets and those that it writes to, whichever came first.
/// The news are the writes that are new and those that are gone.
pub fn correct(cx: &mut dyn Context, named: BTreeSet<AssetId>, time: Time, event: &str, writes: Vec<Write>) -> News {
    let event: Arc<str> = event.into();
    let mut by_asset: BTreeMap<AssetId, History> = named.into_iter().map(|asset| (asset, History::default())).collect();
    for write in writes {
        let recorded = Recorded { fact: write.fact, rank: write.stamp.rank, source: write.source };
        by_asset.entry(write.asset).or_default().add(recorded);
    }
    let mut news = News::default();
    for (asset, mut now) in by_asset {
        let mut writer = AssetWriter::open(cx, &asset);
        let before = writer.history(time, &event);
        // That an asset was named matters only as its first sign of life.
        let is_sign = |w: &Recorded| {
            let by = Provenance { stamp: stamp(time, &event, w), source: w.source.clone() };
            !before.is_empty() || writer.is_first_sign(&by)
        };
        now.retain(|w| w.fact != Fact::Seen || is_sign(w));
        if now == before {
            continue;
        }
        let is_there = !now.is_empty();
        writer.put_history(time, &event, is_there.then_some(&now), Logged::Yes);
        for gone in before.beyond(&now) {
            writer.remove(&stamp(time, &event, gone), &gone.fact);
        }
        writer.apply(time, &event, now.beyond(&before));
        let account = &asset.account;
        let returned = writer.finish().into_iter();
        news.returned.extend(returned.map(|(token, end)| (Subject { account: account.clone(), token }, end)));
        let write = |w: &Recorded| Write {
            asset: asset.clone(),
            fact: w.fact.clone(),
            stamp: stamp(time, &event, w),
            source: w.source.clone(),
        };
        news.writes.extend(before.beyond(&now).map(write));
        news.writes.extend(now.beyond(&before).map(write));
    }
    news
}

/// A history record comes back from the changelog, with its value or (`None`) deleted: what derives from it follows.
pub fn restored(cx: &mut dyn Context, key: &[u8], value: Option<&[u8]>) {
    let Some((asset, time, event)) = keys::read_history(key) else {
        return cx.unreadable(key, &Unreadable::Damaged("a history key"));
    };
    let decode = |cx: &dyn Context, bytes: Option<&[u8]>| match bytes {
        Some(bytes) => lookup::readable(cx, key, History::decode(asset.kind, bytes)),
        None => Some(History::default()),
    };
    let before = cx.get(key);
    let (Some(before), Some(now)) = (decode(cx, before.as_deref()), decode(cx, value)) else { return };
    let event: Arc<str> = event.into();
    let mut writer = AssetWriter::open(cx, &asset);
    writer.put_history(time, &event, value.map(|_| &now), Logged::No);
    for gone in before.beyond(&now) {
        writer.remove(&stamp(time, &event, gone), &gone.fact);
    }
    writer.apply(time, &event, now.beyond(&before));
    writer.finish();
}

fn stamp(time: Time, event: &Arc<str>, of: &Recorded) -> Stamp {
    Stamp { time, rank: of.rank, event: event.clone() }
}

/// The asset as all of its history makes it: what every other way of reading must equal.
pub fn folded(cx: &dyn Context, asset: &AssetId, until: Time) -> Option<AssetState> {
    let mut writes = Vec::new();
    for (time, event, history) in lookup::history(cx, asset, until) {
        writes.extend(history.writes().map(|w| (w.fact.clone(), stamp(time, &event, w), w.source.clone())));
    }
    fold(asset, writes.iter().map(|(fact, stamp, source)| (fact, stamp, source)), until)
}

/// Which of these writes about one asset come too late: their lines have newer bases from before the horizon.
pub fn too_late(cx: &mut dyn Context, asset: &AssetId, writes: &[&Write], horizon: Time) -> Vec<bool> {
    let writer = AssetWriter::open(cx, asset);
    let known = writer.is_known();
    let at = Horizon::new(&writer, horizon);
    writes.iter().map(|w| known && at.is_too_late(&w.fact, &w.stamp)).collect()
}

/// What one piece of folding did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// History records that were looked at.
    pub records: usize,
    /// Writes that are gone.
    pub writes: usize,
    /// The key of the history record with which the next piece begins. `None`: the asset is done.
    pub next: Option<Vec<u8>>,
}

/// Folds the history of one asset before the horizon, from a key on, up to a number of records.
pub fn fold_history(cx: &mut dyn Context, asset: &AssetId, from: Option<Vec<u8>>, horizon: Time, max: usize) -> Folded {
    let from = from.unwrap_or_else(|| keys::history_until(asset, horizon.plus_ms(-1)));
    let page = cx.scan(&keys::history_of(asset), &from, max.saturating_add(1));
    let mut done = Folded::default();
    let mut writer = AssetWriter::open(cx, asset);
    for (key, bytes) in page {
        if done.records >= max {
            done.next = Some(key);
            break;
        }
        done.records = done.records.saturating_add(1);
        let Some((_, time, event)) = keys::read_history(&key) else { continue };
        let Some(before) = lookup::readable(writer.context(), &key, History::decode(asset.kind, &bytes)) else { break };
        let event: Arc<str> = event.into();
        let now = still_said(&writer, horizon, time, &event, &before);
        if now == before {
            continue;
        }
        writer.put_history(time, &event, Some(&now).filter(|now| !now.is_empty()), Logged::Yes);
        for gone in before.beyond(&now) {
            writer.remove(&stamp(time, &event, gone), &gone.fact);
            done.writes = done.writes.saturating_add(1);
        }
    }
    writer.finish();
    done
}

/// The part of a record that says something at or after the horizon.
fn still_said(writer: &AssetWriter<'_>, horizon: Time, time: Time, event: &Arc<str>, record: &History) -> History {
    let at = Horizon::new(writer, horizon);
    let mut now = record.clone();
    now.retain(|w| !at.is_superseded(&w.fact, &stamp(time, event, w)));
    // The oldest sign of life tells since when an asset is there whose creation was not seen: one of its writes stays.
    let is_witness = |w: &&Recorded| at.is_first(&stamp(time, event, w));
    if !now.writes().any(|w| is_witness(&w))
        && let Some(witness) = record.writes().find(is_witness)
    {
        now.add(witness.clone());
    }
    now
}
