//! Decides. Values in, values out: no I/O, clock, randomness, async or unordered maps, and it cannot fail: what could not be
//! understood comes back as a gap.

pub mod activity;
pub mod arn;
pub mod assets;
pub mod effects;
pub mod event;
pub mod exposure;
pub mod finding;
pub mod graph;
pub mod incident;
pub mod time;
