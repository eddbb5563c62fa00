//! The log on Kafka: a consumer and a transactional producer per worker, both in the worker's own thread.

#![expect(clippy::disallowed_methods, reason = "deadlines, and the time that the log tells, come from the clock")]

mod changelog;
mod consumer;
mod ends;
mod errors;
mod log;
mod producer;
mod rebalance;
mod settings;
mod topics;

pub use errors::KafkaFault;
pub use log::KafkaLog;
pub use settings::{BATCH_BYTES_MAX, KafkaSettings, Protocol};
pub use topics::{batch_bytes, create_missing};
