//! A task's store on RocksDB: one batch per commit, which names the position it stands for.

use std::path::{Path, PathBuf};

use rocksdb::properties::{CUR_SIZE_ALL_MEM_TABLES, LIVE_SST_FILES_SIZE};
use rocksdb::{DB, Direction, IteratorMode, WriteBatch};

use super::options::{Shared, unlogged};
use crate::engine::log::Change;
use crate::engine::store::{Applied, Store, StoreError};
use crate::engine::token::Token;

/// What the content stands for. Keys of the state never begin with a zero byte.
const APPLIED: &[u8] = b"\0applied";

/// One database. After an error it takes nothing more: its content is made again from the changelog.
pub struct RocksStore {
    db: Option<DB>,
    dir: PathBuf,
    shared: Shared,
    poisoned: bool,
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}

impl RocksStore {
    pub fn open(dir: &Path, shared: &Shared) -> Result<RocksStore, StoreError> {
        std::fs::create_dir_all(dir).map_err(failed)?;
        let db = DB::open(&shared.database(), dir).map_err(failed)?;
        Ok(RocksStore { db: Some(db), dir: dir.to_owned(), shared: shared.clone(), poisoned: false })
    }

    fn db(&self) -> Result<&DB, StoreError> {
        match &self.db {
            Some(db) if !self.poisoned => Ok(db),
            _ => Err(StoreError(format!("{}: the store has failed before", self.dir.display()))),
        }
    }

    fn write(&mut self, writes: &[Change], applied: &Applied) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        batch.put(APPLIED, print(applied));
        let written = self.db()?.write_opt(batch, &unlogged()).map_err(failed);
        self.poisoned |= written.is_err();
        written
    }
}

impl RocksStore {
    /// Live files and memtables. None: it can't be told now.
    pub fn bytes(&self) -> Option<u64> {
        let db = self.db.as_ref()?;
        let property = |name| db.property_int_value(name).ok().flatten();
        Some(property(LIVE_SST_FILES_SIZE)?.saturating_add(property(CUR_SIZE_ALL_MEM_TABLES)?))
    }
}

/// `position changelog_end token`
fn print(applied: &Applied) -> String {
    let token = applied.token.as_ref().map(Token::to_string).unwrap_or_default();
    format!("{} {} {token}", applied.position, applied.changelog_end)
}

fn parse(text: &str) -> Option<Applied> {
    let mut parts = text.splitn(3, ' ');
    let (position, changelog_end) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let token = match parts.next()? {
        "" => None,
        token => Some(Token::parse(token)?),
    };
    Some(Applied { position, changelog_end, token })
}

impl Store for RocksStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db()?.get(key).map_err(failed)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        let start = from.max(prefix);
        let mut out = Vec::new();
        for pair in self.db()?.iterator(IteratorMode::From(start, Direction::Forward)) {
            let (key, value) = pair.map_err(failed)?;
            if out.len() >= limit || !key.starts_with(prefix) {
                break;
            }
            if *key != *APPLIED {
                out.push((key.into_vec(), value.into_vec()));
            }
        }
        Ok(out)
    }

    fn applied(&self) -> Result<Option<Applied>, StoreError> {
        let Some(bytes) = self.db()?.get(APPLIED).map_err(failed)? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(failed)?;
        parse(&text)
            .map(Some)
            .ok_or_else(|| StoreError(format!("{}: what it stands for can't be read", self.dir.display())))
    }

    fn apply(&mut self, writes: &[Change], applied: Applied) -> Result<(), StoreError> {
        self.write(writes, &applied)
    }

    fn load(&mut self, writes: &[Change], applied: Applied) -> Result<(), StoreError> {
        self.write(writes, &applied)
    }

    fn wipe(&mut self) -> Result<(), StoreError> {
        self.db = None;
        std::fs::remove_dir_all(&self.dir).map_err(failed)?;
        *self = RocksStore::open(&self.dir, &self.shared)?;
        Ok(())
    }
}
