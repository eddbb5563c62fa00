//! Address blocks that are associated with VPCs and subnets.

use serde_json::Value;

use crate::domain::assets::List;
use crate::domain::effects::json::{at, first, given, items, text};
use crate::domain::effects::{AssetWriter, Call, Writes};
use crate::domain::graph::{Kind, Rank, Val};

/// A kind, the parameter that names one of it, and its list of blocks.
pub type Named = (Kind, &'static str, List);

/// The blocks that a VPC or subnet begins with, as its creation answers them.
pub fn initial(answer: &Value, list: List, on: &mut AssetWriter) {
    let sets = ["cidrBlockAssociationSet", "ipv6CidrBlockAssociationSet"];
    if sets.iter().any(|s| given(answer, s)) {
        on.reset(list);
    }
    for a in sets.iter().flat_map(|s| items(answer, s)) {
        put(a, list, on);
    }
}

/// A block that Amazon picks is not always picked when the call answers.
fn put(association: &Value, list: List, on: &mut AssetWriter) {
    let block = first(association, &["cidrBlock", "ipv6CidrBlock"]);
    let id = text(association, "associationId").unwrap_or_default();
    on.element(list, &id, block.map_or(Val::Unknown, Val::Text));
}

/// The association that the answer is about, of either version of IP.
fn answered<'e>(c: &Call<'e>) -> Option<&'e Value> {
    let paths = ["cidrBlockAssociation", "ipv6CidrBlockAssociation"];
    paths.iter().map(|p| at(c.response, p)).find(|a| given(a, "associationId"))
}

pub fn associate(c: &Call, (kind, name, list): Named, out: &mut Writes) {
    match answered(c) {
        Some(association) => put(association, list, &mut out.asset(kind, c.either(name, name), Rank::Set)),
        None => out.gap("the answer names no association"),
    }
}

/// The request names the association only; whose it was, the answer says.
pub fn disassociate(c: &Call, (kind, name, list): Named, out: &mut Writes) {
    let id = answered(c).and_then(|a| text(a, "associationId")).or_else(|| text(c.request, "associationId"));
    out.asset(kind, text(c.response, name), Rank::Removed).remove(list, &id.unwrap_or_default());
}
