//! What is open until the next commit, and how far it may grow.

use super::breaker::BreakerLimits;
use super::record::TaskId;
use crate::domain::time::Time;

/// What a commit may grow to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub interval_ms: i64,
    pub records: usize,
    pub bytes: usize,
    /// Where no commit is made.
    pub breaker: BreakerLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { interval_ms: 100, records: 100_000, bytes: 32 << 20, breaker: BreakerLimits::OFF }
    }
}

/// While input comes all the time, a commit that only waits for more input is made no oftener than this in an interval: each costs
/// brokers and worker some milliseconds.
const EARLY_PER_INTERVAL_MAX: i64 = 4;

impl Limits {
    /// When a commit may be made because nothing more waits to be taken: at once, unless another was made just before.
    pub(super) fn early_from(&self, last: Option<Time>) -> Option<Time> {
        last.map(|at| at.plus_ms(self.interval_ms / EARLY_PER_INTERVAL_MAX))
    }
}

/// The open commit's size and age.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OpenBatch {
    pub(super) opened: Option<Time>,
    pub(super) records: usize,
    pub(super) bytes: usize,
}

impl OpenBatch {
    pub(super) fn is_due(&self, limits: &Limits, now: Time) -> bool {
        let old = self.opened.is_some_and(|at| at.plus_ms(limits.interval_ms) <= now);
        old || self.records >= limits.records || self.bytes >= limits.bytes
    }
}

/// A commit that was asked for: what is needed to finish it once its outcome is known.
#[derive(Clone, Debug)]
pub(super) struct PendingCommit {
    pub(super) positions: Vec<(TaskId, i64)>,
    pub(super) seq: u64,
}
