//! The lives of an asset: from which creation to which end, at a time.
//!
//! The writes that say that an asset came to be or ended are looked up, never listed: a name that was used a hundred thousand times costs
//! the same as one that was used twice.

use std::sync::Arc;

use super::line::{Line, LineWrite};
use super::provenance::Provenance;
use super::write::{Fact, Source, Stamp, Val};
use crate::domain::assets::Kind;
use crate::domain::assets::ec2::instance;
use crate::domain::time::Time;

/// A write that says that an asset came to be, or ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExistsWrite {
    pub stamp: Stamp,
    pub yes: bool,
    pub source: Arc<Source>,
}

impl ExistsWrite {
    fn second(&self) -> Time {
        self.stamp.time.second()
    }

    fn provenance(&self) -> Provenance {
        Provenance { stamp: self.stamp.clone(), source: self.source.clone() }
    }
}

/// The writes of one asset that say whether it exists, as a lookup.
pub trait ExistsWrites {
    /// The newest one of this value with a time before `before`.
    fn newest_before(&self, yes: bool, before: Time) -> Option<ExistsWrite>;

    /// The oldest one of this value with a time at or after `from`.
    fn oldest_from(&self, yes: bool, from: Time) -> Option<ExistsWrite>;

    /// All of this second up to `until`.
    fn within(&self, second: Time, until: Time) -> Vec<ExistsWrite>;
}

impl ExistsWrites for [ExistsWrite] {
    fn newest_before(&self, yes: bool, before: Time) -> Option<ExistsWrite> {
        self.iter().filter(|w| w.yes == yes && w.stamp.time < before).max().cloned()
    }

    fn oldest_from(&self, yes: bool, from: Time) -> Option<ExistsWrite> {
        self.iter().filter(|w| w.yes == yes && w.stamp.time >= from).min().cloned()
    }

    fn within(&self, second: Time, until: Time) -> Vec<ExistsWrite> {
        self.iter().filter(|w| w.second() == second && w.stamp.time <= until).cloned().collect()
    }
}

/// Whether an asset is there at a time, since when, and until when it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    pub exists: bool,
    /// The creation that this life began with. `None`: it was not seen.
    pub start: Option<Provenance>,
    pub ended: Option<Provenance>,
    /// The end of the life before, where this one's creation was not seen.
    pub after: Option<Provenance>,
    /// The time from which it certainly is gone: that of the last write that tells anything of it.
    pub gone: Option<Time>,
}

impl Life {
    /// Facts before this time belong to an earlier life. The whole second of a creation counts: facts implied by it share the second.
    pub fn from(&self) -> Option<Time> {
        self.start.as_ref().or(self.after.as_ref()).map(|by| by.stamp.time.second())
    }

    /// Whether a fact of this time belongs to this life.
    pub fn covers(&self, time: Time) -> bool {
        self.from().is_none_or(|from| time >= from)
    }
}

/// What a life depends on beside the writes about it.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    pub kind: Kind,
    /// The asset's first sign of life.
    pub first: Option<Time>,
    /// The newest fact that only a living asset can have, at or before the time in question.
    pub proof: Option<Time>,
    /// The newest write of the sign line, whatever it says.
    pub sign: Option<Time>,
}

/// The life of an asset at `until`.
pub fn life_at(writes: &(impl ExistsWrites + ?Sized), signs: Signs, until: Time) -> Life {
    let lives = Lives { writes, signs, until };
    let Some(newest) = lives.newest_before(after(until)) else {
        return Life { exists: true, ..Life::default() };
    };
    let second = newest.second();
    if lives.is_alive_after(second) {
        return Life { exists: true, start: lives.start(second), ..Life::default() };
    }
    let (start, ended) = lives.end(second);
    if signs.proof.is_some_and(|proof| proof.second() > second) {
        // Something was done with it later, so it is there. The end of a thing with an id of its own was no end; under a name that is
        // used again it is another thing.
        if reuses_names(signs.kind) {
            let after = lives.oldest(second, false).map(|w| w.provenance());
            return Life { exists: true, after, ..Life::default() };
        }
        return Life { exists: true, start, ..Life::default() };
    }
    Life { exists: false, start, ended, after: None, gone: Some(newest.stamp.time).max(signs.sign) }
}

/// Whether AWS lets a name of this kind be used again after the thing was deleted.
pub fn reuses_names(kind: Kind) -> bool {
    use Kind::{AutoScalingGroup, Bucket, InstanceProfile, LoadBalancer, Role, User};
    matches!(kind, Role | User | InstanceProfile | Bucket | AutoScalingGroup | LoadBalancer)
}

/// Whether a fact tells that a thing is there whose name is used again: nothing can be done with a deleted one.
pub fn proves_life(kind: Kind, fact: &Fact) -> bool {
    reuses_names(kind) && Line::of(fact).is_some()
}

/// The line whose newest write tells whether an asset is there that was said to have ended. `None`: the kind has no such line. A terminated
/// instance can still be tagged, so of an instance only its state tells.
pub fn sign_line(kind: Kind) -> Option<Line> {
    (kind == Kind::Instance).then(|| Line::Field(instance::STATE.id()))
}

/// The time of a write of the sign line, if only a living asset can be in this state.
pub fn living_since(write: &LineWrite) -> Option<Time> {
    let state = write.value.as_ref().and_then(Val::as_text)?;
    matches!(state, "pending" | "running" | "stopping" | "stopped").then_some(write.stamp.time)
}

fn after(time: Time) -> Time {
    time.plus_ms(1)
}

struct Lives<'w, W: ?Sized> {
    writes: &'w W,
    signs: Signs,
    until: Time,
}

const SECOND_MS: i64 = 1000;

impl<W: ExistsWrites + ?Sized> Lives<'_, W> {
    fn newest_before(&self, before: Time) -> Option<ExistsWrite> {
        self.writes.newest_before(true, before).max(self.writes.newest_before(false, before))
    }

    /// The oldest one of this value in a second.
    fn oldest(&self, second: Time, yes: bool) -> Option<ExistsWrite> {
        self.writes.within(second, self.until).into_iter().filter(|w| w.yes == yes).min()
    }

    /// Whether it was there when a second was over in which it came to be or ended. Under a name that is used again both alternate:
    /// creating fails when the name is taken, and deleting when it is not.
    fn is_alive_after(&self, second: Time) -> bool {
        let within = self.writes.within(second, self.until);
        let yes = within.iter().filter(|w| w.yes).count();
        let no = within.len().saturating_sub(yes);
        if yes == 0 || no == 0 {
            return no == 0;
        }
        if !reuses_names(self.signs.kind) {
            return within.iter().max().is_some_and(|w| w.yes);
        }
        match yes.cmp(&no) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => match self.newest_before(second) {
                Some(before) => before.yes,
                None => self.signs.first.is_some_and(|first| first < second),
            },
        }
    }

    /// The creation with which the life began that was going on after `second`: the first after the last end.
    fn start(&self, second: Time) -> Option<Provenance> {
        let creation = if self.oldest(second, false).is_some() {
            self.oldest(second, true)
        } else {
            match self.writes.newest_before(false, second) {
                None => self.writes.oldest_from(true, Time(i64::MIN)),
                Some(end) if self.is_alive_after(end.second()) => self.oldest(end.second(), true),
                Some(end) => self.writes.oldest_from(true, end.second().plus_ms(SECOND_MS)),
            }
        };
        creation.map(|w| w.provenance())
    }

    /// The life that was over after `second`: its creation, and the first of the ends after it.
    fn end(&self, second: Time) -> (Option<Provenance>, Option<Provenance>) {
        let end = if self.oldest(second, true).is_some() {
            self.oldest(second, false)
        } else {
            match self.writes.newest_before(true, second) {
                None => self.writes.oldest_from(false, Time(i64::MIN)),
                Some(creation) if self.is_alive_after(creation.second()) => {
                    self.writes.oldest_from(false, creation.second().plus_ms(SECOND_MS))
                }
                Some(creation) => self.oldest(creation.second(), false),
            }
        };
        let Some(end) = end else { return (None, None) };
        let in_its_second = || self.oldest(end.second(), true).map(|w| w.provenance());
        let start = match self.newest_before(end.second()) {
            Some(before) if self.is_alive_after(before.second()) => self.start(before.second()),
            _ => in_its_second(),
        };
        (start, Some(end.provenance()))
    }
}
