//! What may be forgotten: writes that say nothing at or after a horizon. Of each fact the newest write before the horizon stays as its
//! base, and a base stays for good, the removal of an element as much as its presence: it is what tells an older write that comes late
//! that it is too late. An asset that has ended is no exception: what it last was is what a finding about it, or the question whether
//! its interfaces went with it, is answered from. No base is needed where something newer hides what is older for ever: a reset hides
//! the elements before it, an end with a creation after it hides the whole life before it.

use std::collections::BTreeMap;

use super::{AssetValue, Fact, Stamp};
use crate::domain::assets::FactId;
use crate::domain::time::Time;

/// Which of one asset's writes say nothing at or after `horizon`: true at the place of each that may go. However many come later,
/// and however late, the answers from the horizon on are the same with and without these.
pub fn superseded(writes: &[(&Fact, &Stamp)], horizon: Time) -> Vec<bool> {
    let ends = writes.iter().filter_map(|(f, s)| if let Fact::Exists(yes) = f { Some((*s, *yes)) } else { None });
    let ends: BTreeMap<&Stamp, bool> = ends.collect();
    let guard = guard(ends.iter().map(|(s, yes)| (*s, *yes)), horizon);
    let first = writes.iter().map(|(_, s)| *s).min();
    let mut bases: BTreeMap<Line, &Stamp> = BTreeMap::new();
    for (fact, stamp) in writes.iter().filter(|(_, s)| s.time < horizon) {
        let base = bases.entry(line(fact)).or_insert(stamp);
        *base = (*base).max(stamp);
    }
    let goes = |(fact, stamp): &(&Fact, &Stamp)| {
        if stamp.time >= horizon {
            return false;
        }
        let older = |of: Line| bases.get(&of).is_some_and(|base| *stamp < *base);
        match fact {
            // Which creation and which end count depends on all of the last life; older lives are over.
            Fact::Exists(_) => guard.is_some_and(|g| *stamp < g),
            Fact::Seen => true,
            Fact::Element { list, .. } => before(guard, stamp) || older(line(fact)) || older(reset_of(*list)),
            Fact::Set { .. } | Fact::Reset { .. } => before(guard, stamp) || older(line(fact)),
        }
    };
    let mut superseded: Vec<bool> = writes.iter().map(goes).collect();
    // The oldest sign of life tells since when an asset is there whose creation nobody saw: one of its writes stays.
    let oldest = || (0..writes.len()).filter(|n| writes.get(*n).map(|(_, s)| *s) == first);
    let lost = oldest().all(|n| superseded.get(n) == Some(&true));
    let witness = oldest().min_by_key(|n| writes.get(*n).map(|(fact, _)| line(fact))).filter(|_| lost);
    if let Some(stays) = witness.and_then(|n| superseded.get_mut(n)) {
        *stays = false;
    }
    superseded
}

impl AssetValue {
    /// Whether a write from before the horizon comes too late, by what the value alone tells: it belongs to a life that was over
    /// before the horizon. None: that depends on the bases of its own line, and of the list it is in.
    pub fn is_too_late(&self, fact: &Fact, stamp: &Stamp, horizon: Time) -> Option<bool> {
        if self.first.as_ref().is_none_or(|first| *stamp <= first.stamp) {
            return Some(false);
        }
        let guard = guard(self.exists.iter().map(|(s, (yes, _))| (s, *yes)), horizon);
        match fact {
            Fact::Exists(_) => Some(guard.is_some_and(|g| stamp < g)),
            // Not the first sign of life: it was never kept.
            Fact::Seen => Some(false),
            _ if before(guard, stamp) => Some(true),
            _ => None,
        }
    }
}

/// The last end before the horizon that was followed by a creation before it: nothing older is of this life.
fn guard<'s>(exists: impl DoubleEndedIterator<Item = (&'s Stamp, bool)>, horizon: Time) -> Option<&'s Stamp> {
    let mut come_again = false;
    for (stamp, yes) in exists.rev().filter(|(s, _)| s.time < horizon) {
        if !yes && come_again {
            return Some(stamp);
        }
        come_again |= yes;
    }
    None
}

/// The whole second of a creation counts as its life, and it can share the second with the end before it.
fn before(guard: Option<&Stamp>, stamp: &Stamp) -> bool {
    guard.is_some_and(|g| stamp.time < g.time.second())
}

/// What a write is about: of two writes of one line the newer one counts.
type Line<'f> = (u8, Option<FactId>, &'f str);

fn line(fact: &Fact) -> Line<'_> {
    match fact {
        Fact::Exists(_) => (0, None, ""),
        Fact::Set { field, .. } => (1, Some(*field), ""),
        Fact::Element { list, key, .. } => (2, Some(*list), key),
        Fact::Reset { list } => reset_of(*list),
        Fact::Seen => (4, None, ""),
    }
}

fn reset_of<'f>(list: FactId) -> Line<'f> {
    (3, Some(list), "")
}
