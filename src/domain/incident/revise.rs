//! From an incident's last revision to the next.

use super::document::{Cause, History, Incident};
use super::join::Joined;
use crate::domain::time::Time;

/// Revisions that an incident's history names; the oldest are dropped first.
pub const HISTORY_MAX: usize = 100;

/// A revision to be sent, stored and shown: one value for all three.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub incident: Incident,
    /// The incident keeps what its last revision had from the graph: the graph as of the finding is no longer kept.
    pub kept: bool,
}

/// The next revision of an incident. `None`: it says nothing new.
///
/// `caused_at` is the time of the record that caused the computation.
pub fn revise(last: Option<&Incident>, joined: Joined, caused_at: Time) -> Option<Revision> {
    let mut next = joined.incident;
    let kept = last.filter(|_| joined.before_horizon.last);
    if let Some(last) = kept {
        next.title.clone_from(&last.title);
        next.links.clone_from(&last.links);
        next.target.clone_from(&last.target);
        next.finding.keep_assets(&last.finding);
        next.topology.clone_from(&last.topology);
        next.what_happened.clone_from(&last.what_happened);
    }
    if let (Some(last), true) = (last, joined.before_horizon.first) {
        next.topology.at_first_sighting.clone_from(&last.topology.at_first_sighting);
    }
    let cause = cause(last, &next)?;
    next.revision = last.map_or(0, |l| l.revision).saturating_add(1);
    next.revision_cause = cause;
    next.history = last.map(|l| l.history.clone()).unwrap_or_default();
    next.history.push(History { time: caused_at, revision: next.revision, cause, by: String::new() });
    let excess = next.history.len().saturating_sub(HISTORY_MAX);
    next.history.drain(..excess);
    Some(Revision { incident: next, kept: kept.is_some() })
}

/// Why there is another revision. `None`: nothing new is said. What a revision says about itself is no reason for one.
fn cause(last: Option<&Incident>, next: &Incident) -> Option<Cause> {
    let Some(last) = last else { return Some(Cause::Created) };
    let same = Incident {
        revision: last.revision,
        revision_cause: last.revision_cause,
        history: last.history.clone(),
        ..next.clone()
    };
    if same == *last {
        return None;
    }
    let same_report = last.finding.is_same_report(&next.finding);
    Some(if same_report { Cause::TopologyAmended } else { Cause::FindingUpdated })
}
