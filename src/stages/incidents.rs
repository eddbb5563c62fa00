//! The incidents of one task: which wait for their topology, and how one is made of a finding.

use super::derived::{self, Computed, Derived, Last, Outgoing};
use super::graph_view::{GraphView, lookup};
use crate::domain::graph::StateView;
use crate::domain::incident::{FindingRecord, Incident, Knowledge, Limits, as_of, join, revise, target};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::record::OutTopic;
use crate::engine::stage::{Context, Logged};
use crate::wire::Encoding;
use crate::wire::state::{DocumentId, keys};

/// Findings that wait and are looked at by one commit.
pub const PENDING_MAX: usize = 10_000;

/// What an incident is made with, beside the state.
#[derive(Clone, Copy)]
pub struct Incidents<'a> {
    pub knowledge: &'a Knowledge,
    pub limits: Limits,
    pub encoding: &'a Encoding,
    /// History before it is folded: an incident of that time keeps the surroundings that it has.
    pub horizon: Option<Time>,
}

impl Derived for Incidents<'_> {
    type Document = Incident;

    const FAMILY: u8 = keys::INCIDENT;

    fn compute(
        &self,
        id: &DocumentId,
        last: Option<&Last<Incident>>,
        caused_at: Time,
        cx: &dyn Context,
    ) -> Option<Computed<Incident>> {
        let record = finding(id, cx)?;
        let as_of = as_of(&record);
        let joined = join(&GraphView(cx), &record, self.knowledge, self.limits, self.horizon);
        let kept = last.filter(|_| joined.before_horizon.last);
        let read_set = kept.map_or_else(|| joined.read_set.clone(), |last| last.read_set.clone());
        let counts = kept.map(|_| counts::TOPOLOGIES_KEPT).into_iter().collect();
        let next = revise(last.map(|l| &l.document), joined, caused_at).map(|revision| revision.incident);
        Some(Computed { next, read_set, as_of, counts })
    }

    fn outgoing(&self, incident: &Incident) -> Outgoing {
        let headers = vec![
            ("record-id", format!("{}:{}", incident.incident_id, incident.revision)),
            ("severity", incident.severity.text().to_owned()),
            ("status", incident.status.text().to_owned()),
            ("account", incident.account_id.clone()),
        ];
        let key = incident.incident_id.clone();
        Outgoing { topic: OutTopic::Incidents, key, headers, count: counts::INCIDENT_REVISIONS }
    }

    fn encoding(&self) -> &Encoding {
        self.encoding
    }
}

/// A finding has news, told by a notification of the time `told_at`. Its incident is due at once if there is one already; else it may
/// wait for its topology.
pub fn await_topology(record: &FindingRecord, told_at: Time, deadline: Time, cx: &mut dyn Context) {
    let id = DocumentId { account: record.account.clone(), name: record.id.clone() };
    if derived::exists::<Incidents>(&id, cx) || target_known(record, cx) {
        derived::mark_due::<Incidents>(&id, told_at, cx);
    } else {
        cx.put(keys::pending(deadline, &id.account, &id.name), Some(Vec::new()), Logged::Yes);
    }
}

fn target_known(record: &FindingRecord, cx: &dyn Context) -> bool {
    let view = GraphView(cx);
    // A sample never has a topology: nothing to wait for.
    record.latest.sample || target(&view, record).is_some_and(|t| view.fields(&t, as_of(record)).is_some())
}

/// Those whose asset has come, and those that may not wait any longer, become due.
pub fn release_pending(now: Time, cx: &mut dyn Context) {
    for (key, _) in cx.scan(&[keys::PENDING], &[keys::PENDING], PENDING_MAX) {
        let Some((deadline, account, name)) = keys::read_pending(&key) else {
            cx.count(counts::UNREADABLE);
            cx.put(key, None, Logged::Yes);
            continue;
        };
        let id = DocumentId { account, name };
        let Some(record) = finding(&id, cx) else {
            cx.put(key, None, Logged::Yes);
            continue;
        };
        if deadline <= now || target_known(&record, cx) {
            derived::mark_due::<Incidents>(&id, record.updated_at(), cx);
            cx.put(key, None, Logged::Yes);
        }
    }
}

fn finding(id: &DocumentId, cx: &dyn Context) -> Option<FindingRecord> {
    lookup::stored(cx, &keys::finding(&id.account, &id.name))
}
