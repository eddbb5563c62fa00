//! VPCs, subnets, gateways, and route tables.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{at, first, given, items, text};
use super::{cidrs, nat_addresses};
use crate::domain::assets::ec2::{internet_gateway, nat_gateway, route_table, route_table_association, subnet, vpc};
use crate::domain::graph::{Kind, Rank, Val};

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

pub const ROWS: &[Row] = &[
    ("CreateVpc", create_vpc),
    ("CreateDefaultVpc", create_vpc),
    ("DeleteVpc", |c, out| out.delete(Kind::Vpc, text(c.q, "vpcId"))),
    ("ModifyVpcAttribute", modify_vpc),
    ("CreateSubnet", create_subnet),
    ("CreateDefaultSubnet", create_subnet),
    ("DeleteSubnet", |c, out| out.delete(Kind::Subnet, text(c.q, "subnetId"))),
    ("ModifySubnetAttribute", modify_subnet),
    ("CreateInternetGateway", create_gateway),
    ("DeleteInternetGateway", |c, out| out.delete(Kind::InternetGateway, text(c.q, "internetGatewayId"))),
    ("AttachInternetGateway", attach_gateway),
    ("DetachInternetGateway", detach_gateway),
    ("CreateNatGateway", create_nat),
    ("DeleteNatGateway", |c, out| out.delete(Kind::NatGateway, c.either("natGatewayId", "natGatewayId"))),
    ("CreateRouteTable", create_table),
    ("DeleteRouteTable", |c, out| out.delete(Kind::RouteTable, text(c.q, "routeTableId"))),
    ("CreateRoute", put_route),
    ("ReplaceRoute", put_route),
    ("DeleteRoute", delete_route),
    ("AssociateRouteTable", associate_table),
    ("DisassociateRouteTable", |c, out| out.dissolve(Kind::RouteTableAssociation, text(c.q, "associationId"))),
    ("ReplaceRouteTableAssociation", replace_table),
];

fn create_vpc(c: &Call, out: &mut Out) {
    let v = at(c.a, "vpc");
    let mut on = out.create(Kind::Vpc, text(v, "vpcId"));
    on.text(vpc::CIDR, v, "cidrBlock").flag(vpc::IS_DEFAULT, v, "isDefault").born_tags(v, c.asked_tags(&["vpc"]));
    cidrs::born(v, vpc::CIDR_ASSOCIATIONS, &mut on);
}

fn modify_vpc(c: &Call, out: &mut Out) {
    out.on(Kind::Vpc, text(c.q, "vpcId"), Rank::Set).flag(vpc::ENABLE_DNS_SUPPORT, c.q, "enableDnsSupport").flag(
        vpc::ENABLE_DNS_HOSTNAMES,
        c.q,
        "enableDnsHostnames",
    );
}

fn create_subnet(c: &Call, out: &mut Out) {
    let s = at(c.a, "subnet");
    let mut on = out.create(Kind::Subnet, text(s, "subnetId"));
    on.text(subnet::VPC, s, "vpcId")
        .text(subnet::CIDR, s, "cidrBlock")
        .text(subnet::AVAILABILITY_ZONE, s, "availabilityZone")
        .flag(subnet::MAP_PUBLIC_IP_ON_LAUNCH, s, "mapPublicIpOnLaunch")
        .flag(subnet::IS_DEFAULT, s, "defaultForAz")
        .born_tags(s, c.asked_tags(&["subnet"]));
    cidrs::born(s, subnet::CIDR_ASSOCIATIONS, &mut on);
}

fn modify_subnet(c: &Call, out: &mut Out) {
    out.on(Kind::Subnet, text(c.q, "subnetId"), Rank::Set)
        .flag(subnet::MAP_PUBLIC_IP_ON_LAUNCH, c.q, "mapPublicIpOnLaunch")
        .flag(subnet::ASSIGN_IPV6_ON_CREATION, c.q, "assignIpv6AddressOnCreation");
}

fn create_gateway(c: &Call, out: &mut Out) {
    let g = at(c.a, "internetGateway");
    out.create(Kind::InternetGateway, text(g, "internetGatewayId"))
        .set(internet_gateway::VPC, Val::text(""))
        .born_tags(g, c.asked_tags(&["internet-gateway"]));
}

fn attach_gateway(c: &Call, out: &mut Out) {
    out.on(Kind::InternetGateway, text(c.q, "internetGatewayId"), Rank::Set).text(internet_gateway::VPC, c.q, "vpcId");
}

fn detach_gateway(c: &Call, out: &mut Out) {
    out.on(Kind::InternetGateway, text(c.q, "internetGatewayId"), Rank::Removed)
        .set(internet_gateway::VPC, Val::text(""));
}

fn create_nat(c: &Call, out: &mut Out) {
    let n = at(c.a, "natGateway");
    let address = nat_addresses::primary(n).or_else(|| text(c.q, "allocationId"));
    let mut on = out.create(Kind::NatGateway, text(n, "natGatewayId"));
    on.set(nat_gateway::SUBNET, text(n, "subnetId").or_else(|| text(c.q, "subnetId")).map(Val::Text))
        .text(nat_gateway::VPC, n, "vpcId")
        .set(nat_gateway::ADDRESS, address.map(Val::Text))
        .text(nat_gateway::CONNECTIVITY, n, "connectivityType")
        .born_tags(n, c.asked_tags(&["natgateway"]));
    nat_addresses::born(n, &mut on);
}

fn create_table(c: &Call, out: &mut Out) {
    let t = at(c.a, "routeTable");
    let mut on = out.create(Kind::RouteTable, text(t, "routeTableId"));
    on.text(route_table::VPC, t, "vpcId").born_tags(t, c.asked_tags(&["route-table"]));
    if given(t, "routeSet") {
        on.reset(route_table::ROUTES).reset(route_table::GATEWAYS).reset(route_table::NAT_GATEWAYS);
        for r in items(t, "routeSet") {
            route(r, &mut on);
        }
    }
}

/// One route: where it leads is its value. The lists of gateways only say "has ever led there": a gateway counts while `routes` has it.
fn route(r: &Value, on: &mut On) -> bool {
    let Some(to) = first(r, DESTINATIONS) else { return false };
    let target = first(r, TARGETS);
    on.element(route_table::ROUTES, &to, target.clone().map_or(Val::Unknown, Val::Text));
    match target.as_deref() {
        Some(t) if t.starts_with("igw-") => on.element(route_table::GATEWAYS, t, Val::Text(to)),
        Some(t) if t.starts_with("nat-") => on.element(route_table::NAT_GATEWAYS, t, Val::Text(to)),
        _ => on,
    };
    true
}

fn put_route(c: &Call, out: &mut Out) {
    let known = route(c.q, &mut out.on(Kind::RouteTable, text(c.q, "routeTableId"), Rank::Set));
    if !known {
        out.gap("names no destination");
    }
}

fn delete_route(c: &Call, out: &mut Out) {
    match first(c.q, DESTINATIONS) {
        Some(to) => {
            out.on(Kind::RouteTable, text(c.q, "routeTableId"), Rank::Removed).remove(route_table::ROUTES, &to);
        }
        None => out.gap("names no destination"),
    }
}

fn associate_table(c: &Call, out: &mut Out) {
    out.create(Kind::RouteTableAssociation, text(c.a, "associationId"))
        .text(route_table_association::ROUTE_TABLE, c.q, "routeTableId")
        .text(route_table_association::SUBNET, c.q, "subnetId")
        .text(route_table_association::GATEWAY, c.q, "gatewayId");
}

/// The new association takes the old one's subnet, which only the old one's record names: `replaces` leads there.
fn replace_table(c: &Call, out: &mut Out) {
    let old = text(c.q, "associationId");
    out.create(Kind::RouteTableAssociation, text(c.a, "newAssociationId"))
        .text(route_table_association::ROUTE_TABLE, c.q, "routeTableId")
        .set(route_table_association::REPLACES, old.clone().map(Val::Text));
    out.dissolve(Kind::RouteTableAssociation, old);
}
