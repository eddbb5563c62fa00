//! Associations of route tables: assets with an id and an end of their own.

use crate::asset;
use crate::domain::effects::json::text;
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Val};

asset! {
    /// The association of a route table with a subnet or gateway.
    RouteTableAssociation "route_table_association", Regional, id "rtbassoc-", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The route table.
        10 ROUTE_TABLE: Text "route_table" -> RouteTable as "associates";
        /// The subnet.
        11 SUBNET: Text "subnet" -> Subnet as "associated_with";
        /// The gateway.
        12 GATEWAY: Text "gateway";
        /// The association whose place it took.
        13 REPLACES: Text "replaces" -> RouteTableAssociation as "replaces";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AssociateRouteTable", associate_table),
    ("DisassociateRouteTable", |c, out| {
        out.end_association(Kind::RouteTableAssociation, text(c.request, "associationId"))
    }),
    ("ReplaceRouteTableAssociation", replace_table),
];

fn associate_table(c: &Call, out: &mut Writes) {
    out.create(Kind::RouteTableAssociation, text(c.response, "associationId"))
        .text(ROUTE_TABLE, c.request, "routeTableId")
        .text(SUBNET, c.request, "subnetId")
        .text(GATEWAY, c.request, "gatewayId");
}

/// The new association takes the old one's subnet, which only the old one's record names: `replaces` leads there.
fn replace_table(c: &Call, out: &mut Writes) {
    let old = text(c.request, "associationId");
    out.create(Kind::RouteTableAssociation, text(c.response, "newAssociationId"))
        .text(ROUTE_TABLE, c.request, "routeTableId")
        .set(REPLACES, old.clone().map(Val::Text));
    out.end_association(Kind::RouteTableAssociation, old);
}
