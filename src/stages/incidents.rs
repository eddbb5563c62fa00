//! The incidents of one task: which wait, which are due again, and what is said of them next.

use std::collections::{BTreeMap, BTreeSet};

use super::graph_view::{GraphView, lookup};
use crate::domain::graph::{StateView, Subject, Write};
use crate::domain::incident::{FindingRecord, Incident, Knowledge, Limits, Revision, as_of, join, revise, target};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::record::{OutRecord, OutTopic};
use crate::engine::stage::{Context, Logged};
use crate::wire::state::values::{self, StoredIncident};
use crate::wire::state::{Unreadable, keys};
use crate::wire::{Encoding, Mismatch, Reason, Refusal, dead_letter};

/// How many incidents one subject makes due again at the most.
pub const DEPENDS_MAX: usize = 1_000;
/// How many waiting findings, and due incidents, one commit takes on.
pub const DUE_MAX: usize = 10_000;
/// What an incident is made with, beside the state.
#[derive(Clone, Copy)]
pub struct JoinInputs<'a> {
    pub knowledge: &'a Knowledge,
    pub limits: Limits,
    pub encoding: &'a Encoding,
}

/// A finding has news, told by a notification of the time `told_at`. Its incident is due at once if there is one already; else it may
/// wait for its topology.
pub fn await_topology(record: &FindingRecord, told_at: Time, deadline: Time, cx: &mut dyn Context) {
    let (account, id) = (record.account.as_str(), record.id.as_str());
    if cx.get(&keys::incident(account, id)).is_some() || target_known(record, cx) {
        mark_due(account, id, told_at, cx);
    } else {
        cx.put(keys::pending(deadline, account, id), Some(Vec::new()), Logged::Yes);
    }
}

/// The incident is to be computed anew, because of a record of the time `caused_at`. Of several records the newest counts.
fn mark_due(account: &str, id: &str, caused_at: Time, cx: &mut dyn Context) {
    let key = keys::due(account, id);
    let before: Option<Time> = lookup::stored(cx, &key);
    let newest = before.map_or(caused_at, |before| before.max(caused_at));
    cx.put(key, Some(values::encode(&newest)), Logged::No);
}

fn target_known(record: &FindingRecord, cx: &dyn Context) -> bool {
    let view = GraphView(cx);
    // A sample never has a topology: nothing to wait for.
    record.latest.sample || target(&view, record).is_some_and(|t| view.fields(&t, as_of(record)).is_some())
}

/// Those whose asset has come, and those that may not wait any longer, become due.
pub fn release_pending(now: Time, cx: &mut dyn Context) {
    for (key, _) in cx.scan(&[keys::PENDING], &[keys::PENDING], DUE_MAX) {
        let Some((deadline, account, id)) = keys::read_pending(&key) else {
            cx.count(counts::UNREADABLE);
            cx.put(key, None, Logged::Yes);
            continue;
        };
        let Some(record) = finding(&account, &id, cx) else {
            cx.put(key, None, Logged::Yes);
            continue;
        };
        if deadline <= now || target_known(&record, cx) {
            mark_due(&account, &id, record.updated_at(), cx);
            cx.put(key, None, Logged::Yes);
        }
    }
}

/// Marks every incident due whose read set covers one of these facts, as of its own time.
pub fn mark_dependents_due(new: &[Write], cx: &mut dyn Context) {
    // Most accounts have no incident: one look at each account is enough to know.
    let accounts: BTreeSet<&str> = new.iter().map(|w| w.asset.account.as_str()).collect();
    let read: BTreeSet<&str> = accounts.into_iter().filter(|account| is_read(account, cx)).collect();
    let mut times: BTreeMap<Subject, BTreeSet<Time>> = BTreeMap::new();
    for write in new.iter().filter(|w| read.contains(w.asset.account.as_str())) {
        for subject in Subject::all(write) {
            times.entry(subject).or_default().insert(write.stamp.time);
        }
    }
    for (subject, times) in times {
        mark_readers_due(&subject, &times, cx);
    }
}

fn is_read(account: &str, cx: &dyn Context) -> bool {
    let prefix = keys::depending_in(account);
    !cx.scan(&prefix, &prefix, 1).is_empty()
}

fn mark_readers_due(subject: &Subject, times: &BTreeSet<Time>, cx: &mut dyn Context) {
    let prefix = keys::depending_on(subject);
    for (key, as_of) in cx.scan(&prefix, &prefix, DEPENDS_MAX) {
        let Some(as_of) = lookup::readable::<Time>(cx, &key, values::decode(&as_of)) else { return };
        let Some(newest) = times.range(..=as_of).next_back() else { continue };
        if let Some((account, id)) = keys::read_depends(&key, &prefix) {
            mark_due(&account, &id, *newest, cx);
        }
    }
}

/// Computes every due incident anew, and emits those that say something new.
///
/// Before the `horizon` history is folded: an incident of that time keeps the surroundings that it has.
pub fn revise_due(inputs: JoinInputs<'_>, horizon: Option<Time>, cx: &mut dyn Context) {
    for (key, caused_at) in cx.scan(&[keys::DUE], &[keys::DUE], DUE_MAX) {
        cx.put(key.clone(), None, Logged::No);
        if let Some((account, id)) = keys::read_finding(&key)
            && let Some(record) = finding(&account, &id, cx)
        {
            let Some(caused_at) = lookup::readable(cx, &key, values::decode(&caused_at)) else { return };
            revise_one(inputs, &record, horizon, caused_at, cx);
        }
    }
}

fn finding(account: &str, id: &str, cx: &dyn Context) -> Option<FindingRecord> {
    lookup::stored(cx, &keys::finding(account, id))
}

fn revise_one(
    inputs: JoinInputs<'_>,
    record: &FindingRecord,
    horizon: Option<Time>,
    caused_at: Time,
    cx: &mut dyn Context,
) {
    let (account, id) = (record.account.as_str(), record.id.as_str());
    let key = keys::incident(account, id);
    let stored: Option<StoredIncident> = lookup::stored(cx, &key);
    let last = stored.as_ref().and_then(|s| serde_json::from_str::<Incident>(&s.document).ok());
    let joined = join(&GraphView(cx), record, inputs.knowledge, inputs.limits, horizon);
    let before_horizon = joined.before_horizon.last;
    let read_set = match &stored {
        Some(stored) if before_horizon => stored.read_set.clone(),
        _ => joined.read_set.clone(),
    };
    if before_horizon && last.is_some() {
        cx.count(counts::TOPOLOGIES_KEPT);
    }
    let Some(revision) = revise(last.as_ref(), joined, caused_at) else {
        return update_read_set(stored, read_set, account, id, cx);
    };
    send(inputs.encoding, &revision, cx);
    let document = serde_json::to_string(&revision.incident).unwrap_or_default();
    let next = StoredIncident { document, read_set, as_of: as_of(record) };
    put_depends(stored.as_ref(), &next, account, id, cx);
    cx.put(key, Some(values::encode(&next)), Logged::Yes);
}

fn send(encoding: &Encoding, revision: &Revision, cx: &mut dyn Context) {
    let incident = &revision.incident;
    let key = incident.incident_id.as_bytes().to_vec();
    match encoding.bytes(incident) {
        Ok(value) => {
            cx.count(counts::INCIDENT_REVISIONS);
            let headers = [
                ("record-id", format!("{}:{}", incident.incident_id, incident.revision)),
                ("severity", incident.severity.text().to_owned()),
                ("status", incident.status.text().to_owned()),
                ("account", incident.account_id.clone()),
            ];
            let headers = headers.into_iter().map(|(name, text)| (format!("trailgraph.{name}"), text.into_bytes()));
            cx.send(OutRecord { topic: OutTopic::Incidents, key, value, headers: headers.collect() });
        }
        Err(mismatch) => unwritable(key, incident, &mismatch, cx),
    }
}

/// An incident that its schema doesn't fit is our own fault, and must not get lost over it.
fn unwritable(key: Vec<u8>, incident: &Incident, mismatch: &Mismatch, cx: &mut dyn Context) {
    let refusal = Refusal::new(Reason::Internal, format!("an incident that its schema doesn't fit: {mismatch}"));
    cx.count(counts::DEAD_LETTERS.of(refusal.reason.text()));
    // It has no place in any input.
    let headers = dead_letter::headers(&refusal, OutTopic::Incidents.as_str(), -1, -1);
    let value = serde_json::to_vec(incident).unwrap_or_default();
    cx.send(OutRecord { topic: OutTopic::DeadLetters, key, value, headers });
}

/// Same content, new read set: stores it and emits nothing.
fn update_read_set(
    last: Option<StoredIncident>,
    read_set: BTreeSet<Subject>,
    account: &str,
    id: &str,
    cx: &mut dyn Context,
) {
    let Some(last) = last.filter(|last| last.read_set != read_set) else { return };
    let stored = StoredIncident { read_set, ..last.clone() };
    put_depends(Some(&last), &stored, account, id, cx);
    cx.put(keys::incident(account, id), Some(values::encode(&stored)), Logged::Yes);
}

fn put_depends(last: Option<&StoredIncident>, stored: &StoredIncident, account: &str, id: &str, cx: &mut dyn Context) {
    for subject in last.iter().flat_map(|l| l.read_set.difference(&stored.read_set)) {
        cx.put(keys::depends(subject, account, id), None, Logged::No);
    }
    for subject in &stored.read_set {
        cx.put(keys::depends(subject, account, id), Some(values::encode(&stored.as_of)), Logged::No);
    }
}

/// An incident comes back from the changelog: what it depends on follows from it.
pub fn restored(key: &[u8], bytes: &[u8], cx: &mut dyn Context) {
    let finding = keys::read_finding(key).ok_or(Unreadable::Damaged("an incident's key"));
    let read = finding.and_then(|finding| Ok((finding, values::decode::<StoredIncident>(bytes)?)));
    let Some(((account, id), stored)) = lookup::readable(cx, key, read) else { return };
    let last: Option<StoredIncident> = lookup::stored(cx, key);
    put_depends(last.as_ref(), &stored, &account, &id, cx);
}
