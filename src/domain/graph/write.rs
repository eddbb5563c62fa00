//! Writes: what one fact about one asset was at one stamp. The graph is the set of writes; a set knows neither order nor repetition.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::AssetId;
use crate::domain::assets::FactId;
use crate::domain::time::Time;

/// Breaks ties within one second by what causes what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Rank {
    /// Implied by a creation: the egress rule of a new group, say.
    Implied = 1,
    Created = 2,
    /// Set, attached, associated, authorised.
    Set = 3,
    /// Detached, removed, revoked.
    Removed = 4,
    Deleted = 5,
}

impl Rank {
    /// The rank with this stored code.
    pub fn from_code(code: u8) -> Option<Rank> {
        [Rank::Implied, Rank::Created, Rank::Set, Rank::Removed, Rank::Deleted].into_iter().find(|r| *r as u8 == code)
    }
}

/// When a write counts: event time, then cause, then event id, which makes the order total.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    pub time: Time,
    pub rank: Rank,
    pub event: Arc<str>,
}

/// A value of a field or element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Val {
    /// Cut, masked, or not given: known to be unknown.
    Unknown,
    Bool(bool),
    Int(i64),
    Text(String),
}

impl Val {
    pub fn text(s: impl Into<String>) -> Val {
        Val::Text(s.into())
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Val::Text(s) => Some(s),
            _ => None,
        }
    }
}

/// What a write says of its asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fact {
    /// It came to be, or ended.
    Exists(bool),
    /// The field has this value from here on.
    Set { field: FactId, value: Val },
    /// One element of a list is there with this value, or (`None`) gone.
    Element { list: FactId, key: String, value: Option<Val> },
    /// The list was replaced: earlier elements don't count.
    Reset { list: FactId },
    /// It was named by somebody who would know.
    Seen,
}

/// Where a write comes from: the provenance shown beside each attribute. The event's id is in the stamp.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// `RunInstances`, `state-change`
    pub call: String,
    /// The principal's ARN, or the service that acted; empty where unknown.
    pub principal: String,
    /// True where no event says so, and AWS is known to do it.
    pub implied: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Write {
    pub asset: AssetId,
    pub fact: Fact,
    pub stamp: Stamp,
    pub source: Arc<Source>,
}

/// What could not be understood or is not known: named and counted, never thrown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// `RunInstances: responseElements is cut`
    pub what: String,
}
