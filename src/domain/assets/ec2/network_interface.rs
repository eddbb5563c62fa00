//! Network interfaces and their addresses.

use serde_json::Value;

use crate::asset;
use crate::domain::assets::ec2::interface_attachment;
use crate::domain::effects::json::{at, flag, given, items, text, texts};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Fact, Kind, Rank, Val};

asset! {
    /// An elastic network interface.
    NetworkInterface "network_interface", Regional, id "eni-", arn "arn:{partition}:ec2:{region}:{account}:network-interface/{name}";
    unseen until PRIVATE_IP "its addresses and groups are unknown";
    facts {
        /// The subnet.
        10 SUBNET: Text "subnet" -> Subnet as "in";
        /// The VPC.
        11 VPC: Text "vpc" -> Vpc as "in";
        /// The primary private IPv4 address.
        12 PRIVATE_IP: Text "private_ip" [Summary, Ip];
        /// The MAC address.
        13 MAC: Text "mac";
        /// The description.
        14 DESCRIPTION: Text "description";
        /// The Availability Zone.
        15 AVAILABILITY_ZONE: Text "availability_zone";
        /// The type: `interface`, `natGateway`, `lambda`, …
        16 INTERFACE_TYPE: Text "interface_type";
        /// Whether an AWS service manages it.
        17 REQUESTER_MANAGED: Flag "requester_managed";
        /// Whether traffic is dropped that is neither from nor to the interface itself.
        18 SOURCE_DEST_CHECK: Flag "source_dest_check";
        /// The security groups.
        19 GROUPS: Set "groups" -> SecurityGroup as "protected_by";
        /// All private IPv4 addresses; true for the primary one.
        20 PRIVATE_IPS: FlagMap "private_ips" [Ip];
        /// The IPv6 addresses.
        21 IPV6_ADDRESSES: Set "ipv6_addresses" [Ip];
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateNetworkInterface", create),
    ("DeleteNetworkInterface", |c, out| out.delete(Kind::NetworkInterface, text(c.request, "networkInterfaceId"))),
    ("ModifyNetworkInterfaceAttribute", modify),
    ("AssignPrivateIpAddresses", assign),
    ("UnassignPrivateIpAddresses", unassign),
    ("AssignIpv6Addresses", assign_v6),
    ("UnassignIpv6Addresses", unassign_v6),
];

/// An interface as responses describe it. `is_created`: this call created it.
pub fn interface(n: &Value, is_created: bool, out: &mut Writes) {
    let id = text(n, "networkInterfaceId");
    let rank = if is_created { Rank::Created } else { Rank::Set };
    let mut on = out.asset(Kind::NetworkInterface, id, rank);
    on.fact(if is_created { Fact::Exists(true) } else { Fact::Seen })
        .text(SUBNET, n, "subnetId")
        .text(VPC, n, "vpcId")
        .text(PRIVATE_IP, n, "privateIpAddress")
        .text(MAC, n, "macAddress")
        .text(DESCRIPTION, n, "description")
        .text(AVAILABILITY_ZONE, n, "availabilityZone")
        .text(INTERFACE_TYPE, n, "interfaceType")
        .flag(REQUESTER_MANAGED, n, "requesterManaged")
        .flag(SOURCE_DEST_CHECK, n, "sourceDestCheck");
    if given(n, "groupSet") {
        on.replace(GROUPS, &texts(n, "groupSet", "groupId"));
    }
    if given(n, "privateIpAddressesSet") {
        on.reset(PRIVATE_IPS);
        for p in items(n, "privateIpAddressesSet") {
            let primary = flag(p, "primary").unwrap_or_default();
            on.element(PRIVATE_IPS, &text(p, "privateIpAddress").unwrap_or_default(), Val::Bool(primary));
        }
    }
    if given(n, "ipv6AddressesSet") {
        on.replace(IPV6_ADDRESSES, &texts(n, "ipv6AddressesSet", "ipv6Address"));
    }
    if given(n, "tagSet") && is_created {
        on.initial_tags(n, None);
    }
}

fn create(c: &Call, out: &mut Writes) {
    let answer = at(c.response, "networkInterface");
    interface(answer, true, out);
    if !given(answer, "tagSet")
        && let Some(id) = text(answer, "networkInterfaceId")
    {
        out.asset(Kind::NetworkInterface, Some(id), Rank::Created)
            .initial_tags(answer, c.requested_tags(&["network-interface"]));
    }
}

fn modify(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::NetworkInterface, text(c.request, "networkInterfaceId"), Rank::Set);
    on.flag(SOURCE_DEST_CHECK, c.request, "sourceDestCheck").text(DESCRIPTION, c.request, "description");
    let groups = texts(c.request, "groupSet", "groupId");
    if !groups.is_empty() {
        on.replace(GROUPS, &groups);
    }
    if given(c.request, "attachment") {
        let a = at(c.request, "attachment");
        out.asset(Kind::InterfaceAttachment, text(a, "attachmentId"), Rank::Set)
            .flag(interface_attachment::DELETE_ON_TERMINATION, a, "deleteOnTermination")
            .text(interface_attachment::INTERFACE, c.request, "networkInterfaceId");
    }
}

fn assign(c: &Call, out: &mut Writes) {
    let answered = texts(c.response, "assignedPrivateIpAddressesSet", "privateIpAddress");
    let asked = texts(c.request, "privateIpAddressesSet", "privateIpAddress");
    let ips = if answered.is_empty() { asked } else { answered };
    if ips.is_empty() {
        out.gap("tells no addresses");
    }
    let mut on = out.asset(Kind::NetworkInterface, text(c.request, "networkInterfaceId"), Rank::Set);
    for ip in ips {
        on.element(PRIVATE_IPS, &ip, Val::Bool(false));
    }
}

fn unassign(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::NetworkInterface, text(c.request, "networkInterfaceId"), Rank::Removed);
    for ip in texts(c.request, "privateIpAddressesSet", "privateIpAddress") {
        on.remove(PRIVATE_IPS, &ip);
    }
}

fn assign_v6(c: &Call, out: &mut Writes) {
    let ips = texts(c.response, "assignedIpv6Addresses", "ipv6Address");
    if ips.is_empty() {
        out.gap("tells no addresses");
    }
    let mut on = out.asset(Kind::NetworkInterface, c.either("networkInterfaceId", "networkInterfaceId"), Rank::Set);
    for ip in ips {
        on.element(IPV6_ADDRESSES, &ip, Val::text(""));
    }
}

fn unassign_v6(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::NetworkInterface, c.either("networkInterfaceId", "networkInterfaceId"), Rank::Removed);
    let paths = [(c.response, "unassignedIpv6Addresses"), (c.request, "ipv6Addresses")];
    for ip in paths.iter().flat_map(|(v, p)| texts(v, p, "ipv6Address")) {
        on.remove(IPV6_ADDRESSES, &ip);
    }
}
