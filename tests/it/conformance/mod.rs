//! What a broker has to do for the engine to be exactly once. The model has to pass it as real Kafka does.

pub mod bench;
pub mod list;
