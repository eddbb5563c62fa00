//! Values of the state: a version byte, then postcard.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::graph::{AssetId, Fact, Source, Stamp};
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

/// What was last said of an incident, and what it was said from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredIncident {
    pub revision: u32,
    /// The last revision as JSON.
    pub document: String,
    /// The assets it read, and as of when.
    pub reads: BTreeSet<AssetId>,
    pub as_of: Time,
}

pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing to a Vec fails only for types that postcard can't hold (unsized sequences); ours are none of these.
    postcard::to_extend(value, vec![VERSION]).unwrap_or_default()
}

/// None: not of this version, or damaged.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => postcard::from_bytes(rest).ok(),
        _ => None,
    }
}
