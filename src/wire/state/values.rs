//! Values of the state: a version byte, then postcard.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::codec::{FORMAT, Reader, Unreadable, Writer};
use crate::domain::graph::{LineWrite, Source, Stamp, Subject};
use crate::domain::time::Time;

/// The last revision of a document, and what it was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredDocument {
    /// The revision as JSON, as it was sent.
    pub document: String,
    /// Its read set, and the time as of which it was read.
    pub read_set: BTreeSet<Subject>,
    pub as_of: Time,
}

/// The checks by which assets were judged, and how far that has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSweep {
    /// What tells these checks from others.
    pub version: String,
    /// The key of the head from which it goes on. `None`: every asset is judged by these checks.
    pub next: Option<Vec<u8>>,
}

/// Where a task's own time is, and how far it has folded. The default, before any event, is the epoch: nothing lies before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHorizon {
    /// The newest event time, rounded down to a step of the horizon.
    pub newest: Time,
    /// The horizon of the pass over all assets that was begun last.
    pub folded: Time,
    /// The key of the asset from which that pass goes on; none: it is over.
    pub next: Option<Vec<u8>>,
}

/// What an encoded value has room for at first.
const ROOM: usize = 256;

/// A value of one of the types of this module.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing to a Vec fails only for types that postcard can't hold (unsized sequences); ours are none of these.
    let mut bytes = Vec::with_capacity(ROOM);
    bytes.push(FORMAT);
    postcard::to_extend(value, bytes).unwrap_or_default()
}

/// Reads such a value.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => {
            postcard::from_bytes(rest).map_err(|_| Unreadable::Damaged("a value of another shape"))
        }
        Some((&found, _)) => Err(Unreadable::Format { found }),
        None => Err(Unreadable::Damaged("it is empty")),
    }
}

/// An earlier write of a line: its value and source. Its stamp is in the key.
pub fn encode_version(write: &LineWrite) -> Vec<u8> {
    let mut to = Writer::default();
    to.value(write.value.as_ref());
    to.source(&write.source);
    to.done()
}

/// Reads an earlier write of a line.
pub fn decode_version(stamp: Stamp, bytes: &[u8]) -> Result<LineWrite, Unreadable> {
    let mut from = Reader::new(bytes)?;
    let (value, source) = (from.value()?, from.source()?);
    from.finish()?;
    Ok(LineWrite { stamp, source, value })
}

/// The source of a write about existence. Its stamp is in the key.
pub fn encode_source(source: &Source) -> Vec<u8> {
    let mut to = Writer::default();
    to.source(source);
    to.done()
}

/// Reads the source of a write about existence.
pub fn decode_source(bytes: &[u8]) -> Result<Arc<Source>, Unreadable> {
    let mut from = Reader::new(bytes)?;
    let source = from.source()?;
    from.finish()?;
    Ok(source)
}
