//! One owned input partition: its store, its open changes, and where it stands.

use super::log::Committed;
use super::overlay::Overlay;
use crate::domain::time::Time;

/// How far a task is on its way to taking records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// What is committed could not be read yet.
    Opening,
    /// The changelog is read up to `until`.
    Restoring {
        next: i64,
        until: i64,
    },
    Running,
}

#[derive(Debug)]
pub struct Task<S> {
    pub store: S,
    pub overlay: Overlay,
    pub phase: Phase,
    /// The next record to take; none before the first record of a task that was never committed.
    pub position: Option<i64>,
    /// The first record that came since the last commit: where a task never committed goes back to.
    pub first: Option<i64>,
    pub committed: Option<Committed>,
    /// When the newest of what was committed here by this worker happened.
    pub newest: Option<Time>,
    /// Changelog records put back by this worker.
    pub restored: u64,
    /// Was rewound since the last poll: what that poll brought is out of order.
    pub rewound: bool,
}

impl<S> Task<S> {
    pub fn new(store: S) -> Self {
        Task {
            store,
            overlay: Overlay::default(),
            phase: Phase::Opening,
            position: None,
            first: None,
            committed: None,
            newest: None,
            restored: 0,
            rewound: false,
        }
    }

    pub fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Whether the open commit has to name this task.
    pub fn is_touched(&self) -> bool {
        self.position.is_some() && (!self.overlay.is_empty() || self.position != self.base())
    }

    /// A record of the open commit came: the lowest offset is where a task never committed goes back to.
    pub fn saw(&mut self, offset: i64) {
        self.first = Some(self.first.map_or(offset, |first| first.min(offset)));
    }

    /// Where the records of the open commit begin.
    pub fn base(&self) -> Option<i64> {
        self.committed.as_ref().map(|c| c.position).or(self.first)
    }

    /// The changelog's end as of the last commit.
    pub fn changelog_end(&self) -> i64 {
        self.committed.as_ref().and_then(|c| c.token.as_ref()).map_or(0, |t| t.changelog_end)
    }
}
