//! Keeps one partition's truth: what is open, committed, in doubt, restored. Knows no Kafka library, no disk, no clock.
//!
//! The loop is [`worker::Worker`]; it reads and commits through a [`log::Log`] and keeps state in a [`store::Store`]. It runs a
//! [`stage::Stage`] and knows none of them by name: they are in [`crate::stages`].

pub mod record;
pub mod stage;

pub mod counts;

pub mod breaker;
pub mod commit;
pub mod log;
pub mod notes;
mod open_batch;
pub mod overlay;
pub mod resolve;
pub mod restore;
pub mod safety;
pub mod store;
pub mod task;
pub mod token;
pub mod worker;

pub mod memory;
pub mod model;
