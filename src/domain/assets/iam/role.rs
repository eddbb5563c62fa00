//! IAM roles.

use crate::asset;

asset! {
    /// An IAM role.
    Role "role", Global, id "", arn "arn:{partition}:iam::{account}:role/{name}";
    unseen until UNIQUE_ID "policies from before its first sign of life are unknown";
    facts {
        /// The unique id (`AROA…`).
        10 UNIQUE_ID: Text "unique_id" [UniqueId];
        /// The ARN, with its path.
        11 ARN: Text "arn";
        /// The path.
        12 PATH: Text "path";
        /// The longest session in seconds.
        13 MAX_SESSION_DURATION: Int "max_session_duration";
        /// The policy that bounds its permissions.
        14 PERMISSIONS_BOUNDARY: Text "permissions_boundary";
        /// The policy that says who may assume it.
        15 TRUST_POLICY: Text "trust_policy";
        /// The description.
        16 DESCRIPTION: Text "description";
        /// The attached managed policies, by ARN.
        17 POLICIES: Set "policies";
        /// The inline policies: documents by name.
        18 INLINE_POLICIES: Map "inline_policies";
    }
}
