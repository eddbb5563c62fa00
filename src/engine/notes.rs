//! What became of a worker's tasks, for those who watch: the engine says it, the runtime logs and measures it.

use super::record::TaskId;

/// One change, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEvent {
    /// A task came; it is to be restored.
    Assigned(TaskId),
    /// Its store was not a part of what is committed, and was thrown away.
    Wiped(TaskId),
    /// It takes records from now on; so many changelog records were put back.
    Restored { task: TaskId, records: u64 },
    /// It was given back after its last commit.
    Revoked(TaskId),
    /// It was someone else's already.
    Lost(TaskId),
    /// Nobody knows whether this commit came about.
    InDoubt { seq: u64 },
    /// Now it is known, of one task.
    Resolved { task: TaskId, outcome: Resolution },
}

/// What a doubtful commit turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    Done,
    NotDone,
    /// Another owner has gone on from there.
    Moved,
}

impl Resolution {
    pub fn as_str(self) -> &'static str {
        match self {
            Resolution::Done => "done",
            Resolution::NotDone => "not_done",
            Resolution::Moved => "moved",
        }
    }
}
