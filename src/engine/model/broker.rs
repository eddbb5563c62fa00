//! The broker: partitions, transactions, consumer group. Requests are its clock: late requests and markers arrive some
//! requests later.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Faults;
use super::member::{Member, Move};
use crate::domain::time::Time;
use crate::engine::record::TaskId;
use crate::engine::safety::Safety;

/// After this long an open transaction is aborted and its producer fenced.
pub const TRANSACTION_TIMEOUT_MS: i64 = 5_000;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The producer's epoch is old.
    Fenced,
    /// The member's epoch is old.
    StaleMember,
    /// No transaction is open.
    NoTransaction,
    /// The offset depends on a transaction that hasn't ended.
    Unstable,
}

/// A record as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub key: Vec<u8>,
    pub value: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Entry {
    Data { txn: Option<u64>, record: Stored },
    Marker,
}

#[derive(Clone, Debug, Default)]
struct Partition {
    entries: Vec<Entry>,
    /// Open transactions and where they begin.
    open: BTreeMap<u64, usize>,
    aborted: BTreeSet<u64>,
}

impl Partition {
    fn stable(&self) -> usize {
        self.open.values().min().copied().unwrap_or(self.entries.len())
    }
}

#[derive(Clone, Debug)]
struct Transaction {
    id: u64,
    started: Time,
    partitions: BTreeSet<String>,
    offsets: Vec<(TaskId, i64, String)>,
}

#[derive(Clone, Debug, Default)]
struct Producer {
    epoch: u32,
    open: Option<Transaction>,
}

#[derive(Clone, Debug)]
enum Target {
    Partition(String),
    Offsets(Vec<(TaskId, i64, String)>),
}

/// A decided transaction on its way to one of its partitions.
#[derive(Clone, Debug)]
struct Marker {
    due: u64,
    producer: String,
    txn: u64,
    commit: bool,
    target: Target,
}

#[derive(Clone, Debug)]
struct Late {
    due: u64,
    producer: String,
    epoch: u32,
}

#[derive(Clone, Debug)]
pub struct Broker {
    pub now: Time,
    pub safety: Safety,
    pub faults: Faults,
    requests: u64,
    transactions: u64,
    incarnations: u64,
    partitions: BTreeMap<String, Partition>,
    producers: BTreeMap<String, Producer>,
    markers: Vec<Marker>,
    late: Vec<Late>,
    offsets: BTreeMap<TaskId, (i64, String)>,
    pub(super) members: BTreeMap<String, Member>,
    pub(super) moves: Vec<Move>,
}

impl Broker {
    pub fn new(faults: Faults, safety: Safety) -> Self {
        Broker {
            now: Time(0),
            safety,
            faults,
            requests: 0,
            transactions: 0,
            incarnations: 0,
            partitions: BTreeMap::new(),
            producers: BTreeMap::new(),
            markers: Vec::new(),
            late: Vec::new(),
            offsets: BTreeMap::new(),
            members: BTreeMap::new(),
            moves: Vec::new(),
        }
    }

    /// A number no client had before.
    pub fn incarnation(&mut self) -> u64 {
        self.incarnations += 1;
        self.incarnations
    }

    /// One request goes by: what was late may arrive.
    pub fn request(&mut self) {
        self.requests += 1;
        let requests = self.requests;
        let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|l| l.due <= requests);
        self.late = late;
        let due: Vec<Late> = due;
        for request in due {
            // Refused if a newer epoch is there already; nobody waits for the answer.
            let _ = self.end_transaction(&request.producer, request.epoch, true);
        }
        self.deliver(|marker| marker.due <= requests);
    }

    /// Time passes: transactions open for too long are aborted.
    pub fn advance(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        let now = self.now;
        let is_old = |p: &Producer| p.open.as_ref().is_some_and(|t| t.started.plus_ms(TRANSACTION_TIMEOUT_MS) <= now);
        let old: Vec<String> = self.producers.iter().filter(|(_, p)| is_old(p)).map(|(id, _)| id.clone()).collect();
        for id in old {
            self.decide(&id, false);
            if let Some(producer) = self.producers.get_mut(&id) {
                producer.epoch += 1;
            }
        }
    }

    /// Everything under way arrives.
    pub fn quiesce(&mut self) {
        for request in std::mem::take(&mut self.late) {
            let _ = self.end_transaction(&request.producer, request.epoch, true);
        }
        self.deliver(|_| true);
    }

    // Producers

    /// Fences older producers of this id, ends what they left open, and gives the epoch to use.
    pub fn init_producer(&mut self, id: &str) -> u32 {
        self.request();
        self.decide(id, false);
        self.deliver(|marker| marker.producer == id);
        let producer = self.producers.entry(id.to_owned()).or_default();
        producer.epoch += 1;
        producer.epoch
    }

    /// Appends outside any transaction.
    pub fn append(&mut self, partition: &str, record: Stored) -> i64 {
        let partition = self.partitions.entry(partition.to_owned()).or_default();
        partition.entries.push(Entry::Data { txn: None, record });
        offset(partition.entries.len()) - 1
    }

    /// Appends within the producer's transaction, beginning one if need be.
    pub fn produce(&mut self, id: &str, epoch: u32, partition: &str, record: Stored) -> Result<i64, Refused> {
        self.request();
        self.check_epoch(id, epoch)?;
        // The coordinator lets no transaction begin before the last one's markers are written.
        self.deliver(|marker| marker.producer == id);
        let txn = self.open(id);
        txn.partitions.insert(partition.to_owned());
        let txn = txn.id;
        let partition = self.partitions.entry(partition.to_owned()).or_default();
        partition.open.entry(txn).or_insert(partition.entries.len());
        partition.entries.push(Entry::Data { txn: Some(txn), record });
        Ok(offset(partition.entries.len()) - 1)
    }

    /// Puts the group's positions into the producer's transaction.
    pub fn send_offsets(
        &mut self,
        id: &str,
        epoch: u32,
        member: &str,
        member_epoch: u32,
        offsets: &[(TaskId, i64, String)],
    ) -> Result<(), Refused> {
        self.request();
        self.check_epoch(id, epoch)?;
        self.check_member(member, member_epoch)?;
        self.deliver(|marker| marker.producer == id);
        self.open(id).offsets.extend_from_slice(offsets);
        Ok(())
    }

    pub fn end_transaction(&mut self, id: &str, epoch: u32, commit: bool) -> Result<(), Refused> {
        self.check_epoch(id, epoch)?;
        if self.producers.get(id).is_none_or(|p| p.open.is_none()) {
            return Err(Refused::NoTransaction);
        }
        self.decide(id, commit);
        Ok(())
    }

    /// A request to commit that arrives `lag` requests from now.
    pub fn commit_late(&mut self, id: &str, epoch: u32, lag: u64) {
        self.late.push(Late { due: self.requests + lag, producer: id.to_owned(), epoch });
    }

    fn open(&mut self, id: &str) -> &mut Transaction {
        let producer = self.producers.entry(id.to_owned()).or_default();
        producer.open.get_or_insert_with(|| {
            self.transactions += 1;
            Transaction { id: self.transactions, started: self.now, partitions: BTreeSet::new(), offsets: Vec::new() }
        })
    }

    fn check_epoch(&self, id: &str, epoch: u32) -> Result<(), Refused> {
        let current = self.producers.get(id).map_or(0, |p| p.epoch);
        if epoch == current || !self.safety.fencing { Ok(()) } else { Err(Refused::Fenced) }
    }

    fn check_member(&self, member: &str, epoch: u32) -> Result<(), Refused> {
        let current = self.members.get(member).map(|m| m.epoch);
        if current == Some(epoch) || !self.safety.fencing { Ok(()) } else { Err(Refused::StaleMember) }
    }

    fn decide(&mut self, id: &str, commit: bool) {
        let Some(txn) = self.producers.get_mut(id).and_then(|p| p.open.take()) else { return };
        let mut targets: Vec<Target> = txn.partitions.into_iter().map(Target::Partition).collect();
        targets.push(Target::Offsets(txn.offsets));
        for target in targets {
            let due = self.requests + self.faults.marker_lag();
            self.markers.push(Marker { due, producer: id.to_owned(), txn: txn.id, commit, target });
        }
        let requests = self.requests;
        self.deliver(|marker| marker.due <= requests);
    }

    fn deliver(&mut self, which: impl Fn(&Marker) -> bool) {
        let (due, rest): (Vec<Marker>, _) = std::mem::take(&mut self.markers).into_iter().partition(|m| which(m));
        self.markers = rest;
        for marker in due {
            match marker.target {
                Target::Partition(name) => {
                    let partition = self.partitions.entry(name).or_default();
                    partition.entries.push(Entry::Marker);
                    partition.open.remove(&marker.txn);
                    if !marker.commit {
                        partition.aborted.insert(marker.txn);
                    }
                }
                Target::Offsets(offsets) if marker.commit => {
                    self.offsets.extend(offsets.into_iter().map(|(task, position, meta)| (task, (position, meta))));
                }
                Target::Offsets(_) => {}
            }
        }
    }

    // Readers

    /// Up to `limit` records from `from`, and where to read on.
    pub fn read(&self, partition: &str, from: i64, committed: bool, limit: usize) -> (Vec<(i64, Stored)>, i64) {
        let Some(partition) = self.partitions.get(partition) else { return (Vec::new(), from) };
        let committed = committed && self.safety.read_committed;
        let end = if committed { partition.stable() } else { partition.entries.len() };
        let mut next = usize::try_from(from).unwrap_or(0);
        let mut out = Vec::new();
        while next < end && out.len() < limit {
            let Some(entry) = partition.entries.get(next) else { break };
            if let Entry::Data { txn, record } = entry {
                let aborted = txn.is_some_and(|t| partition.aborted.contains(&t));
                if !(committed && aborted) {
                    out.push((offset(next), record.clone()));
                }
            }
            next += 1;
        }
        (out, offset(next))
    }

    /// (last stable offset, high watermark).
    pub fn ends(&self, partition: &str) -> (i64, i64) {
        self.partitions.get(partition).map_or((0, 0), |p| (offset(p.stable()), offset(p.entries.len())))
    }

    pub fn partition_names(&self) -> impl Iterator<Item = &String> {
        self.partitions.keys()
    }

    /// The broker loses acknowledged data: everything from `end` on.
    pub fn truncate(&mut self, partition: &str, end: i64) {
        if let Some(partition) = self.partitions.get_mut(partition) {
            partition.entries.truncate(usize::try_from(end).unwrap_or(0));
        }
    }

    // The group

    /// The group's stable position and its metadata.
    pub fn offset(&mut self, task: &TaskId) -> Result<Option<(i64, String)>, Refused> {
        let names = |offsets: &[(TaskId, i64, String)]| offsets.iter().any(|(t, _, _)| t == task);
        let open = self.producers.values().filter_map(|p| p.open.as_ref()).any(|t| names(&t.offsets));
        let coming = self.markers.iter().any(|m| matches!(&m.target, Target::Offsets(o) if names(o)));
        if open || coming { Err(Refused::Unstable) } else { Ok(self.offsets.get(task).cloned()) }
    }

    /// The position as a reader without regard to transactions sees it.
    pub fn offset_now(&self, task: &TaskId) -> Option<i64> {
        self.offsets.get(task).map(|(position, _)| *position)
    }

    pub fn set_offset(&mut self, task: &TaskId, offset: Option<(i64, String)>) {
        match offset {
            Some(offset) => self.offsets.insert(task.clone(), offset),
            None => self.offsets.remove(task),
        };
    }
}

/// The offset of the nth entry.
fn offset(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
