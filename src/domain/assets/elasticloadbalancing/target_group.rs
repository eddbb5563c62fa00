//! Target groups.

use crate::asset;

asset! {
    /// A target group.
    TargetGroup "target_group", Regional, id "", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The name.
        10 NAME: Text "name";
        /// The VPC.
        11 VPC: Text "vpc" -> Vpc as "in";
        /// The protocol.
        12 PROTOCOL: Text "protocol" [Summary];
        /// The port.
        13 PORT: Int "port" [Summary];
        /// `instance`, `ip`, `lambda`, `alb`.
        14 TARGET_TYPE: Text "target_type";
        /// Registered instances, with their ports.
        15 INSTANCES: Map "instances" -> Instance as "forwards_to";
        /// Registered addresses, functions and load balancers, with their ports.
        16 TARGETS: Map "targets";
    }
}
