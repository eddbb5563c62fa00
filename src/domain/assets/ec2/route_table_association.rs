//! Associations of route tables: assets with an id and an end of their own.

use crate::asset;

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
