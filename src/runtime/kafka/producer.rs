//! The transactional producer: lives from one doubt to the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::errors::{ErrorClass, KafkaFault, classify, is_doubt, is_passing};
use super::rebalance::lock;
use super::settings::KafkaSettings;

/// A commit that lasts longer is doubted even if it says Ok: something was repeated meanwhile.
const SLOW_COMMIT: Duration = Duration::from_secs(5);
/// Between two tries of what passes by itself.
const PAUSE: Duration = Duration::from_millis(50);
/// Records sent before their delivery reports are looked at: looking costs as much as sending does.
const SERVE_EVERY: usize = 500;
/// Between two looks at what is still on its way.
const DRAIN_WAIT: Duration = Duration::from_millis(1);
/// While the send queue is full.
const FULL_WAIT: Duration = Duration::from_millis(5);

const PLAIN: usize = 1;
const CHANGELOG: usize = 2;

/// Events served in one go.
const EVENTS_MAX: usize = 1_000;

/// What delivery reports, error events and the library's log said.
#[derive(Debug, Default)]
struct Reports {
    /// Partition -> the offset after its last changelog record of this transaction.
    changelog_ends: BTreeMap<i32, i64>,
    failed: Option<KafkaError>,
    /// A request may have been repeated, so that its first form may yet arrive.
    doubt: bool,
}

/// The producer's callbacks.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    reports: Arc<Mutex<Reports>>,
}

impl ClientContext for Delivery {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "producer");
        if is_doubt(&error) {
            lock(&self.reports).doubt = true;
        }
    }

    /// A line that breaks is no error event, and whoever asked over it asks again without a word: only the debug log says so, each
    /// time and before the request is repeated.
    fn log(&self, level: RDKafkaLogLevel, about: &str, text: &str) {
        if about == "STATE" && LINE_BROKE.iter().any(|change| text.ends_with(change)) {
            lock(&self.reports).doubt = true;
        }
        match level {
            RDKafkaLogLevel::Debug => tracing::debug!(about, text, "librdkafka"),
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => tracing::info!(about, text, "librdkafka"),
            _ => tracing::warn!(about, text, "librdkafka"),
        }
    }
}

/// How librdkafka's log ends when a connection goes on which requests may have been under way.
const LINE_BROKE: [&str; 2] = ["UP -> DOWN", "REAUTH -> DOWN"];

impl ProducerContext for Delivery {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, kind: usize) {
        let mut reports = lock(&self.reports);
        match result {
            Ok(message) if kind == CHANGELOG => {
                let end = reports.changelog_ends.entry(message.partition()).or_insert(0);
                *end = (*end).max(message.offset().saturating_add(1));
            }
            Ok(_) => {}
            Err((error, _)) => {
                reports.failed.get_or_insert_with(|| error.clone());
            }
        }
    }
}

/// How a commit ended.
#[derive(Debug)]
pub enum CommitResult {
    Done,
    /// Certainly not.
    NotDone(KafkaError),
    InDoubt(KafkaError),
    Lost(KafkaError),
}

/// A transactional producer with at most one open transaction.
pub struct Transactions {
    settings: KafkaSettings,
    producer: Option<BaseProducer<Delivery>>,
    delivery: Delivery,
    open: bool,
    /// Sent since delivery reports were looked at.
    unserved: usize,
    /// The producer must not begin another transaction.
    must_replace: bool,
}

impl Transactions {
    /// Connects: fences the dead self and settles what it left open.
    pub fn connect(settings: KafkaSettings) -> Result<Transactions, KafkaFault> {
        let mut it = Transactions {
            settings,
            producer: None,
            delivery: Delivery::default(),
            open: false,
            unserved: 0,
            must_replace: true,
        };
        it.replace()?;
        Ok(it)
    }

    /// Another producer is due before the next transaction.
    pub fn must_be_replaced(&self) -> bool {
        self.must_replace
    }

    /// Throws the producer away and makes another with the same id: its initialisation waits for or ends what was pending, and
    /// raises the epoch, so that no straggler of the old one can touch the next transaction.
    pub fn replace(&mut self) -> Result<(), KafkaFault> {
        // Dropping comes first: it purges what is queued and in flight.
        self.producer = None;
        self.open = false;
        self.must_replace = true;
        self.delivery = Delivery::default();
        let producer = BaseProducer::from_config_and_context(&self.settings.producer(), self.delivery.clone())
            .map_err(|error| KafkaFault { doing: "making a producer", error })?;
        let until = Instant::now() + self.settings.deadline;
        loop {
            match producer.init_transactions(left(until)) {
                Ok(()) => break,
                Err(e) if is_passing(&e) && Instant::now() < until => std::thread::sleep(PAUSE),
                Err(error) => return Err(KafkaFault { doing: "initialising transactions", error }),
            }
        }
        // What was repeated until here belongs to older epochs.
        serve(&producer);
        lock(&self.delivery.reports).doubt = false;
        self.producer = Some(producer);
        self.must_replace = false;
        Ok(())
    }

    /// Takes in what happened while nothing was sent.
    pub fn serve(&self) {
        if let Some(producer) = &self.producer {
            serve(producer);
        }
    }

    /// Begins a transaction where none is open.
    pub fn begin(&mut self) -> Result<(), KafkaFault> {
        if self.open {
            return Ok(());
        }
        if self.must_replace || self.producer.is_none() {
            self.replace()?;
        }
        let Some(producer) = &self.producer else { return Err(gone("beginning a transaction")) };
        producer.begin_transaction().map_err(|error| KafkaFault { doing: "beginning a transaction", error })?;
        let mut reports = lock(&self.delivery.reports);
        reports.failed = None;
        reports.changelog_ends.clear();
        self.open = true;
        Ok(())
    }

    /// Puts one record into the open transaction. With a partition: that one, as changelog; without: by key.
    pub fn send(
        &mut self,
        topic: &str,
        changelog: Option<i32>,
        key: &[u8],
        value: Option<&[u8]>,
        headers: &[(String, Vec<u8>)],
    ) -> Result<(), KafkaFault> {
        self.begin()?;
        let Some(producer) = &self.producer else { return Err(gone("sending")) };
        let kind = if changelog.is_some() { CHANGELOG } else { PLAIN };
        let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, kind).key(key);
        if let Some(partition) = changelog {
            record = record.partition(partition);
        }
        if let Some(value) = value {
            record = record.payload(value);
        }
        if !headers.is_empty() {
            let all = headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), |all, (key, value)| {
                all.insert(Header { key, value: Some(value) })
            });
            record = record.headers(all);
        }
        let until = Instant::now() + self.settings.deadline;
        loop {
            match producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) if Instant::now() < until => {
                    record = again;
                    producer.poll(FULL_WAIT);
                }
                Err((error, _)) => return Err(KafkaFault { doing: "sending", error }),
            }
        }
        self.unserved += 1;
        if self.unserved >= SERVE_EVERY {
            self.unserved = 0;
            producer.poll(Duration::ZERO);
        }
        Ok(())
    }

    /// Waits until everything sent is acknowledged. In short looks: the crate's own `flush`, and a commit with anything in flight, last 100 ms.
    pub fn drain(&mut self) -> Result<(), KafkaError> {
        let Some(producer) = &self.producer else { return Ok(()) };
        let began = Instant::now();
        let until = began + self.settings.deadline;
        while producer.in_flight_count() > 0 {
            // All that waits: hurrying makes the library log, and one event at a time the reports would never be reached.
            serve(producer);
            if producer.in_flight_count() == 0 {
                break;
            }
            if Instant::now() >= until {
                return Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut));
            }
            flush_now(producer);
        }
        tracing::debug!(milliseconds = began.elapsed().as_millis(), "sent and acknowledged");
        lock(&self.delivery.reports).failed.take().map_or(Ok(()), Err)
    }

    /// The offset after the last changelog record that this transaction put into a partition, if it did. To be drained before.
    pub fn changelog_end(&self, partition: i32) -> Option<i64> {
        lock(&self.delivery.reports).changelog_ends.get(&partition).copied()
    }

    /// Commits the open transaction with the inputs' offsets. To be drained before.
    pub fn commit(&mut self, offsets: &TopicPartitionList, group: &ConsumerGroupMetadata) -> CommitResult {
        let Some(producer) = &self.producer else {
            return CommitResult::NotDone(gone("committing").error);
        };
        let asked = Instant::now();
        let until = asked + self.settings.deadline;
        loop {
            match producer.send_offsets_to_transaction(offsets, group, left(until)) {
                Ok(()) => break,
                Err(e) if classify(&e) == ErrorClass::Retry && Instant::now() < until => std::thread::sleep(PAUSE),
                Err(e) if classify(&e) == ErrorClass::Lost => {
                    self.must_replace = true;
                    self.open = false;
                    return CommitResult::Lost(e);
                }
                // No commit was asked for: certain.
                Err(e) => {
                    self.abort();
                    return CommitResult::NotDone(e);
                }
            }
        }
        let began = Instant::now();
        let result = producer.commit_transaction(self.settings.commit_timeout);
        serve(producer);
        self.open = false;
        let (offsets, commit) = ((began - asked).as_millis(), began.elapsed().as_millis());
        tracing::debug!(offsets_milliseconds = offsets, commit_milliseconds = commit, "transaction");
        match result {
            Ok(()) => {
                // It is done; but a straggler of a repeated request (this one's, or that of the offsets) could hit the next
                // transaction of the same epoch.
                self.must_replace = lock(&self.delivery.reports).doubt || began.elapsed() > SLOW_COMMIT;
                CommitResult::Done
            }
            // Timed out, abortable, fatal: each may come after the broker has committed.
            Err(e) => {
                self.must_replace = true;
                CommitResult::InDoubt(e)
            }
        }
    }

    /// Gives the open transaction up. Where that can't be confirmed the next producer's initialisation does it.
    pub fn abort(&mut self) {
        if !self.open {
            return;
        }
        self.open = false;
        let Some(producer) = &self.producer else { return };
        let until = Instant::now() + self.settings.deadline;
        loop {
            match producer.abort_transaction(left(until)) {
                Ok(()) => break,
                Err(KafkaError::Transaction(e)) if e.is_retriable() && !e.is_fatal() && Instant::now() < until => {
                    std::thread::sleep(PAUSE);
                }
                Err(error) => {
                    tracing::warn!(%error, "the transaction could not be aborted; its producer is replaced");
                    self.must_replace = true;
                    break;
                }
            }
        }
        // Reports of what was purged must not be taken for the next transaction's.
        while producer.in_flight_count() > 0 && Instant::now() < until {
            producer.poll(Duration::from_millis(1));
        }
        self.must_replace |= producer.in_flight_count() > 0 || lock(&self.delivery.reports).doubt;
    }
}

/// Serves what waits to be told: one poll gives one event.
fn serve(producer: &BaseProducer<Delivery>) {
    for _ in 0..EVENTS_MAX {
        if producer.in_flight_count() == 0 {
            break;
        }
        producer.poll(Duration::ZERO);
    }
}

/// Lets nothing wait for more to gather, for the time of [`DRAIN_WAIT`] or until all is acknowledged.
#[expect(unsafe_code, reason = "the crate has no call for it; see SAFETY")]
fn flush_now(producer: &BaseProducer<Delivery>) {
    let wait = i32::try_from(DRAIN_WAIT.as_millis()).unwrap_or(1);
    // SAFETY: the client lives as long as the borrowed producer, and librdkafka allows this call from any thread. The crate's `flush` makes
    // it with no time at all, and what waits to gather goes on waiting.
    _ = unsafe { rdkafka::bindings::rd_kafka_flush(producer.client().native_ptr(), wait) };
}

fn gone(doing: &'static str) -> KafkaFault {
    KafkaFault { doing, error: KafkaError::Canceled }
}

/// The time left; never none at all, which librdkafka would take for "now or never".
pub fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100))
}
