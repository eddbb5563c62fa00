//! Instance profiles.

use crate::asset;

asset! {
    /// An instance profile.
    InstanceProfile "instance_profile", Global, id "", arn "";
    unseen one of ROLES "its role is unknown";
    facts {
        /// The unique id (`AIPA…`).
        10 UNIQUE_ID: Text "unique_id" [UniqueId];
        /// The ARN, with its path.
        11 ARN: Text "arn";
        /// The role in it.
        12 ROLES: Set "roles" -> Role as "has";
    }
}
