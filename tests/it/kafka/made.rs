//! Records made up, as many as wanted.

use serde_json::{Value, json};

/// Whether route sends the record of this number on.
pub fn is_relevant(n: usize) -> bool {
    n.is_multiple_of(5) || n % 100 == 99
}

/// Made records: instances in many accounts, their groups opened and closed, findings on some; four in five are reads.
pub fn made(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| {
            let (account, machine) = (format!("{:012}", 100_000_000_000 + (n / 10) % 40), n / 400);
            let second = 1_772_445_600 + (n / 10) as i64;
            let time = trailgraph::domain::time::Time(second * 1000).to_string();
            let (instance, group) = (format!("i-{account}{machine:08x}"), format!("sg-{account}{:08x}", machine % 50));
            let event = |source: &str, name: &str, request: Value, response: Value| {
                json!({
                    "eventVersion": "1.09", "eventID": format!("{n:08}"), "eventTime": time, "eventSource": source,
                    "eventName": name, "awsRegion": "eu-central-1", "recipientAccountId": account,
                    "userIdentity": { "type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/ana") },
                    "requestParameters": request, "responseElements": response,
                })
            };
            let record = match n % 10 {
                0 => event("ec2.amazonaws.com", "RunInstances", json!({}), json!({ "instancesSet": { "items": [{
                    "instanceId": instance, "imageId": "ami-1", "subnetId": "subnet-1", "vpcId": "vpc-1",
                    "groupSet": { "items": [{ "groupId": group }] } }] } })),
                5 => event("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", json!({ "groupId": group, "ipPermissions": {
                    "items": [{ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {}, "ipv6Ranges": {}, "prefixListIds": {},
                        "ipRanges": { "items": [{ "cidrIp": format!("203.0.113.{}/32", machine % 200) }] } }] } }), json!({})),
                9 if n % 100 == 99 => json!({
                    "schemaVersion": "2.0", "accountId": account, "region": "eu-central-1", "id": format!("f-{account}-{}", machine % 20),
                    "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS", "severity": 8, "createdAt": "2026-03-02T10:00:00Z", "updatedAt": time,
                    "resource": { "resourceType": "Instance", "instanceDetails": { "instanceId": instance } },
                    "service": { "serviceName": "guardduty", "resourceRole": "ACTOR", "count": machine + 1, "archived": false,
                        "eventFirstSeen": "2026-03-02T10:00:00Z", "eventLastSeen": time,
                        "action": { "actionType": "DNS_REQUEST", "dnsRequestAction": { "domain": "pool.example" } } },
                    "title": "t", "description": "d",
                }),
                _ => event("s3.amazonaws.com", "GetObject", json!({ "bucketName": "b", "key": format!("{n}") }), Value::Null),
            };
            record.to_string()
        })
        .collect()
}
