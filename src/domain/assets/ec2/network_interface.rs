//! Network interfaces and their addresses.

use crate::asset;

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
