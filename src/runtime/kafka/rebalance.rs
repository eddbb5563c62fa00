//! What the group says about partitions, kept until the worker asks. The callback runs inside the worker's own `poll`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;

use super::ends::Ends;
use crate::engine::record::TaskId;

/// One decision of the group. Each has to be answered, empty ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Assign(Vec<TaskId>),
    /// To be given up after what is open for them is committed.
    Revoke(Vec<TaskId>),
    /// Someone else has them already: no commit.
    Lose(Vec<TaskId>),
    Error(String),
}

/// The consumer's callbacks.
#[derive(Debug, Default)]
pub struct Group {
    changes: Mutex<VecDeque<Change>>,
    ends: Mutex<Ends>,
    /// Nobody will ask any more.
    closing: AtomicBool,
}

impl Group {
    /// The oldest decision that is not yet answered.
    pub fn next(&self) -> Option<Change> {
        lock(&self.changes).pop_front()
    }

    /// Where the partitions end.
    pub fn ends(&self) -> MutexGuard<'_, Ends> {
        lock(&self.ends)
    }

    /// From here on the callback answers by itself: a consumer closes only once everything is given up.
    pub fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }
}

/// Takes nothing more and gives everything back.
fn refuse(consumer: &BaseConsumer<Group>, err: RDKafkaRespErr, list: &TopicPartitionList) {
    let assign = matches!(err, RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS);
    let result = match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative if assign => consumer.incremental_assign(&TopicPartitionList::new()),
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
        _ => consumer.unassign(),
    };
    if let Err(error) = result {
        tracing::warn!(%error, "closing");
    }
}

impl ClientContext for Group {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "consumer");
    }

    fn stats_raw(&self, statistics: &[u8]) {
        self.ends().read(statistics);
    }
}

impl ConsumerContext for Group {
    /// Only notes what was decided. The worker answers before it polls again: the answer needs committed offsets (assign) or a
    /// commit (revoke), and the default would leak the errors of both calls besides.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, err: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if self.closing.load(Ordering::SeqCst) {
            return refuse(consumer, err, list);
        }
        let tasks = tasks(list);
        let change = match err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Change::Assign(tasks),
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS if consumer.assignment_lost() => Change::Lose(tasks),
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => Change::Revoke(tasks),
            other => Change::Error(format!("{other:?}")),
        };
        lock(&self.changes).push_back(change);
    }
}

/// The partitions of a list.
pub fn tasks(list: &TopicPartitionList) -> Vec<TaskId> {
    list.elements().iter().map(|e| TaskId { topic: e.topic().to_owned(), partition: e.partition() }).collect()
}

/// A poisoned lock means that a callback panicked between two whole updates: what is inside is whole.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
