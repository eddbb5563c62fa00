//! One asset being written to: its head in memory, its other keys through the context.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::exists::{self, StoredExists};
use super::lookup;
use crate::domain::assets::FactId;
use crate::domain::graph::{
    AssetId, Bases, ExistsWrite, ExistsWrites, Fact, Life, Line, LineWrite, Provenance, Signs, Stamp, life_at,
    living_since, proves_life, sign_line,
};
use crate::domain::time::Time;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::{Head, History, Newest, Recorded, keys};

/// Writes to one asset. [`AssetWriter::finish`] stores its head.
pub struct AssetWriter<'c> {
    cx: &'c mut dyn Context,
    asset: AssetId,
    head: Option<Head>,
    is_changed: bool,
    /// Something was removed that the head names as the oldest or the newest of all.
    is_bounds_lost: bool,
    /// Lists of which the newest write was removed.
    pub(super) lists_lost: BTreeSet<u8>,
    /// Keys that the asset refers to again, though it had ended, and when it had.
    pub(super) returned: Vec<(String, Time)>,
}

impl<'c> AssetWriter<'c> {
    pub fn open(cx: &'c mut dyn Context, asset: &AssetId) -> AssetWriter<'c> {
        let head = lookup::head(cx, asset);
        let asset = asset.clone();
        AssetWriter {
            cx,
            asset,
            head,
            is_changed: false,
            is_bounds_lost: false,
            lists_lost: BTreeSet::new(),
            returned: Vec::new(),
        }
    }

    pub fn is_known(&self) -> bool {
        self.head.is_some()
    }

    pub fn context(&self) -> &dyn Context {
        self.cx
    }

    pub(super) fn asset(&self) -> &AssetId {
        &self.asset
    }

    pub(super) fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    pub(super) fn head_mut(&mut self) -> Option<&mut Head> {
        self.is_changed = true;
        self.head.as_mut()
    }

    /// Puts a derived key.
    pub(super) fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.cx.put(key, value, Logged::No);
    }

    /// What an event is known to have said about the asset.
    pub fn history(&self, time: Time, event: &str) -> History {
        // Nothing can be there from beyond the newest time.
        let is_new = self.head.as_ref().is_none_or(|head| time > head.newest.max(head.first.stamp.time));
        let key = keys::history(&self.asset, time, event);
        let known = if is_new { None } else { self.cx.get(&key) };
        let decoded = known.and_then(|b| lookup::readable(self.cx, &key, History::decode(self.asset.kind, &b)));
        decoded.unwrap_or_default()
    }

    pub fn put_history(&mut self, time: Time, event: &str, history: Option<&History>, logged: Logged) {
        self.cx.put(keys::history(&self.asset, time, event), history.map(History::encode), logged);
    }

    /// Whether this would be the oldest sign of life.
    pub fn is_first_sign(&self, by: &Provenance) -> bool {
        self.head.as_ref().is_none_or(|head| by.precedes(&head.first))
    }

    /// Takes in what one event said.
    pub fn apply<'w>(&mut self, time: Time, event: &Arc<str>, writes: impl Iterator<Item = &'w Recorded> + Clone) {
        let stamp = |w: &Recorded| Stamp { time, rank: w.rank, event: event.clone() };
        let mut is_life_changed = false;
        for write in writes.clone() {
            is_life_changed |= self.sign(&stamp(write), write);
        }
        if is_life_changed {
            self.live();
        }
        let lines = || writes.clone().filter_map(|w| Line::of(&w.fact).map(|line| (line, w)));
        // Elements before the resets of their lists: an element that the event itself wrote is never hidden.
        for is_reset in [false, true] {
            for (line, write) in lines().filter(|(line, _)| matches!(line, Line::Reset(_)) == is_reset) {
                let new = LineWrite::of(&write.fact, &stamp(write), &write.source);
                match line {
                    Line::Field(_) => self.put_field(line, new),
                    Line::Element(list, key) => self.put_element(list, &key, new),
                    Line::Reset(list) => self.put_reset(list, new),
                }
            }
        }
        self.live_by_sign(writes.map(|w| &w.fact));
    }

    /// The newest write of the sign line may have changed.
    fn live_by_sign<'w>(&mut self, mut facts: impl Iterator<Item = &'w Fact>) {
        let Some(sign) = sign_line(self.asset.kind).map(|line| line.fact()) else { return };
        if facts.any(|fact| matches!(fact, Fact::Set { field, .. } if *field == sign)) {
            self.live();
        }
    }

    /// Takes in what a write says about the asset as a whole. Returns whether its life may have changed.
    fn sign(&mut self, stamp: &Stamp, write: &Recorded) -> bool {
        self.is_changed = true;
        let by = Provenance { stamp: stamp.clone(), source: write.source.clone() };
        let head = self.head.get_or_insert_with(|| Head::new(by.clone()));
        let mut is_changed = false;
        if by.precedes(&head.first) {
            head.first = by;
            is_changed = true;
        }
        if write.fact != Fact::Seen {
            head.newest = head.newest.max(stamp.time);
        }
        if proves_life(self.asset.kind, &write.fact) && head.proof < Some(stamp.time) {
            head.proof = Some(stamp.time);
            is_changed |= !head.life.exists;
        }
        if let Fact::Exists(yes) = write.fact {
            let write = ExistsWrite { stamp: stamp.clone(), yes, source: write.source.clone() };
            exists::add(self.cx, &self.asset, head, write);
            is_changed = true;
        }
        is_changed
    }

    /// A write is gone for good.
    pub fn remove(&mut self, stamp: &Stamp, fact: &Fact) {
        self.is_changed = true;
        let Some(head) = &mut self.head else { return };
        self.is_bounds_lost |= head.first.stamp == *stamp
            || head.newest == stamp.time
            || (head.proof == Some(stamp.time) && proves_life(self.asset.kind, fact));
        if let Fact::Exists(yes) = fact {
            exists::remove(self.cx, &self.asset, head, *yes, stamp);
            self.live();
        }
        match Line::of(fact) {
            Some(Line::Element(list, key)) => self.remove_element(list, &key, stamp),
            Some(line) => self.remove_from_line(&line, stamp),
            None => {}
        }
        self.live_by_sign(std::iter::once(fact));
    }

    /// Stores the head.
    /// Writes the head. Returns the keys that the asset refers to again, and when it had ended.
    pub fn finish(mut self) -> Vec<(String, Time)> {
        self.find_newest_of_lists();
        if self.is_bounds_lost {
            self.find_bounds();
        }
        if self.is_changed {
            let value = self.head.as_ref().map(Head::encode);
            self.cx.put(keys::head(&self.asset), value, Logged::No);
        }
        self.returned
    }

    /// Works out the life anew from the writes about it, and what follows from it.
    fn live(&mut self) {
        let Some(head) = &self.head else { return };
        let sign = sign_line(self.asset.kind).and_then(|line| head.fields.get(&line.fact().code));
        let proof = head.proof.max(sign.and_then(|sign| living_since(&sign.write)));
        let signs = Signs {
            kind: self.asset.kind,
            first: Some(head.first.stamp.time),
            proof,
            sign: sign.map(|s| s.write.stamp.time),
        };
        let stored = StoredExists { cx: self.cx, asset: &self.asset, inline: head.exists.as_deref() };
        let (before, after) = (head.life.clone(), life_at(&stored, signs, Time::MAX));
        if before == after {
            return;
        }
        if let Some(head) = &mut self.head {
            head.life = after.clone();
        }
        self.move_references(&before, &after);
        if before.from() != after.from() {
            self.begin_elsewhere(&before, &after);
        }
    }

    /// The life begins at another time: other elements are of an earlier one.
    fn begin_elsewhere(&mut self, before: &Life, after: &Life) {
        let lists: Vec<u8> = self.head.iter().flat_map(|head| head.lists.keys().copied()).collect();
        for list in lists {
            if after.from() > before.from() {
                self.hide(list);
            } else {
                self.unhide(list);
            }
        }
    }

    /// Finds the first sign of life and the newest times anew, from all history. Only a correction takes them away.
    fn find_bounds(&mut self) {
        let (mut first, mut newest, mut proof): (Option<Provenance>, _, _) = (None, Time(i64::MIN), None);
        for (time, event, history) in lookup::history(self.cx, &self.asset, Time::MAX) {
            for write in history.writes() {
                let stamp = Stamp { time, rank: write.rank, event: event.clone() };
                let by = Provenance { stamp, source: write.source.clone() };
                if first.as_ref().is_none_or(|first| by.precedes(first)) {
                    first = Some(by);
                }
                if write.fact != Fact::Seen {
                    newest = newest.max(time);
                }
                if proves_life(self.asset.kind, &write.fact) {
                    proof = proof.max(Some(time));
                }
            }
        }
        let Some(first) = first else {
            self.head = None;
            return;
        };
        if let Some(head) = &mut self.head {
            (head.first, head.newest, head.proof) = (first, newest, proof);
        }
        self.live();
    }

    /// The newest write of a line, and whether it is tied.
    pub(super) fn newest_of(&self, line: &Line) -> Option<Newest> {
        let head = self.head.as_ref()?;
        match line {
            Line::Field(field) => head.fields.get(&field.code).cloned(),
            Line::Reset(list) => head.resets.get(&list.code).map(|by| Newest {
                write: LineWrite { stamp: by.stamp.clone(), source: by.source.clone(), value: None },
                tied: false,
            }),
            Line::Element(list, key) => self.element(list.code, key).map(|(newest, _)| newest),
        }
    }

    /// A fact of this asset's kind.
    pub(super) fn fact(&self, code: u8) -> FactId {
        FactId { kind: self.asset.kind, code }
    }
}

impl ExistsWrites for AssetWriter<'_> {
    fn newest_before(&self, yes: bool, before: Time) -> Option<ExistsWrite> {
        self.exists_writes()?.newest_before(yes, before)
    }

    fn oldest_from(&self, yes: bool, from: Time) -> Option<ExistsWrite> {
        self.exists_writes()?.oldest_from(yes, from)
    }

    fn within(&self, second: Time, until: Time) -> Vec<ExistsWrite> {
        self.exists_writes().map(|writes| writes.within(second, until)).unwrap_or_default()
    }
}

impl AssetWriter<'_> {
    fn exists_writes(&self) -> Option<StoredExists<'_>> {
        let head = self.head.as_ref()?;
        Some(StoredExists { cx: self.cx, asset: &self.asset, inline: head.exists.as_deref() })
    }
}

impl Bases for AssetWriter<'_> {
    fn first(&self) -> Option<Stamp> {
        self.head.as_ref().map(|head| head.first.stamp.clone())
    }

    fn newest(&self, line: &Line, before: Time) -> Option<Stamp> {
        let newest = self.newest_of(line)?.write.stamp;
        if newest.time < before {
            return Some(newest);
        }
        lookup::versions(self.cx, &self.asset, line, before.plus_ms(-1)).next().map(|w| w.stamp)
    }
}
