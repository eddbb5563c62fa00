//! The address blocks of VPCs and subnets: `cidr_associations` has them by the id under which each is associated.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{at, first, given, items, text};
use crate::domain::assets::List;
use crate::domain::assets::ec2::{subnet, vpc};
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("AssociateVpcCidrBlock", |c, out| associate(c, VPC, out)),
    ("DisassociateVpcCidrBlock", |c, out| disassociate(c, VPC, out)),
    ("AssociateSubnetCidrBlock", |c, out| associate(c, SUBNET, out)),
    ("DisassociateSubnetCidrBlock", |c, out| disassociate(c, SUBNET, out)),
];

/// A kind, the parameter that names one of it, and its list of blocks.
type Named = (Kind, &'static str, List);

const VPC: Named = (Kind::Vpc, "vpcId", vpc::CIDR_ASSOCIATIONS);
const SUBNET: Named = (Kind::Subnet, "subnetId", subnet::CIDR_ASSOCIATIONS);

/// The blocks that a VPC or subnet begins with, as its creation answers them.
pub fn born(answer: &Value, list: List, on: &mut On) {
    let sets = ["cidrBlockAssociationSet", "ipv6CidrBlockAssociationSet"];
    if sets.iter().any(|s| given(answer, s)) {
        on.reset(list);
    }
    for a in sets.iter().flat_map(|s| items(answer, s)) {
        put(a, list, on);
    }
}

/// A block that Amazon picks is not always picked when the call answers.
fn put(association: &Value, list: List, on: &mut On) {
    let block = first(association, &["cidrBlock", "ipv6CidrBlock"]);
    let id = text(association, "associationId").unwrap_or_default();
    on.element(list, &id, block.map_or(Val::Unknown, Val::Text));
}

/// The association that the answer is about, of either version of IP.
fn answered<'e>(c: &Call<'e>) -> Option<&'e Value> {
    let paths = ["cidrBlockAssociation", "ipv6CidrBlockAssociation"];
    paths.iter().map(|p| at(c.a, p)).find(|a| given(a, "associationId"))
}

fn associate(c: &Call, (kind, name, list): Named, out: &mut Out) {
    match answered(c) {
        Some(association) => put(association, list, &mut out.on(kind, c.either(name, name), Rank::Set)),
        None => out.gap("the answer names no association"),
    }
}

/// The request names the association only; whose it was, the answer says.
fn disassociate(c: &Call, (kind, name, list): Named, out: &mut Out) {
    let id = answered(c).and_then(|a| text(a, "associationId")).or_else(|| text(c.q, "associationId"));
    out.on(kind, text(c.a, name), Rank::Removed).remove(list, &id.unwrap_or_default());
}
