//! What a stage does with one record: the seam between the loop and what it runs.

use super::counts::Count;
use super::record::{OutRecord, Record};
use crate::domain::time::Time;
use crate::wire::Unavailable;
use crate::wire::state::Unreadable;

/// What a stage may read and leave behind for one task (one input partition). Nothing of it can be observed before the commit.
pub trait Context {
    /// The committed value with the open commit's on top.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Up to `limit` pairs in key order whose key starts with `prefix` and is >= `from`.
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)>;

    /// Says that a stored value could not be read. The task stops; nothing is assumed in the value's place.
    fn unreadable(&self, key: &[u8], why: &Unreadable);

    /// Puts a value, or deletes (`None`). `Logged::Yes` goes to the changelog as well; derived values don't, they are made again on restore.
    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, logged: Logged);

    /// Sends a record with this commit.
    fn send(&mut self, record: OutRecord);

    /// Counts one, if the commit comes about.
    fn count(&mut self, what: Count);

    /// Says when something happened that a record tells of: how far behind the world the state is.
    fn happened(&mut self, at: Time);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged {
    Yes,
    No,
}

/// A pure state machine over one task's records.
pub trait Stage {
    /// One record. Err: something outside was needed for it and didn't answer; what the stage did counts for nothing, and the record is to be
    /// taken again.
    fn take(&self, record: &Record, now: Time, cx: &mut dyn Context) -> Result<(), Unavailable>;

    /// The fate of a record that its bytes alone decide: `take` would only count it. The log asks before it copies anything; a record
    /// with a fate is never handed to `take`.
    fn skip(&self, _value: &[u8]) -> Option<Count> {
        None
    }

    /// Records that the program failed on this record. `take` has panicked, and nothing it did has stayed.
    fn refuse(&self, record: &Record, why: &str, cx: &mut dyn Context);

    /// What is due at `now` though no record came. Called once before every commit, and when `due` has passed.
    fn tick(&self, now: Time, cx: &mut dyn Context);

    /// When `tick` has something to do by itself; none: not before the next record.
    fn due(&self, cx: &dyn Context) -> Option<Time>;

    /// A changelog record is being restored and will be put next: put again, or take away, what is derived from it.
    fn restored(&self, key: &[u8], value: Option<&[u8]>, cx: &mut dyn Context);
}
