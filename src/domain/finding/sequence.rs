//! An attack sequence: several signals that GuardDuty takes for the steps of one attack.
//! <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Sequence.html>

use serde::{Deserialize, Serialize};

use super::{Details, Score};
use crate::domain::time::Time;

/// `service.detection.sequence`, without its resources, actors and endpoints: these are resources, identities and actors of the finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sequence {
    pub uid: String,
    pub description: String,
    pub signals: Vec<Signal>,
    /// `ATTACK_TACTIC`, `ATTACK_TECHNIQUE`, `HIGH_RISK_API`, … and their values.
    pub indicators: Details,
}

/// One step: another finding, or activity in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signal {
    /// For a finding its ARN.
    pub uid: String,
    /// `FINDING`, `CLOUD_TRAIL`, `S3_DATA_EVENTS`, `EKS_AUDIT_LOG`, …
    pub kind: String,
    pub name: String,
    pub description: String,
    pub severity: Option<Score>,
    pub count: u64,
    pub first_seen: Time,
    pub last_seen: Time,
    pub resources: Vec<String>,
    pub actors: Vec<String>,
    pub endpoints: Vec<String>,
    pub indicators: Details,
}
