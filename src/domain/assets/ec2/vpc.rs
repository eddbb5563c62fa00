//! VPCs.

use crate::asset;

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
