//! Network interfaces, their attachments, and the addresses associated with them.

use serde_json::Value;

use super::effect::{Call, Out, Row};
use super::json::{at, first, flag, given, items, text, texts};
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
        .text("subnet", n, "subnetId")
        .text("vpc", n, "vpcId")
        .text("private_ip", n, "privateIpAddress")
        .text("mac", n, "macAddress")
        .text("description", n, "description")
        .text("availability_zone", n, "availabilityZone")
        .text("interface_type", n, "interfaceType")
        .flag("requester_managed", n, "requesterManaged")
        .flag("source_dest_check", n, "sourceDestCheck");
    if given(n, "groupSet") {
        on.replace("groups", &texts(n, "groupSet", "groupId"));
    }
    if given(n, "privateIpAddressesSet") {
        on.reset("private_ips");
        for p in items(n, "privateIpAddressesSet") {
            let primary = flag(p, "primary").unwrap_or_default();
            on.element("private_ips", &text(p, "privateIpAddress").unwrap_or_default(), Val::Bool(primary));
        }
    }
    if given(n, "ipv6AddressesSet") {
        on.replace("ipv6_addresses", &texts(n, "ipv6AddressesSet", "ipv6Address"));
    }
    if given(n, "tagSet") && born {
        on.born_tags(n, None);
    }
}

/// An attachment as answers describe it: a thing with an id of its own, and an end of its own.
pub fn attachment(a: &Value, interface: Option<String>, instance: Option<String>, out: &mut Out) {
    out.create(Kind::InterfaceAttachment, text(a, "attachmentId"))
        .set("interface", interface.map(Val::Text))
        .set("instance", instance.map(Val::Text))
        .flag("delete_on_termination", a, "deleteOnTermination")
        .int("device_index", a, "deviceIndex");
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
        .text("interface", c.q, "networkInterfaceId")
        .text("instance", c.q, "instanceId")
        .int("device_index", c.q, "deviceIndex")
        // Attached by hand an interface outlives its instance, until somebody says otherwise.
        .set("delete_on_termination", Val::Bool(false));
}

fn modify(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::NetworkInterface, text(c.q, "networkInterfaceId"), Rank::Set);
    on.flag("source_dest_check", c.q, "sourceDestCheck").text("description", c.q, "description");
    let groups = texts(c.q, "groupSet", "groupId");
    if !groups.is_empty() {
        on.replace("groups", &groups);
    }
    if given(c.q, "attachment") {
        let a = at(c.q, "attachment");
        out.on(Kind::InterfaceAttachment, text(a, "attachmentId"), Rank::Set)
            .flag("delete_on_termination", a, "deleteOnTermination")
            .text("interface", c.q, "networkInterfaceId");
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
        on.element("private_ips", &ip, Val::Bool(false));
    }
}

fn unassign(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::NetworkInterface, text(c.q, "networkInterfaceId"), Rank::Removed);
    for ip in texts(c.q, "privateIpAddressesSet", "privateIpAddress") {
        on.remove("private_ips", &ip);
    }
}

fn assign_v6(c: &Call, out: &mut Out) {
    let ips = texts(c.a, "assignedIpv6Addresses", "ipv6Address");
    if ips.is_empty() {
        out.gap("tells no addresses");
    }
    let mut on = out.on(Kind::NetworkInterface, c.either("networkInterfaceId", "networkInterfaceId"), Rank::Set);
    for ip in ips {
        on.element("ipv6_addresses", &ip, Val::text(""));
    }
}

fn unassign_v6(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::NetworkInterface, c.either("networkInterfaceId", "networkInterfaceId"), Rank::Removed);
    let paths = [(c.a, "unassignedIpv6Addresses"), (c.q, "ipv6Addresses")];
    for ip in paths.iter().flat_map(|(v, p)| texts(v, p, "ipv6Address")) {
        on.remove("ipv6_addresses", &ip);
    }
}

fn allocate(c: &Call, out: &mut Out) {
    out.create(Kind::Address, text(c.a, "allocationId"))
        .text("public_ip", c.a, "publicIp")
        .text("domain", c.a, "domain")
        .born_tags(c.a, c.asked_tags(&["elastic-ip"]));
}

fn associate(c: &Call, out: &mut Out) {
    let address = first(c.q, &["allocationId"]);
    if address.is_none() {
        out.gap(BY_IP);
    }
    out.create(Kind::AddressAssociation, text(c.a, "associationId"))
        .set("address", address.map(Val::Text))
        .text("public_ip", c.q, "publicIp")
        .text("interface", c.q, "networkInterfaceId")
        .text("instance", c.q, "instanceId")
        .text("private_ip", c.q, "privateIpAddress");
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
