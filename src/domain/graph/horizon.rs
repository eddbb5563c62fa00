//! The writes that may be forgotten: those that say nothing at or after a horizon.
//!
//! Of each line the newest write before the horizon stays as its base, and a base stays for good, the removal of an element as much as its
//! presence: an older write that comes late is recognised by it. An asset that has ended keeps its bases: late findings and
//! implied deletions need them. A line whose opposite writes alternate keeps the whole second of its base, and the write before that
//! second. No base is needed where something newer hides all that is older: a reset hides the elements before it, and an end with a
//! creation after it hides the whole life before it.

use super::life::ExistsWrites;
use super::line::Line;
use super::write::{Fact, Stamp};
use crate::domain::assets::FactId;
use crate::domain::time::Time;

/// What is known of one asset from before the horizon, as a lookup.
pub trait Bases: ExistsWrites {
    /// The stamp of the asset's first sign of life.
    fn first(&self) -> Option<Stamp>;

    /// The newest write of a line with a time before `before`.
    fn newest(&self, line: &Line, before: Time) -> Option<Stamp>;
}

/// What one asset may forget before a horizon.
pub struct Horizon<'b, B: ?Sized> {
    bases: &'b B,
    time: Time,
    /// The second of the end of the last life that was over: facts before it belong to earlier lives.
    facts_from: Option<Time>,
    /// The oldest write about existence that still matters.
    exists_from: Option<Stamp>,
}

impl<'b, B: Bases + ?Sized> Horizon<'b, B> {
    /// Looks up where the last life before the horizon begins.
    pub fn new(bases: &'b B, time: Time) -> Horizon<'b, B> {
        let end = bases
            .newest_before(true, time)
            .and_then(|creation| bases.newest_before(false, creation.stamp.time.second()))
            .map(|end| end.stamp.time.second());
        let before = |end: Time| bases.newest_before(true, end).max(bases.newest_before(false, end));
        Horizon { bases, time, facts_from: end, exists_from: end.and_then(before).map(|w| w.stamp) }
    }

    /// Whether a write says nothing at or after the horizon, however many come later and however late. The first sign of life is no
    /// exception here: see [`Horizon::is_first`].
    pub fn is_superseded(&self, fact: &Fact, stamp: &Stamp) -> bool {
        if stamp.time >= self.time {
            return false;
        }
        if let Fact::Exists(_) = fact {
            return self.exists_from.as_ref().is_some_and(|from| stamp < from);
        }
        let Some(line) = Line::of(fact) else { return true };
        self.facts_from.is_some_and(|from| stamp.time < from)
            || matches!(line, Line::Element(list, _) if self.is_before_reset(list, stamp))
            || self.has_newer_base(&line, stamp)
    }

    /// Whether a write that comes late has to be dropped. The oldest sign of life never comes too late.
    pub fn is_too_late(&self, fact: &Fact, stamp: &Stamp) -> bool {
        let is_oldest = self.bases.first().is_none_or(|first| *stamp <= first);
        // That an asset was named is only kept of the first sign of life.
        !is_oldest && *fact != Fact::Seen && self.is_superseded(fact, stamp)
    }

    /// Whether this is the stamp of the first sign of life: one of its writes stays, since it tells since when an asset is there whose
    /// creation was not seen.
    pub fn is_first(&self, stamp: &Stamp) -> bool {
        self.bases.first().is_some_and(|first| *stamp == first)
    }

    fn is_before_reset(&self, list: FactId, stamp: &Stamp) -> bool {
        self.bases.newest(&Line::Reset(list), self.time).is_some_and(|reset| *stamp < reset)
    }

    fn has_newer_base(&self, line: &Line, stamp: &Stamp) -> bool {
        let Some(base) = self.bases.newest(line, self.time) else { return false };
        if *stamp >= base {
            return false;
        }
        if !line.alternates() {
            return true;
        }
        self.bases.newest(line, base.time.second()).is_some_and(|before| *stamp < before)
    }
}
