//! Associations of Elastic IP addresses: assets with an id and an end of their own.

use crate::asset;
use crate::domain::assets::ec2::address;
use crate::domain::effects::json::{first, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Val};

asset! {
    /// The association of an Elastic IP address with an interface.
    AddressAssociation "address_association", Regional, id "eipassoc-", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The allocation.
        10 ADDRESS: Text "address" -> Address as "associates";
        /// The public address, where the request named it by that.
        11 PUBLIC_IP: Text "public_ip" [Ip];
        /// The interface.
        12 INTERFACE: Text "interface" -> NetworkInterface as "associated_with";
        /// The instance.
        13 INSTANCE: Text "instance" -> Instance as "associated_with";
        /// The private address that it is mapped to.
        14 PRIVATE_IP: Text "private_ip" [Ip];
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[("AssociateAddress", associate), ("DisassociateAddress", disassociate)];

fn associate(c: &Call, out: &mut Writes) {
    let address = first(c.request, &["allocationId"]);
    if address.is_none() {
        out.gap(address::BY_IP);
    }
    out.create(Kind::AddressAssociation, text(c.response, "associationId"))
        .set(ADDRESS, address.map(Val::Text))
        .text(PUBLIC_IP, c.request, "publicIp")
        .text(INTERFACE, c.request, "networkInterfaceId")
        .text(INSTANCE, c.request, "instanceId")
        .text(PRIVATE_IP, c.request, "privateIpAddress");
}

fn disassociate(c: &Call, out: &mut Writes) {
    if address::by_ip_only(c, "associationId") {
        return out.gap(address::BY_IP);
    }
    out.end_association(Kind::AddressAssociation, text(c.request, "associationId"));
}
