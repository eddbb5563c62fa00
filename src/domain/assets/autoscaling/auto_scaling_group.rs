//! Auto Scaling groups. The tags of an instance tell which group it is a member of.

use crate::asset;

asset! {
    /// An Auto Scaling group.
    AutoScalingGroup "auto_scaling_group", Regional, id "", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The launch template, by id.
        10 LAUNCH_TEMPLATE: Text "launch_template" -> LaunchTemplate as "launches_from";
        /// The launch template, by name.
        11 LAUNCH_TEMPLATE_NAME: Text "launch_template_name";
        /// The launch configuration.
        12 LAUNCH_CONFIGURATION: Text "launch_configuration";
        /// The smallest size.
        13 MIN: Int "min";
        /// The largest size.
        14 MAX: Int "max";
        /// The size that is wanted.
        15 DESIRED: Int "desired" [Summary];
        /// The subnets that it launches into.
        16 SUBNETS: Set "subnets" -> Subnet as "in";
        /// The target groups that its instances are registered in.
        17 TARGET_GROUPS: Set "target_groups" -> TargetGroup as "registers_in";
        /// The classic load balancers that its instances are registered with.
        18 LOAD_BALANCERS: Set "load_balancers" -> LoadBalancer as "registers_in";
    }
}
