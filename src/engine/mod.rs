//! Keeps one partition's truth: what is open, committed, in doubt, restored. Knows no Kafka library, no disk, no clock.
//!
//! The loop is [`worker::Worker`]; it reads and commits through a [`log::Log`] and keeps state in a [`store::Store`]. What it runs is
//! a [`stage::Stage`]: [`route::Route`], [`process::Process`], or both as [`fused::Fused`].

pub mod record;
pub mod stage;

pub mod counts;
pub mod fused;
pub mod graph_view;
pub mod incidents;
pub mod loaded;
pub mod process;
pub mod retention;
pub mod route;

pub mod breaker;
pub mod commit;
pub mod log;
pub mod notes;
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
