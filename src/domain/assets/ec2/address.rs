//! Elastic IP addresses.

use crate::asset;

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
