//! Route tables and their routes.

use crate::asset;

asset! {
    /// A route table.
    RouteTable "route_table", Regional, id "rtb-", arn "arn:{partition}:ec2:{region}:{account}:route-table/{name}";
    unseen until ROUTES "routes from before its first sign of life are unknown";
    facts {
        /// The VPC.
        10 VPC: Text "vpc" -> Vpc as "in";
        /// Routes: the target by destination.
        11 ROUTES: Map "routes";
        /// The internet gateways that routes lead to.
        12 GATEWAYS: Map "gateways" -> InternetGateway as "routes_to";
        /// The NAT gateways that routes lead to.
        13 NAT_GATEWAYS: Map "nat_gateways" -> NatGateway as "routes_to";
    }
}
