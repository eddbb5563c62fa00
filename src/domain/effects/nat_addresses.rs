//! The addresses of a NAT gateway beside its first, which stays: `secondary_addresses` has them by allocation.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{flag, given, items, text, texts};
use crate::domain::assets::List;
use crate::domain::assets::ec2::nat_gateway;
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[("AssociateNatGatewayAddress", associate), ("DisassociateNatGatewayAddress", disassociate)];

const LIST: List = nat_gateway::SECONDARY_ADDRESSES;

fn is_secondary(address: &Value) -> bool {
    flag(address, "isPrimary") == Some(false)
}

/// The allocation of the address that a gateway begins with.
pub fn primary(gateway: &Value) -> Option<String> {
    let all = items(gateway, "natGatewayAddressSet");
    all.into_iter().filter(|a| !is_secondary(a)).find_map(|a| text(a, "allocationId"))
}

/// The further addresses that a gateway begins with.
pub fn born(gateway: &Value, on: &mut On) {
    if given(gateway, "natGatewayAddressSet") {
        on.reset(LIST);
        put(gateway, on);
    }
}

/// Writes those that are associated or being so; true if there is one.
fn put(answer: &Value, on: &mut On) -> bool {
    let mut any = false;
    for a in items(answer, "natGatewayAddressSet").into_iter().filter(|a| is_secondary(a)) {
        let gone = matches!(text(a, "status").as_deref(), Some("disassociating" | "failed"));
        if let Some(allocation) = text(a, "allocationId").filter(|_| !gone) {
            on.element(LIST, &allocation, text(a, "publicIp").map_or(Val::Unknown, Val::Text));
            any = true;
        }
    }
    any
}

fn associate(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::NatGateway, c.either("natGatewayId", "natGatewayId"), Rank::Set);
    let mut any = put(c.a, &mut on);
    for allocation in ["allocationId", "allocationIds"].iter().flat_map(|p| texts(c.q, p, "content")) {
        if !is_answered(c, &allocation) {
            on.element(LIST, &allocation, Val::Unknown);
            any = true;
        }
    }
    if !any {
        out.gap("names no address");
    }
}

fn is_answered(c: &Call, allocation: &str) -> bool {
    items(c.a, "natGatewayAddressSet").into_iter().any(|a| text(a, "allocationId").as_deref() == Some(allocation))
}

/// The request names associations; which allocations they were of, the answer says, maybe among others that stay.
fn disassociate(c: &Call, out: &mut Out) {
    let asked: Vec<String> =
        ["associationId", "associationIds"].iter().flat_map(|p| texts(c.q, p, "content")).collect();
    let gone = |a: &&Value| {
        text(a, "status").as_deref() == Some("disassociating")
            || text(a, "associationId").is_some_and(|id| asked.contains(&id))
    };
    let answered = items(c.a, "natGatewayAddressSet").into_iter().filter(gone);
    let allocations: Vec<String> = answered.filter_map(|a| text(a, "allocationId")).collect();
    if allocations.is_empty() {
        out.gap("the answer names no address");
    }
    let mut on = out.on(Kind::NatGateway, c.either("natGatewayId", "natGatewayId"), Rank::Removed);
    for allocation in allocations {
        on.remove(LIST, &allocation);
    }
}
