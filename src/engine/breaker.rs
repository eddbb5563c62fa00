//! Stops a worker that refuses nearly everything: that is a wrong topic or a bad release, and no fault of the records.

use super::counts::{self, Tally};

/// How much may be refused before it is taken for our own fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerLimits {
    /// More than this share of a window's records. 100: never.
    pub percent_max: u64,
    /// How many records are looked at together, at least.
    pub window: u64,
}

impl BreakerLimits {
    /// Never stops.
    pub const OFF: BreakerLimits = BreakerLimits { percent_max: 100, window: 1_000 };
}

/// What was seen since the window began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaker {
    records: u64,
    refused: u64,
}

impl Breaker {
    /// Takes in what a commit would bring. Err: the window is full and too much of it refused (so many, of so many).
    pub(super) fn admit<'a>(
        &mut self,
        limits: BreakerLimits,
        commit: impl Iterator<Item = &'a Tally>,
    ) -> Result<(), (u64, u64)> {
        for (count, n) in commit.flatten() {
            let is = |fates: &[counts::Count]| fates.iter().any(|fate| fate.what == count.what);
            self.records += if is(counts::FATES) || is(&[counts::ROUTED]) { *n } else { 0 };
            self.refused += if is(&[counts::REFUSED]) { *n } else { 0 };
        }
        if self.records < limits.window {
            return Ok(());
        }
        let (refused, records) = (self.refused, self.records);
        (self.records, self.refused) = (0, 0);
        let tripped = refused.saturating_mul(100) > records.saturating_mul(limits.percent_max);
        if tripped { Err((refused, records)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trips_when_a_full_window_was_refused_beyond_the_share_and_not_before() {
        let commit = |good: u64, bad: u64| {
            let letters = counts::DEAD_LETTERS.of("not_json");
            let routed = counts::ROUTED.of("trail");
            Tally::from([(routed, good), (counts::REFUSED.of("none"), bad), (letters, bad), (counts::GAPS, 7)])
        };
        let limits = BreakerLimits { percent_max: 50, window: 100 };
        let mut breaker = Breaker::default();
        assert_eq!(breaker.admit(limits, [&commit(0, 99)].into_iter()), Ok(()), "too few to tell");
        assert_eq!(breaker.admit(limits, [&commit(99, 0), &commit(0, 0)].into_iter()), Ok(()), "half and half");
        // A new window.
        assert_eq!(breaker.admit(limits, [&commit(40, 0)].into_iter()), Ok(()));
        assert_eq!(breaker.admit(limits, [&commit(9, 25), &commit(0, 26)].into_iter()), Err((51, 100)));
        let mut never = Breaker::default();
        assert_eq!(never.admit(BreakerLimits::OFF, [&commit(0, 100_000)].into_iter()), Ok(()));
    }
}
