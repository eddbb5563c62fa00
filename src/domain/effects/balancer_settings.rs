//! What a load balancer is set to, and the listeners of classic ones, which have a port for a name.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{at, given, items, text, texts};
use crate::domain::assets::Field;
use crate::domain::assets::elasticloadbalancing::load_balancer;
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("ModifyLoadBalancerAttributes", modify_attributes),
    ("SetIpAddressType", set_ip_address_type),
    ("CreateLoadBalancerListeners", create_listeners),
    ("DeleteLoadBalancerListeners", delete_listeners),
];

/// The balancer that a request names: version 2 by ARN, version 1 by name.
pub fn named(c: &Call, out: &Out) -> Option<String> {
    text(c.q, "loadBalancerArn").or_else(|| text(c.q, "loadBalancerName").map(|n| out.regional(&n)))
}

/// The switches of version 2 that are kept, as fields and as attributes.
const SWITCHES: [(Field, &str); 3] = [
    (load_balancer::ACCESS_LOGS, "access_logs.s3.enabled"),
    (load_balancer::DELETION_PROTECTION, "deletion_protection.enabled"),
    (load_balancer::DROP_INVALID_HEADERS, "routing.http.drop_invalid_header_fields.enabled"),
];

const LOGS_BUCKET: &str = "access_logs.s3.bucket";

fn modify_attributes(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Set);
    // Version 2 gives keys and values, classic ones a tree; either names only what changes.
    for a in items(c.q, "attributes") {
        let key = text(a, "key").unwrap_or_default();
        if let Some((field, _)) = SWITCHES.iter().find(|(_, k)| *k == key) {
            on.flag(*field, a, "value");
        } else if key == LOGS_BUCKET {
            on.set(load_balancer::ACCESS_LOGS_BUCKET, Val::Text(text(a, "value").unwrap_or_default()));
        }
    }
    let logs = at(c.q, "loadBalancerAttributes.accessLog");
    on.flag(load_balancer::ACCESS_LOGS, logs, "enabled").text(load_balancer::ACCESS_LOGS_BUCKET, logs, "s3BucketName");
}

fn set_ip_address_type(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let told = c.either("ipAddressType", "ipAddressType");
    out.on(Kind::LoadBalancer, name, Rank::Set).set(load_balancer::IP_ADDRESS_TYPE, told.map(Val::Text));
}

/// The listeners that a classic balancer begins with.
pub fn born(c: &Call, on: &mut On) {
    if given(c.q, "listeners") {
        on.reset(load_balancer::LISTENERS);
        put(c.q, on);
    }
}

fn put(of: &Value, on: &mut On) {
    for l in items(of, "listeners") {
        let port = text(l, "loadBalancerPort").unwrap_or_default();
        let protocol = text(l, "protocol").unwrap_or_default();
        on.element(load_balancer::LISTENERS, &port, Val::Text(format!("{protocol}:{port}")));
    }
}

fn create_listeners(c: &Call, out: &mut Out) {
    let name = named(c, out);
    put(c.q, &mut out.on(Kind::LoadBalancer, name, Rank::Set));
}

fn delete_listeners(c: &Call, out: &mut Out) {
    let name = named(c, out);
    let mut on = out.on(Kind::LoadBalancer, name, Rank::Removed);
    for port in texts(c.q, "loadBalancerPorts", "loadBalancerPort") {
        on.remove(load_balancer::LISTENERS, &port);
    }
}
