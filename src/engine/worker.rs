//! The loop: poll, follow the assignment, take records, commit.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::breaker::Breaker;
use super::counts::Tally;
use super::log::{Assignment, Log, LogError, PollBudget, SkippedRun};
use super::notes::TaskEvent;
use super::open_batch::{Limits, OpenBatch, PendingCommit};
use super::overlay::View;
use super::record::{Record, TaskId};
use super::safety::Safety;
use super::stage::Stage;
use super::store::{Store, StoreError};
use super::task::Task;
use crate::domain::time::Time;
use crate::wire::Unavailable;

/// The longest a poll waits.
pub const MAX_WAIT_MS: i64 = 1_000;
/// Records taken in one turn: more of them would make a commit late, however short its interval.
pub const TURN_RECORDS_MAX: usize = 2_000;

/// Why a worker ends. Its tasks are closed; a new worker over a new log takes up where the last commit left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    #[error("log: {0}")]
    Log(#[from] LogError),
    #[error("store of {}-{}: {error}", task.topic, task.partition)]
    Store { task: TaskId, error: StoreError },
    /// A newer owner took over.
    #[error("fenced by a newer owner")]
    Fenced,
    /// The group has forgotten where it was while state exists: to begin again would count everything twice.
    #[error("{}-{}: the committed position is gone though there is state", .0.topic, .0.partition)]
    PositionLost(TaskId),
    /// Nothing of the open commit was committed: what is refused wrongly can still be read rightly, after a fix.
    #[error(
        "{refused} of {records} records were refused, more than limits.refused_percent_max = {percent_max}: a wrong topic or a bad release"
    )]
    TooManyRefused { refused: u64, records: u64, percent_max: u64 },
    /// Nothing of the open commit was committed; a worker that begins anew takes the record again.
    #[error("{}-{}: {why}", task.topic, task.partition)]
    Unavailable { task: TaskId, why: Unavailable },
    #[error("the worker has failed before")]
    Failed,
}

impl WorkerError {
    pub(super) fn store(task: &TaskId, error: StoreError) -> WorkerError {
        WorkerError::Store { task: task.clone(), error }
    }
}

/// What one turn of the loop did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records taken.
    pub records: usize,
    /// Tasks that aren't running yet.
    pub restoring: usize,
    /// A commit's outcome isn't known yet.
    pub in_doubt: bool,
    /// The log has ended and everything is committed.
    pub ended: bool,
}

/// Sums since the worker began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Taken; those of a commit that didn't come about are taken again.
    pub records: u64,
    /// Bytes of their values.
    pub bytes: u64,
    pub outputs: u64,
    pub changes: u64,
    pub commits: u64,
    pub not_done: u64,
    /// Commits that were in doubt, and tasks for which they turned out to be done, or not.
    pub in_doubt: u64,
    pub in_doubt_done: u64,
    pub in_doubt_not_done: u64,
    /// Tasks closed because another owner had moved them.
    pub moved: u64,
    /// Stores thrown away because they weren't a part of what is committed.
    pub wiped: u64,
    /// Changelog records put back.
    pub restored: u64,
}

/// One loop over one log: owns its tasks and everything that is open.
pub struct Worker<L, F, S, G> {
    pub(super) log: L,
    /// Opens a task's store.
    pub(super) open: F,
    pub(super) stage: G,
    pub(super) limits: Limits,
    pub(super) safety: Safety,
    pub(super) breaker: Breaker,
    pub(super) tasks: BTreeMap<TaskId, Task<S>>,
    pub(super) incarnation: String,
    pub(super) seq: u64,
    pub(super) open_batch: OpenBatch,
    /// When the last commit was asked for.
    pub(super) committed_at: Option<Time>,
    /// When the stage has something to do by itself, as of the last turn.
    timer: Option<Time>,
    pub(super) doubt: Option<PendingCommit>,
    pub(super) counters: Counters,
    pub(super) tally: Tally,
    pub(super) notes: Vec<TaskEvent>,
    pub(super) now: Time,
    failed: bool,
}

impl<L: Log, F: FnMut(&TaskId) -> Result<S, StoreError>, S: Store, G: Stage> Worker<L, F, S, G> {
    pub fn new(log: L, open: F, stage: G, limits: Limits) -> Self {
        Worker {
            incarnation: log.incarnation(),
            log,
            open,
            stage,
            limits,
            safety: Safety::default(),
            breaker: Breaker::default(),
            tasks: BTreeMap::new(),
            seq: 0,
            open_batch: OpenBatch::default(),
            committed_at: None,
            timer: None,
            doubt: None,
            counters: Counters::default(),
            tally: Tally::new(),
            notes: Vec::new(),
            now: Time::default(),
            failed: false,
        }
    }

    /// For the tests that show what breaks without a safeguard.
    #[doc(hidden)]
    pub fn with_safety(mut self, safety: Safety) -> Self {
        self.safety = safety;
        self
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What the stage counted in commits that came about.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What became of the tasks in the last turn, in order. It is forgotten at the next one.
    pub fn notes(&self) -> &[TaskEvent] {
        &self.notes
    }

    /// The log's time as of the last poll.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The owned tasks and their stores: committed state, for reading.
    pub fn tasks(&self) -> impl Iterator<Item = (&TaskId, &Task<S>)> {
        self.tasks.iter()
    }

    pub fn log(&self) -> &L {
        &self.log
    }

    pub fn log_mut(&mut self) -> &mut L {
        &mut self.log
    }

    /// One turn of the loop. After an error the worker is of no more use.
    pub fn step(&mut self) -> Result<Progress, WorkerError> {
        self.guard(Self::turn)
    }

    /// Commits what is open, then lets go of all tasks. False: a commit is in doubt still; ask again.
    pub fn finish(&mut self) -> Result<bool, WorkerError> {
        self.guard(|worker| {
            if !worker.settle()? {
                return Ok(false);
            }
            worker.commit(worker.now)?;
            if !worker.settle()? {
                return Ok(false);
            }
            worker.tasks.clear();
            Ok(true)
        })
    }

    fn guard<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, WorkerError>) -> Result<T, WorkerError> {
        if self.failed {
            return Err(WorkerError::Failed);
        }
        self.notes.clear();
        let result = f(self);
        if result.is_err() {
            self.failed = true;
            self.tasks.clear();
        }
        result
    }

    fn turn(&mut self) -> Result<Progress, WorkerError> {
        // Nothing is taken while a commit is in doubt: what comes after depends on its outcome.
        if !self.settle()? {
            return Ok(self.progress(0, false));
        }
        for task in self.tasks.values_mut() {
            task.rewound = false;
        }
        let (budget, wait, stage) = (self.budget(), self.wait()?, &self.stage);
        let polled = self.log.poll(budget, wait, &|value| stage.skip(value))?;
        self.now = polled.now;
        // The group no longer refuses what this poll has told of: nothing lost may slip into the commit for what is revoked.
        for change in &polled.assignment {
            if let Assignment::Lost(id) = change {
                self.close(id);
            }
        }
        for change in polled.assignment {
            self.follow(change)?;
        }
        self.restore_some()?;
        let taken = match self.doubt {
            Some(_) => self.put_back(&polled.records, &polled.skipped),
            None => self.take(polled.records, &polled.skipped)?,
        };
        self.timer = self.next_timer()?;
        let is_timer_due = self.timer.is_some_and(|at| at <= self.now);
        // Somebody may wait for what is open, and it would grow no further.
        let is_early = polled.drained && self.early().is_some_and(|at| at <= self.now);
        let due = polled.end || self.open_batch.is_due(&self.limits, self.now) || is_timer_due || is_early;
        if due && self.doubt.is_none() {
            self.commit(self.now)?;
        }
        Ok(self.progress(taken, polled.end))
    }

    fn progress(&self, records: usize, end: bool) -> Progress {
        let restoring = self.tasks.values().filter(|t| !t.is_running()).count();
        let in_doubt = self.doubt.is_some();
        let rewound = self.tasks.values().any(|t| t.rewound);
        Progress { records, restoring, in_doubt, ended: end && restoring == 0 && !in_doubt && !rewound }
    }

    fn budget(&self) -> PollBudget {
        PollBudget {
            records: self.limits.records.saturating_sub(self.open_batch.records).clamp(1, TURN_RECORDS_MAX),
            bytes: self.limits.bytes.saturating_sub(self.open_batch.bytes).max(1),
        }
    }

    /// How long a poll may wait without missing the commit or a timer.
    fn wait(&self) -> Result<u64, WorkerError> {
        if self.tasks.values().any(|t| !t.is_running()) {
            return Ok(0);
        }
        let interval = self.open_batch.opened.map(|at| at.plus_ms(self.limits.interval_ms));
        let moments = [interval, self.early(), self.timer];
        let until = moments.into_iter().flatten().fold(self.now.plus_ms(MAX_WAIT_MS), Time::min);
        Ok(u64::try_from(until.0.saturating_sub(self.now.0)).unwrap_or(0))
    }

    /// From when on what is open is committed if no more input waits. `None`: nothing is open that anyone could wait for; positions and
    /// counts alone have the time of an interval.
    fn early(&self) -> Option<Time> {
        let has_results = self.tasks.values().any(|t| !t.overlay.is_empty());
        has_results.then(|| self.limits.early_from(self.committed_at).unwrap_or(self.now))
    }

    fn follow(&mut self, change: Assignment) -> Result<(), WorkerError> {
        match change {
            Assignment::Assigned(id) => self.assign(id),
            Assignment::Revoked(id) => {
                let open = self.tasks.get(&id).is_some_and(Task::is_touched);
                if open && self.doubt.is_none() {
                    self.commit(self.now)?;
                }
                self.close(&id);
                self.notes.push(TaskEvent::Revoked(id));
                Ok(())
            }
            // Nothing of it was sent yet, so the other tasks' open commit goes on.
            Assignment::Lost(id) => {
                self.close(&id);
                self.notes.push(TaskEvent::Lost(id));
                Ok(())
            }
        }
    }

    /// Lets go of a task. If a commit of it is in doubt, the next owner's restore tells; should that be this worker again, the
    /// doubt must not touch the task opened anew.
    fn close(&mut self, id: &TaskId) {
        self.tasks.remove(id);
        if let Some(doubt) = &mut self.doubt {
            doubt.positions.retain(|(task, _)| task != id);
        }
    }

    fn take(&mut self, records: Vec<Record>, skipped: &[SkippedRun]) -> Result<usize, WorkerError> {
        // Counted before the records are taken, while the positions still tell what is new.
        let mut taken = self.count_skipped(skipped);
        for record in records {
            let Some(task) = self.tasks.get_mut(&record.task) else { continue };
            let seen = task.position.is_some_and(|at| record.offset < at);
            if !task.is_running() || task.rewound || seen {
                continue;
            }
            let before = task.overlay.bytes();
            take_one(&self.stage, &record, self.now, task)?;
            task.saw(record.offset);
            task.position = Some(record.offset.saturating_add(1));
            self.open_batch.opened.get_or_insert(self.now);
            self.open_batch.records += 1;
            self.open_batch.bytes += record.value.len() + task.overlay.bytes().saturating_sub(before);
            self.counters.bytes += record.value.len() as u64;
            taken += 1;
        }
        self.pass_over(skipped);
        self.counters.records += taken as u64;
        Ok(taken)
    }

    /// The counts of what was passed over, for the commit that names the positions behind it.
    fn count_skipped(&mut self, skipped: &[SkippedRun]) -> usize {
        let mut taken = 0;
        for run in skipped {
            let Some(task) = self.tasks.get_mut(&run.task).filter(|t| t.is_running() && !t.rewound) else { continue };
            for skipped in run.records.iter().filter(|s| task.position.is_none_or(|at| s.offset >= at)) {
                task.overlay.count(skipped.count);
                self.counters.bytes += skipped.bytes as u64;
                taken += 1;
            }
        }
        if taken > 0 {
            self.open_batch.opened.get_or_insert(self.now);
            self.open_batch.records += taken;
        }
        taken
    }

    /// Moves the positions behind what was passed over.
    fn pass_over(&mut self, skipped: &[SkippedRun]) {
        for run in skipped {
            let Some(task) = self.tasks.get_mut(&run.task).filter(|t| t.is_running() && !t.rewound) else { continue };
            let (Some(first), Some(last)) = (run.records.first(), run.records.last()) else { continue };
            task.saw(first.offset);
            task.position = task.position.max(Some(last.offset.saturating_add(1)));
        }
    }

    /// Records that came while a commit fell into doubt are read again later.
    fn put_back(&mut self, records: &[Record], skipped: &[SkippedRun]) -> usize {
        let mut firsts: BTreeMap<&TaskId, i64> = BTreeMap::new();
        let passed = skipped.iter().filter_map(|run| run.records.first().map(|s| (&run.task, s.offset)));
        for (id, offset) in records.iter().map(|r| (&r.task, r.offset)).chain(passed) {
            let first = firsts.entry(id).or_insert(offset);
            *first = offset.min(*first);
        }
        for (id, first) in firsts {
            let Some(task) = self.tasks.get_mut(id).filter(|t| t.is_running() && !t.rewound) else { continue };
            task.saw(first);
            let position = *task.position.get_or_insert(first);
            task.rewound = true;
            self.log.rewind(id, position);
        }
        0
    }

    fn next_timer(&mut self) -> Result<Option<Time>, WorkerError> {
        let mut first: Option<Time> = None;
        for (id, task) in self.tasks.iter_mut().filter(|(_, t)| t.is_running() && t.position.is_some()) {
            let view = View::new(&task.store, &mut task.overlay);
            let due = self.stage.due(&view);
            view.finish().map_err(|error| WorkerError::store(id, error))?;
            first = first.into_iter().chain(due).min();
        }
        Ok(first)
    }
}

/// One record into one task. If the stage panics on a record, the record is refused and nothing else of it stays.
fn take_one<S: Store>(stage: &impl Stage, record: &Record, now: Time, task: &mut Task<S>) -> Result<(), WorkerError> {
    let store = |error| WorkerError::store(&record.task, error);
    task.overlay.begin();
    let mut view = View::new(&task.store, &mut task.overlay);
    // The stage has no state of its own, and what it left in the overlay is taken back: nothing half done can be seen.
    let taken = catch_unwind(AssertUnwindSafe(|| stage.take(record, now, &mut view)));
    view.finish().map_err(store)?;
    let panic = match taken {
        Ok(taken) => {
            taken.map_err(|why| WorkerError::Unavailable { task: record.task.clone(), why })?;
            task.overlay.keep();
            return Ok(());
        }
        Err(panic) => panic,
    };
    task.overlay.take_back();
    let mut view = View::new(&task.store, &mut task.overlay);
    stage.refuse(record, said(&*panic), &mut view);
    view.finish().map_err(store)
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("the program failed on it")
}
