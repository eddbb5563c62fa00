//! What a JSON object is, from its top-level keys alone.

use serde_json::value::RawValue;

use super::heads::{array, filled, heads, object, scalar};
use super::refusal::{Reason, Refusal};

/// The closed set of single records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A CloudTrail record.
    Trail,
    /// A GuardDuty finding in any casing, or its Security Hub form.
    Finding,
    /// EventBridge envelopes, whole: their id, time and account are outside `detail`.
    InstanceState,
    SpotInterruption,
    VolumeNotification,
    AutoScaling,
    /// An AWS Config configuration item.
    ConfigItem,
    /// The answer of a `Describe*`, `List*` or `Get*` call with `account`, `region` and `operation` beside it.
    Inventory,
    /// A CloudTrail digest file.
    Digest,
    /// A CloudTrail Insights record.
    Insight,
}

impl RecordKind {
    pub const ALL: [RecordKind; 10] = [
        RecordKind::Trail,
        RecordKind::Finding,
        RecordKind::InstanceState,
        RecordKind::SpotInterruption,
        RecordKind::VolumeNotification,
        RecordKind::AutoScaling,
        RecordKind::ConfigItem,
        RecordKind::Inventory,
        RecordKind::Digest,
        RecordKind::Insight,
    ];

    /// The kind of that text.
    pub fn from_text(text: &[u8]) -> Option<RecordKind> {
        RecordKind::ALL.into_iter().find(|k| k.text().as_bytes() == text)
    }

    pub const fn text(self) -> &'static str {
        match self {
            RecordKind::Trail => "trail",
            RecordKind::Finding => "finding",
            RecordKind::InstanceState => "instance_state",
            RecordKind::SpotInterruption => "spot_interruption",
            RecordKind::VolumeNotification => "volume_notification",
            RecordKind::AutoScaling => "auto_scaling",
            RecordKind::ConfigItem => "config_item",
            RecordKind::Inventory => "inventory",
            RecordKind::Digest => "digest",
            RecordKind::Insight => "insight",
        }
    }
}

heads! {
    /// The keys that tell the forms apart.
    Heads {
        records: "Records",
        findings: "Findings" | "findings",
        detail_type: "detail-type",
        detail: "detail",
        account: "account",
        region: "region" | "Region",
        message_type: "messageType",
        log_events: "logEvents",
        aws_logs: "awslogs",
        aws: "aws",
        event_name: "eventName",
        event_source: "eventSource",
        event_time: "eventTime",
        event_version: "eventVersion",
        event_type: "eventType",
        user_identity: "userIdentity",
        recipient: "recipientAccountId",
        timestamp: "@timestamp",
        insight_details: "insightDetails",
        digest_object: "digestS3Object",
        product_arn: "ProductArn",
        product_fields: "ProductFields",
        account_id: "accountId" | "AccountId",
        id: "id" | "Id",
        kind: "type" | "Type",
        resource: "resource" | "Resource",
        service: "service" | "Service",
        configuration_item: "configurationItem",
        configuration_items: "configurationItems",
        captured: "configurationItemCaptureTime",
        operation: "operation",
        response: "response",
    }
}

heads! {
    /// `{"awslogs": {"data": "…"}}`, as a function subscribed to CloudWatch Logs is called.
    AwsLogs { data: "data", }
}

heads! {
    /// What a finding can lack, and its envelope has.
    Owner { account: "accountId" | "AccountId" | "AwsAccountId", region: "region" | "Region", }
}

/// What an object turns out to be.
pub enum Form<'a> {
    One(RecordKind),
    /// Objects in an array, each to be looked at by itself.
    Many(&'a str),
    /// An array of configuration items.
    Inner(&'a str),
    /// A finding within its envelope.
    Finding {
        detail: &'a str,
        heads: Box<Heads<'a>>,
    },
    /// CloudWatch Logs events, whose `message` is a record as text.
    LogEvents(&'a str),
    /// base64 of something to start anew with.
    Encoded(&'a RawValue),
    Control,
    Refused(Refusal),
}

/// The form of an object. Containers first: what is within them counts.
pub fn form(heads: Heads<'_>) -> Form<'_> {
    if let Some(records) = array(heads.records) {
        return Form::Many(records);
    }
    match scalar(heads.message_type).as_deref() {
        Some("CONTROL_MESSAGE") => return Form::Control,
        Some("DATA_MESSAGE") => {
            return match array(heads.log_events) {
                Some(events) => Form::LogEvents(events),
                None => Form::Refused(Refusal::missing("logEvents")),
            };
        }
        _ => {}
    }
    if let Some(detail) = object(heads.detail) {
        return envelope(heads, detail);
    }
    if let Some(items) = array(heads.configuration_items).or(array(heads.findings)) {
        return Form::Many(items);
    }
    if let Some(item) = object(heads.configuration_item) {
        return Form::Inner(item);
    }
    if heads.digest_object.is_some() {
        return Form::One(RecordKind::Digest);
    }
    if object(heads.insight_details).is_some() || scalar(heads.event_type).as_deref() == Some("AwsCloudTrailInsight") {
        return Form::One(RecordKind::Insight);
    }
    if let Some(form) = trail(&heads) {
        return form;
    }
    if let Some(inner) = object(heads.aws) {
        return Form::Inner(inner);
    }
    if heads.product_arn.is_some() || heads.product_fields.is_some() {
        return match is_guardduty(&heads) {
            true => Form::One(RecordKind::Finding),
            false => Form::Refused(Refusal::new(Reason::UnknownForm, "a Security Hub finding that is not GuardDuty's")),
        };
    }
    if heads.captured.is_some() {
        return Form::One(RecordKind::ConfigItem);
    }
    if heads.kind.is_some() && heads.id.is_some() && (heads.service.is_some() || heads.resource.is_some()) {
        return Form::One(RecordKind::Finding);
    }
    if (heads.account.is_some() || heads.account_id.is_some()) && heads.operation.is_some() && heads.response.is_some()
    {
        return Form::One(RecordKind::Inventory);
    }
    if let Some(data) = object(heads.aws_logs).and_then(|l| AwsLogs::read(l).ok()).and_then(|l| l.data) {
        return Form::Encoded(data);
    }
    Form::Refused(Refusal::new(Reason::UnknownForm, "no known form has these top-level keys"))
}

/// A CloudTrail record has its name and source at the top, or is refused as one that lacks them.
fn trail<'a>(heads: &Heads<'a>) -> Option<Form<'a>> {
    let lacks = match (heads.event_name, heads.event_source) {
        (Some(_), Some(_)) => return Some(Form::One(RecordKind::Trail)),
        (None, Some(_)) => "eventName",
        (Some(_), None) => "eventSource",
        (None, None) => return None,
    };
    let alike = heads.event_time.is_some() || heads.event_version.is_some() || heads.user_identity.is_some();
    alike.then(|| Form::Refused(Refusal::missing(lacks)))
}

/// An EventBridge envelope. An unknown `detail-type` is passed over if `detail` says itself what it is.
fn envelope<'a>(heads: Heads<'a>, detail: &'a str) -> Form<'a> {
    let kind = scalar(heads.detail_type).unwrap_or_default();
    let one = match kind.as_ref() {
        "GuardDuty Finding" => return Form::Finding { detail, heads: Box::new(heads) },
        "EC2 Instance State-change Notification" => RecordKind::InstanceState,
        "EC2 Spot Instance Interruption Warning" => RecordKind::SpotInterruption,
        "EBS Volume Notification" => RecordKind::VolumeNotification,
        k if k.starts_with("EC2 Instance Launch ") || k.starts_with("EC2 Instance Terminate ") => {
            RecordKind::AutoScaling
        }
        k if k.starts_with("EC2 Instance-launch ") || k.starts_with("EC2 Instance-terminate ") => {
            RecordKind::AutoScaling
        }
        _ => {
            let bare = Heads::read(detail).ok().is_some_and(|d| {
                d.event_name.is_none()
                    && d.product_arn.is_none()
                    && d.kind.is_some()
                    && d.id.is_some()
                    && d.resource.is_some()
            });
            return match bare {
                true => Form::Finding { detail, heads: Box::new(heads) },
                false => Form::Inner(detail),
            };
        }
    };
    Form::One(one)
}

fn is_guardduty(heads: &Heads<'_>) -> bool {
    let by_arn = scalar(heads.product_arn).is_some_and(|arn| arn.ends_with("/aws/guardduty"));
    by_arn || heads.product_fields.is_some_and(|f| f.get().contains("\"aws/guardduty/"))
}

/// The finding with the account and region of its envelope, where it names none itself; none: it needs nothing.
pub fn completed(detail: &str, heads: &Heads<'_>) -> Option<String> {
    let owner = Owner::read(detail).ok()?;
    let mut added = String::new();
    for (own, outer, name) in [(owner.account, heads.account, "accountId"), (owner.region, heads.region, "region")] {
        if filled(own).is_none()
            && let Some(outer) = outer.filter(|o| filled(Some(o)).is_some())
        {
            added.push_str(&format!("\"{name}\":{},", outer.get()));
        }
    }
    if added.is_empty() {
        return None;
    }
    let rest = detail.strip_prefix('{')?;
    if rest.trim_start().starts_with('}') {
        added.pop();
    }
    Some(format!("{{{added}{rest}"))
}
