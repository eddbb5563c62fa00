//! EventBridge "EC2 Instance State-change Notification" into an `InstanceState`.

use serde_json::value::RawValue;

use super::heads::{filled, heads, object};
use super::refusal::{Reason, Refusal};
use super::text;
use crate::domain::event::InstanceState;

heads! {
    Envelope { id: "id", time: "time", account: "account", region: "region", detail: "detail", }
}

heads! {
    Detail { instance: "instance-id", state: "state", }
}

pub fn parse(json: &str) -> Result<InstanceState, Refusal> {
    let envelope = Envelope::read(json).map_err(|e| Refusal::json(&e))?;
    let detail = object(envelope.detail).ok_or_else(|| Refusal::missing("detail"))?;
    let detail = Detail::read(detail).map_err(|e| Refusal::json(&e))?;
    let when = required(envelope.time, "time")?;
    Ok(InstanceState {
        id: filled(envelope.id).map_or_else(|| text::hash(json.as_bytes()), |id| id.into_owned()),
        time: text::time(&when).ok_or_else(|| Refusal::new(Reason::BadTime, format!("time: {when}")))?,
        account: required(envelope.account, "account")?,
        region: filled(envelope.region).unwrap_or_default().into_owned(),
        instance_id: required(detail.instance, "detail.instance-id")?,
        state: required(detail.state, "detail.state")?,
    })
}

fn required(raw: Option<&RawValue>, name: &str) -> Result<String, Refusal> {
    filled(raw).map(|text| text.into_owned()).ok_or_else(|| Refusal::missing(name))
}
