//! What only several calls tell together: each story as the records that AWS would write of it.

use crate::common::history::{ACCOUNT, REGION, at, instance, trail};
use crate::common::live;
use crate::common::live::{Live, run};
use serde_json::{Value, json};
use trailgraph::domain::graph::{AssetId, AssetState, Kind, at as resolved};
use trailgraph::domain::incident::{Limits, Topology, topology};
use trailgraph::domain::time::Time;
use trailgraph::stages::graph_view::GraphView;
use trailgraph::stages::retention::Retention;

/// One after the other, a second apart, the first at second 1.
pub fn story(calls: &[(&str, &str, Value, Value)]) -> Live {
    let one = |(n, (source, name, q, a)): (usize, &(&str, &str, Value, Value))| {
        trail(&format!("e{n}"), n as u16 + 1, source, name, q.clone(), a.clone())
    };
    let records: Vec<Value> = calls.iter().enumerate().map(one).collect();
    // Backwards is as good an order as any.
    let backwards: Vec<Value> = records.iter().rev().cloned().collect();
    let (told, other) = (run(&records, 1, Retention::FOREVER), run(&backwards, 1, Retention::FOREVER));
    let all = live::assets(&told);
    let times: Vec<Time> = (0..=calls.len() as i64).map(at).collect();
    let answers = |live: &Live| live::answers(live, &all, &times);
    assert_eq!(live::difference(&answers(&told), &answers(&other)), None);
    told
}

pub fn id(kind: Kind, name: &str) -> AssetId {
    AssetId::new(ACCOUNT, kind, name)
}

pub fn state(live: &Live, kind: Kind, name: &str, second: i64) -> AssetState {
    resolved(&GraphView(live), &id(kind, name), at(second)).unwrap_or_default()
}

pub fn listed(live: &Live, kind: Kind, name: &str, list: &str, second: i64) -> Vec<String> {
    let state = state(live, kind, name, second);
    state.named_list(list).into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

fn around(live: &Live, instance: &str, second: i64) -> Topology {
    topology(&GraphView(live), &id(Kind::Instance, instance), at(second), Limits::default())
}

/// The ends of the edges of one relation that start here.
fn leads(of: &Topology, from: &str, relation: &str) -> Vec<String> {
    let edges = of.edges.iter().filter(|e| e.from == from && e.relation == relation);
    edges.map(|e| e.to.clone()).collect()
}

pub fn done() -> Value {
    json!({ "_return": true })
}

pub fn ran() -> (&'static str, &'static str, Value, Value) {
    let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.5", "eni-1", "eni-attach-1");
    ("ec2", "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }))
}

fn groups(of: &[&str]) -> Value {
    json!({ "items": of.iter().map(|g| json!({ "groupId": g })).collect::<Vec<_>>() })
}

/// The console changes an instance's groups by its interface, the API by either.
#[test]
fn the_groups_of_an_instance_and_of_its_primary_interface_are_the_same() {
    let by_interface = json!({ "networkInterfaceId": "eni-1", "groupSet": groups(&["sg-2"]) });
    let by_instance = json!({ "instanceId": "i-1", "groupSet": groups(&["sg-3", "sg-4"]) });
    let told = story(&[
        ran(),
        ("ec2", "ModifyNetworkInterfaceAttribute", by_interface, done()),
        ("ec2", "ModifyInstanceAttribute", by_instance, done()),
    ]);
    for (second, want) in [(1, vec!["sg-1"]), (2, vec!["sg-2"]), (3, vec!["sg-3", "sg-4"])] {
        assert_eq!(listed(&told, Kind::Instance, "i-1", "groups", second), want, "instance at {second}");
        assert_eq!(listed(&told, Kind::NetworkInterface, "eni-1", "groups", second), want, "interface at {second}");
        assert_eq!(leads(&around(&told, "i-1", second), "i-1", "protected_by"), want);
    }
}

#[test]
fn a_second_interface_has_groups_of_its_own() {
    let two = json!({ "networkInterface": { "networkInterfaceId": "eni-2", "subnetId": "subnet-1", "groupSet": groups(&["sg-9"]) } });
    let attach = json!({ "networkInterfaceId": "eni-2", "instanceId": "i-1", "deviceIndex": 1 });
    let change = json!({ "networkInterfaceId": "eni-2", "groupSet": groups(&["sg-2"]) });
    let told = story(&[
        ran(),
        ("ec2", "CreateNetworkInterface", json!({}), two),
        ("ec2", "AttachNetworkInterface", attach, json!({ "attachmentId": "eni-attach-2" })),
        ("ec2", "ModifyNetworkInterfaceAttribute", change, done()),
    ]);
    assert_eq!(listed(&told, Kind::Instance, "i-1", "groups", 4), ["sg-1"]);
    assert_eq!(listed(&told, Kind::NetworkInterface, "eni-2", "groups", 4), ["sg-2"]);
}

fn route(name: &'static str, target: &str, to: &str) -> (&'static str, &'static str, Value, Value) {
    let mut q = json!({ "routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0" });
    if !target.is_empty() {
        q[target] = json!(to);
    }
    ("ec2", name, q, done())
}

#[test]
fn a_route_table_leads_where_its_routes_lead_now() {
    let told = story(&[
        route("CreateRoute", "gatewayId", "igw-1"),
        route("ReplaceRoute", "natGatewayId", "nat-1"),
        route("DeleteRoute", "", ""),
    ]);
    let leads = |second| {
        ["gateways", "nat_gateways"].map(|list| listed(&told, Kind::RouteTable, "rtb-1", list, second).concat())
    };
    assert_eq!(leads(1), ["igw-1", ""]);
    assert_eq!(leads(2), ["", "nat-1"]);
    assert_eq!(leads(3), ["", ""]);
}

#[test]
fn a_replaced_association_hands_its_subnet_on() {
    let associate = json!({ "routeTableId": "rtb-1", "subnetId": "subnet-1" });
    let replace = |old: &str, table: &str| json!({ "associationId": old, "routeTableId": table });
    let told = story(&[
        ran(),
        ("ec2", "AssociateRouteTable", associate, json!({ "associationId": "rtbassoc-1" })),
        (
            "ec2",
            "ReplaceRouteTableAssociation",
            replace("rtbassoc-1", "rtb-2"),
            json!({ "newAssociationId": "rtbassoc-2" }),
        ),
        (
            "ec2",
            "ReplaceRouteTableAssociation",
            replace("rtbassoc-2", "rtb-3"),
            json!({ "newAssociationId": "rtbassoc-3" }),
        ),
        ("ec2", "DisassociateRouteTable", json!({ "associationId": "rtbassoc-3" }), done()),
    ]);
    let tables = |second| {
        let edges = around(&told, "i-1", second).edges.into_iter();
        edges.filter(|e| e.relation == "associated_with" && e.to == "subnet-1").map(|e| e.from).collect::<Vec<_>>()
    };
    assert_eq!([1, 2, 3, 4, 5].map(tables), [vec![], vec!["rtb-1"], vec!["rtb-2"], vec!["rtb-3"], vec![]]);
}

fn elb(what: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{what}")
}

#[test]
fn a_load_balancer_forwards_where_its_listeners_and_their_rules_say() {
    let balancer = elb("loadbalancer/app/web/1");
    let (listener, rule) = (elb("listener/app/web/1/2"), elb("listener-rule/app/web/1/2/3"));
    let (blue, green) = (elb("targetgroup/blue/1"), elb("targetgroup/green/1"));
    let forward = |to: &str| json!([{ "type": "forward", "targetGroupArn": to }]);
    let weighted = json!([{ "type": "forward", "forwardConfig": { "targetGroups": [
        { "targetGroupArn": blue, "weight": 1 }, { "targetGroupArn": green, "weight": 9 }] } }]);
    let source = "elasticloadbalancing";
    let created = json!({ "listeners": [{ "listenerArn": listener, "protocol": "HTTPS", "port": 443 }] });
    let told = story(&[
        (source, "CreateListener", json!({ "loadBalancerArn": balancer, "defaultActions": forward(&blue) }), created),
        (source, "ModifyListener", json!({ "listenerArn": listener, "defaultActions": weighted }), json!({})),
        (source, "ModifyListener", json!({ "listenerArn": listener, "defaultActions": forward(&green) }), json!({})),
        (source, "ModifyListener", json!({ "listenerArn": listener, "certificates": [] }), json!({})),
        (
            source,
            "CreateRule",
            json!({ "listenerArn": listener, "actions": forward(&blue) }),
            json!({ "rules": [{ "ruleArn": rule }] }),
        ),
        (source, "ModifyRule", json!({ "ruleArn": rule, "actions": [{ "type": "redirect" }] }), json!({})),
        (source, "ModifyRule", json!({ "ruleArn": rule, "actions": forward(&blue) }), json!({})),
        (source, "DeleteListener", json!({ "listenerArn": listener }), Value::Null),
    ]);
    let to = |second| listed(&told, Kind::LoadBalancer, &balancer, "target_groups", second);
    let (b, g) = (vec![blue.clone()], vec![green.clone()]);
    let both = [b.clone(), g.clone()].concat();
    // With its listener a rule is gone, and no record says so.
    assert_eq!(
        (1..=8).map(to).collect::<Vec<_>>(),
        [b, both.clone(), g.clone(), g.clone(), both.clone(), g, both, vec![]]
    );
    assert_eq!(listed(&told, Kind::LoadBalancer, &balancer, "listeners", 7), [listener]);
}

#[test]
fn a_volume_goes_with_its_instance_where_that_was_said_last() {
    let volume = |id: &str| ("ec2", "CreateVolume", json!({ "size": "8" }), json!({ "volumeId": id, "size": "8" }));
    let attach = |id: &str, device: &str, deletes: bool| {
        let q = json!({ "volumeId": id, "instanceId": "i-1", "device": device });
        let a = json!({ "volumeId": id, "instanceId": "i-1", "device": device, "deleteOnTermination": deletes });
        ("ec2", "AttachVolume", q, a)
    };
    let change = json!({ "instanceId": "i-1", "blockDeviceMapping": { "items": [
        { "deviceName": "/dev/sdf", "ebs": { "deleteOnTermination": true } }, { "deviceName": "/dev/sdg", "ebs": { "deleteOnTermination": false } }] } });
    let ended =
        json!({ "instancesSet": { "items": [{ "instanceId": "i-1", "currentState": { "name": "shutting-down" } }] } });
    let told = story(&[
        ran(),
        volume("vol-1"),
        volume("vol-2"),
        volume("vol-3"),
        attach("vol-1", "/dev/sdf", false),
        attach("vol-2", "/dev/sdg", true),
        attach("vol-3", "/dev/sdh", true),
        ("ec2", "ModifyInstanceAttribute", change, done()),
        ("ec2", "TerminateInstances", json!({}), ended),
    ]);
    let there = |second| ["vol-1", "vol-2", "vol-3"].map(|v| state(&told, Kind::Volume, v, second).exists);
    assert_eq!(there(8), [true, true, true]);
    assert_eq!(there(9), [false, true, false]);
    assert_eq!(listed(&told, Kind::Volume, "vol-2", "instances", 9), Vec::<String>::new());
    assert!(state(&told, Kind::Volume, "vol-1", 9).ended.is_some_and(|by| by.source.implied));
}

#[test]
fn a_group_finds_its_launch_template_by_name() {
    let made = |id: &str| {
        let one = json!({ "launchTemplateId": id, "launchTemplateName": "web" });
        ("ec2", "CreateLaunchTemplate", json!({}), json!({ "launchTemplate": one }))
    };
    let by = |what: Value| {
        (
            "autoscaling",
            "UpdateAutoScalingGroup",
            json!({ "autoScalingGroupName": "g", "launchTemplate": what }),
            Value::Null,
        )
    };
    let told = story(&[
        made("lt-1"),
        by(json!({ "launchTemplateName": "web" })),
        by(json!({ "launchTemplateId": "lt-7" })),
        by(json!({ "launchTemplateName": "web" })),
        ("ec2", "DeleteLaunchTemplate", json!({ "launchTemplateId": "lt-1" }), Value::Null),
        made("lt-2"),
    ]);
    let template = |second| {
        let group = state(&told, Kind::AutoScalingGroup, &format!("{REGION}/g"), second);
        group.named_text("launch_template").unwrap_or_default().to_owned()
    };
    assert_eq!([2, 3, 4, 5, 6].map(template), ["lt-1", "lt-7", "lt-1", "", "lt-2"]);
}
