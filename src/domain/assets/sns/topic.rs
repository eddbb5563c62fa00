//! SNS topics and who may use them.

use serde_json::Value;

use crate::asset;
use crate::domain::assets::Field;
use crate::domain::effects::json::{self, at, document, flag, items, text, texts};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Fact, Kind, Rank, Val};

asset! {
    /// An SNS topic.
    Topic "topic", Regional, id "", arn "{name}";
    unseen until POLICY "what was set before its first sign of life is unknown";
    facts {
        /// The name, the last part of the ARN.
        10 NAME: Text "name" [Summary];
        /// The name that subscribers see.
        11 DISPLAY_NAME: Text "display_name";
        /// The policy that says who may publish and subscribe.
        12 POLICY: Text "policy";
        /// The KMS key that encrypts messages; empty where none does.
        13 KMS_KEY: Text "kms_key";
        /// Whether messages keep their order.
        14 FIFO: Flag "fifo";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateTopic", create),
    ("DeleteTopic", |c, out| out.delete(Kind::Topic, text(c.request, "topicArn"))),
    ("SetTopicAttributes", set_attributes),
    ("AddPermission", change_policy),
    ("RemovePermission", change_policy),
    ("TagResource", tag),
    ("UntagResource", untag),
];

/// The attributes that are kept as plain texts, by the name that requests give them.
const TEXTS: [(&str, Field); 2] = [("DisplayName", DISPLAY_NAME), ("KmsMasterKeyId", KMS_KEY)];
const POLICY_ATTRIBUTE: &str = "Policy";
const FIFO_ATTRIBUTE: &str = "FifoTopic";

/// The call also succeeds for a topic that exists, and then changes nothing, so it sets only the attributes that it names.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
fn create(c: &Call, out: &mut Writes) {
    let mut topic = out.create(Kind::Topic, text(c.response, "topicArn"));
    let attributes = at(c.request, "attributes");
    topic.text(NAME, c.request, "name");
    for (attribute, field) in TEXTS {
        topic.text(field, attributes, attribute);
    }
    topic
        .set(POLICY, document(attributes, POLICY_ATTRIBUTE))
        .set(FIFO, flag(attributes, FIFO_ATTRIBUTE).map(Val::Bool));
    topic.tags(&items(c.request, "tags"));
}

/// One attribute at a time. <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>
fn set_attributes(c: &Call, out: &mut Writes) {
    let name = text(c.request, "attributeName").unwrap_or_default();
    let mut topic = out.asset(Kind::Topic, text(c.request, "topicArn"), Rank::Set);
    if name == POLICY_ATTRIBUTE {
        topic.set(POLICY, document(c.request, "attributeValue").unwrap_or(Val::Unknown));
    } else if let Some((_, field)) = TEXTS.iter().find(|(attribute, _)| *attribute == name) {
        put_text(&mut topic, *field, c.request);
    } else {
        topic.fact(Fact::Seen);
    }
}

/// An attribute that is set to nothing is empty, not unknown.
fn put_text(topic: &mut AssetWriter, field: Field, request: &Value) {
    topic.set(field, json::val(request, "attributeValue").unwrap_or_else(|| Val::text("")));
}

/// A statement comes or goes; the policy that results is not in the record.
fn change_policy(c: &Call, out: &mut Writes) {
    out.asset(Kind::Topic, text(c.request, "topicArn"), Rank::Set).set(POLICY, Val::Unknown);
}

fn tag(c: &Call, out: &mut Writes) {
    out.asset(Kind::Topic, text(c.request, "resourceArn"), Rank::Set).tags(&items(c.request, "tags"));
}

fn untag(c: &Call, out: &mut Writes) {
    let mut topic = out.asset(Kind::Topic, text(c.request, "resourceArn"), Rank::Removed);
    for key in texts(c.request, "tagKeys", "key") {
        topic.remove_tag(&key);
    }
}
