//! Subnets.

use crate::asset;

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
