//! Schemas by their ids: what a value behind Confluent's prefix can't be read without.

use std::fmt::Debug;

use super::refusal::Refusal;

/// Knows schemas by the ids that a registry gave them, and reads what was written by them. An id means the same for good.
pub trait Schemas: Debug + Send + Sync {
    /// The value that follows the prefix.
    fn read(&self, id: u32, value: &[u8], bounds: Bounds) -> Result<Datum, Unread>;
}

/// What one value may become.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of what is made of it.
    pub bytes_max: usize,
    /// Records, arrays and maps within one another.
    pub depth_max: usize,
}

/// What was behind the prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// A value with a structure, as the JSON that says the same.
    Json(String),
    /// Text or bytes and nothing else: whatever they are, they stand there as they came.
    Bytes(Vec<u8>),
}

/// Why a value was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It can't be.
    Refused(Refusal),
    /// Nobody knows yet whether it can.
    Unavailable(Unavailable),
}

/// What has to be asked didn't answer. That says nothing about the record, which has to be taken again later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);
