//! EBS volumes.

use crate::asset;

asset! {
    /// An EBS volume.
    Volume "volume", Regional, id "vol-", arn "arn:{partition}:ec2:{region}:{account}:volume/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The size in GiB.
        10 SIZE: Int "size" [Summary];
        /// The Availability Zone.
        11 AVAILABILITY_ZONE: Text "availability_zone";
        /// The volume type.
        12 TYPE: Text "type" [Summary];
        /// Whether it is encrypted.
        13 ENCRYPTED: Flag "encrypted";
        /// The snapshot that it was made from.
        14 SNAPSHOT: Text "snapshot" -> Snapshot as "made_from";
        /// The instances that it is attached to, with the device on each.
        15 INSTANCES: Map "instances" -> Instance as "attached_to";
        /// Whether it goes with the instance, as said when it was attached.
        16 DELETES_WITH: FlagMap "deletes_with" [Internal];
    }
}
