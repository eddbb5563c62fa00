//! What calls do to the graph: real records, the shapes that are easily got wrong, and records mutated at random.

use proptest::prelude::*;
use serde_json::{Value, json};
use trailgraph::domain::effects::{calls, effects, is_effect, state_change};
use trailgraph::domain::event::{InstanceState, TrailEvent};
use trailgraph::domain::graph::{AssetId, Fact, Kind, Rank, Val, WriteSet, rules};
use trailgraph::domain::time::Time;

use crate::common::records::{all, call, fixtures, keys, shapes, state_of};

#[test]
fn real_records_are_understood_without_a_gap() {
    for (file, event) in shapes() {
        let (writes, gaps) = effects(&event);
        if !is_effect(&event.source, &event.name) || event.error.is_some() {
            assert!(writes.is_empty() && gaps.is_empty(), "{file}");
            continue;
        }
        assert!(gaps.is_empty(), "{file}: {gaps:?}");
        assert!(writes.iter().any(|w| w.fact != Fact::Seen), "{file} does nothing");
        assert!(writes.iter().all(|w| *w.stamp.event == *event.id && w.stamp.time == event.time), "{file}");
    }
}

#[test]
fn no_call_is_in_two_rows() {
    let mut names: Vec<_> = calls().collect();
    names.sort_unstable();
    let rows = names.len();
    names.dedup();
    assert_eq!(names.len(), rows);
}

#[test]
fn what_failed_changed_nothing() {
    let mut e = call("ec2", "DeleteVpc", "e", 1, json!({"vpcId": "vpc-1"}), Value::Null);
    assert!(!effects(&e).0.is_empty());
    e.error = Some("Client.DryRunOperation".to_owned());
    assert_eq!(effects(&e), (vec![], vec![]));
}

fn created() -> TrailEvent {
    call("ec2", "CreateSecurityGroup", "z", 10, json!({"groupName": "g", "vpcId": "vpc-1"}), json!({"groupId": "sg-1"}))
}

#[test]
fn a_new_group_lets_everything_out_until_that_is_revoked() {
    let writes = all(&[created()]);
    let group = state_of(&writes, Kind::SecurityGroup, "sg-1");
    let rule = &group.named_list("rules").unwrap()["egress|all|*|*|0.0.0.0/0"];
    assert!(rule.by.source.implied && rule.by.stamp.rank == Rank::Implied);
    // As Terraform does it, in the same second: ports 0/0 and `-1`.
    let range = json!({"items": [{"cidrIp": "0.0.0.0/0"}]});
    let permission = json!({"ipProtocol": "-1", "fromPort": 0, "toPort": 0, "ipRanges": range, "groups": {}});
    let q = json!({"groupId": "sg-1", "ipPermissions": {"items": [permission]}});
    let revoked = call("ec2", "RevokeSecurityGroupEgress", "a", 10, q, json!({"_return": true}));
    let group = state_of(&all(&[revoked, created()]), Kind::SecurityGroup, "sg-1");
    assert!(keys(&group, "rules").is_empty());
}

#[test]
fn one_permission_has_one_key_in_every_form() {
    let nested = json!({"groupId": "sg-1", "ipPermissions": {"items": [
        {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "ipv6Ranges": {}}]}});
    let flat = json!({"groupId": "sg-1", "ipPermissions": {}, "ipProtocol": "6", "fromPort": "22", "toPort": 22, "cidrIp": "0.0.0.0/0"});
    let answer = json!({"securityGroupRuleSet": {"items": [{"groupId": "sg-1", "securityGroupRuleId": "sgr-1", "isEgress": false,
        "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0", "description": "d"}]}});
    let name = "AuthorizeSecurityGroupIngress";
    for (q, a) in [(nested.clone(), Value::Null), (flat.clone(), Value::Null), (nested, answer.clone())] {
        let group = state_of(&all(&[call("ec2", name, "e", 11, q, a)]), Kind::SecurityGroup, "sg-1");
        assert_eq!(keys(&group, "rules"), ["ingress|tcp|22|22|0.0.0.0/0"]);
    }
    let granted = call("ec2", name, "a", 11, json!({"groupId": "sg-1"}), answer);
    let by_flat = call("ec2", "RevokeSecurityGroupIngress", "b", 12, flat, Value::Null);
    let by_id = json!({"groupId": "sg-1", "securityGroupRuleIds": {"items": [{"securityGroupRuleId": "sgr-1"}]}});
    let by_id = call("ec2", "RevokeSecurityGroupIngress", "b", 12, by_id, Value::Null);
    let group = state_of(&all(&[granted.clone(), by_flat]), Kind::SecurityGroup, "sg-1");
    assert!(keys(&group, "rules").is_empty());
    let set: WriteSet = all(&[granted, by_id]).into_iter().collect();
    let group = AssetId::new("111122223333", Kind::SecurityGroup, "sg-1");
    assert_eq!(rules(&set, &group, Time(11_000)).len(), 1);
    assert!(rules(&set, &group, Time(12_000)).is_empty());
}

#[test]
fn an_instance_of_an_auto_scaling_group_brings_its_interfaces() {
    let nic = json!({"networkInterfaceId": "eni-1", "subnetId": "subnet-1", "vpcId": "vpc-1", "groupSet": {"items": [{"groupId": "sg-2"}]},
        "attachment": {"attachmentId": "eni-attach-1", "deviceIndex": 0, "deleteOnTermination": true},
        "privateIpAddressesSet": {"item": {"privateIpAddress": "10.0.0.4", "primary": "true"}}, "tagSet": {}});
    let i = json!({"instanceId": "i-1", "imageId": "ami-1", "instanceState": {"name": "pending"}, "groupSet": {"items": [{"groupId": "sg-1"}]},
        "iamInstanceProfile": {"arn": "arn:aws:iam::111122223333:instance-profile/path/p"}, "networkInterfaceSet": {"items": [nic]},
        "tagSet": {"items": [{"key": "aws:autoscaling:groupName", "value": "web"}, {"key": "aws:ec2launchtemplate:id", "value": "lt-1"}]},
        "metadataOptions": {"httpTokens": "optional", "httpPutResponseHopLimit": 2}});
    let writes = all(&[call("ec2", "RunInstances", "e", 20, json!({}), json!({"instancesSet": {"items": [i]}}))]);
    let instance = state_of(&writes, Kind::Instance, "i-1");
    for (field, want) in [
        ("auto_scaling_group", "us-east-1/web"),
        ("launch_template", "lt-1"),
        ("instance_profile", "p"),
        ("image", "ami-1"),
    ] {
        assert_eq!(instance.named_text(field), Some(want));
    }
    assert_eq!(instance.named("imds_hop_limit").unwrap().value, Val::Int(2));
    assert_eq!(keys(&instance, "groups"), ["sg-1"]);
    let nic = state_of(&writes, Kind::NetworkInterface, "eni-1");
    assert_eq!(
        (keys(&nic, "groups"), keys(&nic, "private_ips")),
        (vec!["sg-2".to_owned()], vec!["10.0.0.4".to_owned()])
    );
    let attachment = state_of(&writes, Kind::InterfaceAttachment, "eni-attach-1");
    assert_eq!(attachment.named_text("instance"), Some("i-1"));
    assert_eq!(attachment.named("delete_on_termination").unwrap().value, Val::Bool(true));
    assert!(
        writes.iter().any(|w| w.asset.kind == Kind::SecurityGroup && w.asset.name == "sg-2" && w.fact == Fact::Seen)
    );
}

#[test]
fn an_interface_that_was_there_before_is_not_born_again() {
    let q = json!({"networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-1"}]}});
    let nic = json!({"networkInterfaceId": "eni-1", "attachment": {"attachmentId": "eni-attach-1"}});
    let a = json!({"instancesSet": {"items": [{"instanceId": "i-1", "networkInterfaceSet": {"items": [nic]}}]}});
    let writes = all(&[call("ec2", "RunInstances", "e", 20, q, a)]);
    assert!(state_of(&writes, Kind::NetworkInterface, "eni-1").inferred);
}

#[test]
fn a_cut_answer_is_a_gap() {
    let (writes, gaps) = effects(&call("ec2", "RunInstances", "e", 1, json!({}), Value::Null));
    assert!(writes.is_empty());
    assert_eq!(gaps[0].what, "RunInstances: the answer names no instances");
}

#[test]
fn the_second_dialect_and_boolean_tags_read_like_the_first() {
    let q = json!({"CreateNatGatewayRequest": {"SubnetId": "subnet-1", "AllocationId": "eipalloc-1"}});
    let a = json!({"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-1", "subnetId": "subnet-1",
        "natGatewayAddressSet": {"item": {"allocationId": "eipalloc-1"}}, "tagSet": {"item": {"key": "t", "value": true}}}}});
    let nat = state_of(&all(&[call("ec2", "CreateNatGateway", "e", 1, q, a)]), Kind::NatGateway, "nat-1");
    assert_eq!((nat.named_text("subnet"), nat.named_text("address")), (Some("subnet-1"), Some("eipalloc-1")));
    assert_eq!(nat.named_list("tags").unwrap()["t"].value, Some(Val::text("true")));
    for tag in [json!({"Key": "t", "Value": true}), json!([{"Key": "t", "Value": "true"}])] {
        let q = json!({"bucketName": "b", "tagging": "", "Tagging": {"TagSet": {"Tag": tag}}});
        let bucket = state_of(&all(&[call("s3", "PutBucketTagging", "e", 1, q, Value::Null)]), Kind::Bucket, "b");
        assert_eq!(bucket.named_list("tags").unwrap()["t"].value, Some(Val::text("true")));
    }
}

#[test]
fn an_instance_ends_when_it_is_told_to_and_is_terminated_later() {
    let a = json!({"instancesSet": {"items": [{"instanceId": "i-1", "currentState": {"name": "shutting-down"}}]}});
    let mut writes = all(&[call("ec2", "TerminateInstances", "e", 30, json!({}), a)]);
    let state = InstanceState {
        id: "s".to_owned(),
        time: Time(31_000),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        instance_id: "i-1".to_owned(),
        state: "terminated".to_owned(),
    };
    writes.extend(state_change(&state));
    let instance = state_of(&writes, Kind::Instance, "i-1");
    assert_eq!(instance.named_text("state"), Some("terminated"));
    assert_eq!(instance.ended.map(|e| e.stamp.time), Some(Time(30_000)));
}

/// Replaces the subtree that a path of choices leads to.
fn mutate(v: &mut Value, path: &[usize], with: &Value) {
    let Some((choice, rest)) = path.split_first() else {
        *v = with.clone();
        return;
    };
    let children: Vec<&mut Value> = match v {
        Value::Array(all) => all.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    let count = children.len();
    match children.into_iter().nth(choice.checked_rem(count).unwrap_or_default()) {
        Some(child) => mutate(child, rest, with),
        None => *v = with.clone(),
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["i-1", "sg-1", "-1", "0.0.0.0/0", "::/129", "%7B%", "%é", "a,b", "%"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(
                prop::sample::select(vec!["items", "item", "key", "value", "groupId", "x"]),
                inner,
                0..3
            )
            .prop_map(|m| m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn mutated_records_never_panic_and_give_the_same_twice(
        changes in prop::collection::vec((any::<bool>(), prop::collection::vec(0usize..16, 0..7), anything()), 1..4),
        row in any::<prop::sample::Index>(),
    ) {
        static SHAPES: std::sync::LazyLock<Vec<(String, TrailEvent)>> =
            std::sync::LazyLock::new(|| [fixtures(), shapes()].concat());
        let rows: Vec<_> = calls().collect();
        let (source, name) = *row.get(&rows);
        let mut events: Vec<TrailEvent> = SHAPES.iter().map(|(_, e)| e.clone()).filter(|e| e.source == source).collect();
        events.push(call("x", name, "e", 1, json!({}), json!({})));
        for mut e in events {
            (e.source, e.error) = (source.to_owned(), None);
            // Half of them keep their own name, the others are read as another call.
            if changes.len() % 2 == 0 || e.name.is_empty() {
                e.name = name.to_owned();
            }
            for (asked, path, with) in &changes {
                mutate(if *asked { &mut e.request } else { &mut e.response }, path, with);
            }
            let once = effects(&e);
            prop_assert_eq!(&once, &effects(&e));
            prop_assert!(once.0.iter().all(|w| !w.asset.name.is_empty()));
        }
    }
}
