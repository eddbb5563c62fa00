//! How far a partition's reader is behind.

use crate::domain::time::Time;

/// An input partition as of the client's last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// The oldest offset there is.
    pub begin: i64,
    /// The offset up to which committed records can be read: the last stable one.
    pub end: i64,
    /// Everything before it was handed to the worker, or is no record: the markers of transactions take offsets as well. None:
    /// nothing was handed over yet.
    pub at: Option<i64>,
}

impl End {
    /// Offsets that were left to read at that look, by a reader that begins at `position` (none: with the oldest). Both ends are of
    /// the same moment: a newer position against an old end would hide what has come since.
    pub fn lag(&self, position: Option<i64>) -> u64 {
        let at = self.at.or(position).unwrap_or(self.begin);
        u64::try_from(self.end.saturating_sub(at)).unwrap_or(0)
    }
}

/// How far behind the world: zero where nothing is left to read, else the time since the newest of what was taken happened.
/// None: nothing was taken yet, so it isn't known.
pub fn seconds(lag: u64, newest: Option<Time>, now: Time) -> Option<f64> {
    if lag == 0 {
        return Some(0.0);
    }
    newest.map(|at| now.0.saturating_sub(at.0).max(0) as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_never_negative_and_counts_from_where_reading_is() {
        for (begin, end, at, position, want) in [
            (3, 10, None, None, 7),
            (3, 10, None, Some(4), 6),
            (3, 10, Some(8), Some(4), 2),
            (3, 10, Some(10), Some(9), 0),
            (3, 10, Some(12), None, 0),
            (0, 0, None, None, 0),
        ] {
            assert_eq!(End { begin, end, at }.lag(position), want, "{begin} {end} {at:?} {position:?}");
        }
    }

    #[test]
    fn seconds_are_since_the_newest_event_while_there_is_more() {
        assert_eq!(seconds(0, None, Time(9_000)), Some(0.0));
        assert_eq!(seconds(0, Some(Time(1_000)), Time(9_000)), Some(0.0));
        assert_eq!(seconds(1, Some(Time(1_500)), Time(9_000)), Some(7.5));
        assert_eq!(seconds(1, Some(Time(10_000)), Time(9_000)), Some(0.0));
        assert_eq!(seconds(1, None, Time(9_000)), None);
    }
}
