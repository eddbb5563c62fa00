//! Avro at both ends.

mod input;
mod outcome;
mod output;
