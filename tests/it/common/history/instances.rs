//! Instances, their tags and their volumes.

use serde_json::{Value, json};

use super::{ACCOUNT, Kind, REGION, Step, text};

pub const KINDS: &[Kind] = &[
    Kind { line: "RunInstances i-{a} subnet-{b} sg-{b} eni-{a}", record: |s| run(s, launched(s)) },
    Kind {
        line: "RunInstances i-{a} subnet-{b} sg-{b} eni-{a} by group-0",
        record: |s| {
            let mut one = launched(s);
            one["tagSet"] = json!({ "items": [{ "key": "aws:autoscaling:groupName", "value": "group-0" }] });
            run(s, one)
        },
    },
    Kind {
        line: "TerminateInstances i-{a}",
        record: |s| {
            let i = s.with("i-{a}");
            let one = json!({ "instanceId": i, "currentState": { "code": 32, "name": "shutting-down" },
                "previousState": { "code": 16, "name": "running" } });
            let request = json!({ "instancesSet": { "items": [{ "instanceId": i }] } });
            s.ec2("TerminateInstances", request, json!({ "instancesSet": { "items": [one] } }))
        },
    },
    Kind { line: "StateChange i-{a} running", record: |s| state(s, "running") },
    Kind { line: "StateChange i-{a} terminated", record: |s| state(s, "terminated") },
    Kind {
        line: "ModifyInstanceAttribute i-{a} sg-{b}",
        record: |s| {
            let groups = json!({ "items": [{ "groupId": s.with("sg-{b}") }] });
            s.ec2_done("ModifyInstanceAttribute", json!({ "instanceId": s.with("i-{a}"), "groupSet": groups }))
        },
    },
    Kind { line: "ModifyInstanceAttribute i-{a} /dev/sdf deleteOnTermination", record: |s| ends_with_it(s, true) },
    Kind { line: "ModifyInstanceAttribute i-{a} /dev/sdf keepOnTermination", record: |s| ends_with_it(s, false) },
    Kind { line: "CreateTags i-{a} Name=n{b} k{b}=v", record: |s| tags(s, "CreateTags") },
    Kind { line: "DeleteTags i-{a} Name=n{b} k{b}=v", record: |s| tags(s, "DeleteTags") },
    Kind {
        line: "CreateVolume vol-{b}",
        record: |s| {
            let response = json!({ "volumeId": s.with("vol-{b}"), "size": "8", "zone": "eu-central-1a" });
            s.ec2("CreateVolume", json!({ "size": "8" }), response)
        },
    },
    Kind {
        line: "AttachVolume vol-{b} i-{a}",
        record: |s| {
            let request = json!({ "volumeId": s.with("vol-{b}"), "instanceId": s.with("i-{a}"), "device": "/dev/sdf" });
            let mut response = request.clone();
            response["deleteOnTermination"] = false.into();
            s.ec2("AttachVolume", request, response)
        },
    },
    Kind {
        line: "DetachVolume vol-{b}",
        record: |s| s.ec2_done("DetachVolume", json!({ "volumeId": s.with("vol-{b}") })),
    },
    Kind {
        line: "DetachVolume vol-{b} i-{a}",
        record: |s| s.ec2_done("DetachVolume", json!({ "volumeId": s.with("vol-{b}"), "instanceId": s.with("i-{a}") })),
    },
];

fn launched(s: &Step) -> Value {
    let [id, subnet, group, ip, eni, attachment] =
        ["i-{a}", "subnet-{b}", "sg-{b}", "10.0.0.{b}", "eni-{a}", "eni-attach-{a}"].map(|name| s.with(name));
    instance(&id, &subnet, &group, &ip, &eni, &attachment)
}

fn run(s: &Step, one: Value) -> Value {
    s.ec2("RunInstances", json!({}), json!({ "ownerId": ACCOUNT, "instancesSet": { "items": [one] } }))
}

fn state(s: &Step, state: &str) -> Value {
    state_change(&s.id(), s.second, &s.with("i-{a}"), state)
}

fn ends_with_it(s: &Step, yes: bool) -> Value {
    let device = json!({ "deviceName": "/dev/sdf", "ebs": { "deleteOnTermination": yes } });
    let request = json!({ "instanceId": s.with("i-{a}"), "blockDeviceMapping": { "items": [device] } });
    s.ec2_done("ModifyInstanceAttribute", request)
}

fn tags(s: &Step, name: &str) -> Value {
    let tags = json!([{ "key": "Name", "value": s.with("n{b}") }, { "key": s.with("k{b}"), "value": "v" }]);
    let resources = json!({ "items": [{ "resourceId": s.with("i-{a}") }] });
    s.ec2_done(name, json!({ "resourcesSet": resources, "tagSet": { "items": tags } }))
}

pub fn state_change(id: &str, second: u16, instance: &str, state: &str) -> Value {
    json!({
        "version": "0", "id": id, "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
        "account": ACCOUNT, "time": text(second), "region": REGION,
        "resources": [format!("arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}")],
        "detail": { "instance-id": instance, "state": state },
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
