//! The incidents of one task: which wait, which are due again, and what is said of them next.

use serde_json::{Value, json};

use super::counts;
use super::graph_view::GraphView;
use super::record::{OutRecord, OutTopic};
use super::stage::{Context, Logged};
use crate::domain::graph::{AssetId, Kind, StateView, Write, tokens};
use crate::domain::incident::{FindingRecord, Knowledge, as_of, join, target};
use crate::domain::time::Time;
use crate::wire::state::keys;
use crate::wire::state::values::{self, StoredIncident};

/// How many incidents one asset makes due again at the most.
pub const DEPENDS_MAX: usize = 1_000;
/// How many waiting findings, and due incidents, one commit takes on.
pub const DUE_MAX: usize = 10_000;
/// How many revisions an incident's own history names; the oldest go first.
pub const HISTORY_MAX: usize = 100;

/// What a revision says about itself, and not about what happened: it never makes a revision by itself.
const ABOUT_REVISION: [&str; 3] = ["revision", "revision_cause", "history"];

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

/// Facts that are new as of a time at which an incident read their asset, or an asset that they point at, make it due again.
pub fn make_due(new: &[Write], cx: &mut dyn Context) {
    for write in new {
        let pointed = tokens(write.asset.kind, &write.fact).into_iter().filter_map(|t| named(&write.asset.account, &t));
        for asset in [write.asset.clone()].into_iter().chain(pointed) {
            make_dependents_due(&asset, write.stamp.time, cx);
        }
    }
}

/// The asset that a token names; none: the token of an id or an address.
fn named(account: &str, token: &str) -> Option<AssetId> {
    let (kind, name) = token.split_once('/')?;
    Some(AssetId::new(account, Kind::from_text(kind)?, name))
}

fn make_dependents_due(asset: &AssetId, time: Time, cx: &mut dyn Context) {
    let prefix = keys::depending_on(asset);
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
pub fn revise_due(knowledge: &Knowledge, now: Time, cx: &mut dyn Context) {
    for (key, _) in cx.scan(&[keys::DUE], &[keys::DUE], DUE_MAX) {
        cx.put(key.clone(), None, Logged::No);
        if let Some((account, id)) = keys::read_finding(&key)
            && let Some(record) = finding(&account, &id, cx)
        {
            revise(knowledge, &record, now, cx);
        }
    }
}

fn finding(account: &str, id: &str, cx: &dyn Context) -> Option<FindingRecord> {
    cx.get(&keys::finding(account, id)).and_then(|b| values::decode(&b))
}

fn revise(knowledge: &Knowledge, record: &FindingRecord, now: Time, cx: &mut dyn Context) {
    let (account, id) = (record.account.as_str(), record.id.as_str());
    let key = keys::incident(account, id);
    let last: Option<StoredIncident> = cx.get(&key).and_then(|b| values::decode(&b));
    let joined = join(&GraphView(cx), record, knowledge);
    let Ok(mut document) = serde_json::to_value(&joined.incident) else { return cx.count(counts::UNREADABLE) };

    let before = last.as_ref().and_then(|l| serde_json::from_str::<Value>(&l.document).ok());
    let Some(cause) = cause(before.as_ref(), &document) else { return };
    let revision = last.as_ref().map_or(1, |l| l.revision.saturating_add(1));
    let mut history = before.and_then(|mut b| b.get_mut("history").and_then(|h| h.as_array_mut().map(std::mem::take)));
    let history = history.get_or_insert_default();
    history.push(json!({ "revision": revision, "cause": cause, "at": now.to_string() }));
    if history.len() > HISTORY_MAX {
        history.remove(0);
    }
    set(&mut document, "revision", json!(revision));
    set(&mut document, "revision_cause", json!(cause));
    set(&mut document, "history", json!(history));

    let text = document.to_string();
    cx.count(counts::INCIDENT_REVISIONS);
    cx.send(OutRecord {
        topic: OutTopic::Incidents,
        key: joined.incident.incident_id.as_bytes().to_vec(),
        value: text.clone().into_bytes(),
        headers: vec![("trailgraph.record-id".into(), format!("{account}:{id}:{revision}").into_bytes())],
    });
    if let Some(last) = &last {
        for asset in last.reads.difference(&joined.reads) {
            cx.put(keys::depends(asset, account, id), None, Logged::No);
        }
    }
    let stored = StoredIncident { revision, document: text, reads: joined.reads, as_of: as_of(record) };
    put_depends(&stored, account, id, cx);
    cx.put(key, Some(values::encode(&stored)), Logged::Yes);
}

fn put_depends(stored: &StoredIncident, account: &str, id: &str, cx: &mut dyn Context) {
    for asset in &stored.reads {
        cx.put(keys::depends(asset, account, id), Some(values::encode(&stored.as_of)), Logged::No);
    }
}

/// An incident comes back from the changelog: what it depends on follows from it.
pub fn restored(key: &[u8], bytes: &[u8], cx: &mut dyn Context) {
    match (keys::read_finding(key), values::decode::<StoredIncident>(bytes)) {
        (Some((account, id)), Some(stored)) => put_depends(&stored, &account, &id, cx),
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
