//! What happened: one record, understood.

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::finding::Finding;
use super::time::Time;

/// The closed set of things the processor acts on.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "the large one is the usual one, and lives briefly")]
pub enum Event {
    Trail(TrailEvent),
    InstanceState(InstanceState),
    Finding(Box<Finding>),
}

impl Event {
    /// The account whose partition this belongs to.
    pub fn account(&self) -> &str {
        match self {
            Event::Trail(e) => &e.account,
            Event::InstanceState(e) => &e.account,
            Event::Finding(f) => &f.account,
        }
    }

    /// When it happened; for a finding, when GuardDuty last changed it.
    pub fn time(&self) -> Time {
        match self {
            Event::Trail(e) => e.time,
            Event::InstanceState(e) => e.time,
            Event::Finding(f) => f.latest.updated_at,
        }
    }
}

/// One CloudTrail record. <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrailEvent {
    /// `eventID`; where it is absent, a hash of the record. A correction (`addendum`) carries the original's id.
    pub id: String,
    /// The own id of a correction, which takes the place of the record that it corrects. `None`: an original.
    pub correction: Option<String>,
    pub time: Time,
    /// `ec2.amazonaws.com`
    pub source: String,
    /// `RunInstances`
    pub name: String,
    pub region: String,
    /// The owner of what is touched: `recipientAccountId`, else the caller's account.
    pub account: String,
    pub principal: Principal,
    /// `errorCode`, or an error that the service put into its answer. Present: nothing was changed.
    pub error: Option<String>,
    /// `requestParameters`, `responseElements`, `serviceEventDetails`: null where absent.
    pub request: Value,
    pub response: Value,
    pub service_details: Value,
    pub source_ip: String,
    pub user_agent: String,
}

/// Who called. All may be empty: `userIdentity` has holes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// `IAMUser`, `AssumedRole`, `Root`, `AWSService`, … an open set.
    pub kind: String,
    pub arn: String,
    /// `AIDA…`, `AROA…:session`
    pub principal_id: String,
    pub access_key_id: String,
    pub user_name: String,
    /// `autoscaling.amazonaws.com`, where a service acted.
    pub invoked_by: String,
}

impl Principal {
    /// Whether an AWS service made the call, by itself or with what somebody's own call gave it.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
    pub fn is_service(&self) -> bool {
        self.kind == "AWSService" || !self.invoked_by.is_empty()
    }
}

/// EventBridge "EC2 Instance State-change Notification".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceState {
    pub id: String,
    pub time: Time,
    pub account: String,
    pub region: String,
    pub instance_id: String,
    /// `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`
    pub state: String,
}
