//! Histories of a small world: two of each thing, every call that makes, changes, joins and ends them, and findings about them. The
//! same names come again and again, so that ties, repetitions, reuse and contradictions are the rule.

use serde_json::{Value, json};
use trailgraph::domain::time::Time;

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-central-1";
/// 2026-03-02T10:00:00Z
pub const START: i64 = 1_772_445_600_000;
/// How many kinds of steps there are.
pub const STEPS: u8 = 67;

// Those that stories are told with; `build` has all of them.
pub const RUN_INSTANCES: u8 = 0;
pub const SET_GROUPS: u8 = 10;
pub const TAG: u8 = 11;
pub const UNTAG: u8 = 12;
pub const CREATE_ROLE: u8 = 26;
pub const DELETE_ROLE: u8 = 27;
pub const ATTACH_POLICY: u8 = 28;
pub const INSTANCE_FINDING: u8 = 49;

/// One record to be: what happens, when, to which two of the small world's things, and whether AWS refused.
#[derive(Clone, Copy)]
pub struct Step {
    /// Tells its record from all others.
    pub n: usize,
    pub what: u8,
    pub second: u16,
    pub a: u8,
    pub b: u8,
    pub failed: bool,
}

impl Step {
    pub fn new(n: usize, what: u8, second: u16, a: u8, b: u8) -> Step {
        Step { n, what, second, a, b, failed: false }
    }
}

/// On one line: a failing history is to be read.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Step { n, what, second, a, b, failed } = self;
        write!(f, "#{n} {what} @{second} {a}{b}{}", if *failed { " failed" } else { "" })
    }
}

pub fn at(second: i64) -> Time {
    Time(START + second * 1000)
}

fn text(second: u16) -> String {
    at(i64::from(second)).to_string()
}

pub fn trail(id: &str, second: u16, source: &str, name: &str, request: Value, response: Value) -> Value {
    json!({
        "eventVersion": "1.09", "eventID": id, "eventTime": text(second), "eventSource": format!("{source}.amazonaws.com"),
        "eventName": name, "awsRegion": REGION, "recipientAccountId": ACCOUNT, "readOnly": false,
        "userIdentity": { "type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/ana"), "accountId": ACCOUNT },
        "sourceIPAddress": "198.51.100.7", "userAgent": "t", "requestParameters": request, "responseElements": response,
    })
}

pub fn state_change(id: &str, second: u16, instance: &str, state: &str) -> Value {
    json!({
        "version": "0", "id": id, "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
        "account": ACCOUNT, "time": text(second), "region": REGION,
        "resources": [format!("arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}")],
        "detail": { "instance-id": instance, "state": state },
    })
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

pub fn instance(id: &str, subnet: &str, group: &str, ip: &str, eni: &str, attachment: &str) -> Value {
    json!({
        "instanceId": id, "imageId": "ami-1", "instanceType": "t3.micro", "subnetId": subnet, "vpcId": "vpc-0",
        "privateIpAddress": ip, "instanceState": { "code": 0, "name": "pending" },
        "groupSet": { "items": [{ "groupId": group }] },
        "iamInstanceProfile": { "arn": format!("arn:aws:iam::{ACCOUNT}:instance-profile/profile-0"), "id": "AIPA1" },
        "networkInterfaceSet": { "items": [{
            "networkInterfaceId": eni, "subnetId": subnet, "vpcId": "vpc-0", "privateIpAddress": ip,
            "groupSet": { "items": [{ "groupId": group }] },
            "privateIpAddressesSet": { "item": [{ "privateIpAddress": ip, "primary": true }] },
            "attachment": { "attachmentId": attachment, "deviceIndex": 0, "deleteOnTermination": true },
        }] },
    })
}

/// The record of a step.
pub fn build(step: Step) -> Value {
    let Step { n, what, second, a, b, failed } = step;
    let id = format!("event-{n:03}");
    let ok = json!({ "_return": true });
    let ec2 = |name: &str, q: Value, r: Value| trail(&id, second, "ec2", name, q, r);
    let iam = |name: &str, q: Value, r: Value| trail(&id, second, "iam", name, q, r);
    let s3 = |name: &str, q: Value| trail(&id, second, "s3", name, q, Value::Null);
    let (i, sg, subnet, eni) = (format!("i-{a}"), format!("sg-{b}"), format!("subnet-{b}"), format!("eni-{a}"));
    let permission = json!({ "items": [{ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {},
        "ipRanges": { "items": [{ "cidrIp": format!("203.0.113.{a}/32") }] }, "ipv6Ranges": {}, "prefixListIds": {} }] });
    let alias = format!("sgr-{a}{b}");
    let role = format!("role-{a}");
    let unique = format!("AROA{a}{b}");
    let elb = |name: &str, q: Value, r: Value| trail(&id, second, "elasticloadbalancing", name, q, r);
    let balancing = format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}");
    let arn = format!("{balancing}:targetgroup/tg-{b}/1");
    let listener = format!("{balancing}:listener/app/lb/1/{a}");
    let rule = format!("{balancing}:listener-rule/app/lb/1/{a}/{b}");
    let forward = json!([{ "type": "forward", "targetGroupArn": arn }]);
    let route = |name: &str, to: Value| {
        let mut q = json!({ "routeTableId": format!("rtb-{a}"), "destinationCidrBlock": "0.0.0.0/0" });
        q.as_object_mut().into_iter().for_each(|q| q.extend(to.as_object().cloned().unwrap_or_default()));
        ec2(name, q, json!({ "_return": true }))
    };
    let mut event = match what {
        0 | 1 => {
            let mut one = instance(&i, &subnet, &sg, &format!("10.0.0.{b}"), &eni, &format!("eni-attach-{a}"));
            if what == 1 {
                one["tagSet"] = json!({ "items": [{ "key": "aws:autoscaling:groupName", "value": "group-0" }] });
            }
            ec2("RunInstances", json!({}), json!({ "ownerId": ACCOUNT, "instancesSet": { "items": [one] } }))
        }
        2 => {
            let one = json!({ "instanceId": i, "currentState": { "code": 32, "name": "shutting-down" },
                "previousState": { "code": 16, "name": "running" } });
            ec2(
                "TerminateInstances",
                json!({ "instancesSet": { "items": [{ "instanceId": i }] } }),
                json!({ "instancesSet": { "items": [one] } }),
            )
        }
        3 => return state_change(&id, second, &i, if b == 0 { "running" } else { "terminated" }),
        4 => ec2(
            "CreateSecurityGroup",
            json!({ "groupName": sg, "vpcId": "vpc-0" }),
            json!({ "_return": true, "groupId": sg }),
        ),
        5 => ec2("DeleteSecurityGroup", json!({ "groupId": sg }), ok),
        6 => {
            let rule = json!({ "groupId": sg, "securityGroupRuleId": alias, "isEgress": false, "ipProtocol": "tcp", "fromPort": 22,
                "toPort": 22, "cidrIpv4": format!("203.0.113.{a}/32") });
            let answer = json!({ "_return": true, "securityGroupRuleSet": { "items": [rule] } });
            ec2("AuthorizeSecurityGroupIngress", json!({ "groupId": sg, "ipPermissions": permission }), answer)
        }
        7 => ec2("RevokeSecurityGroupIngress", json!({ "groupId": sg, "ipPermissions": permission }), ok),
        8 => {
            let ids = json!({ "items": [{ "securityGroupRuleId": alias }] });
            ec2("RevokeSecurityGroupIngress", json!({ "groupId": sg, "securityGroupRuleIds": ids }), ok)
        }
        9 => {
            let rule = json!({ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "198.51.100.0/24" });
            let rules = json!([{ "securityGroupRuleId": alias, "securityGroupRule": rule }]);
            ec2("ModifySecurityGroupRules", json!({ "groupId": sg, "securityGroupRules": rules }), ok)
        }
        10 => {
            let groups = json!({ "items": [{ "groupId": sg }] });
            ec2("ModifyInstanceAttribute", json!({ "instanceId": i, "groupSet": groups }), ok)
        }
        11 | 12 => {
            let tags = json!({ "items": [{ "key": "Name", "value": format!("n{b}") }, { "key": format!("k{b}"), "value": "v" }] });
            let name = if what == 11 { "CreateTags" } else { "DeleteTags" };
            ec2(name, json!({ "resourcesSet": { "items": [{ "resourceId": i }] }, "tagSet": tags }), ok)
        }
        13 => {
            ec2("CreateVpc", json!({}), json!({ "vpc": { "vpcId": format!("vpc-{a}"), "cidrBlock": "10.0.0.0/16" } }))
        }
        14 => ec2("DeleteVpc", json!({ "vpcId": format!("vpc-{a}") }), ok),
        15 => {
            let one = json!({ "subnetId": subnet, "vpcId": format!("vpc-{a}"), "cidrBlock": format!("10.0.{b}.0/24") });
            ec2("CreateSubnet", json!({}), json!({ "subnet": one }))
        }
        16 => ec2("DeleteSubnet", json!({ "subnetId": subnet }), ok),
        17 => {
            let answer = json!({ "allocationId": format!("eipalloc-{a}"), "publicIp": format!("198.51.100.{a}"), "domain": "vpc" });
            ec2("AllocateAddress", json!({}), answer)
        }
        18 => ec2("ReleaseAddress", json!({ "allocationId": format!("eipalloc-{a}") }), ok),
        19 => {
            let q = json!({ "allocationId": format!("eipalloc-{a}"), "networkInterfaceId": format!("eni-{b}") });
            ec2("AssociateAddress", q, json!({ "associationId": format!("eipassoc-{a}{b}") }))
        }
        20 => ec2(
            "AssociateAddress",
            json!({ "allocationId": format!("eipalloc-{b}"), "instanceId": i }),
            json!({ "associationId": format!("eipassoc-{a}{b}") }),
        ),
        21 => ec2("DisassociateAddress", json!({ "associationId": format!("eipassoc-{a}{b}") }), ok),
        22 => {
            let one =
                json!({ "targetGroupArn": arn, "targetGroupName": format!("tg-{b}"), "vpcId": "vpc-0", "port": 80 });
            trail(&id, second, "elasticloadbalancing", "CreateTargetGroup", json!({}), json!({ "targetGroups": [one] }))
        }
        23 | 24 => {
            // One instance on two ports: one record that says one thing twice.
            let targets = json!([{ "id": i, "port": 80 }, { "id": i, "port": 8080 + u16::from(b) }]);
            let name = if what == 23 { "RegisterTargets" } else { "DeregisterTargets" };
            trail(
                &id,
                second,
                "elasticloadbalancing",
                name,
                json!({ "targetGroupArn": arn, "targets": targets }),
                Value::Null,
            )
        }
        25 => trail(
            &id,
            second,
            "elasticloadbalancing",
            "DeleteTargetGroup",
            json!({ "targetGroupArn": arn }),
            Value::Null,
        ),
        26 => {
            let one =
                json!({ "roleName": role, "roleId": unique, "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}") });
            iam("CreateRole", json!({ "roleName": role, "assumeRolePolicyDocument": "{}" }), json!({ "role": one }))
        }
        27 => iam("DeleteRole", json!({ "roleName": role }), Value::Null),
        28 => iam(
            "AttachRolePolicy",
            json!({ "roleName": role, "policyArn": format!("arn:aws:iam::aws:policy/P{b}") }),
            Value::Null,
        ),
        29 => iam(
            "DetachRolePolicy",
            json!({ "roleName": role, "policyArn": format!("arn:aws:iam::aws:policy/P{b}") }),
            Value::Null,
        ),
        30 => {
            let one = json!({ "userName": format!("user-{b}"), "userId": format!("AIDA{a}{b}"), "path": "/" });
            iam("CreateUser", json!({ "userName": format!("user-{b}") }), json!({ "user": one }))
        }
        31 => iam("DeleteUser", json!({ "userName": format!("user-{b}") }), Value::Null),
        32 => {
            let key = json!({ "accessKeyId": format!("AKIA{a}"), "userName": format!("user-{b}"), "status": "Active" });
            iam("CreateAccessKey", json!({ "userName": format!("user-{b}") }), json!({ "accessKey": key }))
        }
        33 => iam(
            "DeleteAccessKey",
            json!({ "accessKeyId": format!("AKIA{a}"), "userName": format!("user-{b}") }),
            Value::Null,
        ),
        34 => iam(
            "CreateInstanceProfile",
            json!({ "instanceProfileName": format!("profile-{a}") }),
            json!({ "instanceProfile": { "instanceProfileName": format!("profile-{a}"), "instanceProfileId": format!("AIPA{a}"), "roles": [] } }),
        ),
        35 => iam(
            "AddRoleToInstanceProfile",
            json!({ "instanceProfileName": format!("profile-{b}"), "roleName": role }),
            Value::Null,
        ),
        36 => iam(
            "RemoveRoleFromInstanceProfile",
            json!({ "instanceProfileName": format!("profile-{b}"), "roleName": role }),
            Value::Null,
        ),
        37 => s3("CreateBucket", json!({ "bucketName": format!("bucket-{a}") })),
        38 => s3("DeleteBucket", json!({ "bucketName": format!("bucket-{a}") })),
        39 => s3(
            "PutBucketTagging",
            json!({ "bucketName": format!("bucket-{a}"), "Tagging": { "TagSet": { "Tag": { "Key": format!("k{b}"), "Value": "v" } } } }),
        ),
        40 => s3(
            "PutBucketVersioning",
            json!({ "bucketName": format!("bucket-{a}"), "VersioningConfiguration": { "Status": if b == 0 { "Enabled" } else { "Suspended" } } }),
        ),
        41 => ec2(
            "CreateVolume",
            json!({ "size": "8" }),
            json!({ "volumeId": format!("vol-{b}"), "size": "8", "zone": "eu-central-1a" }),
        ),
        42 => ec2(
            "AttachVolume",
            json!({ "volumeId": format!("vol-{b}"), "instanceId": i, "device": "/dev/sdf" }),
            json!({ "volumeId": format!("vol-{b}"), "instanceId": i, "device": "/dev/sdf", "deleteOnTermination": false }),
        ),
        43 => ec2(
            "DetachVolume",
            if a == 0 {
                json!({ "volumeId": format!("vol-{b}") })
            } else {
                json!({ "volumeId": format!("vol-{b}"), "instanceId": i })
            },
            ok,
        ),
        44 => {
            let one = json!({ "networkInterfaceId": format!("eni-{b}"), "subnetId": subnet, "vpcId": format!("vpc-{a}"), "privateIpAddress": format!("10.0.0.{a}"),
                "groupSet": { "items": [{ "groupId": sg, "groupName": "g" }] } });
            ec2("CreateNetworkInterface", json!({ "subnetId": subnet }), json!({ "networkInterface": one }))
        }
        45 => ec2(
            "AttachNetworkInterface",
            json!({ "networkInterfaceId": format!("eni-{b}"), "instanceId": i, "deviceIndex": 1 }),
            json!({ "attachmentId": format!("eni-attach-{a}{b}") }),
        ),
        46 => ec2(
            "DetachNetworkInterface",
            json!({ "attachmentId": if a == b { format!("eni-attach-{a}") } else { format!("eni-attach-{a}{b}") } }),
            ok,
        ),
        47 => ec2("DeleteNetworkInterface", json!({ "networkInterfaceId": eni }), ok),
        48 => ec2(
            "AssociateRouteTable",
            json!({ "routeTableId": format!("rtb-{a}"), "subnetId": subnet }),
            json!({ "associationId": format!("rtbassoc-{a}{b}") }),
        ),
        49 => {
            let details = json!({ "instanceId": i });
            return finding(
                &format!("finding-i-{a}"),
                second,
                u64::from(b) + 1,
                "CryptoCurrency:EC2/BitcoinTool.B!DNS",
                json!({ "resourceType": "Instance", "instanceDetails": details }),
            );
        }
        50 => {
            let key = match b {
                0 => {
                    json!({ "accessKeyId": format!("AKIA{a}"), "principalId": format!("AIDA{a}0"), "userName": "", "userType": "IAMUser" })
                }
                _ => {
                    json!({ "accessKeyId": format!("ASIA{a}"), "principalId": format!("AROA{a}1:session"), "userName": role, "userType": "AssumedRole" })
                }
            };
            return finding(
                &format!("finding-k-{a}{b}"),
                second,
                1,
                "Recon:IAMUser/MaliciousIPCaller",
                json!({ "resourceType": "AccessKey", "accessKeyDetails": key }),
            );
        }
        51 => {
            let bucket = json!([{ "name": format!("bucket-{a}") }]);
            return finding(
                &format!("finding-b-{a}"),
                second,
                u64::from(b) + 1,
                "Policy:S3/BucketPublicAccessGranted",
                json!({ "resourceType": "S3Bucket", "s3BucketDetails": bucket }),
            );
        }
        53 => route("CreateRoute", json!({ "gatewayId": format!("igw-{b}") })),
        54 => route("ReplaceRoute", json!({ "natGatewayId": format!("nat-{b}") })),
        55 => route("DeleteRoute", json!({})),
        // One may come to replace, over others, itself.
        56 => ec2(
            "ReplaceRouteTableAssociation",
            json!({ "associationId": format!("rtbassoc-{a}{b}"), "routeTableId": format!("rtb-{b}") }),
            json!({ "newAssociationId": format!("rtbassoc-{b}{}", 1 - a) }),
        ),
        57 => {
            let one = json!({ "listenerArn": listener, "protocol": "HTTP", "port": 80 });
            let q =
                json!({ "loadBalancerArn": format!("{balancing}:loadbalancer/app/lb/1"), "defaultActions": forward });
            elb("CreateListener", q, json!({ "listeners": [one] }))
        }
        58 => elb("ModifyListener", json!({ "listenerArn": listener, "defaultActions": forward }), json!({})),
        59 => elb("DeleteListener", json!({ "listenerArn": listener }), Value::Null),
        60 => {
            let q = json!({ "listenerArn": listener, "actions": forward });
            elb("CreateRule", q, json!({ "rules": [{ "ruleArn": rule }] }))
        }
        61 => elb("DeleteRule", json!({ "ruleArn": rule }), Value::Null),
        62 => {
            let groups = json!({ "items": [{ "groupId": sg }] });
            ec2("ModifyNetworkInterfaceAttribute", json!({ "networkInterfaceId": eni, "groupSet": groups }), ok)
        }
        63 => {
            let device = json!({ "deviceName": "/dev/sdf", "ebs": { "deleteOnTermination": b == 0 } });
            let q = json!({ "instanceId": i, "blockDeviceMapping": { "items": [device] } });
            ec2("ModifyInstanceAttribute", q, ok)
        }
        64 => {
            let q = json!({ "autoScalingGroupName": format!("group-{a}"), "launchTemplate": { "launchTemplateName": format!("name-{b}") } });
            trail(&id, second, "autoscaling", "UpdateAutoScalingGroup", q, Value::Null)
        }
        65 => {
            let one = json!({ "launchTemplateId": format!("lt-{a}"), "launchTemplateName": format!("name-{b}") });
            ec2("CreateLaunchTemplate", json!({}), json!({ "launchTemplate": one }))
        }
        66 => ec2("DeleteLaunchTemplate", json!({ "launchTemplateId": format!("lt-{a}") }), Value::Null),
        // Of a task or a pod only the interface is named.
        _ => {
            let details = json!({ "networkInterfaces": [{ "networkInterfaceId": eni }] });
            return finding(
                &format!("finding-e-{a}"),
                second,
                u64::from(b) + 1,
                "CryptoCurrency:EC2/BitcoinTool.B!DNS",
                json!({ "resourceType": "Instance", "instanceDetails": details }),
            );
        }
    };
    if failed && let Some(map) = event.as_object_mut() {
        map.insert("errorCode".into(), json!("Client.UnauthorizedOperation"));
    }
    event
}
