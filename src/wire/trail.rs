//! A CloudTrail record into a `TrailEvent`.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use super::heads::{filled, heads, object};
use super::recognise::RecordKind;
use super::refusal::{Reason, Refusal};
use super::{Parsed, text};
use crate::domain::event::{Event, Principal, TrailEvent};
use crate::domain::time::Time;

heads! {
    Record {
        event_id: "eventID",
        event_time: "eventTime",
        timestamp: "@timestamp",
        event_source: "eventSource",
        event_name: "eventName",
        event_type: "eventType",
        region: "awsRegion",
        recipient: "recipientAccountId",
        identity: "userIdentity",
        error_code: "errorCode",
        request: "requestParameters",
        response: "responseElements",
        service_details: "serviceEventDetails",
        source_ip: "sourceIPAddress",
        user_agent: "userAgent",
        addendum: "addendum",
    }
}

heads! {
    Identity {
        kind: "type",
        arn: "arn",
        principal_id: "principalId",
        account: "accountId",
        access_key: "accessKeyId",
        user_name: "userName",
        invoked_by: "invokedBy",
    }
}

impl Identity<'_> {
    fn principal(&self) -> Principal {
        Principal {
            kind: optional(self.kind),
            arn: optional(self.arn),
            principal_id: optional(self.principal_id),
            access_key_id: optional(self.access_key),
            user_name: optional(self.user_name),
            invoked_by: optional(self.invoked_by),
        }
    }
}

heads! {
    Addendum { reason: "reason", original: "originalEventID", }
}

/// The fields that say whose a record is, and when and by whom it was made: JSON as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerFields<'a> {
    recipient: Option<Cow<'a, str>>,
    when: Option<Cow<'a, str>>,
    identity: Option<&'a str>,
}

impl<'a> OwnerFields<'a> {
    pub fn of(
        recipient: Option<&'a RawValue>,
        event_time: Option<&'a RawValue>,
        timestamp: Option<&'a RawValue>,
        identity: Option<&'a RawValue>,
    ) -> OwnerFields<'a> {
        let when = filled(event_time).or(filled(timestamp));
        OwnerFields { recipient: filled(recipient), when, identity: object(identity) }
    }

    fn identity(&self) -> Identity<'a> {
        self.identity.and_then(|i| Identity::read(i).ok()).unwrap_or_default()
    }

    pub fn principal(&self) -> Principal {
        self.identity().principal()
    }

    /// The account and the time.
    pub fn read(&self) -> Result<(String, Time), Refusal> {
        let when = self.when.as_deref().ok_or_else(|| Refusal::missing("eventTime"))?;
        let time = text::time(when).ok_or_else(|| Refusal::new(Reason::BadTime, format!("eventTime: {when}")))?;
        // The caller's account is read only where the recipient's is missing.
        let account = self.recipient.clone().or_else(|| filled(self.identity().account));
        let account = account.ok_or_else(|| Refusal::missing("recipientAccountId"))?;
        Ok((account.into_owned(), time))
    }
}

/// A record read as far as it says what it is and whose.
struct Read<'a> {
    record: Record<'a>,
    identity: Identity<'a>,
    name: String,
    source: String,
    time: Time,
    account: String,
}

/// None: an Insights record.
fn read(json: &str) -> Result<Option<Read<'_>>, Refusal> {
    let record = Record::read(json).map_err(|e| Refusal::json(&e))?;
    if filled(record.event_type).as_deref() == Some("AwsCloudTrailInsight") {
        return Ok(None);
    }
    let name = required(record.event_name, "eventName")?;
    let source = required(record.event_source, "eventSource")?;
    let owner = OwnerFields::of(record.recipient, record.event_time, record.timestamp, record.identity);
    let (account, time) = owner.read()?;
    let identity = owner.identity();
    Ok(Some(Read { record, identity, name, source, time, account }))
}

/// The owner of a record and its time; none: an Insights record.
pub fn account(json: &str) -> Result<Option<(String, Time)>, Refusal> {
    Ok(read(json)?.map(|r| (r.account, r.time)))
}

pub fn parse(json: &str) -> Result<Parsed, Refusal> {
    let Some(Read { record, identity, name, source, time, account }) = read(json)? else {
        return Ok(Parsed::Irrelevant(RecordKind::Insight));
    };
    let response = value(record.response)?;
    let own_id = filled(record.event_id).map_or_else(|| text::hash(json.as_bytes()), |id| id.into_owned());
    let (id, correction) = match corrected(record.addendum) {
        Some(original) => (original, Some(own_id)),
        None => (own_id, None),
    };
    let event = TrailEvent {
        id,
        correction,
        time,
        error: filled(record.error_code).map(|e| e.into_owned()).or_else(|| answered(&name, &response)),
        source,
        name,
        region: optional(record.region),
        account,
        principal: identity.principal(),
        request: value(record.request)?,
        response,
        service_details: value(record.service_details)?,
        source_ip: optional(record.source_ip),
        user_agent: optional(record.user_agent),
    };
    Ok(Parsed::Event(Event::Trail(event)))
}

/// The id of the record that this one corrects.
fn corrected(addendum: Option<&RawValue>) -> Option<String> {
    let addendum = Addendum::read(object(addendum)?).ok()?;
    if filled(addendum.reason)? != "UPDATED_DATA" {
        return None;
    }
    filled(addendum.original).map(|id| id.into_owned())
}

/// An error that the service put into its answer.
fn answered(name: &str, response: &Value) -> Option<String> {
    let text = |key: &str| response.get(key).and_then(Value::as_str).filter(|s| !s.is_empty());
    if let Some(code) = text("errorCode") {
        return Some(code.to_owned());
    }
    (name == "ConsoleLogin" && text("ConsoleLogin") == Some("Failure")).then(|| "Failure".to_owned())
}

fn required(raw: Option<&RawValue>, name: &str) -> Result<String, Refusal> {
    match (raw, filled(raw)) {
        (_, Some(text)) => Ok(text.into_owned()),
        (Some(raw), None) if raw.get().starts_with(['{', '[']) => Err(Refusal::new(Reason::WrongType, name)),
        _ => Err(Refusal::missing(name)),
    }
}

fn optional(raw: Option<&RawValue>) -> String {
    filled(raw).unwrap_or_default().into_owned()
}

fn value(raw: Option<&RawValue>) -> Result<Value, Refusal> {
    raw.map_or(Ok(Value::Null), |r| serde_json::from_str(r.get()).map_err(|e| Refusal::json(&e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: Value) -> Result<TrailEvent, Refusal> {
        match parse(&json.to_string())? {
            Parsed::Event(Event::Trail(e)) => Ok(e),
            other => panic!("{other:?}"),
        }
    }

    fn record() -> Value {
        serde_json::json!({"eventID": "e1", "eventTime": "2023-07-10T12:09:56Z", "eventSource": "ec2.amazonaws.com",
            "eventName": "RunInstances", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "userIdentity": {"type": "IAMUser", "accountId": "444455556666", "userName": "a\"b"}})
    }

    #[test]
    fn the_owner_is_the_recipient_else_the_caller() {
        let mut json = record();
        assert_eq!(event(json.clone()).unwrap().account, "111122223333");
        json["recipientAccountId"] = Value::Null;
        let e = event(json.clone()).unwrap();
        assert_eq!((e.account.as_str(), e.principal.user_name.as_str()), ("444455556666", "a\"b"));
        json["userIdentity"] = serde_json::json!({"invokedBy": "ec2.amazonaws.com"});
        assert_eq!(event(json).unwrap_err().reason, Reason::MissingField);
    }

    #[test]
    fn errors_hide_in_answers() {
        let mut json = record();
        assert_eq!(event(json.clone()).unwrap().error, None);
        json["responseElements"] = serde_json::json!({"errorCode": "Denied"});
        assert_eq!(event(json.clone()).unwrap().error.as_deref(), Some("Denied"));
        json["errorCode"] = "Client.DryRunOperation".into();
        assert_eq!(event(json).unwrap().error.as_deref(), Some("Client.DryRunOperation"));
    }

    #[test]
    fn ids_are_the_originals_or_a_hash() {
        let mut json = record();
        json["addendum"] = serde_json::json!({"reason": "UPDATED_DATA", "originalEventID": "e0"});
        assert_eq!(event(json.clone()).unwrap().id, "e0");
        json["addendum"]["reason"] = "DELIVERY_DELAY".into();
        assert_eq!(event(json.clone()).unwrap().id, "e1");
        json["eventID"] = Value::Null;
        let id = event(json.clone()).unwrap().id;
        assert_eq!((id.len(), &id), (32, &event(json).unwrap().id));
    }

    #[test]
    fn no_time_no_event() {
        let mut json = record();
        json["eventTime"] = "eventTime".into();
        assert_eq!(event(json.clone()).unwrap_err().reason, Reason::BadTime);
        json["eventTime"] = Value::Null;
        assert_eq!(event(json.clone()).unwrap_err().reason, Reason::MissingField);
        json["eventName"] = serde_json::json!({});
        assert_eq!(event(json).unwrap_err().reason, Reason::WrongType);
    }
}
