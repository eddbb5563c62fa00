//! The records of the growth bench: calls as CloudTrail writes them.

use serde_json::{Value, json};
use trailgraph::domain::graph::Kind;
use trailgraph::domain::time::Time;

pub const ACCOUNT: &str = "111122223333";
/// 2026-03-02T10:00:00Z
const START: i64 = 1_772_445_600_000;
/// How many elements of a list stay while others come and go.
const MEMBERS: usize = 1_000;
const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web/0123456789abcdef";

/// The time of the n-th record: one a second.
pub fn at(n: usize) -> Time {
    Time(START + n as i64 * 1000)
}

/// A series of changes of one asset: its name, the asset, and the n-th change.
pub type Series = (&'static str, Kind, &'static str, &'static dyn Fn(usize) -> Value);

pub const SERIES: &[Series] = &[
    ("target group", Kind::TargetGroup, TARGET_GROUP, &target_group),
    ("security group", Kind::SecurityGroup, "sg-01", &security_group),
    ("bucket tags", Kind::Bucket, "logs", &bucket_tags),
    ("instance tags", Kind::Instance, "i-01", &instance_tags),
];

fn call(n: usize, account: &str, source: &str, name: &str, request: Value, response: Value) -> Value {
    json!({
        "eventVersion": "1.09", "eventID": format!("{n:08}-0000-4000-8000-000000000000"), "eventTime": at(n).to_string(),
        "eventSource": format!("{source}.amazonaws.com"), "eventName": name, "awsRegion": "eu-central-1",
        "recipientAccountId": account, "readOnly": false,
        "userIdentity": {
            "type": "AssumedRole", "accountId": account,
            "arn": format!("arn:aws:sts::{account}:assumed-role/AutoScaling/AutoScaling"),
        },
        "sourceIPAddress": "autoscaling.amazonaws.com", "userAgent": "autoscaling.amazonaws.com",
        "requestParameters": request, "responseElements": response,
    })
}

/// First the members come; then each change adds one or takes the one before away.
fn target_group(n: usize) -> Value {
    let other = n.saturating_sub(MEMBERS);
    let comes = n < MEMBERS || other.is_multiple_of(2);
    let id = if n < MEMBERS { n } else { MEMBERS + other / 2 };
    let name = if comes { "RegisterTargets" } else { "DeregisterTargets" };
    let request = json!({ "targetGroupArn": TARGET_GROUP, "targets": [{ "id": format!("i-{id:017x}"), "port": 80 }] });
    call(n, ACCOUNT, "elasticloadbalancing", name, request, Value::Null)
}

fn security_group(n: usize) -> Value {
    let (rule, comes) = (n / 2, n.is_multiple_of(2));
    let name = if comes { "AuthorizeSecurityGroupIngress" } else { "RevokeSecurityGroupIngress" };
    let cidr = format!("10.{}.{}.{}/32", rule >> 16 & 255, rule >> 8 & 255, rule & 255);
    let permission =
        json!({ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": { "items": [{ "cidrIp": cidr }] } });
    let request = json!({ "groupId": "sg-01", "ipPermissions": { "items": [permission] } });
    call(n, ACCOUNT, "ec2", name, request, json!({ "_return": true }))
}

fn bucket_tags(n: usize) -> Value {
    let tag = |key: &str, value: String| json!({ "Key": key, "Value": value });
    let set = json!([tag("Owner", format!("team-{}", n % 7)), tag("Run", format!("{n}")), tag("Stage", "prod".into())]);
    let request = json!({ "bucketName": "logs", "tagging": "", "Tagging": { "TagSet": { "Tag": set } } });
    call(n, ACCOUNT, "s3", "PutBucketTagging", request, Value::Null)
}

fn instance_tags(n: usize) -> Value {
    let (tag, comes) = (n / 2, n.is_multiple_of(2));
    let name = if comes { "CreateTags" } else { "DeleteTags" };
    let item = json!({ "key": format!("run-{tag}"), "value": "x" });
    let request = json!({ "resourcesSet": { "items": [{ "resourceId": "i-01" }] }, "tagSet": { "items": [item] } });
    call(n, ACCOUNT, "ec2", name, request, json!({ "_return": true }))
}

/// The launch of one instance with one interface and one volume.
pub fn launch(n: usize, account: &str) -> Value {
    let address = format!("10.0.{}.{}", n >> 8 & 255, n & 255);
    let groups = json!({ "items": [{ "groupId": "sg-01", "groupName": "web" }] });
    let interface = json!({
        "networkInterfaceId": format!("eni-{n:017x}"), "subnetId": "subnet-01", "vpcId": "vpc-01", "ownerId": account,
        "status": "in-use", "macAddress": "02:00:00:00:00:01", "privateIpAddress": address, "groupSet": groups,
        "sourceDestCheck": true, "interfaceType": "interface", "ipv6AddressesSet": {}, "tagSet": {},
        "attachment": {
            "attachmentId": format!("eni-attach-{n:017x}"), "deviceIndex": 0, "status": "attaching",
            "attachTime": 1_772_445_600_000_i64, "deleteOnTermination": true, "networkCardIndex": 0,
        },
        "privateIpAddressesSet": { "item": [{ "privateIpAddress": address, "primary": true }] },
    });
    let tags = json!({ "items": [{ "key": "Name", "value": "web" }, { "key": "Owner", "value": "platform" }, { "key": "Stage", "value": "prod" }] });
    let instance = json!({
        "instanceId": format!("i-{n:017x}"), "imageId": "ami-01", "instanceState": { "code": 0, "name": "pending" },
        "privateDnsName": format!("ip-{}.eu-central-1.compute.internal", address.replace('.', "-")), "keyName": "ops",
        "amiLaunchIndex": 0, "productCodes": {}, "instanceType": "m5.large", "launchTime": 1_772_445_600_000_i64,
        "placement": { "availabilityZone": "eu-central-1a", "tenancy": "default" }, "monitoring": { "state": "disabled" },
        "subnetId": "subnet-01", "vpcId": "vpc-01", "privateIpAddress": address, "stateReason": { "code": "pending", "message": "pending" },
        "architecture": "x86_64", "rootDeviceType": "ebs", "rootDeviceName": "/dev/xvda", "blockDeviceMapping": {},
        "virtualizationType": "hvm", "hypervisor": "xen", "clientToken": format!("{n}"), "groupSet": groups, "tagSet": tags,
        "sourceDestCheck": true, "networkInterfaceSet": { "items": [interface] }, "ebsOptimized": false, "enaSupport": true,
        "iamInstanceProfile": { "arn": format!("arn:aws:iam::{account}:instance-profile/web"), "id": "AIPA01" },
        "cpuOptions": { "coreCount": 1, "threadsPerCore": 2 }, "capacityReservationSpecification": { "capacityReservationPreference": "open" },
        "enclaveOptions": { "enabled": false }, "metadataOptions": { "state": "pending", "httpTokens": "required", "httpPutResponseHopLimit": 2, "httpEndpoint": "enabled" },
    });
    let request = json!({
        "instancesSet": { "items": [{ "imageId": "ami-01", "minCount": 1, "maxCount": 1 }] }, "instanceType": "m5.large",
        "blockDeviceMapping": {}, "monitoring": { "enabled": false }, "disableApiTermination": false, "clientToken": format!("{n}"),
        "subnetId": "subnet-01", "tagSpecificationSet": { "items": [{ "resourceType": "instance", "tags": tags["items"] }] },
    });
    let response = json!({
        "requestId": format!("{n}"), "reservationId": format!("r-{n:017x}"), "ownerId": account, "groupSet": {},
        "instancesSet": { "items": [instance] },
    });
    call(n, account, "ec2", "RunInstances", request, response)
}

/// The end of the instance that record `launched` launched.
pub fn terminate(n: usize, launched: usize) -> Value {
    let instance =
        json!({ "instanceId": format!("i-{launched:017x}"), "currentState": { "code": 32, "name": "shutting-down" } });
    let items = json!({ "items": [{ "instanceId": format!("i-{launched:017x}") }] });
    call(
        n,
        ACCOUNT,
        "ec2",
        "TerminateInstances",
        json!({ "instancesSet": items }),
        json!({ "instancesSet": { "items": [instance] } }),
    )
}

/// Ranks by a Zipf distribution: the n-th is drawn in proportion to 1/n. The same draws in every run.
pub struct Zipf {
    sums: Vec<f64>,
    seed: u64,
}

impl Zipf {
    pub fn new(ranks: usize) -> Zipf {
        let mut sum = 0.0;
        let sums = (1..=ranks).map(|n| {
            sum += 1.0 / n as f64;
            sum
        });
        Zipf { sums: sums.collect(), seed: 1 }
    }

    pub fn next(&mut self) -> usize {
        // The multiplier is Knuth's.
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = (self.seed >> 11) as f64 / (1_u64 << 53) as f64 * self.sums.last().copied().unwrap_or_default();
        self.sums.partition_point(|sum| *sum < drawn)
    }
}
