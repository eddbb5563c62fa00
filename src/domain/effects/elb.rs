//! Load balancers, classic (version 1: by name) and later (version 2: by ARN). Both use the same call names; what a request names its
//! balancer by tells them apart.

use serde_json::Value;

use super::balancer_settings;
use super::effect::{Call, Out, Row};
use super::json::{given, items, text, texts};
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
    ("AddTags", add_tags),
    ("RemoveTags", remove_tags),
];

/// The balancer that a request names: version 2 by ARN, version 1 by name.
pub fn named(c: &Call, out: &Out) -> Option<String> {
    text(c.q, "loadBalancerArn").or_else(|| text(c.q, "loadBalancerName").map(|n| out.regional(&n)))
}

fn create(c: &Call, out: &mut Out) {
    if let Some(name) = text(c.q, "loadBalancerName") {
        let name = out.regional(&name);
        let mut on = out.create(Kind::LoadBalancer, Some(name));
        on.set("type", Val::text("classic"))
            .set("scheme", text(c.q, "scheme").or(Some("internet-facing".to_owned())).map(Val::Text))
            .text("dns_name", c.a, "dNSName")
            .replace("subnets", &texts(c.q, "subnets", "subnetId"))
            .reset("instances")
            .reset("tags")
            .tags(&items(c.q, "tags"));
        let groups = texts(c.q, "securityGroups", "groupId");
        if !groups.is_empty() {
            on.replace("groups", &groups);
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
        on.text("name", b, "loadBalancerName")
            .text("type", b, "type")
            .text("scheme", b, "scheme")
            .text("vpc", b, "vpcId")
            .text("dns_name", b, "dNSName")
            .text("ip_address_type", b, "ipAddressType")
            .replace("subnets", &texts(b, "availabilityZones", "subnetId"))
            .reset("target_groups")
            .reset("listeners")
            .reset("tags")
            .tags(&items(c.q, "tags"));
        if given(b, "securityGroups") {
            on.replace("groups", &texts(b, "securityGroups", "groupId"));
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
        on.element("instances", &id, Val::text(""));
    }
}

fn deregister_instances(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Removed);
    for id in texts(c.q, "instances", "instanceId") {
        on.remove("instances", &id);
    }
}

fn set_groups(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let groups = texts(c.q, "securityGroups", "groupId");
    out.on(Kind::LoadBalancer, name, Rank::Set).replace("groups", &groups);
}

fn set_subnets(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let answered = texts(c.a, "availabilityZones", "subnetId");
    let asked = texts(c.q, "subnets", "subnetId").into_iter().chain(texts(c.q, "subnetMappings", "subnetId"));
    let subnets = if answered.is_empty() { asked.collect() } else { answered };
    out.on(Kind::LoadBalancer, name, Rank::Set).replace("subnets", &subnets);
}

fn attach_subnets(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Set);
    for s in texts(c.q, "subnets", "subnetId") {
        on.element("subnets", &s, Val::text(""));
    }
}

fn detach_subnets(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Removed);
    for s in texts(c.q, "subnets", "subnetId") {
        on.remove("subnets", &s);
    }
}

fn create_target_group(c: &Call, out: &mut Out) {
    let groups = items(c.a, "targetGroups");
    if groups.is_empty() {
        out.gap("the answer names no target group");
    }
    for g in groups {
        out.create(Kind::TargetGroup, text(g, "targetGroupArn"))
            .text("name", g, "targetGroupName")
            .text("vpc", g, "vpcId")
            .text("protocol", g, "protocol")
            .int("port", g, "port")
            .text("target_type", g, "targetType")
            .reset("instances")
            .reset("targets")
            .reset("tags")
            .tags(&items(c.q, "tags"));
    }
}

/// Instances are references; addresses, functions and balancers behind a target group are kept by name only.
fn list_of(target: &str) -> &'static str {
    if target.starts_with("i-") { "instances" } else { "targets" }
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

/// The balancer's ARN in a listener's: `…:listener/app/name/id/listener` -> `…:loadbalancer/app/name/id`.
fn balancer_of(listener: &str) -> Option<String> {
    let (head, path) = listener.split_once(":listener/")?;
    let mut parts = path.split('/');
    let (kind, name, id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{head}:loadbalancer/{kind}/{name}/{id}"))
}

fn put_listener(c: &Call, balancer: Option<String>, listener: Option<String>, out: &mut Out) {
    let what = [text(c.q, "protocol"), text(c.q, "port")].into_iter().flatten().collect::<Vec<_>>().join(":");
    let mut on = out.on(Kind::LoadBalancer, balancer, Rank::Set);
    let listener = listener.unwrap_or_default();
    on.element("listeners", &listener, Val::Text(what));
    for g in forwards(items(c.q, "defaultActions")) {
        on.element("target_groups", &g, Val::text(listener.clone()));
    }
}

fn create_listener(c: &Call, out: &mut Out) {
    let listener = items(c.a, "listeners").into_iter().find_map(|l| text(l, "listenerArn"));
    put_listener(c, text(c.q, "loadBalancerArn"), listener, out);
}

fn modify_listener(c: &Call, out: &mut Out) {
    let listener = text(c.q, "listenerArn");
    let answered = items(c.a, "listeners").into_iter().find_map(|l| text(l, "loadBalancerArn"));
    let balancer = answered.or_else(|| listener.as_deref().and_then(balancer_of));
    put_listener(c, balancer, listener, out);
}

fn delete_listener(c: &Call, out: &mut Out) {
    let listener = text(c.q, "listenerArn").unwrap_or_default();
    out.on(Kind::LoadBalancer, balancer_of(&listener), Rank::Removed).remove("listeners", &listener);
}

fn create_rule(c: &Call, out: &mut Out) {
    let listener = text(c.q, "listenerArn").unwrap_or_default();
    let mut on = out.on(Kind::LoadBalancer, balancer_of(&listener), Rank::Set);
    for g in forwards(items(c.q, "actions")) {
        on.element("target_groups", &g, Val::text(listener.clone()));
    }
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
            on.remove("tags", key);
        }
    }
}
