//! Load balancers: classic ones by name, those of version 2 by ARN.

use crate::asset;

asset! {
    /// A load balancer.
    LoadBalancer "load_balancer", Regional, id "", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The name.
        10 NAME: Text "name";
        /// `application`, `network`, `gateway`, `classic`.
        11 TYPE: Text "type" [Summary];
        /// `internet-facing` or `internal`.
        12 SCHEME: Text "scheme" [Summary];
        /// The VPC.
        13 VPC: Text "vpc" -> Vpc as "in";
        /// The DNS name.
        14 DNS_NAME: Text "dns_name";
        /// `ipv4`, `dualstack`, …
        15 IP_ADDRESS_TYPE: Text "ip_address_type";
        /// The subnets.
        16 SUBNETS: Set "subnets" -> Subnet as "in";
        /// The security groups.
        17 GROUPS: Set "groups" -> SecurityGroup as "protected_by";
        /// The target groups that its listeners and rules forward to.
        18 TARGET_GROUPS: Map "target_groups" -> TargetGroup as "forwards_to";
        /// The instances registered with a classic load balancer.
        19 INSTANCES: Set "instances" -> Instance as "forwards_to";
        /// Listeners as `protocol:port`, by ARN or, for classic ones, by port.
        20 LISTENERS: Map "listeners";
        /// The target groups in the actions of each listener and rule.
        21 ACTIONS: Map "actions" [Internal];
        /// The listeners that were deleted: their rules went with them.
        22 ENDED_LISTENERS: Set "ended_listeners" [Internal];
        /// Whether access logs are written.
        23 ACCESS_LOGS: Flag "access_logs";
        /// Whether the API refuses to delete it.
        24 DELETION_PROTECTION: Flag "deletion_protection";
        /// Whether invalid HTTP headers are dropped.
        25 DROP_INVALID_HEADERS: Flag "drop_invalid_headers";
        /// The bucket of its access logs.
        26 ACCESS_LOGS_BUCKET: Text "access_logs_bucket";
    }
}
