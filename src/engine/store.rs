//! Where a task's committed state is kept, and what it stands for.

use super::log::Change;
use super::token::Token;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// What a store's content stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Every input record before it is in the state.
    pub position: i64,
    /// Every changelog record before it is in the state.
    pub changelog_end: i64,
    /// The commit applied last; none while a restore is under way.
    pub token: Option<Token>,
}

/// A store that failed takes nothing more; its content is made again from the changelog.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// An ordered map of bytes that changes atomically. An error poisons it.
pub trait Store {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` pairs in key order whose key starts with `prefix` and is >= `from`.
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// None: empty, never written.
    fn applied(&self) -> Result<Option<Applied>, StoreError>;

    /// All of it or nothing, in the order of the calls: a crash may forget the newest batches, never one in between.
    fn apply(&mut self, writes: &[Change], applied: Applied) -> Result<(), StoreError>;

    /// Like `apply`, in bulk while restoring; may be made durable as late as the next `apply`.
    fn load(&mut self, writes: &[Change], applied: Applied) -> Result<(), StoreError>;

    /// Makes it empty, `applied` included.
    fn wipe(&mut self) -> Result<(), StoreError>;
}
