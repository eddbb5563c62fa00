//! Subnets.

use crate::asset;
use crate::domain::assets::ec2::cidr_blocks;
use crate::domain::effects::json::{at, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank};

asset! {
    /// A subnet of a VPC.
    Subnet "subnet", Regional, id "subnet-", arn "arn:{partition}:ec2:{region}:{account}:subnet/{name}";
    unseen until CIDR "its CIDR and route table are unknown";
    facts {
        /// The VPC that it is part of.
        10 VPC: Text "vpc" -> Vpc as "in";
        /// The IPv4 block.
        11 CIDR: Text "cidr" [Summary];
        /// The Availability Zone.
        12 AVAILABILITY_ZONE: Text "availability_zone" [Summary];
        /// Whether instances launched here get a public IPv4 address.
        13 MAP_PUBLIC_IP_ON_LAUNCH: Flag "map_public_ip_on_launch";
        /// Whether it is the default subnet of its Availability Zone.
        14 IS_DEFAULT: Flag "is_default";
        /// Whether interfaces created here get an IPv6 address.
        15 ASSIGN_IPV6_ON_CREATION: Flag "assign_ipv6_on_creation";
        /// Further address blocks, by association id.
        16 CIDR_ASSOCIATIONS: Map "cidr_associations";
    }
}

/// How calls about address blocks name it.
const BLOCKS: cidr_blocks::Named = (Kind::Subnet, "subnetId", CIDR_ASSOCIATIONS);

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AssociateSubnetCidrBlock", |c, out| cidr_blocks::associate(c, BLOCKS, out)),
    ("DisassociateSubnetCidrBlock", |c, out| cidr_blocks::disassociate(c, BLOCKS, out)),
    ("CreateSubnet", create_subnet),
    ("CreateDefaultSubnet", create_subnet),
    ("DeleteSubnet", |c, out| out.delete(Kind::Subnet, text(c.request, "subnetId"))),
    ("ModifySubnetAttribute", modify_subnet),
];

fn create_subnet(c: &Call, out: &mut Writes) {
    let s = at(c.response, "subnet");
    let mut on = out.create(Kind::Subnet, text(s, "subnetId"));
    on.text(VPC, s, "vpcId")
        .text(CIDR, s, "cidrBlock")
        .text(AVAILABILITY_ZONE, s, "availabilityZone")
        .flag(MAP_PUBLIC_IP_ON_LAUNCH, s, "mapPublicIpOnLaunch")
        .flag(IS_DEFAULT, s, "defaultForAz")
        .initial_tags(s, c.requested_tags(&["subnet"]));
    cidr_blocks::initial(s, CIDR_ASSOCIATIONS, &mut on);
}

fn modify_subnet(c: &Call, out: &mut Writes) {
    out.asset(Kind::Subnet, text(c.request, "subnetId"), Rank::Set)
        .flag(MAP_PUBLIC_IP_ON_LAUNCH, c.request, "mapPublicIpOnLaunch")
        .flag(ASSIGN_IPV6_ON_CREATION, c.request, "assignIpv6AddressOnCreation");
}
