//! The exposure as it leaves: one check on one asset, field by field as the contract names them.

use serde::{Deserialize, Serialize};

use crate::domain::incident::{Severity, SourceView, moment};
use crate::domain::time::Time;

/// The result of one check on one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// `account:check:asset`: stable.
    pub exposure_id: String,
    pub check_id: String,
    pub asset_id: String,
    pub kind: String,
    pub account_id: String,
    /// Empty where unknown.
    pub region: String,
    pub result: Verdict,
    /// The check's severity, one step lower if the asset protects nothing.
    pub severity: Severity,
    /// The facts that the result was read from.
    pub evidence: Vec<Evidence>,
    /// What would have to be known for a result. Empty unless the result is `unknown`.
    pub missing: Vec<String>,
    pub frameworks: Vec<Framework>,
    /// Since when it fails, by the facts that make it fail. `None`: it does not.
    #[serde(with = "moment::option")]
    pub first_seen: Option<Time>,
    /// The time of the record that brought this result.
    #[serde(with = "moment")]
    pub changed_at: Time,
    /// The event that made it fail. `None`: it does not fail.
    pub introduced_by: Option<IntroducedBy>,
    /// Whether something uses the asset. `None`: unknown.
    pub attached: Option<bool>,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Fail,
    Pass,
    /// Something that would decide is not known. It is never taken for `pass`.
    Unknown,
    /// There is nothing to check: the asset has ended.
    NotApplicable,
}

impl Verdict {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Verdict::Fail => "fail",
            Verdict::Pass => "pass",
            Verdict::Unknown => "unknown",
            Verdict::NotApplicable => "not_applicable",
        }
    }
}

/// A fact that a result was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub asset_id: String,
    /// The fact's name.
    pub name: String,
    /// The fact in words.
    pub value: String,
    pub source: SourceView,
}

/// A requirement of a standard that the check answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    pub name: String,
    pub version: String,
    pub requirement: String,
}

/// The event that brought something about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntroducedBy {
    pub event_id: String,
    pub principal: String,
    #[serde(with = "moment")]
    pub time: Time,
}

impl From<&SourceView> for IntroducedBy {
    fn from(source: &SourceView) -> IntroducedBy {
        let SourceView { time, event_id, principal, .. } = source.clone();
        IntroducedBy { event_id, principal, time }
    }
}
