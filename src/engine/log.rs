//! The engine's one door to topics, consumer group, transactions and time.

use std::collections::BTreeMap;

use super::counts::Count;
use super::record::{OutRecord, Record, TaskId};
use super::token::Token;
use crate::domain::time::Time;

/// How much a poll may read, what it passes over included. At least one record may always come, however large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollBudget {
    pub records: usize,
    pub bytes: usize,
}

/// A change of what this worker owns, in the order it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Owned from now on; paused until [`Log::resume`].
    Assigned(TaskId),
    /// To be given back: the log lets go of it at the next poll, so that what is open may still be committed.
    Revoked(TaskId),
    /// Already someone else's: nothing of it may be committed any more.
    Lost(TaskId),
}

/// Says of a record's bytes whether it need not be handed over, and as what it counts then.
pub type Skip<'a> = dyn Fn(&[u8]) -> Option<Count> + 'a;

/// Records of one task that were passed over where the log holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedRun {
    pub task: TaskId,
    /// In the order of their offsets.
    pub records: Vec<Skipped>,
}

/// A record that was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub offset: i64,
    /// Of its value.
    pub bytes: usize,
    pub count: Count,
}

/// What a poll brought. Assignment changes come before the records. Of one task, `records` and `skipped` together are what lies between
/// its position and the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Polled {
    pub now: Time,
    pub records: Vec<Record>,
    pub skipped: Vec<SkippedRun>,
    pub assignment: Vec<Assignment>,
    /// Nothing more lies ready: the next record is still to be written, or at least to be fetched.
    pub drained: bool,
    /// Nothing will ever come again (files); never true for a live topic.
    pub end: bool,
}

impl Polled {
    /// Records that were read, those passed over included.
    pub fn len(&self) -> usize {
        self.records.len() + self.skipped.iter().map(|run| run.records.len()).sum::<usize>()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.skipped.is_empty()
    }

    /// Notes a record that was passed over. `task` is called where a new run begins.
    pub fn skip(&mut self, is_same: impl FnOnce(&TaskId) -> bool, task: impl FnOnce() -> TaskId, skipped: Skipped) {
        match self.skipped.last_mut().filter(|run| is_same(&run.task)) {
            Some(run) => run.records.push(skipped),
            None => self.skipped.push(SkippedRun { task: task(), records: vec![skipped] }),
        }
    }
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Visible as a whole. Holds each task's changelog end.
    Done(BTreeMap<TaskId, i64>),
    /// Certainly not visible, now or later, once [`Log::abort`] was called.
    NotDone,
    /// Not known: ask [`Log::resolve`].
    InDoubt,
    /// A newer owner has fenced this one.
    Lost,
}

/// What the group remembers of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub position: i64,
    /// None: written by something other than a worker.
    pub token: Option<Token>,
}

/// One state change as a changelog or a store holds it: `None` deletes.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// A piece of a task's changelog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    pub records: Vec<Change>,
    /// Where to read on; it passes over what is aborted or no record at all.
    pub next: i64,
}

/// Why a log could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// A transaction of another producer has to end first; the same question may be asked again.
    #[error("a pending transaction has to be settled first")]
    NotYet,
    #[error("the log is closed")]
    Closed,
    #[error("{0}")]
    Failed(String),
}

/// A partitioned log with transactions, consumer group and clock.
pub trait Log {
    /// Waits up to `wait_ms` for records and assignment changes. A record that `skip` gives a count for is not handed over.
    fn poll(&mut self, budget: PollBudget, wait_ms: u64, skip: &Skip<'_>) -> Result<Polled, LogError>;

    /// Puts an output into the open transaction, beginning one if need be. A failure shows in the outcome of the commit.
    fn send(&mut self, from: &TaskId, record: OutRecord);

    /// Puts a changelog record of `task` into the open transaction.
    fn send_change(&mut self, task: &TaskId, key: &[u8], value: Option<&[u8]>);

    /// Commits what was sent together with the positions. Each position carries the [`Token`] of this incarnation, `seq` and
    /// the task's changelog end: the offset after its last changelog record in this transaction; without one, that of the
    /// task's last committed token; without a token, the changelog's end when the task was resolved.
    fn commit(&mut self, positions: &[(TaskId, i64)], seq: u64) -> Outcome;

    /// Gives up the open transaction, if any.
    fn abort(&mut self);

    /// Settles whatever this log has left open (replacing a doubtful producer), then says what is committed. Only stable
    /// offsets count.
    fn resolve(&mut self, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Option<Committed>>, LogError>;

    /// Committed changelog records in `from..until`, about `limit` bytes. `next` stays below `until` while the log cannot
    /// tell yet whether what is there was committed.
    fn changelog(&mut self, task: &TaskId, from: i64, until: i64, limit: usize) -> Result<Chunk, LogError>;

    /// Up to where the changelog can be read now; 0 for a task without one.
    fn changelog_end(&mut self, task: &TaskId) -> Result<i64, LogError>;

    /// Reads on from `position`; what was fetched already is forgotten.
    fn rewind(&mut self, task: &TaskId, position: i64);

    /// No records of `task` until [`Log::resume`]. For restoring only, not for back-pressure.
    fn pause(&mut self, task: &TaskId);

    fn resume(&mut self, task: &TaskId);

    /// This run of this worker: printable ASCII without `:`, the same for the life of the log, never used before.
    fn incarnation(&self) -> String;
}
