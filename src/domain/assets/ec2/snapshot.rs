//! EBS snapshots.

use crate::asset;

asset! {
    /// An EBS snapshot.
    Snapshot "snapshot", Regional, id "snap-", arn "arn:{partition}:ec2:{region}::snapshot/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The volume that it was made from.
        10 VOLUME: Text "volume" -> Volume as "made_from";
        /// The size in GiB.
        11 SIZE: Int "size" [Summary];
        /// Whether it is encrypted.
        12 ENCRYPTED: Flag "encrypted";
        /// The description.
        13 DESCRIPTION: Text "description";
        /// The accounts that may use it; `all` is everybody.
        14 SHARED_WITH: Set "shared_with";
        /// The snapshot that it was copied from.
        15 COPIED_FROM: Text "copied_from";
        /// The region that it was copied from.
        16 COPIED_FROM_REGION: Text "copied_from_region";
    }
}
