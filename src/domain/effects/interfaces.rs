//! Network interfaces, their attachments, and the addresses associated with them.

use serde_json::Value;

use super::effect::{Call, Out, Row};
use super::json::{at, first, flag, given, items, text, texts};
use crate::domain::assets::ec2::{address, address_association, interface_attachment, network_interface};
use crate::domain::graph::{Fact, Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("CreateNetworkInterface", create),
    ("DeleteNetworkInterface", |c, out| out.delete(Kind::NetworkInterface, text(c.q, "networkInterfaceId"))),
    ("AttachNetworkInterface", attach),
    ("DetachNetworkInterface", |c, out| out.dissolve(Kind::InterfaceAttachment, text(c.q, "attachmentId"))),
    ("ModifyNetworkInterfaceAttribute", modify),
    ("AssignPrivateIpAddresses", assign),
    ("UnassignPrivateIpAddresses", unassign),
    ("AssignIpv6Addresses", assign_v6),
    ("UnassignIpv6Addresses", unassign_v6),
    ("AllocateAddress", allocate),
    ("ReleaseAddress", release),
    ("AssociateAddress", associate),
    ("DisassociateAddress", disassociate),
    // The allocation it answers with may be the one in the account that gave the address.
    ("AcceptAddressTransfer", |_, out| out.gap("tells no allocation of this account")),
];

/// An address has its allocation for a name; its IP alone doesn't tell which asset that was.
const BY_IP: &str = "names the address by its IP only";

/// An interface as answers describe it. `born`: this call made it.
pub fn interface(n: &Value, born: bool, out: &mut Out) {
    let id = text(n, "networkInterfaceId");
    let rank = if born { Rank::Created } else { Rank::Set };
    let mut on = out.on(Kind::NetworkInterface, id, rank);
    on.fact(if born { Fact::Exists(true) } else { Fact::Seen })
        .text(network_interface::SUBNET, n, "subnetId")
        .text(network_interface::VPC, n, "vpcId")
        .text(network_interface::PRIVATE_IP, n, "privateIpAddress")
        .text(network_interface::MAC, n, "macAddress")
        .text(network_interface::DESCRIPTION, n, "description")
        .text(network_interface::AVAILABILITY_ZONE, n, "availabilityZone")
        .text(network_interface::INTERFACE_TYPE, n, "interfaceType")
        .flag(network_interface::REQUESTER_MANAGED, n, "requesterManaged")
        .flag(network_interface::SOURCE_DEST_CHECK, n, "sourceDestCheck");
    if given(n, "groupSet") {
        on.replace(network_interface::GROUPS, &texts(n, "groupSet", "groupId"));
    }
    if given(n, "privateIpAddressesSet") {
        on.reset(network_interface::PRIVATE_IPS);
        for p in items(n, "privateIpAddressesSet") {
            let primary = flag(p, "primary").unwrap_or_default();
            on.element(
                network_interface::PRIVATE_IPS,
                &text(p, "privateIpAddress").unwrap_or_default(),
                Val::Bool(primary),
            );
        }
    }
    if given(n, "ipv6AddressesSet") {
        on.replace(network_interface::IPV6_ADDRESSES, &texts(n, "ipv6AddressesSet", "ipv6Address"));
    }
    if given(n, "tagSet") && born {
        on.born_tags(n, None);
    }
}

/// An attachment as answers describe it: a thing with an id of its own, and an end of its own.
pub fn attachment(a: &Value, interface: Option<String>, instance: Option<String>, out: &mut Out) {
    out.create(Kind::InterfaceAttachment, text(a, "attachmentId"))
        .set(interface_attachment::INTERFACE, interface.map(Val::Text))
        .set(interface_attachment::INSTANCE, instance.map(Val::Text))
        .flag(interface_attachment::DELETE_ON_TERMINATION, a, "deleteOnTermination")
        .int(interface_attachment::DEVICE_INDEX, a, "deviceIndex");
}

fn create(c: &Call, out: &mut Out) {
    let answer = at(c.a, "networkInterface");
    interface(answer, true, out);
    if !given(answer, "tagSet")
        && let Some(id) = text(answer, "networkInterfaceId")
    {
        out.on(Kind::NetworkInterface, Some(id), Rank::Created).born_tags(answer, c.asked_tags(&["network-interface"]));
    }
}

fn attach(c: &Call, out: &mut Out) {
    out.create(Kind::InterfaceAttachment, text(c.a, "attachmentId"))
        .text(interface_attachment::INTERFACE, c.q, "networkInterfaceId")
        .text(interface_attachment::INSTANCE, c.q, "instanceId")
        .int(interface_attachment::DEVICE_INDEX, c.q, "deviceIndex")
        // Attached by hand an interface outlives its instance, until somebody says otherwise.
        .set(interface_attachment::DELETE_ON_TERMINATION, Val::Bool(false));
}

fn modify(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::NetworkInterface, text(c.q, "networkInterfaceId"), Rank::Set);
    on.flag(network_interface::SOURCE_DEST_CHECK, c.q, "sourceDestCheck").text(
        network_interface::DESCRIPTION,
        c.q,
        "description",
    );
    let groups = texts(c.q, "groupSet", "groupId");
    if !groups.is_empty() {
        on.replace(network_interface::GROUPS, &groups);
    }
    if given(c.q, "attachment") {
        let a = at(c.q, "attachment");
        out.on(Kind::InterfaceAttachment, text(a, "attachmentId"), Rank::Set)
            .flag(interface_attachment::DELETE_ON_TERMINATION, a, "deleteOnTermination")
            .text(interface_attachment::INTERFACE, c.q, "networkInterfaceId");
    }
}

fn assign(c: &Call, out: &mut Out) {
    let answered = texts(c.a, "assignedPrivateIpAddressesSet", "privateIpAddress");
    let asked = texts(c.q, "privateIpAddressesSet", "privateIpAddress");
    let ips = if answered.is_empty() { asked } else { answered };
    if ips.is_empty() {
        out.gap("tells no addresses");
    }
    let mut on = out.on(Kind::NetworkInterface, text(c.q, "networkInterfaceId"), Rank::Set);
    for ip in ips {
        on.element(network_interface::PRIVATE_IPS, &ip, Val::Bool(false));
    }
}

fn unassign(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::NetworkInterface, text(c.q, "networkInterfaceId"), Rank::Removed);
    for ip in texts(c.q, "privateIpAddressesSet", "privateIpAddress") {
        on.remove(network_interface::PRIVATE_IPS, &ip);
    }
}

fn assign_v6(c: &Call, out: &mut Out) {
    let ips = texts(c.a, "assignedIpv6Addresses", "ipv6Address");
    if ips.is_empty() {
        out.gap("tells no addresses");
    }
    let mut on = out.on(Kind::NetworkInterface, c.either("networkInterfaceId", "networkInterfaceId"), Rank::Set);
    for ip in ips {
        on.element(network_interface::IPV6_ADDRESSES, &ip, Val::text(""));
    }
}

fn unassign_v6(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::NetworkInterface, c.either("networkInterfaceId", "networkInterfaceId"), Rank::Removed);
    let paths = [(c.a, "unassignedIpv6Addresses"), (c.q, "ipv6Addresses")];
    for ip in paths.iter().flat_map(|(v, p)| texts(v, p, "ipv6Address")) {
        on.remove(network_interface::IPV6_ADDRESSES, &ip);
    }
}

fn allocate(c: &Call, out: &mut Out) {
    out.create(Kind::Address, text(c.a, "allocationId"))
        .text(address::PUBLIC_IP, c.a, "publicIp")
        .text(address::DOMAIN, c.a, "domain")
        .born_tags(c.a, c.asked_tags(&["elastic-ip"]));
}

fn associate(c: &Call, out: &mut Out) {
    let address = first(c.q, &["allocationId"]);
    if address.is_none() {
        out.gap(BY_IP);
    }
    out.create(Kind::AddressAssociation, text(c.a, "associationId"))
        .set(address_association::ADDRESS, address.map(Val::Text))
        .text(address_association::PUBLIC_IP, c.q, "publicIp")
        .text(address_association::INTERFACE, c.q, "networkInterfaceId")
        .text(address_association::INSTANCE, c.q, "instanceId")
        .text(address_association::PRIVATE_IP, c.q, "privateIpAddress");
}

fn by_ip_only(c: &Call, id: &str) -> bool {
    !given(c.q, id) && given(c.q, "publicIp")
}

fn release(c: &Call, out: &mut Out) {
    if by_ip_only(c, "allocationId") {
        return out.gap(BY_IP);
    }
    out.delete(Kind::Address, text(c.q, "allocationId"));
}

fn disassociate(c: &Call, out: &mut Out) {
    if by_ip_only(c, "associationId") {
        return out.gap(BY_IP);
    }
    out.dissolve(Kind::AddressAssociation, text(c.q, "associationId"));
}
