//! NAT gateways and their addresses.

use serde_json::Value;

use crate::asset;
use crate::domain::assets::List;
use crate::domain::effects::json::{at, flag, given, items, text, texts};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// A NAT gateway.
    NatGateway "nat_gateway", Regional, id "nat-", arn "arn:{partition}:ec2:{region}:{account}:natgateway/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The subnet.
        10 SUBNET: Text "subnet" -> Subnet as "in";
        /// The VPC.
        11 VPC: Text "vpc";
        /// The allocation of its primary address.
        12 ADDRESS: Text "address" -> Address as "uses";
        /// `public` or `private`.
        13 CONNECTIVITY: Text "connectivity" [Summary];
        /// Further addresses by allocation.
        14 SECONDARY_ADDRESSES: Map "secondary_addresses" -> Address as "uses";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AssociateNatGatewayAddress", associate),
    ("DisassociateNatGatewayAddress", disassociate),
    ("CreateNatGateway", create_nat),
    ("DeleteNatGateway", |c, out| out.delete(Kind::NatGateway, c.either("natGatewayId", "natGatewayId"))),
];

const LIST: List = SECONDARY_ADDRESSES;

fn is_secondary(address: &Value) -> bool {
    flag(address, "isPrimary") == Some(false)
}

/// The allocation of the address that a gateway begins with.
fn primary(gateway: &Value) -> Option<String> {
    let all = items(gateway, "natGatewayAddressSet");
    all.into_iter().filter(|a| !is_secondary(a)).find_map(|a| text(a, "allocationId"))
}

/// The further addresses that a gateway begins with.
fn initial_addresses(gateway: &Value, on: &mut AssetWriter) {
    if given(gateway, "natGatewayAddressSet") {
        on.reset(LIST);
        put(gateway, on);
    }
}

/// Writes those that are associated or being so; true if there is one.
fn put(answer: &Value, on: &mut AssetWriter) -> bool {
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

fn associate(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::NatGateway, c.either("natGatewayId", "natGatewayId"), Rank::Set);
    let mut any = put(c.response, &mut on);
    for allocation in ["allocationId", "allocationIds"].iter().flat_map(|p| texts(c.request, p, "content")) {
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
    items(c.response, "natGatewayAddressSet")
        .into_iter()
        .any(|a| text(a, "allocationId").as_deref() == Some(allocation))
}

/// The request names associations; which allocations they were of, the answer says, maybe among others that stay.
fn disassociate(c: &Call, out: &mut Writes) {
    let asked: Vec<String> =
        ["associationId", "associationIds"].iter().flat_map(|p| texts(c.request, p, "content")).collect();
    let gone = |a: &&Value| {
        text(a, "status").as_deref() == Some("disassociating")
            || text(a, "associationId").is_some_and(|id| asked.contains(&id))
    };
    let answered = items(c.response, "natGatewayAddressSet").into_iter().filter(gone);
    let allocations: Vec<String> = answered.filter_map(|a| text(a, "allocationId")).collect();
    if allocations.is_empty() {
        out.gap("the answer names no address");
    }
    let mut on = out.asset(Kind::NatGateway, c.either("natGatewayId", "natGatewayId"), Rank::Removed);
    for allocation in allocations {
        on.remove(LIST, &allocation);
    }
}

fn create_nat(c: &Call, out: &mut Writes) {
    let n = at(c.response, "natGateway");
    let address = primary(n).or_else(|| text(c.request, "allocationId"));
    let mut on = out.create(Kind::NatGateway, text(n, "natGatewayId"));
    on.set(SUBNET, text(n, "subnetId").or_else(|| text(c.request, "subnetId")).map(Val::Text))
        .text(VPC, n, "vpcId")
        .set(ADDRESS, address.map(Val::Text))
        .text(CONNECTIVITY, n, "connectivityType")
        .initial_tags(n, c.requested_tags(&["natgateway"]));
    initial_addresses(n, &mut on);
}
