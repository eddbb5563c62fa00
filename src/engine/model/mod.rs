//! A broker in memory behind [`Log`]: transactions, fencing, control markers, stable offsets, a consumer group, and faults from
//! a seed. One thread, no clock: a run is its seed. It has to behave as the conformance list says real Kafka does.

pub mod broker;
pub mod fault;
mod group;
mod member;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use self::broker::{Broker, Refused, Stored};
use self::fault::CommitFault;
use super::log::{Assignment, Chunk, Committed, Log, LogError, Outcome, PollBudget, Polled, Skip, Skipped};
use super::record::{OutRecord, OutTopic, Record, TaskId};
use super::token::Token;

/// A partition's name for a task's input.
pub fn input(task: &TaskId) -> String {
    format!("in/{}/{}", task.topic, task.partition)
}

/// A partition's name for a task's changelog.
pub fn changelog(task: &TaskId) -> String {
    format!("state/{}/{}", task.topic, task.partition)
}

/// Outputs have one partition per topic.
pub fn output(topic: OutTopic) -> String {
    format!("out/{topic:?}")
}

/// One worker's connection: consumer and producer in one. Once crashed, nothing of it reaches the broker any more.
pub struct ModelLog {
    broker: Rc<RefCell<Broker>>,
    name: String,
    incarnation: String,
    /// The producer's epoch; none: to be initialised first.
    epoch: Option<u32>,
    member_epoch: u32,
    positions: BTreeMap<TaskId, i64>,
    paused: BTreeSet<TaskId>,
    /// Changelog ends as committed, and as the open transaction would make them.
    ends: BTreeMap<TaskId, i64>,
    open_ends: BTreeMap<TaskId, i64>,
    refused: Option<Refused>,
    is_open: bool,
    crashed: bool,
}

impl ModelLog {
    /// Connects, which fences an older connection of this name as a consumer; as a producer, the first use does.
    pub fn join(broker: &Rc<RefCell<Broker>>, name: &str) -> Self {
        let mut shared = broker.borrow_mut();
        let member_epoch = shared.join(name);
        let incarnation = format!("{name}-{}", shared.incarnation());
        drop(shared);
        ModelLog {
            broker: Rc::clone(broker),
            name: name.to_owned(),
            incarnation,
            epoch: None,
            member_epoch,
            positions: BTreeMap::new(),
            paused: BTreeSet::new(),
            ends: BTreeMap::new(),
            open_ends: BTreeMap::new(),
            refused: None,
            is_open: false,
            crashed: false,
        }
    }

    pub fn has_crashed(&self) -> bool {
        self.crashed
    }

    /// Whether this request still gets through.
    fn is_alive(&mut self) -> bool {
        self.crashed = self.crashed || self.broker.borrow_mut().faults.crash();
        !self.crashed
    }

    fn epoch(&mut self) -> u32 {
        match self.epoch {
            Some(epoch) => epoch,
            None => {
                let epoch = self.broker.borrow_mut().init_producer(&self.name);
                self.epoch = Some(epoch);
                epoch
            }
        }
    }

    fn produce(&mut self, partition: &str, record: Stored) -> Option<i64> {
        if !self.is_alive() || self.refused.is_some() {
            return None;
        }
        let epoch = self.epoch();
        self.is_open = true;
        let answer = self.broker.borrow_mut().produce(&self.name, epoch, partition, record);
        self.refused = answer.err();
        answer.ok()
    }

    fn committed(&mut self, positions: &[(TaskId, i64)]) -> Outcome {
        self.is_open = false;
        self.ends.append(&mut self.open_ends);
        let end = |task: &TaskId| (task.clone(), self.ends.get(task).copied().unwrap_or(0));
        Outcome::Done(positions.iter().map(|(task, _)| end(task)).collect())
    }
}

impl Log for ModelLog {
    fn poll(&mut self, budget: PollBudget, _wait_ms: u64, skip: &Skip<'_>) -> Result<Polled, LogError> {
        if !self.is_alive() {
            return Err(LogError::Closed);
        }
        let mut broker = self.broker.borrow_mut();
        let (epoch, assignment) = broker.heartbeat(&self.name);
        self.member_epoch = epoch;
        for change in &assignment {
            match change {
                Assignment::Assigned(task) => {
                    self.positions.insert(task.clone(), broker.offset_now(task).unwrap_or(0));
                    self.paused.insert(task.clone());
                }
                Assignment::Revoked(task) | Assignment::Lost(task) => {
                    self.positions.remove(task);
                    self.paused.remove(task);
                }
            }
        }
        let mut polled = Polled { now: broker.now, assignment, drained: true, ..Polled::default() };
        let mut left = budget.records;
        for (task, position) in self.positions.iter_mut().filter(|(task, _)| !self.paused.contains(*task)) {
            let share = usize::try_from(broker.faults.random.below(left as u64 + 1)).unwrap_or(left);
            let (records, next) = broker.read(&input(task), *position, true, share);
            left -= records.len();
            polled.drained &= records.len() < share;
            *position = next;
            for (offset, stored) in records {
                let (key, value) = (Some(stored.key), stored.value.unwrap_or_default());
                match skip(&value) {
                    Some(count) => {
                        let skipped = Skipped { offset, bytes: value.len(), count };
                        polled.skip(|last| last == task, || task.clone(), skipped);
                    }
                    None => polled.records.push(Record { task: task.clone(), offset, key, value, headers: Vec::new() }),
                }
            }
        }
        Ok(polled)
    }

    fn send(&mut self, _from: &TaskId, record: OutRecord) {
        self.produce(&output(record.topic), Stored { key: record.key, value: Some(record.value) });
    }

    fn send_change(&mut self, task: &TaskId, key: &[u8], value: Option<&[u8]>) {
        let stored = Stored { key: key.to_vec(), value: value.map(<[u8]>::to_vec) };
        if let Some(offset) = self.produce(&changelog(task), stored) {
            self.open_ends.insert(task.clone(), offset + 1);
        }
    }

    fn commit(&mut self, positions: &[(TaskId, i64)], seq: u64) -> Outcome {
        if !self.is_alive() {
            return Outcome::InDoubt;
        }
        let epoch = self.epoch();
        let mut offsets = Vec::new();
        for (task, position) in positions {
            let end = self.open_ends.get(task).or(self.ends.get(task)).copied().unwrap_or(0);
            let token = Token { incarnation: self.incarnation.clone(), seq, changelog_end: end };
            offsets.push((task.clone(), *position, token.to_string()));
        }
        let shared = Rc::clone(&self.broker);
        let mut broker = shared.borrow_mut();
        self.is_open = true;
        if self.refused.is_none() && broker.safety.offsets_in_transaction {
            let sent = broker.send_offsets(&self.name, epoch, &self.name, self.member_epoch, &offsets);
            self.refused = sent.err();
        }
        match self.refused {
            Some(Refused::StaleMember) => return Outcome::NotDone,
            Some(_) => return Outcome::Lost,
            None => {}
        }
        let fault = broker.faults.commit();
        match fault {
            CommitFault::Abort => return Outcome::NotDone,
            CommitFault::InDoubtAborted => {
                self.epoch = None;
                return Outcome::InDoubt;
            }
            CommitFault::Delayed(lag) => {
                broker.commit_late(&self.name, epoch, lag);
                self.epoch = None;
                return Outcome::InDoubt;
            }
            CommitFault::CrashBefore => {
                self.crashed = true;
                return Outcome::InDoubt;
            }
            CommitFault::None | CommitFault::InDoubtCommitted | CommitFault::CrashAfter => {}
        }
        broker.request();
        match broker.end_transaction(&self.name, epoch, true) {
            Ok(()) => {}
            // Positions beside the transaction: there may have been nothing in it.
            Err(Refused::NoTransaction) if !broker.safety.offsets_in_transaction => {}
            Err(_) => return Outcome::Lost,
        }
        if fault == CommitFault::CrashAfter {
            self.crashed = true;
            return Outcome::InDoubt;
        }
        if !broker.safety.offsets_in_transaction {
            for (task, position, token) in offsets {
                broker.set_offset(&task, Some((position, token)));
            }
        }
        if fault == CommitFault::InDoubtCommitted {
            self.epoch = None;
            return Outcome::InDoubt;
        }
        drop(broker);
        self.committed(positions)
    }

    fn abort(&mut self) {
        self.open_ends.clear();
        self.refused = None;
        if self.is_open
            && self.is_alive()
            && let Some(epoch) = self.epoch
        {
            let mut broker = self.broker.borrow_mut();
            broker.request();
            // If it can't be aborted by this producer, the next one's initialisation does.
            if broker.end_transaction(&self.name, epoch, false).is_err() {
                self.epoch = None;
            }
        }
        self.is_open = false;
    }

    fn resolve(&mut self, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Option<Committed>>, LogError> {
        if !self.is_alive() {
            return Err(LogError::Closed);
        }
        self.epoch();
        self.open_ends.clear();
        self.refused = None;
        self.is_open = false;
        let mut broker = self.broker.borrow_mut();
        broker.request();
        let mut out = BTreeMap::new();
        for task in tasks {
            let offset = broker.offset(task).map_err(|_| LogError::NotYet)?;
            let committed = offset.map(|(position, text)| Committed { position, token: Token::parse(&text) });
            let end = match committed.as_ref().and_then(|c| c.token.as_ref()) {
                Some(token) => token.changelog_end,
                None => broker.ends(&changelog(task)).0,
            };
            self.ends.insert(task.clone(), end);
            out.insert(task.clone(), committed);
        }
        Ok(out)
    }

    fn changelog(&mut self, task: &TaskId, from: i64, until: i64, limit: usize) -> Result<Chunk, LogError> {
        if !self.is_alive() {
            return Err(LogError::Closed);
        }
        let mut broker = self.broker.borrow_mut();
        broker.request();
        // Small pieces, so that a restore takes several turns.
        let (records, mut next) = broker.read(&changelog(task), from, true, limit.min(64));
        let mut chunk = Chunk::default();
        for (offset, stored) in records {
            if offset >= until {
                next = next.min(until);
                break;
            }
            chunk.records.push((stored.key, stored.value));
        }
        chunk.next = next;
        Ok(chunk)
    }

    fn changelog_end(&mut self, task: &TaskId) -> Result<i64, LogError> {
        if !self.is_alive() {
            return Err(LogError::Closed);
        }
        Ok(self.broker.borrow().ends(&changelog(task)).0)
    }

    fn rewind(&mut self, task: &TaskId, position: i64) {
        if let Some(at) = self.positions.get_mut(task) {
            *at = position;
        }
    }

    fn pause(&mut self, task: &TaskId) {
        self.paused.insert(task.clone());
    }

    fn resume(&mut self, task: &TaskId) {
        self.paused.remove(task);
    }

    fn incarnation(&self) -> String {
        self.incarnation.clone()
    }
}
