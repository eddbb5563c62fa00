//! The incident as it leaves, in form 1: field by field as the contract names them. It stays this type until `wire` writes it.

use serde::{Deserialize, Serialize};

use super::finding_section::FindingSection;
use super::links::Links;
use super::moment;
use super::node::Topology;
use crate::domain::time::Time;

/// The number of this form.
pub const SCHEMA_VERSION: u32 = 1;

/// One revision of an incident, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// `account:finding id`: stable.
    pub incident_id: String,
    /// 1, 2, …; 0 until [`revise`](super::revise) numbers it.
    pub revision: u32,
    pub revision_cause: Cause,
    pub status: Status,
    pub account_id: String,
    /// Empty: no source of account names is configured.
    pub account_name: String,
    pub region: String,
    pub severity: Severity,
    pub severity_score: f64,
    pub title: String,
    pub sample: bool,
    #[serde(with = "moment")]
    pub opened_at: Time,
    #[serde(with = "moment")]
    pub updated_at: Time,
    pub links: Links,
    pub finding: FindingSection,
    pub what_happened: WhatHappened,
    pub target: Target,
    pub topology: Topology,
    // The contract names these sections. Nothing fills the reserved ones yet.
    pub timeline: Vec<Reserved>,
    pub short_term: ShortTerm,
    pub structural: Vec<Reserved>,
    /// The incidents of the findings that an attack sequence is made of.
    pub related_incidents: Vec<String>,
    pub notes: Vec<Reserved>,
    /// The revisions so far, this one included; the oldest are dropped first.
    pub history: Vec<History>,
}

/// Why there is a revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    #[default]
    Created,
    FindingUpdated,
    TopologyAmended,
}

impl Cause {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Cause::Created => "created",
            Cause::FindingUpdated => "finding_updated",
            Cause::TopologyAmended => "topology_amended",
        }
    }
}

/// Where the incident stands. The contract's other states arrive with the commands that set them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    /// The finding is archived.
    Closed,
}

impl Status {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Closed => "closed",
        }
    }
}

/// An entry of a section that nothing fills yet: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reserved {}

/// In words, by GuardDuty's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// By GuardDuty's number: below 4, 7, 9, and from there up.
    pub fn of(score: f64) -> Severity {
        match score {
            s if s >= 9.0 => Severity::Critical,
            s if s >= 7.0 => Severity::High,
            s if s >= 4.0 => Severity::Medium,
            _ => Severity::Low,
        }
    }

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatHappened {
    pub summary: String,
    pub explanation: String,
    pub how_sure: HowSure,
    pub tactics: Vec<String>,
    /// ATT&CK ids.
    pub techniques: Vec<String>,
    pub references: Vec<String>,
}

/// What raises and what lowers confidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HowSure {
    pub raises: Vec<String>,
    pub lowers: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Empty where the finding names no asset.
    pub asset_id: String,
    pub arn: String,
    pub kind: String,
    pub name: String,
    pub owner: String,
    /// `running`, `stopped`, … where it has states; else `exists`, `ended` or `unknown`.
    pub state_at_finding: String,
    /// False: never seen.
    pub known: bool,
}

/// Steps to take at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortTerm {
    pub validate: Vec<Reserved>,
    pub contain: Vec<Reserved>,
}

/// A revision and the record that caused it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The time of the record that caused it: an event's time, or the time of the finding's notification.
    #[serde(with = "moment")]
    pub time: Time,
    pub revision: u32,
    pub cause: Cause,
    /// Who asked for it. Empty: nobody, it followed from the records.
    pub by: String,
}
