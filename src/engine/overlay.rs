//! One task's uncommitted values and outputs, on top of its store.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::log::Change;
use super::record::OutRecord;
use super::stage::{Context, Logged};
use super::store::{Pair, Store, StoreError};

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
    counts: BTreeMap<String, u64>,
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
        let entry = self.entries.entry(key).or_insert(Entry { value: None, logged });
        entry.value = value;
        if logged == Logged::Yes {
            entry.logged = Logged::Yes;
        }
    }

    /// What goes to the changelog: one record per key.
    pub fn changes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let logged = self.entries.iter().filter(|(_, e)| e.logged == Logged::Yes);
        logged.map(|(key, e)| (key.as_slice(), e.value.as_deref()))
    }

    pub fn take_outputs(&mut self) -> Vec<OutRecord> {
        std::mem::take(&mut self.outputs)
    }

    /// What the stage counted, by name; it counts if the commit comes about.
    pub fn take_counts(&mut self) -> BTreeMap<String, u64> {
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

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, logged: Logged) {
        self.overlay.put(key, value, logged);
    }

    fn send(&mut self, record: OutRecord) {
        self.overlay.bytes = self.overlay.bytes.saturating_add(record.key.len() + record.value.len());
        self.overlay.outputs.push(record);
    }

    fn count(&mut self, what: &str) {
        match self.overlay.counts.get_mut(what) {
            Some(n) => *n += 1,
            None => _ = self.overlay.counts.insert(what.to_owned(), 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::memory::MemoryStore;
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
