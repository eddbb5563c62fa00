//! Values of the state: a version byte, then postcard.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::graph::{AssetId, Fact, Source, Stamp, Subject};
use crate::domain::time::Time;

/// The version of all values. Raised when one of them changes its meaning; older ones are then read by their own reader.
const VERSION: u8 = 1;

/// One write of the asset in its key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredFact {
    pub asset: AssetId,
    pub fact: Fact,
    pub stamp: Stamp,
    pub source: Arc<Source>,
}

/// A [`StoredFact`] to be written: the same bytes, without a copy of its parts.
#[derive(Serialize)]
pub struct StoredFactRef<'a> {
    pub asset: &'a AssetId,
    pub fact: &'a Fact,
    pub stamp: &'a Stamp,
    pub source: &'a Source,
}

/// The last revision of an incident, and what it was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredIncident {
    /// The revision as JSON, as it was sent.
    pub document: String,
    /// Its read set, and the time as of which it was read.
    pub read_set: BTreeSet<Subject>,
    pub as_of: Time,
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

/// What an encoded value has room for at first: a fact's is nearly always less.
const ROOM: usize = 256;

pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing to a Vec fails only for types that postcard can't hold (unsized sequences); ours are none of these.
    let mut bytes = Vec::with_capacity(ROOM);
    bytes.push(VERSION);
    postcard::to_extend(value, bytes).unwrap_or_default()
}

/// None: not of this version, or damaged.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => postcard::from_bytes(rest).ok(),
        _ => None,
    }
}
