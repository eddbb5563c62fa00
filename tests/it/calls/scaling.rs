//! Auto Scaling groups.

use serde_json::{Value, json};
use trailgraph::domain::effects::effects;
use trailgraph::domain::graph::{AssetState, Kind, Val};

use super::{Step, TARGETS, after, none, value};
use crate::common::records::{call, keys, state_of};

fn group(steps: &[Step]) -> AssetState {
    state_of(&after(steps), Kind::AutoScalingGroup, "us-east-1/web")
}

#[test]
fn an_auto_scaling_group_launches_from_one_thing_at_a_time() {
    let named = |more: Value| {
        let mut q = json!({"autoScalingGroupName": "web", "desiredCapacity": 2});
        q.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        q
    };
    let steps = [
        ("autoscaling", "CreateAutoScalingGroup", named(json!({"launchConfigurationName": "old"})), none()),
        (
            "autoscaling",
            "UpdateAutoScalingGroup",
            named(json!({"launchTemplate": {"launchTemplateId": "lt-1", "version": "3"}})),
            none(),
        ),
        (
            "autoscaling",
            "UpdateAutoScalingGroup",
            named(json!({"launchTemplate": {"launchTemplateName": "new"}})),
            none(),
        ),
        ("autoscaling", "UpdateAutoScalingGroup", named(json!({"maxSize": 3})), none()),
    ];
    assert_eq!(group(&steps[..1]).named_text("launch_configuration"), Some("old"));
    let by_id = group(&steps[..2]);
    assert_eq!(
        (by_id.named_text("launch_template"), by_id.named_text("launch_configuration")),
        (Some("lt-1"), Some(""))
    );
    let by_name = group(&steps);
    assert_eq!(by_name.named_text("launch_template_name"), Some("new"));
    assert_eq!(value(&by_name, "launch_template"), Some(Val::Unknown));
    assert_eq!(value(&by_name, "max"), Some(Val::Int(3)));
}

#[test]
fn traffic_sources_are_the_target_groups_and_balancers_of_before() {
    let sources = json!([{"identifier": TARGETS, "type": "elbv2"}, {"identifier": "classic", "type": "elb"}]);
    let q = json!({"autoScalingGroupName": "web", "trafficSources": sources});
    let by_arn = json!({"autoScalingGroupName": "web", "trafficSources": [{"identifier": TARGETS}]});
    for name in ["CreateAutoScalingGroup", "AttachTrafficSources"] {
        let steps =
            [("autoscaling", name, q.clone(), none()), ("autoscaling", "DetachTrafficSources", by_arn.clone(), none())];
        let attached = group(&steps[..1]);
        assert_eq!(keys(&attached, "target_groups"), [TARGETS]);
        assert_eq!(keys(&attached, "load_balancers"), ["us-east-1/classic"]);
        let detached = group(&steps);
        assert!(keys(&detached, "target_groups").is_empty());
        assert_eq!(keys(&detached, "load_balancers"), ["us-east-1/classic"]);
    }
    let other = json!({"autoScalingGroupName": "web", "trafficSources": [{"identifier": "arn:aws:vpc-lattice:us-east-1:111122223333:targetgroup/tg-1", "type": "vpc-lattice"}]});
    let (_, gaps) = effects(&call("autoscaling", "AttachTrafficSources", "e", 1, other, none()));
    assert_eq!(gaps[0].what, "AttachTrafficSources: a traffic source of a kind that is not followed");
}

#[test]
fn the_other_ways_to_attach_and_tag_work_on_the_same_lists() {
    let of = |more: Value| {
        let mut q = json!({"autoScalingGroupName": "web"});
        q.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        q
    };
    let tag = json!({"tags": [{"resourceId": "web", "resourceType": "auto-scaling-group", "key": "team", "value": "a", "propagateAtLaunch": true}]});
    let steps = [
        ("autoscaling", "AttachLoadBalancerTargetGroups", of(json!({"targetGroupARNs": [TARGETS]})), none()),
        ("autoscaling", "AttachLoadBalancers", of(json!({"loadBalancerNames": ["classic"]})), none()),
        ("autoscaling", "CreateOrUpdateTags", tag.clone(), none()),
        ("autoscaling", "DetachLoadBalancerTargetGroups", of(json!({"targetGroupARNs": [TARGETS]})), none()),
        ("autoscaling", "DetachLoadBalancers", of(json!({"loadBalancerNames": ["classic"]})), none()),
        ("autoscaling", "DeleteTags", tag, none()),
    ];
    let (before, now) = (group(&steps[..3]), group(&steps));
    for (list, key) in [("target_groups", TARGETS), ("load_balancers", "us-east-1/classic"), ("tags", "team")] {
        assert_eq!(keys(&before, list), [key]);
        assert!(keys(&now, list).is_empty(), "{list}");
    }
}

#[test]
fn a_group_that_gains_or_loses_instances_wants_an_unknown_number() {
    let sized =
        ("autoscaling", "SetDesiredCapacity", json!({"autoScalingGroupName": "web", "desiredCapacity": 2}), none());
    let q = |less: bool| json!({"autoScalingGroupName": "web", "instanceIds": ["i-1"], "shouldDecrementDesiredCapacity": less});
    for (name, less, known) in [
        ("AttachInstances", false, false),
        ("DetachInstances", true, false),
        ("DetachInstances", false, true),
        ("EnterStandby", true, false),
        ("ExitStandby", false, false),
    ] {
        let desired = value(&group(&[sized.clone(), ("autoscaling", name, q(less), none())]), "desired");
        assert_eq!(desired, Some(if known { Val::Int(2) } else { Val::Unknown }), "{name}");
    }
    let writes = after(&[("autoscaling", "AttachInstances", q(false), none())]);
    assert_eq!(state_of(&writes, Kind::Instance, "i-1").named_text("auto_scaling_group"), Some("us-east-1/web"));
    let writes = after(&[("autoscaling", "DetachInstances", q(true), none())]);
    assert_eq!(state_of(&writes, Kind::Instance, "i-1").named_text("auto_scaling_group"), Some(""));
}

#[test]
fn an_instance_that_its_group_is_to_terminate_is_there_until_ec2_says_otherwise() {
    let q = json!({"instanceId": "i-1", "shouldDecrementDesiredCapacity": true});
    let a = json!({"activity": {"autoScalingGroupName": "web", "statusCode": "InProgress"}});
    let writes = after(&[("autoscaling", "TerminateInstanceInAutoScalingGroup", q.clone(), a)]);
    let i = state_of(&writes, Kind::Instance, "i-1");
    assert!(i.exists);
    assert_eq!(i.named_text("auto_scaling_group"), Some("us-east-1/web"));
    let group = state_of(&writes, Kind::AutoScalingGroup, "us-east-1/web");
    assert_eq!(value(&group, "desired"), Some(Val::Unknown));
    let (_, gaps) = effects(&call("autoscaling", "TerminateInstanceInAutoScalingGroup", "e", 1, q, none()));
    assert_eq!(gaps[0].what, "TerminateInstanceInAutoScalingGroup: names no auto_scaling_group");
}
