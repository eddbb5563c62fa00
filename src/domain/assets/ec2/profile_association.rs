//! Associations of instance profiles: assets with an id and an end of their own.

use crate::asset;

asset! {
    /// The association of an instance profile with an instance.
    ProfileAssociation "profile_association", Regional, id "iip-assoc-", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The instance.
        10 INSTANCE: Text "instance" -> Instance as "associated_with";
        /// The instance profile.
        11 INSTANCE_PROFILE: Text "instance_profile" -> InstanceProfile as "associates";
    }
}
