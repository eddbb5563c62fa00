//! A GuardDuty finding in any casing, or in Security Hub's form, as a `Finding`.

mod action;
mod asff;
mod details;
mod resource;
mod sequence;

use serde_json::Value;

use super::refusal::{Reason, Refusal};
use super::text::{at, field, number, string, time};
use crate::domain::arn::Arn;
use crate::domain::finding::{Details, Finding, Form, Identity, LatestNotification, ResourceDetails, Score};
use crate::domain::time::Time;

/// Resources kept of one finding; AWS sends up to 400 for a sequence.
const RESOURCES_MAX: usize = 500;
/// Identities kept of one finding; AWS sends up to 400 actors for a sequence.
const IDENTITIES_MAX: usize = 500;

pub fn parse(json: &str) -> Result<Finding, Refusal> {
    let value: Value = serde_json::from_str(json).map_err(|e| Refusal::json(&e))?;
    if value.get("ProductArn").is_none() && value.get("ProductFields").is_none() {
        return native(&value);
    }
    let mut finding = native(&asff::native(&value))?;
    let latest = &mut finding.latest;
    latest.form = Form::SecurityHub;
    latest.resources.splice(0..0, asff::resources(&value));
    let keys = latest.resources.iter().filter_map(|r| match &r.details {
        ResourceDetails::AccessKey(key) => Some(key.clone()),
        _ => None,
    });
    latest.identities = keys.chain(std::mem::take(&mut latest.identities)).collect();
    bound(latest);
    Ok(finding)
}

fn native(value: &Value) -> Result<Finding, Refusal> {
    let (service, resource) = (field(value, "service"), field(value, "resource"));
    let (id, kind) = (required(value, "id")?, required(value, "type")?);
    let arn = string(field(value, "arn"));
    // `arn:aws:guardduty:region:account:detector/…/finding/…`
    let parts = Arn::parse(&arn);
    let part = |part: fn(&Arn<'_>) -> String| parts.as_ref().map(part).filter(|p| !p.is_empty());
    let account = match (required(value, "accountId"), part(|a| a.account.to_owned())) {
        (Ok(account), _) | (Err(Refusal { reason: Reason::MissingField, .. }), Some(account)) => account,
        (Err(refusal), _) => return Err(refusal),
    };
    let given = |name: &str| Some(string(field(value, name))).filter(|r| !r.is_empty());
    let title = string(field(value, "title"));
    let seen = |path: &[&str]| moment(at(value, path), path.last().copied().unwrap_or_default());
    let (first, last) = (seen(&["service", "eventFirstSeen"])?, seen(&["service", "eventLastSeen"])?);
    let (created, updated) = (seen(&["createdAt"])?, seen(&["updatedAt"])?);
    let created_at = created.or(first).or(updated).or(last).ok_or_else(|| Refusal::missing("createdAt"))?;
    let updated_at = updated.unwrap_or(created_at);
    let sequence = at(service, &["detection", "sequence"]);
    let (action, actors, action_truncated) = action::read(service);
    let (evidence, evidence_truncated) = evidence(service);
    let (story, sequence_truncated) = sequence::read(sequence).unzip();
    let mut resources = resource::read(resource);
    resources.extend(sequence::resources(sequence));
    let mut identities = identities(resource);
    identities.extend(sequence::identities(sequence));
    let mut latest = LatestNotification {
        updated_at,
        form: Form::GuardDuty,
        severity: Score(number(field(value, "severity")).unwrap_or_default()),
        confidence: number(field(value, "confidence")).map(Score),
        partition: given("partition").or_else(|| part(|a| a.partition.to_owned())).unwrap_or_default(),
        region: given("region").or_else(|| part(|a| a.region.to_owned())).unwrap_or_default(),
        arn,
        kind,
        description: string(field(value, "description")),
        sample: is_sample(&title, field(service, "additionalInfo")),
        title,
        archived: is_true(field(service, "archived")) || is_true(field(value, "archived")),
        workflow_status: string(field(value, "workflowStatus")),
        resource_role: string(field(service, "resourceRole")),
        resource_type: string(field(resource, "resourceType")),
        resources,
        identities,
        action,
        evidence,
        sequence: story,
        truncated: action_truncated || evidence_truncated || sequence_truncated.unwrap_or_default(),
    };
    bound(&mut latest);
    Ok(Finding {
        id,
        account,
        created_at,
        first_seen: first.unwrap_or(created_at),
        last_seen: last.unwrap_or(updated_at),
        count: resource::whole(field(service, "count")).filter(|n| *n >= 1).unwrap_or(1),
        actors,
        latest,
    })
}

fn bound(latest: &mut LatestNotification) {
    latest.truncated |= latest.resources.len() > RESOURCES_MAX || latest.identities.len() > IDENTITIES_MAX;
    latest.resources.truncate(RESOURCES_MAX);
    latest.identities.truncate(IDENTITIES_MAX);
}

/// Who acted, as `resource` tells: the credential, whatever the family of the finding, the Kubernetes user, the database user.
fn identities(resource: &Value) -> Vec<Identity> {
    let mut out: Vec<Identity> = resource::access_key(field(resource, "accessKeyDetails")).into_iter().collect();
    let others = [
        (at(resource, &["kubernetesDetails", "kubernetesUserDetails"]), "username", "uid", Identity::KUBERNETES_USER),
        (field(resource, "rdsDbUserDetails"), "user", "", Identity::DATABASE_USER),
    ];
    for (value, name, uid, user_type) in others {
        let mut details = Details::default();
        for (key, field) in value.as_object().into_iter().flatten() {
            let key = details::snake_case(key);
            if key != name && key != uid {
                details::flatten(field, &key, &mut details);
            }
        }
        let identity = Identity {
            user_type: user_type.to_owned(),
            name: string(field(value, name)),
            principal_id: string(field(value, uid)),
            details,
            ..Identity::default()
        };
        out.extend(Some(identity).filter(|i| !i.is_empty()));
    }
    out
}

/// What supports the finding, and whether a bound left something out. Lists of threats, processes and scans.
fn evidence(service: &Value) -> (Details, bool) {
    const PARTS: &[(&[&str], &str)] = &[
        (&["featureName"], "feature"),
        (&["evidence", "threatIntelligenceDetails"], ""),
        (&["runtimeDetails"], ""),
        (&["malwareScanDetails"], "malware_scan"),
        (&["ebsVolumeScanDetails"], "volume_scan"),
        (&["detection", "anomaly"], "anomaly"),
    ];
    let mut out = Details::default();
    let mut whole = true;
    for (path, prefix) in PARTS {
        whole &= details::flatten(at(service, path), prefix, &mut out);
    }
    let info = field(service, "additionalInfo");
    // `{"value": "{…}", "type": "default"}`: JSON in a text.
    let value = field(info, "value").as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    whole &= details::flatten(value.as_ref().unwrap_or(info), "", &mut out);
    (out, !whole)
}

fn required(value: &Value, name: &str) -> Result<String, Refusal> {
    let found = field(value, name);
    match string(found) {
        text if !text.is_empty() => Ok(text),
        _ if found.is_object() || found.is_array() => Err(Refusal::new(Reason::WrongType, name)),
        _ => Err(Refusal::missing(name)),
    }
}

/// `Ok(None)`: the time is absent. A time that can't be read is refused, since everything is joined at it.
fn moment(value: &Value, name: &str) -> Result<Option<Time>, Refusal> {
    let text = string(value);
    if text.is_empty() {
        return Ok(None);
    }
    time(&text).map(Some).ok_or_else(|| Refusal::new(Reason::BadTime, format!("{name}: {text}")))
}

fn is_true(value: &Value) -> bool {
    string(value).eq_ignore_ascii_case("true")
}

/// The three marks of a sample: its title, a flag, and a flag in a text of JSON.
fn is_sample(title: &str, info: &Value) -> bool {
    let flagged = |info: &Value| is_true(field(info, "sample"));
    let within = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|v| flagged(&v));
    title.starts_with("[SAMPLE]")
        || flagged(info)
        || info.as_str().is_some_and(within)
        || field(info, "value").as_str().is_some_and(within)
}

#[cfg(test)]
mod tests;
