//! Avro at both ends.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/parallel.rs"]
mod parallel;

mod input;
mod made;
mod outcome;
mod output;
