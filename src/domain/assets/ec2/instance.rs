//! EC2 instances.

use crate::asset;

asset! {
    /// An EC2 instance.
    Instance "instance", Regional, id "i-", arn "arn:{partition}:ec2:{region}:{account}:instance/{name}";
    unseen until IMAGE "its image, interfaces and groups are unknown";
    facts {
        /// The image that it was launched from.
        10 IMAGE: Text "image" -> Image as "launched_from";
        /// The instance type.
        11 TYPE: Text "type" [Summary];
        /// The state that was told last: `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`.
        12 STATE: Text "state" [Summary];
        /// The Availability Zone.
        13 AVAILABILITY_ZONE: Text "availability_zone";
        /// The subnet of its primary interface.
        14 SUBNET: Text "subnet" -> Subnet as "in";
        /// The VPC.
        15 VPC: Text "vpc" -> Vpc as "in";
        /// The primary private IPv4 address.
        16 PRIVATE_IP: Text "private_ip" [Ip];
        /// The private host name.
        17 PRIVATE_DNS: Text "private_dns";
        /// When it was launched, as the response tells it: epoch milliseconds.
        18 LAUNCH_TIME: Text "launch_time";
        /// The key pair.
        19 KEY_NAME: Text "key_name";
        /// Whether traffic is dropped that is neither from nor to the instance itself.
        20 SOURCE_DEST_CHECK: Flag "source_dest_check";
        /// Whether the API refuses to terminate it.
        21 DISABLE_API_TERMINATION: Flag "disable_api_termination";
        /// The instance profile.
        22 INSTANCE_PROFILE: Text "instance_profile" -> InstanceProfile as "uses";
        /// The Auto Scaling group that it is a member of.
        23 AUTO_SCALING_GROUP: Text "auto_scaling_group" -> AutoScalingGroup as "member_of";
        /// The launch template that it was launched from.
        24 LAUNCH_TEMPLATE: Text "launch_template" -> LaunchTemplate as "launched_from";
        /// Whether the metadata service requires a session token (IMDSv2): `required`, `optional`.
        25 IMDS_TOKENS: Text "imds_tokens";
        /// How many network hops a metadata response may take.
        26 IMDS_HOP_LIMIT: Int "imds_hop_limit";
        /// Whether the metadata service is on: `enabled`, `disabled`.
        27 IMDS_ENDPOINT: Text "imds_endpoint";
        /// User data was given. CloudTrail masks its content.
        28 USER_DATA: Text "user_data";
        /// The security groups of its primary interface.
        29 GROUPS: Set "groups" -> SecurityGroup as "protected_by";
        /// Whether a public IPv4 address was asked for at launch.
        30 ASSOCIATE_PUBLIC_IP: Flag "associate_public_ip";
        /// What a shutdown from inside does: `stop`, `terminate`.
        31 SHUTDOWN_BEHAVIOR: Text "shutdown_behavior";
        /// Whether the volume on a device goes with the instance, as changed since it was attached.
        32 DEVICE_DELETES: FlagMap "device_deletes" [Internal];
    }
}
