//! A store in memory: for stateless stages, for tests, and for the loss of power.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::log::Change;
use super::store::{Applied, Pair, Store, StoreError};

#[derive(Clone, Debug, Default)]
struct Content {
    map: BTreeMap<Vec<u8>, Vec<u8>>,
    applied: Option<Applied>,
}

impl Content {
    fn apply(&mut self, writes: &[Change], applied: Applied) {
        for (key, value) in writes {
            match value {
                Some(value) => self.map.insert(key.clone(), value.clone()),
                None => self.map.remove(key),
            };
        }
        self.applied = Some(applied);
    }
}

#[derive(Debug, Default)]
struct Disk {
    now: Content,
    /// What survives a power loss, and the batches on top of it; kept only when asked for.
    durable: Option<Content>,
    unsynced: Vec<(Vec<Change>, Applied)>,
    /// Fails once this many batches were taken.
    fails_after: Option<u64>,
    poisoned: bool,
}

/// Handles of one store share its content, so that it outlives the worker that crashed over it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    disk: Arc<Mutex<Disk>>,
}

impl MemoryStore {
    pub fn new() -> Self {
        MemoryStore::default()
    }

    /// One that remembers what is not durable yet, to be able to lose it.
    pub fn on_disk() -> Self {
        let store = MemoryStore::new();
        store.disk().durable = Some(Content::default());
        store
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything taken so far is durable.
    pub fn sync(&self) {
        let mut disk = self.disk();
        if disk.durable.is_some() {
            disk.durable = Some(disk.now.clone());
            disk.unsynced.clear();
        }
    }

    /// The power fails: of the batches not yet durable only the first `keep` are there at the next start.
    pub fn lose_power(&self, keep: usize) {
        let mut disk = self.disk();
        let Some(mut content) = disk.durable.clone() else { return };
        for (writes, applied) in disk.unsynced.iter().take(keep) {
            content.apply(writes, applied.clone());
        }
        disk.now = content;
        disk.unsynced.truncate(keep);
    }

    /// The batches that a power loss would take.
    pub fn unsynced(&self) -> usize {
        self.disk().unsynced.len()
    }

    /// Takes `batches` more batches, then fails: a crash between two tasks' batches.
    pub fn fail_after(&self, batches: Option<u64>) {
        let mut disk = self.disk();
        disk.fails_after = batches;
        disk.poisoned = false;
    }

    /// All that is in it, in key order.
    pub fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.disk().now.map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}

impl Disk {
    fn check(&self) -> Result<(), StoreError> {
        if self.poisoned { Err(StoreError("the store has failed before".into())) } else { Ok(()) }
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let disk = self.disk();
        disk.check()?;
        Ok(disk.now.map.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        let disk = self.disk();
        disk.check()?;
        let start = if from > prefix { from } else { prefix };
        let range = disk.now.map.range::<[u8], _>((Bound::Included(start), Bound::Unbounded));
        let hits = range.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
        Ok(hits.map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    fn applied(&self) -> Result<Option<Applied>, StoreError> {
        let disk = self.disk();
        disk.check()?;
        Ok(disk.now.applied.clone())
    }

    fn apply(&mut self, writes: &[Change], applied: Applied) -> Result<(), StoreError> {
        let mut disk = self.disk();
        disk.check()?;
        if let Some(left) = disk.fails_after {
            if left == 0 {
                disk.poisoned = true;
                return Err(StoreError("no batch is taken any more".into()));
            }
            disk.fails_after = Some(left - 1);
        }
        if disk.durable.is_some() {
            disk.unsynced.push((writes.to_vec(), applied.clone()));
        }
        disk.now.apply(writes, applied);
        Ok(())
    }

    fn load(&mut self, writes: &[Change], applied: Applied) -> Result<(), StoreError> {
        self.apply(writes, applied)
    }

    fn wipe(&mut self) -> Result<(), StoreError> {
        let mut disk = self.disk();
        disk.check()?;
        disk.now = Content::default();
        disk.unsynced.clear();
        if disk.durable.is_some() {
            disk.durable = Some(Content::default());
        }
        Ok(())
    }
}
