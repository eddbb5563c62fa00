//! A task's state in memory, for those that only read: a changelog, loaded.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::graph_view;
use crate::domain::time::Time;
use crate::engine::counts::Count;
use crate::engine::record::OutRecord;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::{Unreadable, keys};

/// Committed state, with what is derived from it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    map: BTreeMap<Vec<u8>, Vec<u8>>,
    unreadable: RefCell<Option<Unreadable>>,
}

impl Loaded {
    /// Takes in one changelog record. Of different keys any order gives the same.
    pub fn load(&mut self, key: &[u8], value: Option<&[u8]>) {
        match key.first() {
            Some(&keys::HISTORY) => graph_view::restored(self, key, value),
            Some(family) if !keys::LOGGED.contains(family) => {
                self.unreadable(key, &Unreadable::Family(char::from(*family)));
            }
            _ => {}
        }
        self.put(key.to_vec(), value.map(<[u8]>::to_vec), Logged::Yes);
    }

    /// The first value that could not be read since the last call: what was read since is worth nothing.
    pub fn take_unreadable(&self) -> Option<Unreadable> {
        self.unreadable.take()
    }

    /// The keys that start with `prefix`.
    pub fn keys<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.map
            .range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded))
            .map(|(k, _)| k.as_slice())
            .take_while(move |k| k.starts_with(prefix))
    }
}

impl Context for Loaded {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.map.get(key).cloned()
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.map
            .range::<[u8], _>((Bound::Included(from.max(prefix)), Bound::Unbounded))
            .take_while(|(k, _)| k.starts_with(prefix))
            .take(limit)
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    fn unreadable(&self, _key: &[u8], why: &Unreadable) {
        self.unreadable.borrow_mut().get_or_insert_with(|| why.clone());
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, _logged: Logged) {
        match value {
            Some(value) => self.map.insert(key, value),
            None => self.map.remove(&key),
        };
    }

    fn send(&mut self, _record: OutRecord) {}

    fn count(&mut self, _what: Count) {}

    fn happened(&mut self, _at: Time) {}
}
