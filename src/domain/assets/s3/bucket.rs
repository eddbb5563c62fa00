//! S3 buckets and their configuration.

use super::super::{Field, Kind};
use crate::asset;

/// The region that objects are stored in: not that of the record.
pub const REGION: Field = Kind::Bucket.region();

asset! {
    /// An S3 bucket.
    Bucket "bucket", Unique, id "", arn "arn:{partition}:s3:::{name}";
    unseen until REGION "what was set before its first sign of life is unknown";
    facts {
        /// Who owns uploaded objects: `BucketOwnerEnforced` switches ACLs off.
        10 OBJECT_OWNERSHIP: Text "object_ownership";
        /// The canned ACL; `custom` where grants are written one by one.
        11 ACL: Text "acl" [Summary];
        /// The bucket policy; empty where it was deleted.
        12 POLICY: Text "policy";
        /// Public access block: new public ACLs are refused.
        13 BLOCK_PUBLIC_ACLS: Flag "block_public_acls";
        /// Public access block: public ACLs have no effect.
        14 IGNORE_PUBLIC_ACLS: Flag "ignore_public_acls";
        /// Public access block: public bucket policies are refused.
        15 BLOCK_PUBLIC_POLICY: Flag "block_public_policy";
        /// Public access block: a public policy reaches this account and AWS services only.
        16 RESTRICT_PUBLIC_BUCKETS: Flag "restrict_public_buckets";
        /// The default encryption.
        17 ENCRYPTION: Text "encryption";
        /// `Enabled` or `Suspended`.
        18 VERSIONING: Text "versioning";
        /// The bucket that access logs go to; empty while off.
        19 LOGGING_TARGET: Text "logging_target" -> Bucket as "logs_to";
        /// Whether it is served as a website.
        20 WEBSITE: Flag "website";
        /// The buckets that objects are copied to, with the account of each where it is another.
        21 REPLICATION_DESTINATIONS: Map "replication_destinations";
        /// The rules by which objects expire, after days or on a date.
        22 EXPIRATIONS: Map "expirations";
        /// The receivers of notifications, by ARN.
        23 NOTIFICATION_TARGETS: Set "notification_targets";
        /// The origins that CORS allows.
        24 CORS_ORIGINS: Set "cors_origins";
        /// The grants of a custom ACL, as `grantee|permission`.
        25 GRANTS: Set "grants";
    }
}
