//! The tests that need an Apache Kafka. A program of its own, from the same tree: it takes minutes, ports and a disk.
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

mod common;
mod conformance;
mod kafka;
