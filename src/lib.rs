//! Trailgraph joins Amazon GuardDuty findings to the AWS asset graph as it was at the finding's time, and emits incidents
//! exactly once. Five layers, each using only those below it:
//!
//! `runtime` (threads, sockets, disk, time) -> `stages` (the application) -> `engine` (what is open, committed, in doubt) -> `wire` (bytes) -> `domain` (decisions).

pub mod domain;
pub mod wire;

pub mod engine;

pub mod stages;

#[cfg(feature = "runtime")]
pub mod runtime;
