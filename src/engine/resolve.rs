//! What became of a commit nobody answered for.

use super::log::{Committed, Log, LogError};
use super::notes::{Resolution, TaskEvent};
use super::open_batch::PendingCommit;
use super::record::TaskId;
use super::stage::Stage;
use super::store::{Store, StoreError};
use super::worker::{Worker, WorkerError};

/// What the group's position says of one task of a doubtful commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is committed; the changelog ends here.
    Done { changelog_end: i64 },
    /// It never will be: the position is the one from before.
    NotDone,
    /// Another owner, or another hand, has moved it since.
    Moved,
}

/// Compares what is committed `now` with what was `before` the commit `seq` of `incarnation`.
pub fn verdict(before: Option<&Committed>, now: Option<&Committed>, incarnation: &str, seq: u64) -> Verdict {
    if let Some(token) = now.and_then(|c| c.token.as_ref())
        && token.incarnation == incarnation
        && token.seq == seq
    {
        return Verdict::Done { changelog_end: token.changelog_end };
    }
    if before == now { Verdict::NotDone } else { Verdict::Moved }
}

impl<L: Log, F: FnMut(&TaskId) -> Result<S, StoreError>, S: Store, G: Stage> Worker<L, F, S, G> {
    /// Settles the doubtful commit, if the log can tell already. True when nothing is in doubt any more.
    pub(super) fn settle(&mut self) -> Result<bool, WorkerError> {
        let Some(pending) = self.doubt.take() else { return Ok(true) };
        let ids: Vec<TaskId> = pending.positions.iter().map(|(id, _)| id.clone()).collect();
        let now = match self.log.resolve(&ids) {
            Ok(now) => now,
            Err(LogError::NotYet) => {
                self.doubt = Some(pending);
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let PendingCommit { positions, seq } = pending;
        for (id, position) in positions {
            let Some(task) = self.tasks.get(&id) else { continue };
            let now = now.get(&id).and_then(Option::as_ref);
            let mut verdict = verdict(task.committed.as_ref(), now, &self.incarnation, seq);
            if !self.safety.token_check {
                verdict = Verdict::NotDone;
            }
            match verdict {
                Verdict::Done { changelog_end } => {
                    self.counters.in_doubt_done += 1;
                    self.apply(&id, position, seq, changelog_end)?;
                    self.resolved(id, Resolution::Done);
                }
                Verdict::NotDone => {
                    self.counters.in_doubt_not_done += 1;
                    self.undo(&id);
                    self.resolved(id, Resolution::NotDone);
                }
                Verdict::Moved => {
                    self.counters.moved += 1;
                    self.log.pause(&id);
                    self.tasks.remove(&id);
                    self.resolved(id, Resolution::Moved);
                }
            }
        }
        Ok(true)
    }

    fn resolved(&mut self, task: TaskId, outcome: Resolution) {
        self.notes.push(TaskEvent::Resolved { task, outcome });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::token::Token;

    fn at(position: i64, incarnation: &str, seq: u64) -> Option<Committed> {
        let token = Some(Token { incarnation: incarnation.into(), seq, changelog_end: 9 });
        Some(Committed { position, token })
    }

    #[test]
    fn tells_the_outcome_by_the_token() {
        let done = Verdict::Done { changelog_end: 9 };
        for (before, now, want) in [
            (None, at(5, "a", 3), done),
            (at(4, "a", 2), at(5, "a", 3), done),
            // The position alone would not tell: this commit moved only timers.
            (at(5, "a", 2), at(5, "a", 3), done),
            (at(4, "a", 2), at(4, "a", 2), Verdict::NotDone),
            (at(4, "z", 8), at(4, "z", 8), Verdict::NotDone),
            (None, None, Verdict::NotDone),
            (at(4, "a", 2), at(6, "b", 1), Verdict::Moved),
            (at(4, "a", 2), at(6, "b", 3), Verdict::Moved),
            (at(4, "a", 2), None, Verdict::Moved),
        ] {
            assert_eq!(verdict(before.as_ref(), now.as_ref(), "a", 3), want, "{before:?} {now:?}");
        }
    }
}
