//! Which event said something.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::line::LineWrite;
use super::write::{Source, Stamp};

/// A stamp with its source: which event, when, by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Provenance {
    pub stamp: Stamp,
    pub source: Arc<Source>,
}

impl Provenance {
    /// The same event, for something that AWS is known to do with it and no event says.
    pub fn implied(&self) -> Provenance {
        Provenance { stamp: self.stamp.clone(), source: Arc::new(Source { implied: true, ..(*self.source).clone() }) }
    }

    pub(super) fn of(write: &LineWrite) -> Provenance {
        Provenance { stamp: write.stamp.clone(), source: write.source.clone() }
    }

    /// Whether this is an older sign of life. Of equal stamps the greater source counts.
    pub fn precedes(&self, other: &Provenance) -> bool {
        self.stamp < other.stamp || (self.stamp == other.stamp && self.source > other.source)
    }
}
