//! Route tables and their routes.

use serde_json::Value;

use crate::asset;
use crate::domain::effects::json::{at, first, given, items, network, text};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

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

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateRouteTable", create_table),
    ("DeleteRouteTable", |c, out| out.delete(Kind::RouteTable, text(c.request, "routeTableId"))),
    ("CreateRoute", put_route),
    ("ReplaceRoute", put_route),
    ("DeleteRoute", delete_route),
];

/// Where a route may lead, in the order in which answers prefer them.
const TARGETS: &[&str] = &[
    "natGatewayId",
    "gatewayId",
    "networkInterfaceId",
    "instanceId",
    "vpcPeeringConnectionId",
    "transitGatewayId",
    "egressOnlyInternetGatewayId",
    "vpcEndpointId",
    "localGatewayId",
    "carrierGatewayId",
    "coreNetworkArn",
    "localTarget",
];

const DESTINATIONS: &[&str] = &["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"];

fn create_table(c: &Call, out: &mut Writes) {
    let t = at(c.response, "routeTable");
    let mut on = out.create(Kind::RouteTable, text(t, "routeTableId"));
    on.text(VPC, t, "vpcId").initial_tags(t, c.requested_tags(&["route-table"]));
    if given(t, "routeSet") {
        on.reset(ROUTES).reset(GATEWAYS).reset(NAT_GATEWAYS);
        for r in items(t, "routeSet") {
            route(r, &mut on);
        }
    }
}

/// The destination as AWS keeps it: a CIDR block without the bits outside its mask, or a prefix list's id.
fn destination(of: &Value) -> Option<String> {
    first(of, DESTINATIONS).map(|d| if d.contains('/') { network(&d) } else { d })
}

/// One route: where it leads is its value. The lists of gateways only say "has ever led there": a gateway counts while `routes` has it.
fn route(r: &Value, on: &mut AssetWriter) -> bool {
    let Some(to) = destination(r) else { return false };
    let target = first(r, TARGETS);
    on.element(ROUTES, &to, target.clone().map_or(Val::Unknown, Val::Text));
    match target.as_deref() {
        Some(t) if t.starts_with("igw-") => on.element(GATEWAYS, t, Val::Text(to)),
        Some(t) if t.starts_with("nat-") => on.element(NAT_GATEWAYS, t, Val::Text(to)),
        _ => on,
    };
    true
}

fn put_route(c: &Call, out: &mut Writes) {
    let known = route(c.request, &mut out.asset(Kind::RouteTable, text(c.request, "routeTableId"), Rank::Set));
    if !known {
        out.gap("names no destination");
    }
}

fn delete_route(c: &Call, out: &mut Writes) {
    match destination(c.request) {
        Some(to) => {
            out.asset(Kind::RouteTable, text(c.request, "routeTableId"), Rank::Removed).remove(ROUTES, &to);
        }
        None => out.gap("names no destination"),
    }
}
