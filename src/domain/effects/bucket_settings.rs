//! What a bucket is set up to do: where it logs, copies and reports to, what it shows, and what it throws away. Each call replaces its
//! configuration as a whole.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{at, given, int, items, text, texts};
use super::s3::{clear, name};
use crate::domain::assets::List;
use crate::domain::assets::s3::bucket;
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("PutBucketLogging", put_logging),
    ("PutBucketWebsite", |c, out| website(c, Rank::Set, true, out)),
    ("DeleteBucketWebsite", |c, out| website(c, Rank::Removed, false, out)),
    ("PutBucketOwnershipControls", put_ownership),
    ("DeleteBucketOwnershipControls", |c, out| clear(c, bucket::OBJECT_OWNERSHIP, out)),
    ("PutBucketReplication", |c, out| replace(c, "ReplicationConfiguration", destinations, out)),
    ("DeleteBucketReplication", |c, out| empty(c, bucket::REPLICATION_DESTINATIONS, out)),
    ("PutBucketLifecycle", |c, out| replace(c, "LifecycleConfiguration", expirations, out)),
    ("PutBucketLifecycleConfiguration", |c, out| replace(c, "LifecycleConfiguration", expirations, out)),
    ("DeleteBucketLifecycle", |c, out| empty(c, bucket::EXPIRATIONS, out)),
    ("PutBucketNotification", |c, out| replace(c, "NotificationConfiguration", notified, out)),
    ("PutBucketCors", |c, out| replace(c, "CORSConfiguration", origins, out)),
    ("DeleteBucketCors", |c, out| empty(c, bucket::CORS_ORIGINS, out)),
];

/// Where notifications go, as kinds of configuration and the parameter that names the receiver.
const RECEIVERS: [(&str, &str); 4] = [
    ("TopicConfiguration", "Topic"),
    ("QueueConfiguration", "Queue"),
    ("CloudFunctionConfiguration", "CloudFunction"),
    ("LambdaFunctionConfiguration", "LambdaFunctionArn"),
];

/// Off is asked for as well: by a configuration with nothing in it.
fn put_logging(c: &Call, out: &mut Out) {
    let status = at(c.q, "BucketLoggingStatus");
    if status.is_null() {
        out.gap("tells no configuration");
    }
    let target = match text(status, "LoggingEnabled.TargetBucket") {
        None if status.is_null() || given(status, "LoggingEnabled") => Val::Unknown,
        target => Val::Text(target.unwrap_or_default()),
    };
    out.on(Kind::Bucket, name(c), Rank::Set).set(bucket::LOGGING_TARGET, target);
}

fn website(c: &Call, rank: Rank, on: bool, out: &mut Out) {
    out.on(Kind::Bucket, name(c), rank).set(bucket::WEBSITE, Val::Bool(on));
}

fn put_ownership(c: &Call, out: &mut Out) {
    let rules = items(c.q, "OwnershipControls.Rule");
    let owner = rules.into_iter().find_map(|r| text(r, "ObjectOwnership"));
    if owner.is_none() {
        out.gap("tells no ownership");
    }
    out.on(Kind::Bucket, name(c), Rank::Set).set(bucket::OBJECT_OWNERSHIP, owner.map_or(Val::Unknown, Val::Text));
}

/// Replaces a list by what its configuration says. An empty one empties the list, a missing one is only not told.
fn replace(c: &Call, configuration: &str, list: fn(&Value, &mut On), out: &mut Out) {
    let told = at(c.q, configuration);
    if told.is_null() {
        return out.gap("tells no configuration");
    }
    list(told, &mut out.on(Kind::Bucket, name(c), Rank::Set));
}

fn empty(c: &Call, list: List, out: &mut Out) {
    out.on(Kind::Bucket, name(c), Rank::Removed).reset(list);
}

/// The rules of a configuration that are in force.
fn enabled(of: &Value) -> Vec<&Value> {
    let rules = ["Rule", "Rules"].into_iter().flat_map(|p| items(of, p));
    rules.filter(|r| text(r, "Status").as_deref() != Some("Disabled")).collect()
}

/// The buckets that objects are copied to, and whose they are where another account is named.
fn destinations(told: &Value, on: &mut On) {
    on.reset(bucket::REPLICATION_DESTINATIONS);
    for r in enabled(told) {
        let arn = text(r, "Destination.Bucket").unwrap_or_default();
        let bucket = arn.rsplit(':').next().unwrap_or_default();
        let account = text(r, "Destination.Account").unwrap_or_default();
        on.element(bucket::REPLICATION_DESTINATIONS, bucket, Val::Text(account));
    }
}

/// The rules by which objects expire: after so many days, or on a date. A rule without an id is named by its place.
fn expirations(told: &Value, on: &mut On) {
    on.reset(bucket::EXPIRATIONS);
    for (n, r) in enabled(told).into_iter().enumerate() {
        let e = at(r, "Expiration");
        if let Some(when) = int(e, "Days").map(Val::Int).or_else(|| text(e, "Date").map(Val::Text)) {
            on.element(bucket::EXPIRATIONS, &text(r, "ID").unwrap_or_else(|| format!("rule {}", n + 1)), when);
        }
    }
}

fn notified(told: &Value, on: &mut On) {
    on.reset(bucket::NOTIFICATION_TARGETS);
    for (kind, receiver) in RECEIVERS {
        for arn in items(told, kind).into_iter().filter_map(|k| text(k, receiver)) {
            on.element(bucket::NOTIFICATION_TARGETS, &arn, Val::text(""));
        }
    }
}

fn origins(told: &Value, on: &mut On) {
    on.reset(bucket::CORS_ORIGINS);
    let rules = ["CORSRule", "CORSRules"].into_iter().flat_map(|p| items(told, p));
    for origin in rules.flat_map(|r| texts(r, "AllowedOrigin", "")) {
        on.element(bucket::CORS_ORIGINS, &origin, Val::text(""));
    }
}
