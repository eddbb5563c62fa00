//! The words of an incident.

use super::document::WhatHappened;

/// A title and the section below it.
pub struct Narrative {
    pub title: String,
    pub what: WhatHappened,
}
