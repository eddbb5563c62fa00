//! From an exposure's last state to the next.

use super::document::Exposure;
use crate::domain::time::Time;

/// The next state of an exposure. `None`: it says nothing new.
///
/// `caused_at` is the time of the record that caused the computation; the epoch: no record did, and the facts' own time counts.
pub fn revise(last: Option<&Exposure>, computed: Exposure, caused_at: Time) -> Option<Exposure> {
    let now = if caused_at == Time(0) { computed.changed_at } else { caused_at };
    let changed_at = last.filter(|last| last.result == computed.result).map_or(now, |last| last.changed_at);
    let next = Exposure { changed_at, ..computed };
    (last != Some(&next)).then_some(next)
}
