//! A GuardDuty finding, whatever its casing, into a `Finding`.

use serde_json::Value;

use super::refusal::{Reason, Refusal};
use super::text::{at, field, many, number, string, time, whole};
use super::{action, asff};
use crate::domain::event::{AccessKeyDetails, Finding};
use crate::domain::time::Time;

pub fn parse(json: &str) -> Result<Finding, Refusal> {
    let value: Value = serde_json::from_str(json).map_err(|e| Refusal::json(&e))?;
    match value.get("ProductArn").is_some() || value.get("ProductFields").is_some() {
        true => native(&asff::native(&value)),
        false => native(&value),
    }
}

fn native(value: &Value) -> Result<Finding, Refusal> {
    let (service, resource) = (field(value, "service"), field(value, "resource"));
    let (id, kind) = (required(value, "id")?, required(value, "type")?);
    let arn = string(field(value, "arn"));
    // `arn:aws:guardduty:region:account:detector/…/finding/…`
    let part = |n: usize| arn.split(':').nth(n).filter(|p| !p.is_empty()).map(str::to_owned);
    let account = match (required(value, "accountId"), part(4)) {
        (Ok(account), _) | (Err(Refusal { reason: Reason::MissingField, .. }), Some(account)) => account,
        (Err(refusal), _) => return Err(refusal),
    };
    let region = Some(string(field(value, "region"))).filter(|r| !r.is_empty());
    let title = string(field(value, "title"));
    let seen = |path: &[&str]| moment(at(value, path), path.last().copied().unwrap_or_default());
    let (first, last) = (seen(&["service", "eventFirstSeen"])?, seen(&["service", "eventLastSeen"])?);
    let (created, updated) = (seen(&["createdAt"])?, seen(&["updatedAt"])?);
    let created_at = created.or(first).or(updated).or(last).ok_or_else(|| Refusal::missing("createdAt"))?;
    let updated_at = updated.unwrap_or(created_at);
    let key = field(resource, "accessKeyDetails");
    let instance = field(resource, "instanceDetails");
    Ok(Finding {
        id,
        account,
        region: region.or_else(|| part(3)).unwrap_or_default(),
        kind,
        severity: number(field(value, "severity")).unwrap_or_default(),
        description: string(field(value, "description")),
        created_at,
        updated_at,
        first_seen: first.unwrap_or(created_at),
        last_seen: last.unwrap_or(updated_at),
        count: number(field(service, "count")).and_then(|n| u64::try_from(whole(n)).ok()).unwrap_or(0).max(1),
        sample: is_sample(&title, field(service, "additionalInfo")),
        title,
        resource_role: string(field(service, "resourceRole")),
        resource_type: string(field(resource, "resourceType")),
        instance_id: string(field(instance, "instanceId")),
        access_key: AccessKeyDetails {
            access_key_id: string(field(key, "accessKeyId")),
            principal_id: string(field(key, "principalId")),
            user_name: string(field(key, "userName")),
            user_type: string(field(key, "userType")),
        },
        buckets: names(field(resource, "s3BucketDetails"), "name"),
        interfaces: names(field(instance, "networkInterfaces"), "networkInterfaceId"),
        action: action::read(service),
    })
}

fn required(value: &Value, name: &str) -> Result<String, Refusal> {
    let found = field(value, name);
    match string(found) {
        text if !text.is_empty() => Ok(text),
        _ if found.is_object() || found.is_array() => Err(Refusal::new(Reason::WrongType, name)),
        _ => Err(Refusal::missing(name)),
    }
}

/// A time that is absent is none; one that can't be read is refused, since everything is joined at it.
fn moment(value: &Value, name: &str) -> Result<Option<Time>, Refusal> {
    let text = string(value);
    if text.is_empty() {
        return Ok(None);
    }
    time(&text).map(Some).ok_or_else(|| Refusal::new(Reason::BadTime, format!("{name}: {text}")))
}

/// The three marks of a sample: its title, a flag, and a flag in a text of JSON.
fn is_sample(title: &str, info: &Value) -> bool {
    let flagged = |info: &Value| string(field(info, "sample")).eq_ignore_ascii_case("true");
    let within = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|v| flagged(&v));
    title.starts_with("[SAMPLE]")
        || flagged(info)
        || info.as_str().is_some_and(within)
        || field(info, "value").as_str().is_some_and(within)
}

fn names(list: &Value, name: &str) -> Vec<String> {
    many(list).iter().map(|v| string(field(v, name))).filter(|n| !n.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least() -> Value {
        serde_json::json!({"id": "f", "accountId": "1", "type": "Recon:EC2/Portscan", "createdAt": "2023-07-10T12:09:56Z"})
    }

    #[test]
    fn what_is_absent_has_its_default() {
        let f = parse(&least().to_string()).unwrap();
        assert_eq!((f.count, f.sample, f.severity), (1, false, 0.0));
        assert_eq!((f.first_seen, f.last_seen, f.updated_at), (f.created_at, f.created_at, f.created_at));
        for (name, reason) in [("id", Reason::MissingField), ("createdAt", Reason::MissingField)] {
            let mut json = least();
            json[name] = Value::Null;
            assert_eq!(parse(&json.to_string()).unwrap_err().reason, reason);
        }
        let mut json = least();
        json["createdAt"] = "yesterday".into();
        assert_eq!(parse(&json.to_string()).unwrap_err().reason, Reason::BadTime);
    }

    #[test]
    fn each_mark_makes_a_sample() {
        for info in [
            serde_json::json!({"additionalInfo": {"sample": true}}),
            serde_json::json!({"AdditionalInfo": {"Value": "{\"sample\":true}"}}),
        ] {
            let mut json = least();
            json["service"] = info;
            assert!(parse(&json.to_string()).unwrap().sample);
        }
        let mut json = least();
        json["title"] = "[SAMPLE] x".into();
        assert!(parse(&json.to_string()).unwrap().sample);
    }

    #[test]
    fn every_probe_counts_and_buckets_come_in_both_shapes() {
        let probe = |port: u32, ip: &str| {
            serde_json::json!({"localPortDetails": {"port": port}, "remoteIpDetails": {"ipAddressV4": ip,
                "country": {"countryName": "X"}, "organization": {"asnOrg": "Y"}}})
        };
        let mut json = least();
        json["severity"] = serde_json::json!(9.5);
        json["service"] = serde_json::json!({"action": {"actionType": "PORT_PROBE", "portProbeAction": {"blocked": false,
            "portProbeDetails": [probe(22, "198.51.100.1"), probe(80, "198.51.100.2")]}}});
        for buckets in [serde_json::json!([{"name": "b"}]), serde_json::json!({"name": "b"})] {
            json["resource"] = serde_json::json!({"s3BucketDetails": buckets});
            let f = parse(&json.to_string()).unwrap();
            assert_eq!((f.buckets.join(","), f.severity), ("b".to_owned(), 9.5));
            assert_eq!(f.action.details.get("local_port").map(String::as_str), Some("22,80"));
            assert_eq!(f.action.details.get("blocked").map(String::as_str), Some("false"));
            let addresses: Vec<_> = f.action.actors.iter().map(|a| a.address.as_str()).collect();
            assert_eq!(addresses, ["198.51.100.1", "198.51.100.2"]);
            assert!(f.action.actors.iter().all(|a| a.country == "X" && a.organization == "Y"));
        }
    }

    #[test]
    fn security_hub_speaks_of_the_same_finding() {
        let json = serde_json::json!({"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
            "Id": "arn:aws:guardduty:us-east-1:1:detector/d/finding/f", "AwsAccountId": "1",
            "Types": ["TTPs/Command and Control/UnauthorizedAccess:EC2-SSHBruteForce"],
            "FirstObservedAt": "2019-06-12T15:11:20Z", "CreatedAt": "2019-06-12T15:34:50.346Z",
            "Severity": {"Product": 5, "Normalized": 50}, "Title": "[SAMPLE] t",
            "ProductFields": {"aws/guardduty/service/action/actionType": "PORT_PROBE", "aws/guardduty/service/count": "3",
                "aws/guardduty/service/action/portProbeAction/portProbeDetails.0_/localPortDetails/port": "22",
                "aws/guardduty/service/action/portProbeAction/portProbeDetails.1_/localPortDetails/port": "80",
                "aws/guardduty/service/action/portProbeAction/portProbeDetails.1_/remoteIpDetails/ipAddressV4": "198.51.100.2"},
            "Resources": [{"Type": "AwsEc2Instance", "Id": "arn:aws:ec2:us-east-1:1:instance/i-1"}]});
        let f = parse(&json.to_string()).unwrap();
        assert_eq!((f.id.as_str(), f.kind.as_str()), ("f", "UnauthorizedAccess:EC2/SSHBruteForce"));
        assert_eq!((f.account.as_str(), f.region.as_str(), f.instance_id.as_str()), ("1", "us-east-1", "i-1"));
        assert_eq!((f.severity, f.count, f.sample), (5.0, 3, true));
        assert_eq!(f.action.details.get("local_port").map(String::as_str), Some("22,80"));
        assert_eq!(f.action.actors.len(), 1);
    }
}
