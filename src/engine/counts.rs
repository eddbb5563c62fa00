//! Names of what stages count: one word list for the summary line and the metrics. Every input record ends in exactly one of the fates.

/// Changed the graph, or was a finding.
pub const APPLIED: &str = "applied";
/// A failed attempt at a change: the graph stays.
pub const FAILED_CALL: &str = "failed_call";
/// Understood, and of no consequence to the graph.
pub const IRRELEVANT: &str = "irrelevant";
/// Recognised, not acted on yet.
pub const RECOGNISED: &str = "recognised";
/// A control message, dropped.
pub const CONTROL: &str = "control";
/// Refused with a reason: a dead letter.
pub const REFUSED: &str = "refused";

/// All fates of a record, in the order in which they are shown.
pub const FATES: &[&str] = &[APPLIED, FAILED_CALL, IRRELEVANT, RECOGNISED, CONTROL, REFUSED];

/// Findings among the applied.
pub const FINDINGS: &str = "findings";
/// Incident revisions emitted.
pub const INCIDENT_REVISIONS: &str = "incident_revisions";
/// Things that an effect couldn't make out.
pub const GAPS: &str = "gaps";
/// Stored values that can't be read: a fault of the disk or of ours.
pub const UNREADABLE: &str = "unreadable_state";
/// Event times beyond now, clamped.
pub const CLAMPED: &str = "clamped_times";
