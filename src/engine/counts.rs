//! What stages count: one word list for the summary line and the metrics. Every piece of input ends in exactly one of the fates.

use std::collections::BTreeMap;

/// One thing counted. `of` says which kind of record, reason or topic it was; empty where there is only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    pub what: &'static str,
    pub of: &'static str,
}

impl Count {
    const fn new(what: &'static str) -> Count {
        Count { what, of: "" }
    }

    /// The same, of one kind. Kinds are closed sets: each becomes a metric's label.
    pub const fn of(self, of: &'static str) -> Count {
        Count { what: self.what, of }
    }
}

/// How often what was counted.
pub type Tally = BTreeMap<Count, u64>;

/// All of `what`, whatever kind.
pub fn sum(tally: &Tally, what: Count) -> u64 {
    tally.iter().filter(|(c, _)| c.what == what.what).map(|(_, n)| n).sum()
}

// The fates, each of a kind of record.

/// Changed the graph, or was a finding.
pub const APPLIED: Count = Count::new("applied");
/// Belongs to an account, and was sent on under its key.
pub const ROUTED: Count = Count::new("routed");
/// A failed attempt at a change: the graph stays.
pub const FAILED_CALL: Count = Count::new("failed_call");
/// Changes nothing, and tells what somebody did: kept for timelines.
pub const ACTIVITY: Count = Count::new("activity");
/// Of no consequence to the graph: it names a call that nobody follows. A message that is malformed besides counts as this, too, if its
/// bytes rule out that anything else is in it.
pub const IRRELEVANT: Count = Count::new("irrelevant");
/// Recognised, not acted on yet.
pub const RECOGNISED: Count = Count::new("recognised");
/// A control message, dropped.
pub const CONTROL: Count = Count::new("control");
/// Refused with a reason: a dead letter.
pub const REFUSED: Count = Count::new("refused");

/// All fates in which a record ends, in the order in which they are shown. What is routed has its fate before it.
pub const FATES: &[Count] = &[APPLIED, FAILED_CALL, ACTIVITY, IRRELEVANT, RECOGNISED, CONTROL, REFUSED];

/// The kind of what holds no record, or of a record whose kind can't be told.
pub const NO_KIND: &str = "none";

/// Dead letters by reason.
pub const DEAD_LETTERS: Count = Count::new("dead_letters");
/// Records sent, by topic.
pub const OUTPUTS: Count = Count::new("outputs");
/// Findings among the applied.
pub const FINDINGS: Count = Count::new("findings");
/// Incident revisions emitted.
pub const INCIDENT_REVISIONS: Count = Count::new("incident_revisions");
/// Exposures that are new or other than they were.
pub const EXPOSURE_CHANGES: Count = Count::new("exposure_changes");
/// Things that an effect couldn't make out.
pub const GAPS: Count = Count::new("gaps");
/// Stored values that can't be read: a fault of the disk or of ours.
pub const UNREADABLE: Count = Count::new("unreadable_state");
/// Event times beyond now, clamped.
pub const CLAMPED: Count = Count::new("clamped_times");
/// Records that a correction had taken the place of before they came.
pub const CORRECTED: Count = Count::new("corrected_records");
/// Writes older than what is kept of their fact from before the horizon: dropped.
pub const LATE_WRITES: Count = Count::new("late_writes");
/// Writes that say nothing at or after the horizon any more: folded away.
pub const FOLDED_WRITES: Count = Count::new("folded_writes");
/// Incidents as of before the horizon that were due again: they keep the topology they have.
pub const TOPOLOGIES_KEPT: Count = Count::new("topologies_kept");
