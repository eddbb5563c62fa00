//! S3 buckets and their configuration.

use serde_json::Value;

use crate::asset;
use crate::domain::assets::{Field, List};
use crate::domain::effects::json::{at, document, first, flag, given, int, items, text, texts};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

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

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("PutBucketLogging", put_logging),
    ("PutBucketWebsite", |c, out| website(c, Rank::Set, true, out)),
    ("DeleteBucketWebsite", |c, out| website(c, Rank::Removed, false, out)),
    ("PutBucketOwnershipControls", put_ownership),
    ("DeleteBucketOwnershipControls", |c, out| clear(c, OBJECT_OWNERSHIP, out)),
    ("PutBucketReplication", |c, out| replace(c, "ReplicationConfiguration", destinations, out)),
    ("DeleteBucketReplication", |c, out| empty(c, REPLICATION_DESTINATIONS, out)),
    ("PutBucketLifecycle", |c, out| replace(c, "LifecycleConfiguration", expirations, out)),
    ("PutBucketLifecycleConfiguration", |c, out| replace(c, "LifecycleConfiguration", expirations, out)),
    ("DeleteBucketLifecycle", |c, out| empty(c, EXPIRATIONS, out)),
    ("PutBucketNotification", |c, out| replace(c, "NotificationConfiguration", notified, out)),
    ("PutBucketCors", |c, out| replace(c, "CORSConfiguration", origins, out)),
    ("DeleteBucketCors", |c, out| empty(c, CORS_ORIGINS, out)),
    ("CreateBucket", create),
    ("DeleteBucket", |c, out| out.delete(Kind::Bucket, name(c))),
    ("PutBucketPolicy", put_policy),
    ("DeleteBucketPolicy", |c, out| clear(c, POLICY, out)),
    ("PutBucketTagging", put_tagging),
    ("DeleteBucketTagging", delete_tagging),
    ("PutBucketAcl", put_acl),
    ("PutBucketPublicAccessBlock", put_block),
    ("DeleteBucketPublicAccessBlock", delete_block),
    ("PutBucketEncryption", put_encryption),
    ("DeleteBucketEncryption", |c, out| clear(c, ENCRYPTION, out)),
    ("PutBucketVersioning", put_versioning),
];

/// Where notifications go, as kinds of configuration and the parameter that names the receiver.
const RECEIVERS: [(&str, &str); 4] = [
    ("TopicConfiguration", "Topic"),
    ("QueueConfiguration", "Queue"),
    ("CloudFunctionConfiguration", "CloudFunction"),
    ("LambdaFunctionConfiguration", "LambdaFunctionArn"),
];

/// Off is asked for as well: by a configuration with nothing in it.
fn put_logging(c: &Call, out: &mut Writes) {
    let status = at(c.request, "BucketLoggingStatus");
    if status.is_null() {
        out.gap("tells no configuration");
    }
    let target = match text(status, "LoggingEnabled.TargetBucket") {
        None if status.is_null() || given(status, "LoggingEnabled") => Val::Unknown,
        target => Val::Text(target.unwrap_or_default()),
    };
    out.asset(Kind::Bucket, name(c), Rank::Set).set(LOGGING_TARGET, target);
}

fn website(c: &Call, rank: Rank, on: bool, out: &mut Writes) {
    out.asset(Kind::Bucket, name(c), rank).set(WEBSITE, Val::Bool(on));
}

fn put_ownership(c: &Call, out: &mut Writes) {
    let rules = items(c.request, "OwnershipControls.Rule");
    let owner = rules.into_iter().find_map(|r| text(r, "ObjectOwnership"));
    if owner.is_none() {
        out.gap("tells no ownership");
    }
    out.asset(Kind::Bucket, name(c), Rank::Set).set(OBJECT_OWNERSHIP, owner.map_or(Val::Unknown, Val::Text));
}

/// Replaces a list by what its configuration says. An empty one empties the list, a missing one is only not told.
fn replace(c: &Call, configuration: &str, list: fn(&Value, &mut AssetWriter), out: &mut Writes) {
    let told = at(c.request, configuration);
    if told.is_null() {
        return out.gap("tells no configuration");
    }
    list(told, &mut out.asset(Kind::Bucket, name(c), Rank::Set));
}

fn empty(c: &Call, list: List, out: &mut Writes) {
    out.asset(Kind::Bucket, name(c), Rank::Removed).reset(list);
}

/// The rules of a configuration that are in force.
fn enabled(of: &Value) -> Vec<&Value> {
    let rules = ["Rule", "Rules"].into_iter().flat_map(|p| items(of, p));
    rules.filter(|r| text(r, "Status").as_deref() != Some("Disabled")).collect()
}

/// The buckets that objects are copied to, and whose they are where another account is named.
fn destinations(told: &Value, on: &mut AssetWriter) {
    on.reset(REPLICATION_DESTINATIONS);
    for r in enabled(told) {
        let arn = text(r, "Destination.Bucket").unwrap_or_default();
        let bucket = arn.rsplit(':').next().unwrap_or_default();
        let account = text(r, "Destination.Account").unwrap_or_default();
        on.element(REPLICATION_DESTINATIONS, bucket, Val::Text(account));
    }
}

/// The rules by which objects expire: after so many days, or on a date. A rule without an id is named by its place.
fn expirations(told: &Value, on: &mut AssetWriter) {
    on.reset(EXPIRATIONS);
    for (n, r) in enabled(told).into_iter().enumerate() {
        let e = at(r, "Expiration");
        if let Some(when) = int(e, "Days").map(Val::Int).or_else(|| text(e, "Date").map(Val::Text)) {
            on.element(EXPIRATIONS, &text(r, "ID").unwrap_or_else(|| format!("rule {}", n + 1)), when);
        }
    }
}

fn notified(told: &Value, on: &mut AssetWriter) {
    on.reset(NOTIFICATION_TARGETS);
    for (kind, receiver) in RECEIVERS {
        for arn in items(told, kind).into_iter().filter_map(|k| text(k, receiver)) {
            on.element(NOTIFICATION_TARGETS, &arn, Val::text(""));
        }
    }
}

fn origins(told: &Value, on: &mut AssetWriter) {
    on.reset(CORS_ORIGINS);
    let rules = ["CORSRule", "CORSRules"].into_iter().flat_map(|p| items(told, p));
    for origin in rules.flat_map(|r| texts(r, "AllowedOrigin", "")) {
        on.element(CORS_ORIGINS, &origin, Val::text(""));
    }
}

/// The four switches of a public access block, as fields and as parameters.
const BLOCKS: [(Field, &str); 4] = [
    (BLOCK_PUBLIC_ACLS, "BlockPublicAcls"),
    (IGNORE_PUBLIC_ACLS, "IgnorePublicAcls"),
    (BLOCK_PUBLIC_POLICY, "BlockPublicPolicy"),
    (RESTRICT_PUBLIC_BUCKETS, "RestrictPublicBuckets"),
];

/// The value of `acl` where grants are written one by one.
const CUSTOM_ACL: &str = "custom";

const PRIVATE_ACL: &str = "private";

/// The old name of a region in a location constraint.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html>
const EU: &str = "EU";
const EU_REGION: &str = "eu-west-1";

/// Headers that grant a permission, with the permission of each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html>
const GRANT_HEADERS: [(&str, &str); 5] = [
    ("x-amz-grant-full-control", "FULL_CONTROL"),
    ("x-amz-grant-read", "READ"),
    ("x-amz-grant-read-acp", "READ_ACP"),
    ("x-amz-grant-write", "WRITE"),
    ("x-amz-grant-write-acp", "WRITE_ACP"),
];

/// The grants of a request's headers, `uri="http://…", id="…"` in each.
fn header_grants(c: &Call) -> Vec<String> {
    let mut grants = Vec::new();
    for (header, permission) in GRANT_HEADERS {
        for grantee in text(c.request, header).unwrap_or_default().split(',') {
            let named = grantee.split_once('=').map_or(grantee, |(_, named)| named).trim().trim_matches('"');
            if !named.is_empty() {
                grants.push(format!("{named}|{permission}"));
            }
        }
    }
    grants
}

pub fn name(c: &Call) -> Option<String> {
    text(c.request, "bucketName")
}

fn create(c: &Call, out: &mut Writes) {
    let asked = first(c.request, &["CreateBucketConfiguration.LocationConstraint", "LocationConstraint"]);
    let asked = asked.map(|r| if r == EU { EU_REGION.to_owned() } else { r });
    let region = asked.unwrap_or_else(|| out.region().to_owned());
    let granted = header_grants(c);
    let acl = text(c.request, "x-amz-acl").unwrap_or_else(|| PRIVATE_ACL.to_owned());
    let mut on = out.create(Kind::Bucket, name(c));
    on.set(REGION, (!region.is_empty()).then_some(Val::Text(region)))
        .text(OBJECT_OWNERSHIP, c.request, "x-amz-object-ownership")
        .set(ACL, Val::Text(if granted.is_empty() { acl } else { CUSTOM_ACL.to_owned() }))
        .replace(GRANTS, &granted)
        .reset_tags();
}

fn put_policy(c: &Call, out: &mut Writes) {
    let policy = document(c.request, "bucketPolicy").unwrap_or(Val::Unknown);
    if policy == Val::Unknown {
        out.gap("tells no policy");
    }
    out.asset(Kind::Bucket, name(c), Rank::Set).set(POLICY, policy);
}

pub fn clear(c: &Call, field: Field, out: &mut Writes) {
    out.asset(Kind::Bucket, name(c), Rank::Removed).set(field, Val::text(""));
}

fn put_tagging(c: &Call, out: &mut Writes) {
    if !given(c.request, "Tagging.TagSet") {
        return out.gap("tells no tags");
    }
    let tags = items(c.request, "Tagging.TagSet");
    let tags = tags.into_iter().flat_map(|t| if given(t, "Tag") { items(t, "Tag") } else { vec![t] });
    out.asset(Kind::Bucket, name(c), Rank::Set).reset_tags().tags(&tags.collect::<Vec<_>>());
}

fn delete_tagging(c: &Call, out: &mut Writes) {
    out.asset(Kind::Bucket, name(c), Rank::Removed).reset_tags();
}

fn put_acl(c: &Call, out: &mut Writes) {
    let canned = text(c.request, "x-amz-acl");
    let grants = items(c.request, "AccessControlPolicy.AccessControlList.Grant");
    let granted = header_grants(c);
    let mut on = out.asset(Kind::Bucket, name(c), Rank::Set);
    on.replace(GRANTS, &granted);
    for g in &grants {
        let who = first(at(g, "Grantee"), &["URI", "ID", "EmailAddress"]).unwrap_or_default();
        let what = text(g, "Permission").unwrap_or_default();
        if !who.is_empty() {
            on.element(GRANTS, &format!("{who}|{what}"), Val::text(""));
        }
    }
    let acl = canned.map(Val::Text).or((!grants.is_empty() || !granted.is_empty()).then_some(Val::text(CUSTOM_ACL)));
    on.set(ACL, acl.unwrap_or(Val::Unknown));
}

fn put_block(c: &Call, out: &mut Writes) {
    let block = at(c.request, "PublicAccessBlockConfiguration");
    let mut on = out.asset(Kind::Bucket, name(c), Rank::Set);
    for (field, parameter) in BLOCKS {
        // Replaced as a whole: what isn't said is off.
        let value =
            if block.is_object() { Val::Bool(flag(block, parameter).unwrap_or_default()) } else { Val::Unknown };
        on.set(field, value);
    }
}

fn delete_block(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::Bucket, name(c), Rank::Removed);
    for (field, _) in BLOCKS {
        on.set(field, Val::Bool(false));
    }
}

fn put_encryption(c: &Call, out: &mut Writes) {
    let configuration = at(c.request, "ServerSideEncryptionConfiguration");
    let path = if given(configuration, "Rule") { "Rule" } else { "Rules" };
    let rules = items(configuration, path);
    let algorithm = rules.into_iter().find_map(|r| text(r, "ApplyServerSideEncryptionByDefault.SSEAlgorithm"));
    out.asset(Kind::Bucket, name(c), Rank::Set).set(ENCRYPTION, algorithm.map_or(Val::Unknown, Val::Text));
}

fn put_versioning(c: &Call, out: &mut Writes) {
    let status = text(c.request, "VersioningConfiguration.Status");
    out.asset(Kind::Bucket, name(c), Rank::Set).set(VERSIONING, status.map_or(Val::Unknown, Val::Text));
}
