//! A task's state in memory, for those that only read: a changelog, loaded.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::graph_view;
use crate::domain::time::Time;
use crate::engine::counts::Count;
use crate::engine::record::OutRecord;
use crate::engine::stage::{Context, Logged};
use crate::wire::state::keys;

/// Committed state, with what is derived from it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    map: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Loaded {
    /// Takes in one changelog record. Of different keys any order gives the same.
    pub fn load(&mut self, key: &[u8], value: Option<&[u8]>) {
        match (key.first(), value) {
            (Some(&keys::FACT), Some(bytes)) => graph_view::restored(self, bytes),
            (Some(&keys::FACT), None) => graph_view::removed(key, self),
            _ => {}
        }
        self.put(key.to_vec(), value.map(<[u8]>::to_vec), Logged::Yes);
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
