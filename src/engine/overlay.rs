//! One task's uncommitted values and outputs, on top of its store.

use std::cell::RefCell;
use std::collections::btree_map::{self, BTreeMap};
use std::ops::Bound;

use super::counts::{self, Count, Tally};
use super::log::Change;
use super::record::OutRecord;
use super::stage::{Context, Logged};
use super::store::{Pair, Store, StoreError};
use crate::domain::time::Time;
use crate::wire::state::Unreadable;

#[derive(Clone, Debug)]
struct Entry {
    value: Option<Vec<u8>>,
    logged: Logged,
}

/// What the open commit would change. Dropping it is the abort.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    entries: BTreeMap<Vec<u8>, Entry>,
    outputs: Vec<OutRecord>,
    counts: Tally,
    newest: Option<Time>,
    bytes: usize,
    /// While a record is taken: what it changed, to be able to take that back.
    undo: Undo,
}

/// What was there before a record.
#[derive(Clone, Debug, Default)]
struct Undo {
    is_on: bool,
    entries: Vec<(Vec<u8>, Option<Entry>)>,
    counts: Vec<Count>,
    outputs: usize,
    newest: Option<Time>,
    bytes: usize,
}

impl Overlay {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.outputs.is_empty()
    }

    /// Roughly what it holds, grown by every put: a bound for memory, not an account of it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts a value. A key logged once in a commit stays logged, or the changelog would keep its value before last.
    pub fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, logged: Logged) {
        self.bytes = self.bytes.saturating_add(key.len() + value.as_ref().map_or(0, Vec::len));
        match self.entries.entry(key) {
            btree_map::Entry::Vacant(entry) => {
                if self.undo.is_on {
                    self.undo.entries.push((entry.key().clone(), None));
                }
                entry.insert(Entry { value, logged });
            }
            btree_map::Entry::Occupied(mut entry) => {
                let logged = if logged == Logged::Yes { Logged::Yes } else { entry.get().logged };
                let before = entry.insert(Entry { value, logged });
                if self.undo.is_on {
                    self.undo.entries.push((entry.key().clone(), Some(before)));
                }
            }
        }
    }

    /// A record begins: until [`Overlay::keep`] all that it changes can be taken back.
    pub fn begin(&mut self) {
        let undo = &mut self.undo;
        undo.entries.clear();
        undo.counts.clear();
        (undo.outputs, undo.newest, undo.bytes) = (self.outputs.len(), self.newest, self.bytes);
        undo.is_on = true;
    }

    /// The record is taken: what it changed stays.
    pub fn keep(&mut self) {
        self.undo.is_on = false;
    }

    /// As if the record had never been.
    pub fn take_back(&mut self) {
        if !std::mem::take(&mut self.undo.is_on) {
            return;
        }
        // The newest first: a key may have changed twice.
        while let Some((key, before)) = self.undo.entries.pop() {
            match before {
                Some(entry) => _ = self.entries.insert(key, entry),
                None => _ = self.entries.remove(&key),
            }
        }
        for count in self.undo.counts.drain(..) {
            if let Some(n) = self.counts.get_mut(&count) {
                *n = n.saturating_sub(1);
            }
        }
        self.counts.retain(|_, n| *n > 0);
        self.outputs.truncate(self.undo.outputs);
        (self.newest, self.bytes) = (self.undo.newest, self.undo.bytes);
    }

    /// What goes to the changelog: one record per key.
    pub fn changes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let logged = self.entries.iter().filter(|(_, e)| e.logged == Logged::Yes);
        logged.map(|(key, e)| (key.as_slice(), e.value.as_deref()))
    }

    pub fn take_outputs(&mut self) -> Vec<OutRecord> {
        std::mem::take(&mut self.outputs)
    }

    /// When the newest of what the records tell of happened.
    pub fn newest(&self) -> Option<Time> {
        self.newest
    }

    /// What the stage counted so far.
    pub fn counts(&self) -> &Tally {
        &self.counts
    }

    /// Counts a record that no stage has seen, if the commit comes about.
    pub fn count(&mut self, what: Count) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// What the stage counted; it counts if the commit comes about.
    pub fn take_counts(&mut self) -> Tally {
        std::mem::take(&mut self.counts)
    }

    /// What goes to the store: logged and derived values. Leaves it empty.
    pub fn take_writes(&mut self) -> Vec<Change> {
        let taken = std::mem::take(self);
        taken.entries.into_iter().map(|(key, e)| (key, e.value)).collect()
    }
}

/// A stage's view of one task: overlay over store. It cannot fail towards the stage; the loop asks [`View::finish`] after.
pub struct View<'a, S> {
    store: &'a S,
    overlay: &'a mut Overlay,
    error: RefCell<Option<StoreError>>,
}

impl<'a, S: Store> View<'a, S> {
    pub fn new(store: &'a S, overlay: &'a mut Overlay) -> Self {
        View { store, overlay, error: RefCell::new(None) }
    }

    /// The first error of the store: what the stage saw since is worth nothing.
    pub fn finish(self) -> Result<(), StoreError> {
        self.error.into_inner().map_or(Ok(()), Err)
    }

    fn note<T: Default>(&self, result: Result<T, StoreError>) -> T {
        result.unwrap_or_else(|error| {
            self.error.borrow_mut().get_or_insert(error);
            T::default()
        })
    }

    fn merge(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        let start = if from > prefix { from } else { prefix };
        let range = self.overlay.entries.range::<[u8], _>((Bound::Included(start), Bound::Unbounded));
        let mut over = range.take_while(|(key, _)| key.starts_with(prefix)).peekable();
        let mut cursor = start.to_vec();
        let mut out = Vec::new();
        loop {
            let page = self.store.scan(prefix, &cursor, limit)?;
            let last_page = page.len() < limit;
            for (key, value) in page {
                while let Some((k, e)) = over.next_if(|(k, _)| k.as_slice() < key.as_slice()) {
                    out.extend(e.value.clone().map(|v| (k.clone(), v)));
                    if out.len() >= limit {
                        return Ok(out);
                    }
                }
                cursor.clone_from(&key);
                match over.next_if(|(k, _)| **k == key) {
                    Some((_, e)) => out.extend(e.value.clone().map(|v| (key, v))),
                    None => out.push((key, value)),
                }
                if out.len() >= limit {
                    return Ok(out);
                }
            }
            if last_page {
                break;
            }
            cursor.push(0);
        }
        out.extend(over.filter_map(|(k, e)| e.value.clone().map(|v| (k.clone(), v))));
        out.truncate(limit);
        Ok(out)
    }
}

impl<S: Store> Context for View<'_, S> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        match self.overlay.entries.get(key) {
            Some(entry) => entry.value.clone(),
            None => self.note(self.store.get(key)),
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        if limit == 0 {
            return Vec::new();
        }
        self.note(self.merge(prefix, from, limit))
    }

    fn unreadable(&self, key: &[u8], why: &Unreadable) {
        let family = key.first().copied().map(char::from).unwrap_or_default();
        self.note::<()>(Err(StoreError(format!("a value of the family {family:?}: {why}"))));
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, logged: Logged) {
        self.overlay.put(key, value, logged);
    }

    fn send(&mut self, record: OutRecord) {
        self.overlay.bytes = self.overlay.bytes.saturating_add(record.key.len() + record.value.len());
        self.count(counts::OUTPUTS.of(record.topic.as_str()));
        self.overlay.outputs.push(record);
    }

    fn count(&mut self, what: Count) {
        self.overlay.count(what);
        if self.overlay.undo.is_on {
            self.overlay.undo.counts.push(what);
        }
    }

    fn happened(&mut self, at: Time) {
        self.overlay.newest = self.overlay.newest.max(Some(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::memory::MemoryStore;
    use crate::engine::record::OutTopic;
    use crate::engine::store::Applied;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0u8..3, 0..4)
    }

    fn writes() -> impl Strategy<Value = Vec<Change>> {
        let value = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..2));
        proptest::collection::vec((key(), value), 0..12)
    }

    proptest! {
        #[test]
        fn reads_as_if_the_open_writes_were_in_the_store(below in writes(), open in writes(), prefix in key(), from in key(), limit in 0usize..6) {
            let applied = Applied { position: 0, changelog_end: 0, token: None };
            let mut store = MemoryStore::new();
            store.apply(&below, applied.clone()).unwrap();
            let mut flat = MemoryStore::new();
            flat.apply(&below, applied.clone()).unwrap();
            flat.apply(&open, applied).unwrap();
            let mut overlay = Overlay::default();
            let mut view = View::new(&store, &mut overlay);
            for (k, v) in open {
                view.put(k, v, Logged::No);
            }
            prop_assert_eq!(view.get(&from), flat.get(&from).unwrap());
            prop_assert_eq!(view.scan(&prefix, &from, limit), flat.scan(&prefix, &from, limit).unwrap());
        }
    }

    proptest! {
        /// Whatever a record does, taken back it was never there.
        #[test]
        fn a_record_taken_back_leaves_nothing(before in writes(), record in writes(), sends in 0usize..3) {
            let fill = |overlay: &mut Overlay, writes: Vec<Change>, sends: usize| {
                let store = MemoryStore::new();
                let mut view = View::new(&store, overlay);
                for (n, (k, v)) in writes.into_iter().enumerate() {
                    view.put(k, v, if n.is_multiple_of(2) { Logged::Yes } else { Logged::No });
                    view.count(if n.is_multiple_of(3) { counts::GAPS } else { counts::CLAMPED });
                    view.happened(Time(n as i64));
                }
                for _ in 0..sends {
                    let (key, value) = (b"k".to_vec(), b"v".to_vec());
                    view.send(OutRecord { topic: OutTopic::Incidents, key, value, headers: Vec::new() });
                }
            };
            let mut overlay = Overlay::default();
            fill(&mut overlay, before.clone(), 1);
            let content = |o: &Overlay| format!("{:?} {:?} {:?} {:?} {}", o.entries, o.outputs, o.counts, o.newest, o.bytes);
            let clean = content(&overlay);
            overlay.begin();
            fill(&mut overlay, record.clone(), sends);
            overlay.take_back();
            prop_assert_eq!(content(&overlay), clean);
            // Kept, it is as if it had come without a way back.
            overlay.begin();
            fill(&mut overlay, record.clone(), sends);
            overlay.keep();
            let mut plain = Overlay::default();
            fill(&mut plain, before, 1);
            fill(&mut plain, record, sends);
            prop_assert_eq!(content(&overlay), content(&plain));
        }
    }

    #[test]
    fn a_key_is_logged_once_with_its_last_value() {
        let mut overlay = Overlay::default();
        overlay.put(b"a".to_vec(), Some(b"1".to_vec()), Logged::Yes);
        overlay.put(b"a".to_vec(), None, Logged::Yes);
        overlay.put(b"b".to_vec(), Some(b"2".to_vec()), Logged::No);
        assert_eq!(overlay.changes().collect::<Vec<_>>(), [(b"a".as_slice(), None)]);
        assert_eq!(overlay.take_writes(), [(b"a".to_vec(), None), (b"b".to_vec(), Some(b"2".to_vec()))]);
        assert!(overlay.is_empty());
    }
}
