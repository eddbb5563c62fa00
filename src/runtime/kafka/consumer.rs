//! The group's member: answers rebalances, reads, seeks, and asks what is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata, RebalanceProtocol};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Headers, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::errors::{KafkaFault, is_passing, is_recoverable_poll};
use super::producer::left;
use super::rebalance::{Change, Group};
use super::settings::KafkaSettings;
use crate::engine::log::{Polled, Skip, Skipped};
use crate::engine::record::{Record, TaskId};
use crate::runtime::lag::End;

/// Between two tries of what passes by itself.
const PAUSE: Duration = Duration::from_millis(50);

/// What the group has committed for a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommittedOffset {
    /// None: never, or forgotten.
    pub position: Option<i64>,
    /// The token's text.
    pub metadata: String,
}

/// What one look for a record brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Record {
        bytes: usize,
    },
    /// Something that is no record of an owned partition. More may lie ready.
    Other,
    /// Nothing came in time.
    Nothing,
}

/// A member of the group.
pub struct Member {
    consumer: BaseConsumer<Group>,
    deadline: Duration,
    owned: BTreeSet<TaskId>,
    paused: BTreeSet<TaskId>,
    /// The partition of the last record: owned and not paused. Forgotten whenever either may have changed.
    reading: Option<TaskId>,
    /// Revoked, and not yet given up: what is open for them is being committed.
    leaving: Option<Vec<TaskId>>,
}

impl Member {
    /// Subscribes. Nothing is assigned before the first poll.
    pub fn join(settings: &KafkaSettings) -> Result<Member, KafkaFault> {
        let consumer: BaseConsumer<Group> =
            BaseConsumer::from_config_and_context(&settings.consumer(), Group::default())
                .map_err(|error| KafkaFault { doing: "making a consumer", error })?;
        let topics: Vec<&str> = settings.inputs.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(|error| KafkaFault { doing: "subscribing", error })?;
        Ok(Member {
            consumer,
            deadline: settings.deadline,
            owned: BTreeSet::new(),
            paused: BTreeSet::new(),
            reading: None,
            leaving: None,
        })
    }

    /// As the transaction needs it: fetched fresh for each.
    pub fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.group_metadata()
    }

    /// Reads one record into `polled`, if one comes within `wait`. What `skip` has a count for is decided on librdkafka's own bytes and
    /// copied nowhere. Returns the size of what was read.
    pub fn read(&mut self, wait: Duration, skip: &Skip<'_>, polled: &mut Polled) -> Result<Read, KafkaFault> {
        let message = match self.consumer.poll(wait) {
            None => return Ok(Read::Nothing),
            Some(Ok(message)) => message,
            Some(Err(error)) if is_recoverable_poll(&error) => {
                tracing::debug!(%error, "poll goes on");
                return Ok(Read::Other);
            }
            Some(Err(error)) => return Err(KafkaFault { doing: "reading", error }),
        };
        let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
        let is_same = |task: &TaskId| task.partition == partition && task.topic == topic;
        // Only where the partition changes is it looked up: records come in runs.
        if !self.reading.as_ref().is_some_and(is_same) {
            let task = TaskId { topic: topic.to_owned(), partition };
            // What was fetched before a pause or a revocation is read again by whoever goes on there.
            if !self.owned.contains(&task) || self.paused.contains(&task) {
                return Ok(Read::Other);
            }
            self.reading = Some(task);
        }
        let task = || TaskId { topic: topic.to_owned(), partition };
        let value = message.payload().unwrap_or_default();
        if let Some(count) = skip(value) {
            polled.skip(is_same, task, Skipped { offset, bytes: value.len(), count });
            return Ok(Read::Record { bytes: value.len() });
        }
        let headers = message.headers().map_or_else(Vec::new, |all| {
            all.iter().map(|h| (h.key.to_owned(), h.value.unwrap_or_default().to_vec())).collect()
        });
        let key = message.key().map(<[u8]>::to_vec);
        polled.records.push(Record { task: task(), offset, key, value: value.to_vec(), headers });
        Ok(Read::Record { bytes: value.len() })
    }

    /// The next decision of the group, already answered but for a revocation: that is by `leave`, when the commit is through.
    pub fn change(&mut self) -> Result<Option<Change>, KafkaFault> {
        let Some(change) = self.consumer.context().next() else { return Ok(None) };
        match &change {
            Change::Assign(tasks) => self.take(tasks)?,
            Change::Revoke(tasks) => self.leaving = Some(tasks.clone()),
            Change::Lose(tasks) => {
                self.leaving = Some(tasks.clone());
                self.leave()?;
            }
            Change::Error(why) => {
                tracing::warn!(why, "rebalance failed");
                let all: Vec<TaskId> = self.owned.iter().cloned().collect();
                self.leaving = Some(all.clone());
                self.leave()?;
                return Ok(Some(Change::Lose(all)));
            }
        }
        Ok(Some(change))
    }

    /// Assigns at once, from explicit offsets, and pauses: until it is restored nothing is read.
    fn take(&mut self, tasks: &[TaskId]) -> Result<(), KafkaFault> {
        self.reading = None;
        let fault = |doing| move |error| KafkaFault { doing, error };
        // A commit still pending would take its time; the engine asks again, and seeks, before it resumes.
        let committed = if tasks.is_empty() { BTreeMap::new() } else { self.ask(tasks).unwrap_or_default() };
        let mut list = TopicPartitionList::with_capacity(tasks.len());
        for task in tasks {
            let at = committed.get(task).and_then(|c| c.position).map_or(Offset::Beginning, Offset::Offset);
            list.add_partition_offset(&task.topic, task.partition, at).map_err(fault("assigning"))?;
        }
        if matches!(self.consumer.rebalance_protocol(), RebalanceProtocol::Cooperative) {
            self.consumer.incremental_assign(&list).map_err(fault("assigning"))?;
        } else {
            self.consumer.assign(&list).map_err(fault("assigning"))?;
            self.owned.clear();
            self.paused.clear();
        }
        if !tasks.is_empty() {
            self.consumer.pause(&list).map_err(fault("pausing"))?;
        }
        self.owned.extend(tasks.iter().cloned());
        self.paused.extend(tasks.iter().cloned());
        Ok(())
    }

    /// Gives up what was revoked, if anything was.
    pub fn leave(&mut self) -> Result<(), KafkaFault> {
        let Some(tasks) = self.leaving.take() else { return Ok(()) };
        self.reading = None;
        for task in &tasks {
            self.owned.remove(task);
            self.paused.remove(task);
            self.consumer.context().ends().forget(task);
        }
        let result = if matches!(self.consumer.rebalance_protocol(), RebalanceProtocol::Cooperative) {
            self.consumer.incremental_unassign(&list(&tasks))
        } else {
            self.owned.clear();
            self.paused.clear();
            self.consumer.unassign()
        };
        result.map_err(|error| KafkaFault { doing: "giving partitions up", error })
    }

    /// Where a partition ends, as of the last statistics. None: not known yet.
    pub fn end(&self, task: &TaskId) -> Option<End> {
        self.consumer.context().ends().of(task)
    }

    /// Reads on from `position` (none: the oldest there is).
    pub fn seek(&mut self, task: &TaskId, position: Option<i64>) -> Result<(), KafkaFault> {
        if !self.owned.contains(task) {
            return Ok(());
        }
        self.consumer.context().ends().forget(task);
        let fault = |error| KafkaFault { doing: "seeking", error };
        let at = position.map_or(Offset::Beginning, Offset::Offset);
        let until = Instant::now() + self.deadline;
        loop {
            let mut to = TopicPartitionList::with_capacity(1);
            to.add_partition_offset(&task.topic, task.partition, at).map_err(fault)?;
            let result = self
                .consumer
                .seek_partitions(to, left(until))
                .and_then(|done| done.elements().iter().try_for_each(|e| e.error()));
            match result {
                Ok(()) => return Ok(()),
                // Just assigned, or another seek is on its way.
                Err(e) if is_settling(&e) && Instant::now() < until => std::thread::sleep(PAUSE),
                Err(error) => return Err(fault(error)),
            }
        }
    }

    /// Holds a task's records back. Throws its prefetched ones away: for restoring only.
    pub fn pause(&mut self, task: &TaskId) -> Result<(), KafkaFault> {
        self.reading = None;
        if self.owned.contains(task) && self.paused.insert(task.clone()) {
            let one = list(std::slice::from_ref(task));
            self.consumer.pause(&one).map_err(|error| KafkaFault { doing: "pausing", error })?;
        }
        Ok(())
    }

    /// Lets a task's records come.
    pub fn resume(&mut self, task: &TaskId) -> Result<(), KafkaFault> {
        if self.owned.contains(task) && self.paused.remove(task) {
            let one = list(std::slice::from_ref(task));
            self.consumer.resume(&one).map_err(|error| KafkaFault { doing: "resuming", error })?;
        }
        Ok(())
    }

    /// What the group has committed, once: an error that passes means that a transaction is still pending.
    pub fn ask(&self, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, CommittedOffset>, KafkaError> {
        let answer = self.consumer.committed_offsets(list(tasks), self.deadline)?;
        let mut committed = BTreeMap::new();
        for e in answer.elements() {
            e.error()?;
            let position = match e.offset() {
                Offset::Offset(at) => Some(at),
                _ => None,
            };
            // rdkafka panics on metadata that isn't UTF-8; such a one isn't ours.
            let metadata = catch_unwind(AssertUnwindSafe(|| e.metadata().to_owned())).unwrap_or_default();
            let task = TaskId { topic: e.topic().to_owned(), partition: e.partition() };
            committed.insert(task, CommittedOffset { position, metadata });
        }
        Ok(committed)
    }
}

impl Drop for Member {
    /// A consumer with an unanswered decision never closes: those noted are answered here, the last one by the callback.
    fn drop(&mut self) {
        self.consumer.context().close();
        loop {
            if let Err(error) = self.leave() {
                tracing::warn!(%error, "leaving");
            }
            match self.consumer.context().next() {
                Some(Change::Revoke(tasks) | Change::Lose(tasks)) => self.leaving = Some(tasks),
                Some(Change::Assign(_)) => {
                    if let Err(error) = self.take(&[]) {
                        tracing::warn!(%error, "closing");
                    }
                }
                Some(Change::Error(_)) => {}
                None => break,
            }
        }
    }
}

fn is_settling(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::*;
    is_passing(error) || matches!(error.rdkafka_error_code(), Some(State | PreviousInProgress | InProgress | Outdated))
}

/// Partitions without offsets.
pub fn list(tasks: &[TaskId]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(tasks.len());
    for task in tasks {
        list.add_partition(&task.topic, task.partition);
    }
    list
}
