//! The incidents of one task: which wait, which are due again, and what is said of them next.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::graph_view::GraphView;
use crate::domain::graph::{StateView, Subject, Write};
use crate::domain::incident::{FindingRecord, Knowledge, Limits, as_of, join, target};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::record::{OutRecord, OutTopic};
use crate::engine::stage::{Context, Logged};
use crate::wire::state::keys;
use crate::wire::state::values::{self, StoredIncident};
use crate::wire::{Encoding, Mismatch, Reason, Refusal, dead_letter};

/// How many incidents one subject makes due again at the most.
pub const DEPENDS_MAX: usize = 1_000;
/// How many waiting findings, and due incidents, one commit takes on.
pub const DUE_MAX: usize = 10_000;
/// How many revisions an incident's own history names; the oldest go first.
pub const HISTORY_MAX: usize = 100;

/// What an incident has from the graph: kept as it is once the graph's history before the horizon is folded.
const FROM_GRAPH: [&str; 4] = ["title", "target", "topology", "what_happened"];

/// What a revision says about itself, and not about what happened: it never makes a revision by itself.
const ABOUT_REVISION: [&str; 3] = ["revision", "revision_cause", "history"];

/// What making an incident takes beside what is known.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub knowledge: &'a Knowledge,
    pub limits: Limits,
    pub encoding: &'a Encoding,
}

/// A finding has news. Its incident is due at once where there is one already; else it may wait for its topology.
pub fn await_topology(record: &FindingRecord, deadline: Time, cx: &mut dyn Context) {
    let (account, id) = (record.account.as_str(), record.id.as_str());
    if cx.get(&keys::incident(account, id)).is_some() || target_known(record, cx) {
        cx.put(keys::due(account, id), Some(Vec::new()), Logged::No);
    } else {
        cx.put(keys::pending(deadline, account, id), Some(Vec::new()), Logged::Yes);
    }
}

fn target_known(record: &FindingRecord, cx: &dyn Context) -> bool {
    let view = GraphView(cx);
    // A sample never has a topology: nothing to wait for.
    record.said.sample || target(&view, record).is_some_and(|t| view.value(&t, as_of(record)).is_some())
}

/// Those whose asset has come, and those that may not wait any longer, become due.
pub fn release_pending(now: Time, cx: &mut dyn Context) {
    for (key, _) in cx.scan(&[keys::PENDING], &[keys::PENDING], DUE_MAX) {
        let Some((deadline, account, id)) = keys::read_pending(&key) else {
            cx.count(counts::UNREADABLE);
            cx.put(key, None, Logged::Yes);
            continue;
        };
        let come = || finding(&account, &id, cx).is_some_and(|r| target_known(&r, cx));
        if deadline <= now || come() {
            cx.put(keys::due(&account, &id), Some(Vec::new()), Logged::No);
            cx.put(key, None, Logged::Yes);
        }
    }
}

/// Facts that are new as of a time at which an incident asked about their subjects make it due again.
pub fn make_due(new: &[Write], cx: &mut dyn Context) {
    // Most accounts have no incident: one look at each tells so.
    let accounts: BTreeSet<&str> = new.iter().map(|w| w.asset.account.as_str()).collect();
    let asked: BTreeSet<&str> = accounts.into_iter().filter(|account| is_asked_about(account, cx)).collect();
    let mut oldest: BTreeMap<Subject, Time> = BTreeMap::new();
    for write in new.iter().filter(|w| asked.contains(w.asset.account.as_str())) {
        for subject in Subject::all(write) {
            let time = oldest.entry(subject).or_insert(write.stamp.time);
            *time = write.stamp.time.min(*time);
        }
    }
    for (subject, time) in oldest {
        make_dependents_due(&subject, time, cx);
    }
}

fn is_asked_about(account: &str, cx: &dyn Context) -> bool {
    let prefix = keys::depending_in(account);
    !cx.scan(&prefix, &prefix, 1).is_empty()
}

fn make_dependents_due(subject: &Subject, time: Time, cx: &mut dyn Context) {
    let prefix = keys::depending_on(subject);
    for (key, as_of) in cx.scan(&prefix, &prefix, DEPENDS_MAX) {
        let as_of = values::decode::<Time>(&as_of).unwrap_or(Time::MAX);
        if time > as_of {
            continue;
        }
        if let Some((account, id)) = keys::read_depends(&key, &prefix) {
            cx.put(keys::due(&account, &id), Some(Vec::new()), Logged::No);
        }
    }
}

/// Computes every due incident anew, and emits those that say something new.
///
/// Before the `horizon` history is folded: what surrounded a target then can't be told any more, only remembered.
pub fn revise_due(means: Means<'_>, horizon: Option<Time>, now: Time, cx: &mut dyn Context) {
    for (key, _) in cx.scan(&[keys::DUE], &[keys::DUE], DUE_MAX) {
        cx.put(key.clone(), None, Logged::No);
        if let Some((account, id)) = keys::read_finding(&key)
            && let Some(record) = finding(&account, &id, cx)
        {
            let folded = horizon.is_some_and(|h| as_of(&record) < h);
            revise(means, &record, folded, now, cx);
        }
    }
}

fn finding(account: &str, id: &str, cx: &dyn Context) -> Option<FindingRecord> {
    cx.get(&keys::finding(account, id)).and_then(|b| values::decode(&b))
}

fn revise(means: Means<'_>, record: &FindingRecord, folded: bool, now: Time, cx: &mut dyn Context) {
    let (account, id) = (record.account.as_str(), record.id.as_str());
    let key = keys::incident(account, id);
    let last: Option<StoredIncident> = cx.get(&key).and_then(|b| values::decode(&b));
    let mut joined = join(&GraphView(cx), record, means.knowledge, means.limits, folded);
    let Ok(mut document) = serde_json::to_value(&joined.incident) else { return cx.count(counts::UNREADABLE) };

    let before = last.as_ref().and_then(|l| serde_json::from_str::<Value>(&l.document).ok());
    if let (true, Some(last), Some(before)) = (folded, &last, &before) {
        cx.count(counts::TOPOLOGIES_KEPT);
        for section in FROM_GRAPH {
            set(&mut document, section, before.get(section).cloned().unwrap_or_default());
        }
        joined.reads.clone_from(&last.reads);
    }
    let Some(cause) = cause(before.as_ref(), &document) else {
        return look_elsewhere(last, joined.reads, account, id, cx);
    };
    let revision = last.as_ref().map_or(1, |l| l.revision.saturating_add(1));
    let mut history = before.and_then(|mut b| b.get_mut("history").and_then(|h| h.as_array_mut().map(std::mem::take)));
    let history = history.get_or_insert_default();
    history.push(json!({ "time": now.to_string(), "revision": revision, "cause": cause, "by": "" }));
    if history.len() > HISTORY_MAX {
        history.remove(0);
    }
    set(&mut document, "revision", json!(revision));
    set(&mut document, "revision_cause", json!(cause));
    set(&mut document, "history", json!(history));

    let text = document.to_string();
    let out = joined.incident.incident_id.as_bytes().to_vec();
    match means.encoding.bytes(&document) {
        Ok(value) => {
            cx.count(counts::INCIDENT_REVISIONS);
            let headers = vec![("trailgraph.record-id".into(), format!("{account}:{id}:{revision}").into_bytes())];
            cx.send(OutRecord { topic: OutTopic::Incidents, key: out, value, headers });
        }
        Err(mismatch) => unwritable(out, &text, &mismatch, cx),
    }
    let stored = StoredIncident { revision, document: text, reads: joined.reads, as_of: as_of(record) };
    put_depends(last.as_ref(), &stored, account, id, cx);
    cx.put(key, Some(values::encode(&stored)), Logged::Yes);
}

/// An incident that isn't what its schema says is our own fault, and must not get lost over it.
fn unwritable(key: Vec<u8>, text: &str, mismatch: &Mismatch, cx: &mut dyn Context) {
    let refusal = Refusal::new(Reason::Internal, format!("an incident that its schema doesn't fit: {mismatch}"));
    cx.count(counts::DEAD_LETTERS.of(refusal.reason.text()));
    // It has no place in any input.
    let headers = dead_letter::headers(&refusal, OutTopic::Incidents.as_str(), -1, -1);
    cx.send(OutRecord { topic: OutTopic::DeadLetters, key, value: text.as_bytes().to_vec(), headers });
}

/// It says what it said, though for other reasons: from here on it depends on what it was made of this time.
fn look_elsewhere(
    last: Option<StoredIncident>,
    reads: BTreeSet<Subject>,
    account: &str,
    id: &str,
    cx: &mut dyn Context,
) {
    let Some(last) = last.filter(|last| last.reads != reads) else { return };
    let stored = StoredIncident { reads, ..last.clone() };
    put_depends(Some(&last), &stored, account, id, cx);
    cx.put(keys::incident(account, id), Some(values::encode(&stored)), Logged::Yes);
}

fn put_depends(last: Option<&StoredIncident>, stored: &StoredIncident, account: &str, id: &str, cx: &mut dyn Context) {
    for subject in last.iter().flat_map(|l| l.reads.difference(&stored.reads)) {
        cx.put(keys::depends(subject, account, id), None, Logged::No);
    }
    for subject in &stored.reads {
        cx.put(keys::depends(subject, account, id), Some(values::encode(&stored.as_of)), Logged::No);
    }
}

/// An incident comes back from the changelog: what it depends on follows from it.
pub fn restored(key: &[u8], bytes: &[u8], cx: &mut dyn Context) {
    match (keys::read_finding(key), values::decode::<StoredIncident>(bytes)) {
        (Some((account, id)), Some(stored)) => {
            let last: Option<StoredIncident> = cx.get(key).and_then(|b| values::decode(&b));
            put_depends(last.as_ref(), &stored, &account, &id, cx);
        }
        _ => cx.count(counts::UNREADABLE),
    }
}

/// Why there is another revision; none: nothing new is said.
fn cause(before: Option<&Value>, after: &Value) -> Option<&'static str> {
    let Some(before) = before else { return Some("created") };
    let plain = |v: &Value| {
        let mut v = v.clone();
        for about in ABOUT_REVISION {
            set(&mut v, about, Value::Null);
        }
        v
    };
    if plain(before) == plain(after) {
        return None;
    }
    if before.get("finding") != after.get("finding") { Some("finding_updated") } else { Some("topology_amended") }
}

fn set(document: &mut Value, field: &str, value: Value) {
    if let Some(map) = document.as_object_mut() {
        map.insert(field.to_owned(), value);
    }
}
