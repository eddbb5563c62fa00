//! Reads a task's changelog for restoring, by a consumer that is in no group.

use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::errors::{KafkaFault, is_passing, is_recoverable_poll};
use super::settings::KafkaSettings;
use crate::engine::log::Change;

const PAUSE: Duration = Duration::from_millis(50);
const POLL: Duration = Duration::from_millis(100);

/// Records given out at once.
const MAX_CHUNK: usize = 100_000;

/// Its events. Reaching an end is what is waited for, and no error.
struct Events;

impl ClientContext for Events {
    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::PartitionEOF) {
            tracing::warn!(%error, reason, "changelog reader");
        }
    }
}

impl ConsumerContext for Events {}

/// One partition's changelog, being read from an offset to its end.
pub struct Changelog {
    consumer: BaseConsumer<Events>,
    at: i64,
    until: i64,
    ended: bool,
    deadline: Duration,
}

impl Changelog {
    /// Opens it at `from` (or at the oldest record where that is newer) until `until`. None: its stable end isn't there yet.
    pub fn open(
        settings: &KafkaSettings,
        partition: i32,
        from: i64,
        until: i64,
    ) -> Result<Option<Changelog>, KafkaFault> {
        let fault = |doing| move |error| KafkaFault { doing, error };
        let topic = &settings.topics.state;
        let consumer = reader(settings)?;
        let (low, high) = watermarks(&consumer, topic, partition, settings.deadline)?;
        // Markers of one transaction reach its partitions at different times: the group's offset may be stable while this isn't.
        if high < until {
            return Ok(None);
        }
        let at = from.max(low);
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(topic, partition, Offset::Offset(at)).map_err(fault("opening the changelog"))?;
        if at < until {
            consumer.assign(&list).map_err(fault("opening the changelog"))?;
        }
        let at = if at >= until { until } else { at };
        Ok(Some(Changelog { consumer, at, until, ended: at >= until, deadline: settings.deadline }))
    }

    /// Whether this goes on at `from` until `until`.
    pub fn is_for(&self, from: i64, until: i64) -> bool {
        self.until == until && self.at == from
    }

    /// The offset to read on from.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// About `bytes` more.
    pub fn read(&mut self, bytes: usize) -> Result<Vec<Change>, KafkaFault> {
        let mut entries = Vec::new();
        let mut size = 0;
        let mut heard = Instant::now();
        while !self.ended && entries.len() < MAX_CHUNK && size < bytes {
            match self.consumer.poll(POLL) {
                // Up to here all was given out; the caller has to poll its group meanwhile.
                None if !entries.is_empty() => break,
                None if heard.elapsed() > self.deadline => {
                    let error = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                    return Err(KafkaFault { doing: "reading the changelog", error });
                }
                None => {}
                Some(Ok(message)) => {
                    heard = Instant::now();
                    if message.offset() >= self.until {
                        self.ended = true;
                        break;
                    }
                    self.at = message.offset() + 1;
                    self.ended = self.at >= self.until;
                    // A record without a key is no state.
                    let Some(key) = message.key() else { continue };
                    let value = message.payload().map(<[u8]>::to_vec);
                    size += key.len() + value.as_ref().map_or(0, Vec::len);
                    entries.push((key.to_vec(), value));
                }
                // The stable end was past `until` before reading began: what is missing was compacted away.
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    self.at = self.at.max(self.until);
                    self.ended = true;
                }
                Some(Err(error)) if is_recoverable_poll(&error) => {}
                Some(Err(error)) => return Err(KafkaFault { doing: "reading the changelog", error }),
            }
        }
        Ok(entries)
    }
}

/// How far a partition's changelog can be read now.
pub fn stable_end(settings: &KafkaSettings, partition: i32) -> Result<i64, KafkaFault> {
    Ok(watermarks(&reader(settings)?, &settings.topics.state, partition, settings.deadline)?.1)
}

fn reader(settings: &KafkaSettings) -> Result<BaseConsumer<Events>, KafkaFault> {
    BaseConsumer::from_config_and_context(&settings.changelog_reader(), Events)
        .map_err(|error| KafkaFault { doing: "making a changelog reader", error })
}

/// The oldest offset and, of a read_committed consumer, the last stable one.
fn watermarks(
    consumer: &BaseConsumer<Events>,
    topic: &str,
    partition: i32,
    deadline: Duration,
) -> Result<(i64, i64), KafkaFault> {
    let give_up = Instant::now() + deadline;
    loop {
        match consumer.fetch_watermarks(topic, partition, deadline) {
            Ok(marks) => return Ok(marks),
            Err(e) if is_passing(&e) && Instant::now() < give_up => std::thread::sleep(PAUSE),
            Err(error) => return Err(KafkaFault { doing: "looking for the changelog's end", error }),
        }
    }
}
