//! A row of what a finding tells.

use serde::{Deserialize, Serialize};

/// A named value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    pub name: String,
    pub value: String,
}
