//! Trailgraph joins Amazon GuardDuty findings to the AWS asset graph as it was at the finding's time, and emits incidents
//! exactly once. Five layers, each using only those below it:
//!
//! `runtime` (threads, sockets, disk, time) -> `stages` (the application) -> `engine` (what is open, committed, in doubt) -> `wire` (bytes) -> `domain` (decisions).
#![cfg_attr(
    test,
    allow(
        clippy::string_slice,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "a test fails by a panic; the other lints have a setting for that, in clippy.toml"
    )
)]

pub mod domain;
pub mod wire;

pub mod engine;

pub mod stages;

#[cfg(feature = "runtime")]
pub mod runtime;
