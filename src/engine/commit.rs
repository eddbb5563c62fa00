//! When to commit, and how.

use super::log::{Committed, Log, Outcome};
use super::notes::TaskEvent;
use super::open_batch::{OpenBatch, PendingCommit};
use super::overlay::View;
use super::record::TaskId;
use super::stage::Stage;
use super::store::{Applied, Store, StoreError};
use super::token::Token;
use super::worker::{Worker, WorkerError};
use crate::domain::time::Time;

pub use super::open_batch::Limits;

impl<L: Log, F: FnMut(&TaskId) -> Result<S, StoreError>, S: Store, G: Stage> Worker<L, F, S, G> {
    /// Commits what is open; nothing open is no commit. The outcome may stay in doubt.
    pub(super) fn commit(&mut self, now: Time) -> Result<(), WorkerError> {
        self.open_batch = OpenBatch::default();
        for (id, task) in &mut self.tasks {
            // A task without a position has never taken anything: it has no state that could be due.
            if task.is_running() && task.position.is_some() {
                let mut view = View::new(&task.store, &mut task.overlay);
                self.stage.tick(now, &mut view);
                view.finish().map_err(|error| WorkerError::store(id, error))?;
            }
        }
        let open = self.tasks.values().filter(|t| t.position.is_some() && t.is_touched());
        if let Err((refused, records)) = self.breaker.admit(self.limits.breaker, open.map(|t| t.overlay.counts())) {
            let percent_max = self.limits.breaker.percent_max;
            return Err(WorkerError::TooManyRefused { refused, records, percent_max });
        }
        let mut positions = Vec::new();
        for (id, task) in &mut self.tasks {
            let Some(position) = task.position.filter(|_| task.is_touched()) else { continue };
            for record in task.overlay.take_outputs() {
                self.counters.outputs += 1;
                self.log.send(id, record);
            }
            for (key, value) in task.overlay.changes() {
                self.counters.changes += 1;
                self.log.send_change(id, key, value);
            }
            positions.push((id.clone(), position));
        }
        if positions.is_empty() {
            return Ok(());
        }
        self.seq += 1;
        self.committed_at = Some(now);
        let seq = self.seq;
        match self.log.commit(&positions, seq) {
            Outcome::Done(ends) => {
                for (id, position) in positions {
                    let before = self.tasks.get(&id).map_or(0, |t| t.changelog_end());
                    self.apply(&id, position, seq, ends.get(&id).copied().unwrap_or(before))?;
                }
                self.counters.commits += 1;
            }
            Outcome::NotDone => {
                self.counters.not_done += 1;
                self.log.abort();
                for (id, _) in positions {
                    self.undo(&id);
                }
            }
            Outcome::InDoubt => {
                self.counters.in_doubt += 1;
                self.notes.push(TaskEvent::InDoubt { seq });
                self.doubt = Some(PendingCommit { positions, seq });
                self.settle()?;
            }
            Outcome::Lost => {
                self.tasks.clear();
                return Err(WorkerError::Fenced);
            }
        }
        Ok(())
    }

    /// The commit is done: the store follows.
    pub(super) fn apply(
        &mut self,
        id: &TaskId,
        position: i64,
        seq: u64,
        changelog_end: i64,
    ) -> Result<(), WorkerError> {
        let Some(task) = self.tasks.get_mut(id) else { return Ok(()) };
        let token = Token { incarnation: self.incarnation.clone(), seq, changelog_end };
        task.committed = Some(Committed { position, token: Some(token.clone()) });
        task.first = None;
        // A clock that is ahead must not hide for ever that this is behind.
        task.newest = task.newest.max(task.overlay.newest().map(|at| at.min(self.now)));
        for (what, n) in task.overlay.take_counts() {
            *self.tally.entry(what).or_default() += n;
        }
        let writes = task.overlay.take_writes();
        let applied = Applied { position, changelog_end, token: Some(token) };
        task.store.apply(&writes, applied).map_err(|error| WorkerError::store(id, error))
    }

    /// The commit is not done: what was open is forgotten and its records are read again.
    pub(super) fn undo(&mut self, id: &TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if self.safety.drop_overlay {
            task.overlay = Default::default();
        }
        task.position = task.base();
        task.rewound = true;
        if let Some(position) = task.position {
            self.log.rewind(id, position);
        }
    }
}
