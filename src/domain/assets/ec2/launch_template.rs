//! Launch templates.

use crate::asset;

asset! {
    /// A launch template.
    LaunchTemplate "launch_template", Regional, id "lt-", arn "arn:{partition}:ec2:{region}:{account}:launch-template/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The template's name, by which groups may refer to it.
        10 NAME: Text "name" [Alias];
        /// The newest version.
        11 LATEST_VERSION: Int "latest_version";
        /// The version that is used where none is named.
        12 DEFAULT_VERSION: Int "default_version" [Summary];
        /// The image that it launches.
        13 IMAGE: Text "image";
        /// The instance type.
        14 TYPE: Text "type" [Summary];
        /// Whether the metadata service requires a session token (IMDSv2): `required`, `optional`.
        15 IMDS_TOKENS: Text "imds_tokens";
        /// How many network hops a metadata response may take.
        16 IMDS_HOP_LIMIT: Int "imds_hop_limit";
        /// User data was given. CloudTrail masks its content.
        17 USER_DATA: Text "user_data";
        /// The security groups.
        18 GROUPS: Set "groups";
    }
}
