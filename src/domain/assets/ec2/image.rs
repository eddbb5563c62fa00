//! Images (AMIs).

use crate::asset;

asset! {
    /// An Amazon machine image.
    Image "image", Regional, id "ami-", arn "arn:{partition}:ec2:{region}::image/{name}";
    facts {
        /// The image's name.
        10 NAME: Text "name";
        /// The accounts that may launch it; `all` is everybody.
        11 SHARED_WITH: Set "shared_with";
        /// The snapshots of its devices, with the device of each.
        12 SNAPSHOTS: Map "snapshots" -> Snapshot as "made_from";
        /// The instance that it was made from.
        13 MADE_FROM_INSTANCE: Text "made_from_instance";
        /// The image that it was copied from.
        14 COPIED_FROM: Text "copied_from";
        /// The region that it was copied from.
        15 COPIED_FROM_REGION: Text "copied_from_region";
    }
}
