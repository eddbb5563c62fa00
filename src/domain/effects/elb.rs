//! Load balancers, classic (version 1: by name) and later (version 2: by ARN). Both use the same call names; what a request names its
//! balancer by tells them apart.

use serde_json::Value;

use super::balancer_settings::{self, named};
use super::effect::{Call, On, Out, Row};
use super::json::{given, items, text, texts};
use crate::domain::assets::List;
use crate::domain::assets::elasticloadbalancing::{load_balancer, target_group};
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("CreateLoadBalancer", create),
    ("DeleteLoadBalancer", delete),
    ("RegisterInstancesWithLoadBalancer", register_instances),
    ("DeregisterInstancesFromLoadBalancer", deregister_instances),
    ("ApplySecurityGroupsToLoadBalancer", set_groups),
    ("SetSecurityGroups", set_groups),
    ("SetSubnets", set_subnets),
    ("AttachLoadBalancerToSubnets", attach_subnets),
    ("DetachLoadBalancerFromSubnets", detach_subnets),
    ("CreateTargetGroup", create_target_group),
    ("DeleteTargetGroup", |c, out| out.delete(Kind::TargetGroup, text(c.q, "targetGroupArn"))),
    ("RegisterTargets", register),
    ("DeregisterTargets", deregister),
    ("CreateListener", create_listener),
    ("ModifyListener", modify_listener),
    ("DeleteListener", delete_listener),
    ("CreateRule", create_rule),
    ("ModifyRule", modify_rule),
    ("DeleteRule", delete_rule),
    ("AddTags", add_tags),
    ("RemoveTags", remove_tags),
];

fn create(c: &Call, out: &mut Out) {
    if let Some(name) = text(c.q, "loadBalancerName") {
        let name = out.regional(&name);
        let mut on = out.create(Kind::LoadBalancer, Some(name));
        on.set(load_balancer::TYPE, Val::text("classic"))
            .set(load_balancer::SCHEME, text(c.q, "scheme").or(Some("internet-facing".to_owned())).map(Val::Text))
            .text(load_balancer::DNS_NAME, c.a, "dNSName")
            .replace(load_balancer::SUBNETS, &texts(c.q, "subnets", "subnetId"))
            .reset(load_balancer::INSTANCES)
            .reset_tags()
            .tags(&items(c.q, "tags"));
        let groups = texts(c.q, "securityGroups", "groupId");
        if !groups.is_empty() {
            on.replace(load_balancer::GROUPS, &groups);
        }
        balancer_settings::born(c, &mut on);
        return;
    }
    let balancers = items(c.a, "loadBalancers");
    if balancers.is_empty() {
        out.gap("the answer names no load balancer");
    }
    for b in balancers {
        let mut on = out.create(Kind::LoadBalancer, text(b, "loadBalancerArn"));
        on.text(load_balancer::NAME, b, "loadBalancerName")
            .text(load_balancer::TYPE, b, "type")
            .text(load_balancer::SCHEME, b, "scheme")
            .text(load_balancer::VPC, b, "vpcId")
            .text(load_balancer::DNS_NAME, b, "dNSName")
            .text(load_balancer::IP_ADDRESS_TYPE, b, "ipAddressType")
            .replace(load_balancer::SUBNETS, &texts(b, "availabilityZones", "subnetId"))
            .reset(load_balancer::TARGET_GROUPS)
            .reset(load_balancer::LISTENERS)
            .reset(load_balancer::ACTIONS)
            .reset_tags()
            .tags(&items(c.q, "tags"));
        if given(b, "securityGroups") {
            on.replace(load_balancer::GROUPS, &texts(b, "securityGroups", "groupId"));
        }
    }
}

fn delete(c: &Call, out: &mut Out) {
    let name = named(c, out);
    out.delete(Kind::LoadBalancer, name);
}

fn register_instances(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Set);
    for id in texts(c.q, "instances", "instanceId") {
        on.element(load_balancer::INSTANCES, &id, Val::text(""));
    }
}

fn deregister_instances(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Removed);
    for id in texts(c.q, "instances", "instanceId") {
        on.remove(load_balancer::INSTANCES, &id);
    }
}

fn set_groups(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let groups = texts(c.q, "securityGroups", "groupId");
    out.on(Kind::LoadBalancer, name, Rank::Set).replace(load_balancer::GROUPS, &groups);
}

fn set_subnets(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let answered = texts(c.a, "availabilityZones", "subnetId");
    let asked = texts(c.q, "subnets", "subnetId").into_iter().chain(texts(c.q, "subnetMappings", "subnetId"));
    let subnets = if answered.is_empty() { asked.collect() } else { answered };
    out.on(Kind::LoadBalancer, name, Rank::Set).replace(load_balancer::SUBNETS, &subnets);
}

fn attach_subnets(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Set);
    for s in texts(c.q, "subnets", "subnetId") {
        on.element(load_balancer::SUBNETS, &s, Val::text(""));
    }
}

fn detach_subnets(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Removed);
    for s in texts(c.q, "subnets", "subnetId") {
        on.remove(load_balancer::SUBNETS, &s);
    }
}

fn create_target_group(c: &Call, out: &mut Out) {
    let groups = items(c.a, "targetGroups");
    if groups.is_empty() {
        out.gap("the answer names no target group");
    }
    for g in groups {
        out.create(Kind::TargetGroup, text(g, "targetGroupArn"))
            .text(target_group::NAME, g, "targetGroupName")
            .text(target_group::VPC, g, "vpcId")
            .text(target_group::PROTOCOL, g, "protocol")
            .int(target_group::PORT, g, "port")
            .text(target_group::TARGET_TYPE, g, "targetType")
            .reset(target_group::INSTANCES)
            .reset(target_group::TARGETS)
            .reset_tags()
            .tags(&items(c.q, "tags"));
    }
}

/// Instances are references; addresses, functions and balancers behind a target group are kept by name only.
fn list_of(target: &str) -> List {
    if target.starts_with("i-") { target_group::INSTANCES } else { target_group::TARGETS }
}

fn register(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::TargetGroup, text(c.q, "targetGroupArn"), Rank::Set);
    for t in items(c.q, "targets") {
        let id = text(t, "id").unwrap_or_default();
        on.element(list_of(&id), &id, Val::Text(text(t, "port").unwrap_or_default()));
    }
}

fn deregister(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::TargetGroup, text(c.q, "targetGroupArn"), Rank::Removed);
    for t in items(c.q, "targets") {
        let id = text(t, "id").unwrap_or_default();
        on.remove(list_of(&id), &id);
    }
}

/// The target groups that actions forward to.
fn forwards(actions: Vec<&Value>) -> Vec<String> {
    let mut groups = Vec::new();
    for a in actions {
        groups.extend(text(a, "targetGroupArn"));
        groups.extend(texts(a, "forwardConfig.targetGroups", "targetGroupArn"));
    }
    groups
}

/// The balancer's ARN in a listener's or a rule's: `…:listener/app/name/id/listener` -> `…:loadbalancer/app/name/id`.
fn balancer_of(arn: &str) -> Option<String> {
    let (head, path) = arn.split_once(":listener/").or_else(|| arn.split_once(":listener-rule/"))?;
    let mut parts = path.split('/');
    let (kind, name, id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{head}:loadbalancer/{kind}/{name}/{id}"))
}

/// What a listener or a rule forwards to, whole: `actions` says so until it is said anew. `target_groups` only says "has ever".
fn act(of: &str, actions: &str, c: &Call, on: &mut On) {
    if given(c.q, actions) {
        let groups = forwards(items(c.q, actions));
        on.element(load_balancer::ACTIONS, of, Val::Text(groups.join(" ")));
        for g in groups {
            on.element(load_balancer::TARGET_GROUPS, &g, Val::text(of));
        }
    }
}

fn listener(c: &Call, balancer: Option<String>, arn: &str, out: &mut Out) {
    let answered = items(c.a, "listeners").into_iter().next().unwrap_or(&Value::Null);
    let said = |what: &str| text(c.q, what).or_else(|| text(answered, what));
    let mut on = out.on(Kind::LoadBalancer, balancer, Rank::Set);
    let what: Vec<String> = ["protocol", "port"].into_iter().filter_map(said).collect();
    if !what.is_empty() {
        on.element(load_balancer::LISTENERS, arn, Val::Text(what.join(":")));
    }
    act(arn, "defaultActions", c, &mut on);
}

fn create_listener(c: &Call, out: &mut Out) {
    match items(c.a, "listeners").into_iter().find_map(|l| text(l, "listenerArn")) {
        Some(arn) => listener(c, text(c.q, "loadBalancerArn"), &arn, out),
        None => out.gap("the answer names no listener"),
    }
}

fn modify_listener(c: &Call, out: &mut Out) {
    let arn = text(c.q, "listenerArn").unwrap_or_default();
    let answered = items(c.a, "listeners").into_iter().find_map(|l| text(l, "loadBalancerArn"));
    listener(c, answered.or_else(|| balancer_of(&arn)), &arn, out);
}

/// Its rules go with it, and no record names them: that it ended is kept, for whoever reads them.
fn delete_listener(c: &Call, out: &mut Out) {
    let arn = text(c.q, "listenerArn").unwrap_or_default();
    out.on(Kind::LoadBalancer, balancer_of(&arn), Rank::Removed)
        .remove(load_balancer::LISTENERS, &arn)
        .remove(load_balancer::ACTIONS, &arn)
        .element(load_balancer::ENDED_LISTENERS, &arn, Val::text(""));
}

fn create_rule(c: &Call, out: &mut Out) {
    let rules = items(c.a, "rules");
    let Some(rule) = rules.into_iter().find_map(|r| text(r, "ruleArn")) else {
        return out.gap("the answer names no rule");
    };
    act(&rule, "actions", c, &mut out.on(Kind::LoadBalancer, balancer_of(&rule), Rank::Set));
}

fn modify_rule(c: &Call, out: &mut Out) {
    let rule = text(c.q, "ruleArn").unwrap_or_default();
    act(&rule, "actions", c, &mut out.on(Kind::LoadBalancer, balancer_of(&rule), Rank::Set));
}

fn delete_rule(c: &Call, out: &mut Out) {
    let rule = text(c.q, "ruleArn").unwrap_or_default();
    out.on(Kind::LoadBalancer, balancer_of(&rule), Rank::Removed).remove(load_balancer::ACTIONS, &rule);
}

/// The tagged: balancers and target groups by ARN, classic balancers by name.
fn tagged(c: &Call, out: &Out) -> Vec<(Kind, String)> {
    let arns = texts(c.q, "resourceArns", "resourceArn").into_iter().filter_map(|a| {
        let balancer = a.contains(":loadbalancer/").then_some(Kind::LoadBalancer);
        balancer.or(a.contains(":targetgroup/").then_some(Kind::TargetGroup)).map(|k| (k, a))
    });
    let names = texts(c.q, "loadBalancerNames", "loadBalancerName").into_iter();
    arns.chain(names.map(|n| (Kind::LoadBalancer, out.regional(&n)))).collect()
}

fn add_tags(c: &Call, out: &mut Out) {
    for (kind, name) in tagged(c, out) {
        out.on(kind, Some(name), Rank::Set).tags(&items(c.q, "tags"));
    }
}

fn remove_tags(c: &Call, out: &mut Out) {
    let keys: Vec<String> = texts(c.q, "tagKeys", "key").into_iter().chain(texts(c.q, "tags", "key")).collect();
    for (kind, name) in tagged(c, out) {
        let mut on = out.on(kind, Some(name), Rank::Removed);
        for key in &keys {
            on.remove_tag(key);
        }
    }
}
