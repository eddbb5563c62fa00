//! Load balancers: classic ones by name, those of version 2 by ARN.

use serde_json::Value;

use crate::asset;
use crate::domain::assets::Field;
use crate::domain::effects::json::{at, given, items, text, texts};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// A load balancer.
    LoadBalancer "load_balancer", Regional, id "", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The name.
        10 NAME: Text "name";
        /// `application`, `network`, `gateway`, `classic`.
        11 TYPE: Text "type" [Summary];
        /// `internet-facing` or `internal`.
        12 SCHEME: Text "scheme" [Summary];
        /// The VPC.
        13 VPC: Text "vpc" -> Vpc as "in";
        /// The DNS name.
        14 DNS_NAME: Text "dns_name";
        /// `ipv4`, `dualstack`, …
        15 IP_ADDRESS_TYPE: Text "ip_address_type";
        /// The subnets.
        16 SUBNETS: Set "subnets" -> Subnet as "in";
        /// The security groups.
        17 GROUPS: Set "groups" -> SecurityGroup as "protected_by";
        /// The target groups that its listeners and rules forward to.
        18 TARGET_GROUPS: Map "target_groups" -> TargetGroup as "forwards_to";
        /// The instances registered with a classic load balancer.
        19 INSTANCES: Set "instances" -> Instance as "forwards_to";
        /// Listeners as `protocol:port`, by ARN or, for classic ones, by port.
        20 LISTENERS: Map "listeners";
        /// The target groups in the actions of each listener and rule.
        21 ACTIONS: Map "actions" [Internal];
        /// The listeners that were deleted: their rules went with them.
        22 ENDED_LISTENERS: Set "ended_listeners" [Internal];
        /// Whether access logs are written.
        23 ACCESS_LOGS: Flag "access_logs";
        /// Whether the API refuses to delete it.
        24 DELETION_PROTECTION: Flag "deletion_protection";
        /// Whether invalid HTTP headers are dropped.
        25 DROP_INVALID_HEADERS: Flag "drop_invalid_headers";
        /// The bucket of its access logs.
        26 ACCESS_LOGS_BUCKET: Text "access_logs_bucket";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("ModifyLoadBalancerAttributes", modify_attributes),
    ("SetIpAddressType", set_ip_address_type),
    ("CreateLoadBalancerListeners", create_listeners),
    ("DeleteLoadBalancerListeners", delete_listeners),
    ("CreateLoadBalancer", create),
    ("DeleteLoadBalancer", delete),
    ("RegisterInstancesWithLoadBalancer", register_instances),
    ("DeregisterInstancesFromLoadBalancer", deregister_instances),
    ("ApplySecurityGroupsToLoadBalancer", set_groups),
    ("SetSecurityGroups", set_groups),
    ("SetSubnets", set_subnets),
    ("AttachLoadBalancerToSubnets", attach_subnets),
    ("DetachLoadBalancerFromSubnets", detach_subnets),
];

/// The switches of version 2 that are kept, as fields and as attributes.
const SWITCHES: [(Field, &str); 3] = [
    (ACCESS_LOGS, "access_logs.s3.enabled"),
    (DELETION_PROTECTION, "deletion_protection.enabled"),
    (DROP_INVALID_HEADERS, "routing.http.drop_invalid_header_fields.enabled"),
];

const LOGS_BUCKET: &str = "access_logs.s3.bucket";

fn modify_attributes(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let mut on = out.asset(Kind::LoadBalancer, name, Rank::Set);
    // Version 2 gives keys and values, classic ones a tree; either names only what changes.
    for a in items(c.request, "attributes") {
        let key = text(a, "key").unwrap_or_default();
        if let Some((field, _)) = SWITCHES.iter().find(|(_, k)| *k == key) {
            on.flag(*field, a, "value");
        } else if key == LOGS_BUCKET {
            on.set(ACCESS_LOGS_BUCKET, Val::Text(text(a, "value").unwrap_or_default()));
        }
    }
    let logs = at(c.request, "loadBalancerAttributes.accessLog");
    on.flag(ACCESS_LOGS, logs, "enabled").text(ACCESS_LOGS_BUCKET, logs, "s3BucketName");
}

fn set_ip_address_type(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let told = c.either("ipAddressType", "ipAddressType");
    out.asset(Kind::LoadBalancer, name, Rank::Set).set(IP_ADDRESS_TYPE, told.map(Val::Text));
}

/// The listeners that a classic balancer begins with.
fn initial_listeners(c: &Call, on: &mut AssetWriter) {
    if given(c.request, "listeners") {
        on.reset(LISTENERS);
        put(c.request, on);
    }
}

fn put(of: &Value, on: &mut AssetWriter) {
    for l in items(of, "listeners") {
        let port = text(l, "loadBalancerPort").unwrap_or_default();
        let protocol = text(l, "protocol").unwrap_or_default();
        on.element(LISTENERS, &port, Val::Text(format!("{protocol}:{port}")));
    }
}

fn create_listeners(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    put(c.request, &mut out.asset(Kind::LoadBalancer, name, Rank::Set));
}

fn delete_listeners(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let mut on = out.asset(Kind::LoadBalancer, name, Rank::Removed);
    for port in texts(c.request, "loadBalancerPorts", "loadBalancerPort") {
        on.remove(LISTENERS, &port);
    }
}

/// The balancer that a request names: version 2 by ARN, version 1 by name.
pub fn named(c: &Call, out: &Writes) -> Option<String> {
    text(c.request, "loadBalancerArn").or_else(|| text(c.request, "loadBalancerName").map(|n| out.regional(&n)))
}

fn create(c: &Call, out: &mut Writes) {
    if let Some(name) = text(c.request, "loadBalancerName") {
        let name = out.regional(&name);
        let mut on = out.create(Kind::LoadBalancer, Some(name));
        on.set(TYPE, Val::text("classic"))
            .set(SCHEME, text(c.request, "scheme").or(Some("internet-facing".to_owned())).map(Val::Text))
            .text(DNS_NAME, c.response, "dNSName")
            .replace(SUBNETS, &texts(c.request, "subnets", "subnetId"))
            .reset(INSTANCES)
            .reset_tags()
            .tags(&items(c.request, "tags"));
        let groups = texts(c.request, "securityGroups", "groupId");
        if !groups.is_empty() {
            on.replace(GROUPS, &groups);
        }
        initial_listeners(c, &mut on);
        return;
    }
    let balancers = items(c.response, "loadBalancers");
    if balancers.is_empty() {
        out.gap("the answer names no load balancer");
    }
    for b in balancers {
        let mut on = out.create(Kind::LoadBalancer, text(b, "loadBalancerArn"));
        on.text(NAME, b, "loadBalancerName")
            .text(TYPE, b, "type")
            .text(SCHEME, b, "scheme")
            .text(VPC, b, "vpcId")
            .text(DNS_NAME, b, "dNSName")
            .text(IP_ADDRESS_TYPE, b, "ipAddressType")
            .replace(SUBNETS, &texts(b, "availabilityZones", "subnetId"))
            .reset(TARGET_GROUPS)
            .reset(LISTENERS)
            .reset(ACTIONS)
            .reset_tags()
            .tags(&items(c.request, "tags"));
        if given(b, "securityGroups") {
            on.replace(GROUPS, &texts(b, "securityGroups", "groupId"));
        }
    }
}

fn delete(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    out.delete(Kind::LoadBalancer, name);
}

fn register_instances(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let mut on = out.asset(Kind::LoadBalancer, name, Rank::Set);
    for id in texts(c.request, "instances", "instanceId") {
        on.element(INSTANCES, &id, Val::text(""));
    }
}

fn deregister_instances(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let mut on = out.asset(Kind::LoadBalancer, name, Rank::Removed);
    for id in texts(c.request, "instances", "instanceId") {
        on.remove(INSTANCES, &id);
    }
}

fn set_groups(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let groups = texts(c.request, "securityGroups", "groupId");
    out.asset(Kind::LoadBalancer, name, Rank::Set).replace(GROUPS, &groups);
}

fn set_subnets(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let answered = texts(c.response, "availabilityZones", "subnetId");
    let asked =
        texts(c.request, "subnets", "subnetId").into_iter().chain(texts(c.request, "subnetMappings", "subnetId"));
    let subnets = if answered.is_empty() { asked.collect() } else { answered };
    out.asset(Kind::LoadBalancer, name, Rank::Set).replace(SUBNETS, &subnets);
}

fn attach_subnets(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let mut on = out.asset(Kind::LoadBalancer, name, Rank::Set);
    for s in texts(c.request, "subnets", "subnetId") {
        on.element(SUBNETS, &s, Val::text(""));
    }
}

fn detach_subnets(c: &Call, out: &mut Writes) {
    let name = named(c, out);
    let mut on = out.asset(Kind::LoadBalancer, name, Rank::Removed);
    for s in texts(c.request, "subnets", "subnetId") {
        on.remove(SUBNETS, &s);
    }
}
