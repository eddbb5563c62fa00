//! The log itself: member and producer, and what the engine asks of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::changelog::{Changelog, stable_end};
use super::consumer::{Member, Read};
use super::errors::{ErrorClass, KafkaFault, classify, is_passing};
use super::producer::{CommitResult, Transactions};
use super::rebalance::Change;
use super::settings::KafkaSettings;
use crate::domain::time::Time;
use crate::engine::log::{Assignment, Chunk, Committed, Log, LogError, Outcome, PollBudget, Polled, Skip};
use crate::engine::record::{OutRecord, OutTopic, TaskId};
use crate::engine::token::Token;
use crate::runtime::lag::End;
use crate::wire::dead_letter;

/// Commits in a row that certainly weren't done: more is no bad luck, and going on would turn in a circle.
const MAX_NOT_DONE: u32 = 20;
/// Before the same question is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// One worker's log.
pub struct KafkaLog {
    settings: KafkaSettings,
    member: Member,
    producer: Transactions,
    /// Changelogs being read.
    restoring: BTreeMap<TaskId, Changelog>,
    /// Of each task: the changelog's end as of its last commit.
    ends: BTreeMap<TaskId, i64>,
    /// Why the open transaction can't be committed.
    poisoned: Option<KafkaFault>,
    /// Why this log can't go on.
    failed: Option<String>,
    not_done: u32,
    /// The group has decided at least once.
    joined: bool,
    /// How long the commits took that nobody has asked about yet.
    commit_times: Vec<Duration>,
    incarnation: String,
}

impl KafkaLog {
    /// Fences the dead self, then joins the group.
    pub fn connect(settings: KafkaSettings) -> Result<KafkaLog, KafkaFault> {
        let producer = Transactions::connect(settings.clone())?;
        let member = Member::join(&settings)?;
        let name: String = settings.member().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let incarnation = format!("{name}-{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
        Ok(KafkaLog {
            settings,
            member,
            producer,
            restoring: BTreeMap::new(),
            ends: BTreeMap::new(),
            poisoned: None,
            failed: None,
            not_done: 0,
            joined: false,
            commit_times: Vec::new(),
            incarnation,
        })
    }

    /// Whether the group has ever told this member what it owns, be it nothing.
    pub fn has_joined(&self) -> bool {
        self.joined
    }

    /// How long each commit took since the last call, from the last record sent to the answer.
    pub fn take_commit_times(&mut self) -> Vec<Duration> {
        std::mem::take(&mut self.commit_times)
    }

    /// Where a partition ends. None: not known yet.
    pub fn end(&self, task: &TaskId) -> Option<End> {
        self.member.end(task)
    }

    fn follow(&mut self, polled: &mut Polled) -> Result<(), LogError> {
        while let Some(change) = self.member.change().map_err(failed)? {
            self.joined = true;
            let (tasks, make): (_, fn(TaskId) -> Assignment) = match change {
                Change::Assign(tasks) => (tasks, Assignment::Assigned),
                Change::Revoke(tasks) => (tasks, Assignment::Revoked),
                Change::Lose(tasks) => (tasks, Assignment::Lost),
                // The member has said what is lost by it.
                Change::Error(_) => continue,
            };
            for task in tasks {
                self.restoring.remove(&task);
                polled.assignment.push(make(task));
            }
        }
        Ok(())
    }

    fn poison(&mut self, result: Result<(), KafkaFault>) {
        if let Err(fault) = result {
            self.poisoned.get_or_insert(fault);
        }
    }

    fn break_down(&mut self, result: Result<(), KafkaFault>) {
        if let Err(fault) = result {
            self.failed.get_or_insert_with(|| fault.to_string());
        }
    }

    fn not_done(&mut self, error: &dyn std::fmt::Display) -> Outcome {
        tracing::warn!(%error, "a transaction was not committed");
        self.not_done += 1;
        if self.not_done >= MAX_NOT_DONE {
            self.failed
                .get_or_insert_with(|| format!("{MAX_NOT_DONE} transactions in a row were not committed: {error}"));
        }
        // Else a broker that refuses at once is asked without a breath.
        std::thread::sleep(PAUSE);
        Outcome::NotDone
    }

    /// Each task's changelog end with the open transaction in it. To be drained before.
    fn ends_with_open(&self, positions: &[(TaskId, i64)]) -> BTreeMap<TaskId, i64> {
        let end = |task: &TaskId| {
            let sent = if self.settings.stateful { self.producer.changelog_end(task.partition) } else { None };
            sent.unwrap_or_else(|| self.ends.get(task).copied().unwrap_or(0))
        };
        positions.iter().map(|(task, _)| (task.clone(), end(task))).collect()
    }

    fn offsets(
        &self,
        positions: &[(TaskId, i64)],
        seq: u64,
        ends: &BTreeMap<TaskId, i64>,
    ) -> Result<TopicPartitionList, rdkafka::error::KafkaError> {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (task, position) in positions {
            let changelog_end = ends.get(task).copied().unwrap_or(0);
            let token = Token { incarnation: self.incarnation.clone(), seq, changelog_end };
            let mut element = list.add_partition(&task.topic, task.partition);
            element.set_offset(Offset::Offset(*position))?;
            // Once per element: it doesn't free a former one.
            element.set_metadata(token.to_string());
        }
        Ok(list)
    }
}

fn failed(fault: KafkaFault) -> LogError {
    LogError::Failed(fault.to_string())
}

impl Log for KafkaLog {
    fn poll(&mut self, budget: PollBudget, wait_ms: u64, skip: &Skip<'_>) -> Result<Polled, LogError> {
        if let Some(why) = &self.failed {
            return Err(LogError::Failed(why.clone()));
        }
        // What was revoked in the last poll has been committed since.
        self.member.leave().map_err(failed)?;
        self.producer.serve();
        let mut polled = Polled::default();
        let until = Instant::now() + Duration::from_millis(wait_ms);
        let (mut read, mut bytes) = (0, 0);
        while read < budget.records && bytes < budget.bytes {
            // Waits for the first one only.
            let wait = if read == 0 { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            let found = self.member.read(wait, skip, &mut polled).map_err(failed)?;
            self.follow(&mut polled)?;
            match found {
                Read::Record { bytes: len } => {
                    bytes += len;
                    read += 1;
                }
                Read::Nothing if read > 0 || Instant::now() >= until => {
                    polled.drained = true;
                    break;
                }
                Read::Other if Instant::now() >= until => break,
                Read::Other | Read::Nothing => {}
            }
            if !polled.assignment.is_empty() {
                break;
            }
        }
        polled.now = Time(jiff::Timestamp::now().as_millisecond());
        Ok(polled)
    }

    fn send(&mut self, _from: &TaskId, mut record: OutRecord) {
        if self.poisoned.is_none() {
            if record.topic == OutTopic::DeadLetters {
                dead_letter::cut(&mut record.value, &mut record.headers, self.settings.value_bytes_max());
            }
            let topic = self.settings.topics.of(record.topic);
            let result = self.producer.send(topic, None, &record.key, Some(&record.value), &record.headers);
            self.poison(result);
        }
    }

    fn send_change(&mut self, task: &TaskId, key: &[u8], value: Option<&[u8]>) {
        if self.poisoned.is_none() && self.settings.stateful {
            let result = self.producer.send(&self.settings.topics.state, Some(task.partition), key, value, &[]);
            self.poison(result);
        }
    }

    fn commit(&mut self, positions: &[(TaskId, i64)], seq: u64) -> Outcome {
        let began = Instant::now();
        // A commit of positions alone is a transaction as well.
        if self.poisoned.is_none() {
            let begun = self.producer.begin();
            self.poison(begun);
        }
        if let Some(fault) = self.poisoned.take() {
            return if classify(&fault.error) == ErrorClass::Lost { Outcome::Lost } else { self.not_done(&fault) };
        }
        if let Err(error) = self.producer.drain() {
            return if classify(&error) == ErrorClass::Lost { Outcome::Lost } else { self.not_done(&error) };
        }
        let ends = self.ends_with_open(positions);
        let offsets = match self.offsets(positions, seq, &ends) {
            Ok(offsets) => offsets,
            Err(error) => return self.not_done(&error),
        };
        let Some(group) = self.member.group() else { return self.not_done(&"not a member of the group") };
        let ended = self.producer.commit(&offsets, &group);
        self.commit_times.push(began.elapsed());
        match ended {
            CommitResult::Done => {
                self.not_done = 0;
                self.ends.extend(ends.clone());
                Outcome::Done(ends)
            }
            CommitResult::NotDone(error) => self.not_done(&error),
            CommitResult::InDoubt(error) => {
                tracing::warn!(%error, "a commit is in doubt");
                Outcome::InDoubt
            }
            CommitResult::Lost(error) => {
                tracing::warn!(%error, "fenced");
                Outcome::Lost
            }
        }
    }

    fn abort(&mut self) {
        self.poisoned = None;
        self.producer.abort();
    }

    fn resolve(&mut self, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Option<Committed>>, LogError> {
        let not_yet = |fault: KafkaFault| {
            if is_passing(&fault.error) {
                tracing::info!(%fault, "asked again");
                std::thread::sleep(PAUSE);
                LogError::NotYet
            } else {
                failed(fault)
            }
        };
        if self.producer.must_be_replaced() {
            self.producer.replace().map_err(not_yet)?;
        }
        let committed = self
            .member
            .ask(tasks)
            .map_err(|error| not_yet(KafkaFault { doing: "reading committed offsets", error }))?;
        let mut answer = BTreeMap::new();
        for task in tasks {
            let found = committed.get(task).and_then(|c| {
                let token = Token::parse(&c.metadata);
                c.position.map(|position| Committed { position, token })
            });
            let token_end = found.as_ref().and_then(|c| c.token.as_ref()).map(|t| t.changelog_end);
            let end = match token_end {
                Some(end) => end,
                None => self.changelog_end(task)?,
            };
            self.ends.insert(task.clone(), end);
            answer.insert(task.clone(), found);
        }
        Ok(answer)
    }

    fn changelog(&mut self, task: &TaskId, from: i64, until: i64, limit: usize) -> Result<Chunk, LogError> {
        if !self.settings.stateful || from >= until {
            return Ok(Chunk { records: Vec::new(), next: until.max(from) });
        }
        if !self.restoring.get(task).is_some_and(|c| c.is_for(from, until)) {
            self.restoring.remove(task);
            match Changelog::open(&self.settings, task.partition, from, until).map_err(failed)? {
                Some(changelog) => self.restoring.insert(task.clone(), changelog),
                None => {
                    std::thread::sleep(PAUSE);
                    return Ok(Chunk { records: Vec::new(), next: from });
                }
            };
        }
        let Some(changelog) = self.restoring.get_mut(task) else { return Err(LogError::Closed) };
        let records = changelog.read(limit).map_err(failed)?;
        let next = changelog.at();
        if next >= until {
            self.restoring.remove(task);
        }
        Ok(Chunk { records, next })
    }

    fn changelog_end(&mut self, task: &TaskId) -> Result<i64, LogError> {
        if self.settings.stateful { stable_end(&self.settings, task.partition).map_err(failed) } else { Ok(0) }
    }

    fn rewind(&mut self, task: &TaskId, position: i64) {
        let result = self.member.seek(task, Some(position));
        self.break_down(result);
    }

    fn pause(&mut self, task: &TaskId) {
        let result = self.member.pause(task);
        self.break_down(result);
    }

    fn resume(&mut self, task: &TaskId) {
        let result = self.member.resume(task);
        self.break_down(result);
    }

    fn incarnation(&self) -> String {
        self.incarnation.clone()
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
