//! NAT gateways and their addresses.

use crate::asset;

asset! {
    /// A NAT gateway.
    NatGateway "nat_gateway", Regional, id "nat-", arn "arn:{partition}:ec2:{region}:{account}:natgateway/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The subnet.
        10 SUBNET: Text "subnet" -> Subnet as "in";
        /// The VPC.
        11 VPC: Text "vpc";
        /// The allocation of its primary address.
        12 ADDRESS: Text "address" -> Address as "uses";
        /// `public` or `private`.
        13 CONNECTIVITY: Text "connectivity" [Summary];
        /// Further addresses by allocation.
        14 SECONDARY_ADDRESSES: Map "secondary_addresses" -> Address as "uses";
    }
}
