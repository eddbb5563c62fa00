//! The log on Kafka: a consumer and a transactional producer per worker, both in the worker's own thread.

mod changelog;
mod consumer;
mod errors;
mod log;
mod producer;
mod rebalance;
mod settings;
mod topics;

pub use errors::KafkaFault;
pub use log::KafkaLog;
pub use settings::{KafkaSettings, Topics};
pub use topics::create_missing;
