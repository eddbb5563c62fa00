//! Opening a task: what its store is worth, and bringing it up to what is committed.

use super::log::{Committed, Log, LogError};
use super::notes::TaskEvent;
use super::overlay::{Overlay, View};
use super::record::TaskId;
use super::stage::{Context, Logged, Stage};
use super::store::{Applied, Store, StoreError};
use super::task::{Phase, Task};
use super::worker::{Worker, WorkerError};

/// About how much of a changelog is put into the store at once.
pub const RESTORE_CHUNK: usize = 4 << 20;

/// What has to be done with a store before its task may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It holds a part of what is committed: read the changelog from here.
    From(i64),
    /// It holds what was never committed, or is no longer: away with it.
    Wipe,
}

/// Judges a store by what it says it holds and what is committed.
pub fn opening(applied: Option<&Applied>, committed: Option<&Committed>) -> Opening {
    let Some(applied) = applied else { return Opening::From(0) };
    let Some(committed) = committed else { return Opening::Wipe };
    let ahead = match (&applied.token, &committed.token) {
        // The same run counts its commits: the same number must mean the same commit.
        (Some(mine), Some(token)) if mine.incarnation == token.incarnation && mine.seq >= token.seq => mine != token,
        (_, Some(token)) => applied.changelog_end > token.changelog_end,
        // The position was set by hand: what the state has seen beyond it would be counted twice.
        (_, None) => false,
    };
    // A part of a restore stands for no position yet.
    let beyond = applied.token.is_some() && applied.position > committed.position;
    if ahead || beyond { Opening::Wipe } else { Opening::From(applied.changelog_end) }
}

impl<L: Log, F: FnMut(&TaskId) -> Result<S, StoreError>, S: Store, G: Stage> Worker<L, F, S, G> {
    /// A task was assigned: it takes no records until it is restored.
    pub(super) fn assign(&mut self, id: TaskId) -> Result<(), WorkerError> {
        self.log.pause(&id);
        let store = (self.open)(&id).map_err(|error| WorkerError::store(&id, error))?;
        self.notes.push(TaskEvent::Assigned(id.clone()));
        self.tasks.insert(id, Task::new(store));
        Ok(())
    }

    /// Brings every task that isn't running one piece further.
    pub(super) fn restore_some(&mut self) -> Result<(), WorkerError> {
        let waiting: Vec<TaskId> =
            self.tasks.iter().filter(|(_, t)| !t.is_running()).map(|(id, _)| id.clone()).collect();
        let opening: Vec<TaskId> = waiting
            .iter()
            .filter(|id| self.tasks.get(id).is_some_and(|t| t.phase == Phase::Opening))
            .cloned()
            .collect();
        if !opening.is_empty() {
            match self.log.resolve(&opening) {
                Ok(mut committed) => {
                    for id in &opening {
                        self.begin(id, committed.remove(id).flatten())?;
                    }
                }
                Err(LogError::NotYet) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for id in waiting {
            self.restore_chunk(&id)?;
        }
        Ok(())
    }

    fn begin(&mut self, id: &TaskId, committed: Option<Committed>) -> Result<(), WorkerError> {
        if committed.is_none() && self.has_changelog(id)? {
            return Err(WorkerError::PositionLost(id.clone()));
        }
        let Some(task) = self.tasks.get_mut(id) else { return Ok(()) };
        let fail = |error| WorkerError::store(id, error);
        let from = match opening(task.store.applied().map_err(fail)?.as_ref(), committed.as_ref()) {
            Opening::From(from) => from,
            Opening::Wipe => {
                self.counters.wiped += 1;
                self.notes.push(TaskEvent::Wiped(id.clone()));
                task.store.wipe().map_err(fail)?;
                0
            }
        };
        let token_end = committed.as_ref().and_then(|c| c.token.as_ref()).map(|t| t.changelog_end);
        let until = match (token_end, &committed) {
            (Some(end), _) if self.safety.restore_to_token => end,
            (_, Some(_)) => self.log.changelog_end(id)?,
            (_, None) => 0,
        };
        task.position = committed.as_ref().map(|c| c.position);
        task.committed = committed;
        task.phase = Phase::Restoring { next: from, until };
        Ok(())
    }

    /// Whether any commit of the past left something behind.
    fn has_changelog(&mut self, id: &TaskId) -> Result<bool, WorkerError> {
        let end = self.log.changelog_end(id)?;
        let mut next = 0;
        while next < end {
            let chunk = self.log.changelog(id, next, end, RESTORE_CHUNK)?;
            if !chunk.records.is_empty() {
                return Ok(true);
            }
            if chunk.next <= next {
                break;
            }
            next = chunk.next;
        }
        Ok(false)
    }

    fn restore_chunk(&mut self, id: &TaskId) -> Result<(), WorkerError> {
        let Some(task) = self.tasks.get_mut(id) else { return Ok(()) };
        let Phase::Restoring { next, until } = task.phase else { return Ok(()) };
        let fail = |error| WorkerError::store(id, error);
        if next < until {
            let chunk = self.log.changelog(id, next, until, RESTORE_CHUNK)?;
            if chunk.next <= next {
                return Ok(());
            }
            let mut overlay = Overlay::default();
            let mut view = View::new(&task.store, &mut overlay);
            for (key, value) in chunk.records {
                self.counters.restored += 1;
                task.restored += 1;
                self.stage.restored(&key, value.as_deref(), &mut view);
                view.put(key, value, Logged::No);
            }
            view.finish().map_err(fail)?;
            // A restore that breaks off here goes on from here.
            let part = Applied { position: 0, changelog_end: chunk.next.min(until), token: None };
            task.store.load(&overlay.take_writes(), part).map_err(fail)?;
            task.phase = Phase::Restoring { next: chunk.next, until };
            if chunk.next < until {
                return Ok(());
            }
        }
        if let Some(committed) = &task.committed {
            let applied =
                Applied { position: committed.position, changelog_end: until, token: committed.token.clone() };
            if task.store.applied().map_err(fail)?.as_ref() != Some(&applied) {
                task.store.apply(&[], applied).map_err(fail)?;
            }
            self.log.rewind(id, committed.position);
        }
        task.phase = Phase::Running;
        task.rewound = true;
        self.notes.push(TaskEvent::Restored { task: id.clone(), records: task.restored });
        self.log.resume(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::token::Token;

    fn token(incarnation: &str, seq: u64, changelog_end: i64) -> Option<Token> {
        Some(Token { incarnation: incarnation.into(), seq, changelog_end })
    }

    #[test]
    fn a_store_is_worth_what_is_committed_of_it() {
        let committed = Committed { position: 50, token: token("b", 4, 80) };
        for (position, changelog_end, mine, want) in [
            (50, 80, token("b", 4, 80), Opening::From(80)),
            (40, 70, token("b", 3, 70), Opening::From(70)),
            (40, 70, token("a", 9, 70), Opening::From(70)),
            (0, 30, None, Opening::From(30)),
            // Ahead of the committed token: acknowledged data was lost.
            (60, 90, token("b", 5, 90), Opening::Wipe),
            (50, 80, token("b", 5, 80), Opening::Wipe),
            (40, 90, token("a", 9, 90), Opening::Wipe),
            (60, 70, token("a", 9, 70), Opening::Wipe),
            // The same commit with other content: another history.
            (51, 81, token("b", 4, 81), Opening::Wipe),
        ] {
            let applied = Applied { position, changelog_end, token: mine };
            assert_eq!(opening(Some(&applied), Some(&committed)), want, "{applied:?}");
        }
        assert_eq!(opening(None, Some(&committed)), Opening::From(0));
        let applied = Applied { position: 1, changelog_end: 1, token: None };
        assert_eq!(opening(Some(&applied), None), Opening::Wipe);
    }
}
