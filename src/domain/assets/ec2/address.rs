//! Elastic IP addresses.

use crate::asset;
use crate::domain::effects::json::{given, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::Kind;

asset! {
    /// An Elastic IP address.
    Address "address", Regional, id "eipalloc-", arn "arn:{partition}:ec2:{region}:{account}:elastic-ip/{name}";
    unseen until PUBLIC_IP "its address is unknown";
    facts {
        /// The public IPv4 address.
        10 PUBLIC_IP: Text "public_ip" [Summary, Ip];
        /// `vpc`, or `standard` for EC2-Classic.
        11 DOMAIN: Text "domain";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AllocateAddress", allocate),
    ("ReleaseAddress", release),
    // The allocation it answers with may be the one in the account that gave the address.
    ("AcceptAddressTransfer", |_, out| out.gap("tells no allocation of this account")),
];

/// An address has its allocation for a name; its IP alone doesn't tell which asset that was.
pub const BY_IP: &str = "names the address by its IP only";

fn allocate(c: &Call, out: &mut Writes) {
    out.create(Kind::Address, text(c.response, "allocationId"))
        .text(PUBLIC_IP, c.response, "publicIp")
        .text(DOMAIN, c.response, "domain")
        .initial_tags(c.response, c.requested_tags(&["elastic-ip"]));
}

pub fn by_ip_only(c: &Call, id: &str) -> bool {
    !given(c.request, id) && given(c.request, "publicIp")
}

fn release(c: &Call, out: &mut Writes) {
    if by_ip_only(c, "allocationId") {
        return out.gap(BY_IP);
    }
    out.delete(Kind::Address, text(c.request, "allocationId"));
}
