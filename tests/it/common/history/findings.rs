//! Findings about the small world's things.

use serde_json::{Value, json};

use super::{ACCOUNT, Kind, REGION, Step, text};

const MINING: &str = "CryptoCurrency:EC2/BitcoinTool.B!DNS";

/// `repeat 1` is the second notification of the same finding.
pub const KINDS: &[Kind] = &[
    Kind {
        line: "Finding on i-{a} repeat {b}",
        record: |s| {
            let details = json!({ "instanceId": s.with("i-{a}") });
            let resource = json!({ "resourceType": "Instance", "instanceDetails": details });
            counted(s, "finding-i-{a}", MINING, resource)
        },
    },
    // Of a task or a pod only the interface is named.
    Kind {
        line: "Finding on eni-{a} repeat {b}",
        record: |s| {
            let details = json!({ "networkInterfaces": [{ "networkInterfaceId": s.with("eni-{a}") }] });
            let resource = json!({ "resourceType": "Instance", "instanceDetails": details });
            counted(s, "finding-e-{a}", MINING, resource)
        },
    },
    Kind {
        line: "Finding on bucket-{a} repeat {b}",
        record: |s| {
            let bucket = json!([{ "name": s.with("bucket-{a}") }]);
            let resource = json!({ "resourceType": "S3Bucket", "s3BucketDetails": bucket });
            counted(s, "finding-b-{a}", "Policy:S3/BucketPublicAccessGranted", resource)
        },
    },
    Kind { line: "Finding on AKIA{a}", record: |s| key(s, "AKIA{a}", "AIDA{a}0", "", "IAMUser") },
    Kind { line: "Finding on ASIA{a}", record: |s| key(s, "ASIA{a}", "AROA{a}1:session", "role-{a}", "AssumedRole") },
];

fn key(s: &Step, key: &str, principal: &str, user: &str, user_type: &str) -> Value {
    let details = json!({ "accessKeyId": s.with(key), "principalId": s.with(principal), "userName": s.with(user),
        "userType": user_type });
    let resource = json!({ "resourceType": "AccessKey", "accessKeyDetails": details });
    finding(&format!("finding-{}", s.with(key)), s.second, 1, "Recon:IAMUser/MaliciousIPCaller", resource)
}

fn counted(s: &Step, id: &str, kind: &str, resource: Value) -> Value {
    finding(&s.with(id), s.second, u64::from(s.b) + 1, kind, resource)
}

/// A finding last seen at `second`, about a resource as GuardDuty describes it.
pub fn finding(id: &str, second: u16, count: u64, kind: &str, resource: Value) -> Value {
    json!({
        "schemaVersion": "2.0", "accountId": ACCOUNT, "region": REGION, "id": id,
        "arn": format!("arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d/finding/{id}"),
        "type": kind, "severity": 8, "resource": resource,
        "service": {
            "serviceName": "guardduty", "resourceRole": "ACTOR", "count": count,
            "action": { "actionType": "DNS_REQUEST", "dnsRequestAction": { "domain": format!("pool{count}.example") } },
            "eventFirstSeen": text(0), "eventLastSeen": text(second), "archived": false,
        },
        "createdAt": text(0), "updatedAt": text(second), "title": "t", "description": "d",
    })
}
