//! The incident as it leaves: one document, field by field as the contract names them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::moment;
use super::walk::Topology;
use crate::domain::event::Actor;
use crate::domain::time::Time;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// `account:finding id`: stable.
    pub incident_id: String,
    /// 1, 2, …; numbered by whoever keeps the previous one. 0: not numbered yet.
    pub revision: u32,
    /// `created`, `finding_updated`, `topology_amended`, …
    pub revision_cause: String,
    pub status: Status,
    pub account_id: String,
    pub region: String,
    pub severity: Severity,
    pub severity_score: f64,
    pub title: String,
    pub sample: bool,
    #[serde(with = "moment")]
    pub opened_at: Time,
    #[serde(with = "moment")]
    pub updated_at: Time,
    pub finding: FindingSection,
    pub what_happened: WhatHappened,
    pub target: Target,
    pub topology: Topology,
    pub timeline: Vec<TimelineEntry>,
    pub short_term: ShortTerm,
    pub structural: Vec<Structural>,
    pub related_incidents: Vec<String>,
    pub notes: Vec<Note>,
    pub history: Vec<History>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Contained,
    Snoozed,
    Closed,
}

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
}

/// What GuardDuty said, over all its notifications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingSection {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub severity: f64,
    pub title: String,
    pub description: String,
    pub count: i64,
    #[serde(with = "moment")]
    pub first_seen: Time,
    #[serde(with = "moment")]
    pub last_seen: Time,
    pub resource_role: String,
    pub action: ActionSection,
    pub actors: Vec<Actor>,
    /// More were reported than are kept.
    pub actors_dropped: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionSection {
    pub kind: String,
    pub details: BTreeMap<String, String>,
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

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    #[serde(with = "moment")]
    pub time: Time,
    pub event_id: String,
    pub call: String,
    pub principal: String,
    pub asset_id: String,
    /// Empty: it succeeded.
    pub error: String,
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortTerm {
    pub validate: Vec<Step>,
    pub contain: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub text: String,
    pub why_here: String,
    pub command: String,
    pub reference: String,
    pub state: StepState,
    /// Empty while only suggested.
    pub observed_event: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Suggested,
    ObservedDone,
    Undone,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structural {
    pub remediation_id: String,
    pub check_id: String,
    pub asset_id: String,
    pub relation_to_target: String,
    pub contribution: String,
    pub introduced_by: Option<IntroducedBy>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntroducedBy {
    pub event_id: String,
    pub principal: String,
    #[serde(with = "moment")]
    pub time: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    #[serde(with = "moment")]
    pub time: Time,
    pub by: String,
    pub text: String,
}

/// One earlier revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    #[serde(with = "moment")]
    pub time: Time,
    pub revision: u32,
    pub cause: String,
    pub by: String,
}
