//! Buckets. S3 answers nothing: everything is in the request, XML-like.

use super::effect::{Call, Out, Row};
use super::json::{at, document, first, flag, given, items, text};
use crate::domain::assets::Field;
use crate::domain::assets::s3::bucket;
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("CreateBucket", create),
    ("DeleteBucket", |c, out| out.delete(Kind::Bucket, name(c))),
    ("PutBucketPolicy", put_policy),
    ("DeleteBucketPolicy", |c, out| clear(c, bucket::POLICY, out)),
    ("PutBucketTagging", put_tagging),
    ("DeleteBucketTagging", delete_tagging),
    ("PutBucketAcl", put_acl),
    ("PutBucketPublicAccessBlock", put_block),
    ("DeleteBucketPublicAccessBlock", delete_block),
    ("PutBucketEncryption", put_encryption),
    ("DeleteBucketEncryption", |c, out| clear(c, bucket::ENCRYPTION, out)),
    ("PutBucketVersioning", put_versioning),
];

/// The four switches of a public access block, as fields and as parameters.
const BLOCKS: [(Field, &str); 4] = [
    (bucket::BLOCK_PUBLIC_ACLS, "BlockPublicAcls"),
    (bucket::IGNORE_PUBLIC_ACLS, "IgnorePublicAcls"),
    (bucket::BLOCK_PUBLIC_POLICY, "BlockPublicPolicy"),
    (bucket::RESTRICT_PUBLIC_BUCKETS, "RestrictPublicBuckets"),
];

/// The value of `acl` where grants are written one by one.
const CUSTOM_ACL: &str = "custom";

pub fn name(c: &Call) -> Option<String> {
    text(c.q, "bucketName")
}

fn create(c: &Call, out: &mut Out) {
    let asked = first(c.q, &["CreateBucketConfiguration.LocationConstraint", "LocationConstraint"]);
    let region = asked.unwrap_or_else(|| out.region().to_owned());
    out.create(Kind::Bucket, name(c))
        .set(bucket::REGION, (!region.is_empty()).then_some(Val::Text(region)))
        .text(bucket::OBJECT_OWNERSHIP, c.q, "x-amz-object-ownership")
        .set(bucket::ACL, Val::Text(text(c.q, "x-amz-acl").unwrap_or_else(|| "private".to_owned())))
        .reset_tags();
}

fn put_policy(c: &Call, out: &mut Out) {
    let policy = document(c.q, "bucketPolicy").unwrap_or(Val::Unknown);
    if policy == Val::Unknown {
        out.gap("tells no policy");
    }
    out.on(Kind::Bucket, name(c), Rank::Set).set(bucket::POLICY, policy);
}

pub fn clear(c: &Call, field: Field, out: &mut Out) {
    out.on(Kind::Bucket, name(c), Rank::Removed).set(field, Val::text(""));
}

fn put_tagging(c: &Call, out: &mut Out) {
    if !given(c.q, "Tagging.TagSet") {
        return out.gap("tells no tags");
    }
    let tags = items(c.q, "Tagging.TagSet");
    let tags = tags.into_iter().flat_map(|t| if given(t, "Tag") { items(t, "Tag") } else { vec![t] });
    out.on(Kind::Bucket, name(c), Rank::Set).reset_tags().tags(&tags.collect::<Vec<_>>());
}

fn delete_tagging(c: &Call, out: &mut Out) {
    out.on(Kind::Bucket, name(c), Rank::Removed).reset_tags();
}

fn put_acl(c: &Call, out: &mut Out) {
    let canned = text(c.q, "x-amz-acl");
    let grants = items(c.q, "AccessControlPolicy.AccessControlList.Grant");
    let mut on = out.on(Kind::Bucket, name(c), Rank::Set);
    on.reset(bucket::GRANTS);
    for g in &grants {
        let who = first(at(g, "Grantee"), &["URI", "ID", "EmailAddress"]).unwrap_or_default();
        let what = text(g, "Permission").unwrap_or_default();
        if !who.is_empty() {
            on.element(bucket::GRANTS, &format!("{who}|{what}"), Val::text(""));
        }
    }
    let acl = canned.map(Val::Text).or((!grants.is_empty()).then_some(Val::text(CUSTOM_ACL)));
    on.set(bucket::ACL, acl.unwrap_or(Val::Unknown));
}

fn put_block(c: &Call, out: &mut Out) {
    let block = at(c.q, "PublicAccessBlockConfiguration");
    let mut on = out.on(Kind::Bucket, name(c), Rank::Set);
    for (field, parameter) in BLOCKS {
        // Replaced as a whole: what isn't said is off.
        let value =
            if block.is_object() { Val::Bool(flag(block, parameter).unwrap_or_default()) } else { Val::Unknown };
        on.set(field, value);
    }
}

fn delete_block(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::Bucket, name(c), Rank::Removed);
    for (field, _) in BLOCKS {
        on.set(field, Val::Bool(false));
    }
}

fn put_encryption(c: &Call, out: &mut Out) {
    let configuration = at(c.q, "ServerSideEncryptionConfiguration");
    let path = if given(configuration, "Rule") { "Rule" } else { "Rules" };
    let rules = items(configuration, path);
    let algorithm = rules.into_iter().find_map(|r| text(r, "ApplyServerSideEncryptionByDefault.SSEAlgorithm"));
    out.on(Kind::Bucket, name(c), Rank::Set).set(bucket::ENCRYPTION, algorithm.map_or(Val::Unknown, Val::Text));
}

fn put_versioning(c: &Call, out: &mut Out) {
    let status = text(c.q, "VersioningConfiguration.Status");
    out.on(Kind::Bucket, name(c), Rank::Set).set(bucket::VERSIONING, status.map_or(Val::Unknown, Val::Text));
}
