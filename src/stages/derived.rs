//! Documents computed from the graph: which are due, what they depend on, and what is sent of them.
//!
//! A client computes a document from the graph and says which subjects it read. A write to one of them at or before the time as of which
//! the document was read makes it due. At the end of a commit each due document is computed again, compared with its last revision,
//! and sent if it says something new. So a change costs what lies around it, however many documents there are.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::graph_view::{News, lookup};
use crate::domain::graph::Subject;
use crate::domain::time::Time;
use crate::engine::counts::{self, Count};
use crate::engine::record::{OutRecord, OutTopic};
use crate::engine::stage::{Context, Logged};
use crate::wire::state::values::{self, StoredDocument};
use crate::wire::state::{DocumentId, Unreadable, keys};
use crate::wire::{Encoding, Reason, Refusal, dead_letter};

/// Due documents of one client that one commit takes on.
pub const DUE_MAX: usize = 10_000;
/// Dependents that one read of the index returns.
const PAGE: usize = 1_000;

/// A client: one sort of documents.
pub trait Derived {
    type Document: Serialize + DeserializeOwned;

    /// The key family under which the documents are stored. It tells the clients apart wherever they share an index.
    const FAMILY: u8;

    /// Computes a document anew. `None`: there is nothing to compute it from.
    ///
    /// `caused_at` is the time of the newest record that made it due.
    fn compute(
        &self,
        id: &DocumentId,
        last: Option<&Last<Self::Document>>,
        caused_at: Time,
        cx: &dyn Context,
    ) -> Option<Computed<Self::Document>>;

    /// How a document leaves.
    fn outgoing(&self, document: &Self::Document) -> Outgoing;

    /// How its documents are written.
    fn encoding(&self) -> &Encoding;
}

/// The last revision of a document, and the subjects that it was computed from.
#[derive(Clone, Debug)]
pub struct Last<D> {
    pub document: D,
    pub read_set: BTreeSet<Subject>,
}

/// What a computation gave.
#[derive(Clone, Debug)]
pub struct Computed<D> {
    /// The next revision. `None`: nothing new is said.
    pub next: Option<D>,
    pub read_set: BTreeSet<Subject>,
    /// Later writes change nothing.
    pub as_of: Time,
    /// Counted beside the revision.
    pub counts: Vec<Count>,
}

/// Where a document goes, and what is told of it outside its value.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub topic: OutTopic,
    pub key: String,
    /// Header names, without `trailgraph.`, and their values.
    pub headers: Vec<(&'static str, String)>,
    pub count: Count,
}

/// The document is to be computed anew, because of a record of the time `caused_at`. Of several records the newest counts.
pub fn mark_due<C: Derived>(id: &DocumentId, caused_at: Time, cx: &mut dyn Context) {
    let key = keys::due(C::FAMILY, id);
    let before: Option<Time> = lookup::stored(cx, &key);
    let newest = before.map_or(caused_at, |before| before.max(caused_at));
    cx.put(key, Some(values::encode(&newest)), Logged::No);
}

/// Whether there is such a document.
pub fn exists<C: Derived>(id: &DocumentId, cx: &dyn Context) -> bool {
    cx.get(&keys::document(C::FAMILY, id)).is_some()
}

/// Marks every document due whose read set covers one of these news, which a record of the time `told_at` brought.
pub fn mark_dependents_due<C: Derived>(news: &News, told_at: Time, cx: &mut dyn Context) {
    // Most accounts have no document, and most subjects no dependent: one look at each is enough to know.
    let mut sorts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut times: BTreeMap<Subject, BTreeSet<Time>> = BTreeMap::new();
    for write in &news.writes {
        let account = write.asset.account.as_str();
        let sorts = sorts.entry(account).or_insert_with(|| read_sorts(C::FAMILY, account, cx));
        if sorts.is_empty() {
            continue;
        }
        for subject in Subject::all(write).filter(|subject| sorts.contains(sort(subject))) {
            times.entry(subject).or_default().insert(write.stamp.time);
        }
    }
    for (subject, times) in times {
        mark_readers_due::<C>(&subject, &|as_of| times.range(..=as_of).next_back().copied(), cx);
    }
    // What refers to a subject again was not found by whoever read its referrers as of a later time than its end.
    for (subject, end) in &news.returned {
        mark_readers_due::<C>(subject, &|as_of| (*end <= as_of).then_some(told_at), cx);
    }
}

/// The sort of a subject: its kind of asset, or what else is asked by.
fn sort(subject: &Subject) -> &str {
    subject.token.split('/').next().unwrap_or_default()
}

/// The sorts of subjects that documents of an account have read.
fn read_sorts(family: u8, account: &str, cx: &dyn Context) -> BTreeSet<String> {
    lookup::stored(cx, &keys::read_sorts(family, account)).unwrap_or_default()
}

/// `cause`: the time of the newest record that makes a document due that was read as of a time. `None`: nothing does.
fn mark_readers_due<C: Derived>(subject: &Subject, cause: &dyn Fn(Time) -> Option<Time>, cx: &mut dyn Context) {
    if cx.get(&keys::read(C::FAMILY, subject)).is_none() {
        return;
    }
    let prefix = keys::depending_on(C::FAMILY, subject);
    let mut from = prefix.clone();
    loop {
        let page = cx.scan(&prefix, &from, PAGE);
        for (key, as_of) in &page {
            let Some(as_of) = lookup::readable::<Time>(cx, key, values::decode(as_of)) else { return };
            if let (Some(caused_at), Some(id)) = (cause(as_of), keys::read_depends(key, &prefix)) {
                mark_due::<C>(&id, caused_at, cx);
            }
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => from = [last.as_slice(), &[0]].concat(),
            _ => return,
        }
    }
}

/// Computes every due document anew, and sends those that say something new.
pub fn revise_due<C: Derived>(client: &C, cx: &mut dyn Context) {
    let prefix = keys::all_due(C::FAMILY);
    for (key, caused_at) in cx.scan(&prefix, &prefix, DUE_MAX) {
        cx.put(key.clone(), None, Logged::No);
        let Some(caused_at) = lookup::readable(cx, &key, values::decode(&caused_at)) else { return };
        if let Some(id) = keys::read_due(&key, &prefix) {
            revise(client, &id, caused_at, cx);
        }
    }
}

fn revise<C: Derived>(client: &C, id: &DocumentId, caused_at: Time, cx: &mut dyn Context) {
    let key = keys::document(C::FAMILY, id);
    let stored: Option<StoredDocument> = lookup::stored(cx, &key);
    let last = match &stored {
        Some(stored) => {
            let read =
                serde_json::from_str(&stored.document).map_err(|_| Unreadable::Damaged("a document of another form"));
            let Some(document) = lookup::readable(cx, &key, read) else { return };
            Some(Last { document, read_set: stored.read_set.clone() })
        }
        None => None,
    };
    let Some(computed) = client.compute(id, last.as_ref(), caused_at, cx) else { return };
    computed.counts.iter().for_each(|count| cx.count(*count));
    let Computed { next, read_set, as_of, .. } = computed;
    let document = match (next, &stored) {
        (Some(next), _) => {
            send(client, &next, cx);
            serde_json::to_string(&next).unwrap_or_default()
        }
        // Same content, new read set: stored, and nothing is sent.
        (None, Some(stored)) if stored.read_set != read_set => stored.document.clone(),
        (None, _) => return,
    };
    let next = StoredDocument { document, read_set, as_of };
    put_depends(C::FAMILY, stored.as_ref(), &next, id, cx);
    cx.put(key, Some(values::encode(&next)), Logged::Yes);
}

fn send<C: Derived>(client: &C, document: &C::Document, cx: &mut dyn Context) {
    let Outgoing { topic, key, headers, count } = client.outgoing(document);
    match client.encoding().bytes(document) {
        Ok(value) => {
            cx.count(count);
            let headers = headers.into_iter().map(|(name, text)| (format!("trailgraph.{name}"), text.into_bytes()));
            cx.send(OutRecord { topic, key: key.into_bytes(), value, headers: headers.collect() });
        }
        // A document that its schema doesn't fit is our own fault, and must not get lost over it.
        Err(mismatch) => {
            let detail = format!("a document that its schema doesn't fit: {mismatch}");
            let refusal = Refusal::new(Reason::Internal, detail);
            cx.count(counts::DEAD_LETTERS.of(refusal.reason.text()));
            // It has no place in any input.
            let headers = dead_letter::headers(&refusal, topic.as_str(), -1, -1);
            let value = serde_json::to_vec(document).unwrap_or_default();
            cx.send(OutRecord { topic: OutTopic::DeadLetters, key: key.into_bytes(), value, headers });
        }
    }
}

fn put_depends(
    family: u8,
    last: Option<&StoredDocument>,
    next: &StoredDocument,
    id: &DocumentId,
    cx: &mut dyn Context,
) {
    for subject in last.iter().flat_map(|l| l.read_set.difference(&next.read_set)) {
        cx.put(keys::depends(family, subject, id), None, Logged::No);
        let others = keys::depending_on(family, subject);
        if cx.scan(&others, &others, 1).is_empty() {
            cx.put(keys::read(family, subject), None, Logged::No);
            forget_sort(family, subject, cx);
        }
    }
    for subject in &next.read_set {
        let known = last.is_some_and(|l| l.as_of == next.as_of && l.read_set.contains(subject));
        if !known {
            cx.put(keys::depends(family, subject, id), Some(values::encode(&next.as_of)), Logged::No);
            cx.put(keys::read(family, subject), Some(Vec::new()), Logged::No);
            remember_sort(family, subject, cx);
        }
    }
}

fn remember_sort(family: u8, subject: &Subject, cx: &mut dyn Context) {
    let mut sorts = read_sorts(family, &subject.account, cx);
    if sorts.insert(sort(subject).to_owned()) {
        cx.put(keys::read_sorts(family, &subject.account), Some(values::encode(&sorts)), Logged::No);
    }
}

fn forget_sort(family: u8, subject: &Subject, cx: &mut dyn Context) {
    let others = keys::depending_on_sort(family, &subject.account, sort(subject));
    if !cx.scan(&others, &others, 1).is_empty() {
        return;
    }
    let mut sorts = read_sorts(family, &subject.account, cx);
    if sorts.remove(sort(subject)) {
        let left = (!sorts.is_empty()).then(|| values::encode(&sorts));
        cx.put(keys::read_sorts(family, &subject.account), left, Logged::No);
    }
}

/// A document comes back from the changelog: what it depends on follows from it.
pub fn restored(family: u8, key: &[u8], bytes: &[u8], cx: &mut dyn Context) {
    let id = keys::read_document(key).ok_or(Unreadable::Damaged("a document's key"));
    let read = id.and_then(|id| Ok((id, values::decode::<StoredDocument>(bytes)?)));
    let Some((id, next)) = lookup::readable(cx, key, read) else { return };
    let last: Option<StoredDocument> = lookup::stored(cx, key);
    put_depends(family, last.as_ref(), &next, &id, cx);
}
