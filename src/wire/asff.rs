//! Security Hub's form of a GuardDuty finding, back into GuardDuty's own.

use serde_json::{Map, Value, json};

use super::text::{at, field, many, string};

/// Severity as `Normalized` is ten times GuardDuty's.
const NORMALIZED_PER_NATIVE: f64 = 10.0;

/// The finding as GuardDuty would write it. Its id is GuardDuty's: both forms are about one finding.
pub fn native(value: &Value) -> Value {
    let id = string(field(value, "id"));
    json!({
        "id": id.rsplit("/finding/").next(),
        "arn": id,
        "accountId": field(value, "awsAccountId"),
        "region": field(value, "region"),
        "type": kind(value),
        "title": field(value, "title"),
        "description": field(value, "description"),
        "severity": severity(field(value, "severity")),
        "createdAt": field(value, "createdAt"),
        "updatedAt": field(value, "updatedAt"),
        "service": service(value),
        "resource": resource(field(value, "resources")),
    })
}

/// `TTPs/Discovery/Recon:EC2-Portscan` as `Recon:EC2/Portscan`.
fn kind(value: &Value) -> Value {
    let lists = [field(value, "types"), at(value, &["findingProviderFields", "types"])];
    let Some(text) = lists.into_iter().find_map(|l| l.get(0)?.as_str()) else { return Value::Null };
    let own = text.rsplit('/').next().unwrap_or(text);
    match own.split_once(':') {
        Some((purpose, rest)) => format!("{purpose}:{}", rest.replacen('-', "/", 1)).into(),
        None => own.into(),
    }
}

fn severity(value: &Value) -> Value {
    let number = |name| super::text::number(field(value, name));
    let native = number("product").or(number("original")).or(number("normalized").map(|n| n / NORMALIZED_PER_NATIVE));
    json!(native)
}

fn service(value: &Value) -> Value {
    let mut root = Map::new();
    for (path, leaf) in field(value, "productFields").as_object().into_iter().flatten() {
        // With and without the prefix: older findings have none.
        let path = path.strip_prefix("aws/guardduty/service/").unwrap_or(path);
        insert(&mut root, path, leaf);
    }
    let sample = string(field(value, "sample")) == "true";
    for (name, seen) in [("eventFirstSeen", "firstObservedAt"), ("eventLastSeen", "lastObservedAt")] {
        if !root.contains_key(name) {
            root.insert(name.to_owned(), field(value, seen).clone());
        }
    }
    if sample {
        root.insert("additionalInfo".to_owned(), json!({ "sample": true }));
    }
    Value::Object(root)
}

/// Puts a leaf at `a/b.0_/c`, making objects and arrays on the way. A path that contradicts an earlier one is left out.
fn insert(object: &mut Map<String, Value>, path: &str, leaf: &Value) {
    let (head, rest) = path.split_once('/').map_or((path, None), |(h, r)| (h, Some(r)));
    let (name, index) = match head.strip_suffix('_').and_then(|h| h.rsplit_once('.')) {
        Some((name, index)) => (name, index.parse::<usize>().ok()),
        None => (head, None),
    };
    let slot = object.entry(name.to_owned()).or_insert(Value::Null);
    let slot = match index {
        None => slot,
        Some(index) => {
            if slot.is_null() {
                *slot = Value::Array(Vec::new());
            }
            let Some(list) = slot.as_array_mut() else { return };
            // Keys come sorted, so that a gap means a foreign spelling (or ten and more, after one): append.
            if index >= list.len() {
                list.push(Value::Null);
            }
            let last = list.len().saturating_sub(1);
            match list.get_mut(index.min(last)) {
                Some(slot) => slot,
                None => return,
            }
        }
    };
    match rest {
        None => *slot = leaf.clone(),
        Some(rest) => {
            if slot.is_null() {
                *slot = Value::Object(Map::new());
            }
            if let Some(inner) = slot.as_object_mut() {
                insert(inner, rest, leaf);
            }
        }
    }
}

fn resource(list: &Value) -> Value {
    let mut out = Map::new();
    let mut buckets = Vec::new();
    for one in many(list) {
        let id = string(field(one, "id"));
        let details = field(one, "details");
        let tail = |separator: char| id.rsplit(separator).next().unwrap_or_default().to_owned();
        let kind = match string(field(one, "type")).as_str() {
            "AwsEc2Instance" => {
                out.insert("instanceDetails".to_owned(), json!({ "instanceId": tail('/') }));
                "Instance"
            }
            "AwsIamAccessKey" => {
                let key = field(details, "awsIamAccessKey");
                let key_id = Some(string(field(key, "accessKeyId"))).filter(|k| !k.is_empty());
                out.insert(
                    "accessKeyDetails".to_owned(),
                    json!({
                        "accessKeyId": key_id.unwrap_or_else(|| tail(':')),
                        "principalId": field(key, "principalId"),
                        "userType": field(key, "principalType"),
                        "userName": match field(key, "principalName") {
                            Value::Null => field(key, "userName"),
                            name => name,
                        },
                    }),
                );
                "AccessKey"
            }
            "AwsS3Bucket" => {
                buckets.push(json!({ "name": tail(':') }));
                "S3Bucket"
            }
            _ => continue,
        };
        out.entry("resourceType").or_insert_with(|| kind.into());
    }
    if !buckets.is_empty() {
        out.insert("s3BucketDetails".to_owned(), Value::Array(buckets));
    }
    Value::Object(out)
}
