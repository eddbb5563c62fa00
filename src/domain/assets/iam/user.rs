//! IAM users.

use crate::asset;

asset! {
    /// An IAM user.
    User "user", Global, id "", arn "arn:{partition}:iam::{account}:user/{name}";
    unseen until UNIQUE_ID "policies from before its first sign of life are unknown";
    facts {
        /// The unique id (`AIDA…`).
        10 UNIQUE_ID: Text "unique_id" [UniqueId];
        /// The ARN, with its path.
        11 ARN: Text "arn";
        /// The path.
        12 PATH: Text "path";
        /// The policy that bounds its permissions.
        13 PERMISSIONS_BOUNDARY: Text "permissions_boundary";
        /// The groups that it is in.
        14 IAM_GROUPS: Set "iam_groups";
        /// The MFA devices, by serial number.
        15 MFA_DEVICES: Set "mfa_devices";
        /// The attached managed policies, by ARN.
        16 POLICIES: Set "policies";
        /// The inline policies: documents by name.
        17 INLINE_POLICIES: Map "inline_policies";
        /// The name that it had before.
        18 RENAMED_FROM: Text "renamed_from";
        /// Whether it has a password for the console.
        19 LOGIN_PROFILE: Flag "login_profile";
    }
}
