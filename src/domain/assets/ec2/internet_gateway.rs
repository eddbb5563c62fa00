//! Internet gateways.

use crate::asset;

asset! {
    /// An internet gateway.
    InternetGateway "internet_gateway", Regional, id "igw-", arn "arn:{partition}:ec2:{region}:{account}:internet-gateway/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The VPC that it is attached to; empty while detached.
        10 VPC: Text "vpc" -> Vpc as "attached_to";
    }
}
