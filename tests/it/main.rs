//! The tests that need nothing but the project: no broker, no network.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a test fails by a panic"
)]

mod activity;
mod as_of;
mod assets;
#[cfg(feature = "avro")]
mod avro;
mod calls;
mod cases;
mod common;
mod conformance;
#[cfg(feature = "runtime")]
mod deployment;
mod effects;
mod exposures;
mod fixtures;
mod inputs;
mod joins;
mod model;
mod prescan;
mod properties;
#[cfg(feature = "console")]
mod readme;
mod refusals;
#[cfg(feature = "runtime")]
mod replay;
mod restore;
mod retention;
mod scenario;
mod simulation;
mod state;
mod stored_graph;
#[cfg(feature = "rocksdb")]
mod stores;
mod stories;
mod tidy;
