//! A GuardDuty finding as one notification tells it, whichever form the notification came in.

mod action;
mod identity;
mod resource;
mod sequence;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

pub use action::{Action, Actor, AffectedResource, Details};
pub use identity::Identity;
pub use resource::{
    Bucket, Container, DbInstance, EcsCluster, EcsTask, EksCluster, Function, Instance, KubernetesWorkload,
    NetworkInterface, Resource, ResourceDetails, SecurityGroupName, StoredObject, Volume,
};
pub use sequence::{Sequence, Signal};

use crate::domain::time::Time;

/// One notification. Counts, times and remote parties add up over the notifications of a finding; the rest is right in the latest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub id: String,
    pub account: String,
    pub created_at: Time,
    pub first_seen: Time,
    pub last_seen: Time,
    pub count: u64,
    /// The remote parties of the finding's action, and of the endpoints of an attack sequence.
    pub actors: Vec<Actor>,
    pub latest: LatestNotification,
}

/// The part of a finding in which only the latest notification counts.
///
/// The order is by `updated_at`. Two notifications of one moment are told apart by form and content, whichever came first; so `updated_at` and
/// `form` stand first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LatestNotification {
    pub updated_at: Time,
    pub form: Form,
    pub severity: Score,
    /// AWS sends a confidence only where it is 0: the finding is a false positive.
    pub confidence: Option<Score>,
    pub arn: String,
    /// `aws`, `aws-cn`, …; empty where absent.
    pub partition: String,
    pub region: String,
    /// `CryptoCurrency:EC2/BitcoinTool.B!DNS`
    pub kind: String,
    pub title: String,
    pub description: String,
    pub sample: bool,
    /// Archived in GuardDuty, or with the record state `ARCHIVED` in Security Hub.
    pub archived: bool,
    /// Security Hub's workflow status: `NEW`, `NOTIFIED`, `SUPPRESSED`, `RESOLVED`; empty where absent.
    pub workflow_status: String,
    /// `TARGET`, `ACTOR`, or another role that GuardDuty names; empty where absent.
    pub resource_role: String,
    /// `Instance`, `AccessKey`, `S3Bucket`, `AttackSequence`, … as GuardDuty names it: an open set.
    pub resource_type: String,
    pub resources: Vec<Resource>,
    /// Who acted, for every family of findings.
    pub identities: Vec<Identity>,
    pub action: Action,
    /// The content of `additionalInfo`, `evidence`, `runtimeDetails` and the malware scans.
    pub evidence: Details,
    /// `None`: the finding is no attack sequence.
    pub sequence: Option<Sequence>,
    /// The notification named more than is kept.
    pub truncated: bool,
}

/// Where a notification comes from. GuardDuty's own form holds more, so it is the greater of two of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Form {
    #[default]
    SecurityHub,
    GuardDuty,
}

/// A severity or a confidence: a float with a total order.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html>
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub f64);

impl Ord for Score {
    fn cmp(&self, other: &Score) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Score) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Score) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Score {}
