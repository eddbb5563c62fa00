//! VPCs.

use crate::asset;
use crate::domain::assets::ec2::cidr_blocks;
use crate::domain::effects::json::{at, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank};

asset! {
    /// A virtual private cloud.
    Vpc "vpc", Regional, id "vpc-", arn "arn:{partition}:ec2:{region}:{account}:vpc/{name}";
    unseen until CIDR "its CIDR is unknown";
    facts {
        /// The primary IPv4 block.
        10 CIDR: Text "cidr" [Summary];
        /// Whether it is the default VPC of its region.
        11 IS_DEFAULT: Flag "is_default";
        /// Whether Amazon's DNS server resolves names.
        12 ENABLE_DNS_SUPPORT: Flag "enable_dns_support";
        /// Whether instances with public addresses get public host names.
        13 ENABLE_DNS_HOSTNAMES: Flag "enable_dns_hostnames";
        /// Further address blocks, by association id.
        14 CIDR_ASSOCIATIONS: Map "cidr_associations";
    }
}

/// How calls about address blocks name it.
const BLOCKS: cidr_blocks::Named = (Kind::Vpc, "vpcId", CIDR_ASSOCIATIONS);

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AssociateVpcCidrBlock", |c, out| cidr_blocks::associate(c, BLOCKS, out)),
    ("DisassociateVpcCidrBlock", |c, out| cidr_blocks::disassociate(c, BLOCKS, out)),
    ("CreateVpc", create_vpc),
    ("CreateDefaultVpc", create_vpc),
    ("DeleteVpc", |c, out| out.delete(Kind::Vpc, text(c.request, "vpcId"))),
    ("ModifyVpcAttribute", modify_vpc),
];

fn create_vpc(c: &Call, out: &mut Writes) {
    let v = at(c.response, "vpc");
    let mut on = out.create(Kind::Vpc, text(v, "vpcId"));
    on.text(CIDR, v, "cidrBlock").flag(IS_DEFAULT, v, "isDefault").initial_tags(v, c.requested_tags(&["vpc"]));
    cidr_blocks::initial(v, CIDR_ASSOCIATIONS, &mut on);
}

fn modify_vpc(c: &Call, out: &mut Writes) {
    out.asset(Kind::Vpc, text(c.request, "vpcId"), Rank::Set)
        .flag(ENABLE_DNS_SUPPORT, c.request, "enableDnsSupport")
        .flag(ENABLE_DNS_HOSTNAMES, c.request, "enableDnsHostnames");
}
