//! Buckets.

use serde_json::{Value, json};
use trailgraph::domain::effects::effects;
use trailgraph::domain::graph::{AssetState, Kind, Val};

use super::{Step, after, element, fixture, gap, none, real, value};
use crate::common::records::{call, keys, state_of};

fn bucket(steps: &[Step]) -> AssetState {
    state_of(&after(steps), Kind::Bucket, "b")
}

fn of(configuration: &str, v: Value) -> Value {
    json!({"bucketName": "b", "Host": "b.s3.amazonaws.com", configuration: v})
}

const XMLNS: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

#[test]
fn a_bucket_logs_to_another_until_it_is_told_to_stop() {
    let on = json!({"xmlns": XMLNS, "LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "b/"}});
    let steps = [
        ("s3", "PutBucketLogging", of("BucketLoggingStatus", on), none()),
        ("s3", "PutBucketLogging", of("BucketLoggingStatus", json!({"xmlns": XMLNS})), none()),
    ];
    assert_eq!(bucket(&steps[..1]).named_text("logging_target"), Some("logs"));
    assert_eq!(bucket(&steps).named_text("logging_target"), Some(""));
    let (writes, gaps) = effects(&call("s3", "PutBucketLogging", "e", 1, json!({"bucketName": "b"}), none()));
    assert_eq!(value(&state_of(&writes, Kind::Bucket, "b"), "logging_target"), Some(Val::Unknown));
    assert_eq!(gaps[0].what, "PutBucketLogging: tells no configuration");
}

#[test]
fn a_bucket_is_a_website_and_has_an_owner_of_objects() {
    let site = json!({"xmlns": XMLNS, "IndexDocument": {"Suffix": "index.html"}});
    let rule = json!({"xmlns": XMLNS, "Rule": {"ObjectOwnership": "BucketOwnerEnforced"}});
    let born = json!({"bucketName": "b", "x-amz-object-ownership": ["ObjectWriter"]});
    let steps = [
        ("s3", "CreateBucket", born, none()),
        ("s3", "PutBucketWebsite", of("WebsiteConfiguration", site), none()),
        ("s3", "PutBucketOwnershipControls", of("OwnershipControls", rule), none()),
        ("s3", "DeleteBucketWebsite", of("website", json!("")), none()),
        ("s3", "DeleteBucketOwnershipControls", of("ownershipControls", json!("")), none()),
    ];
    assert_eq!(bucket(&steps[..1]).named_text("object_ownership"), Some("ObjectWriter"));
    let before = bucket(&steps[..3]);
    assert_eq!(value(&before, "website"), Some(Val::Bool(true)));
    assert_eq!(before.named_text("object_ownership"), Some("BucketOwnerEnforced"));
    let now = bucket(&steps);
    assert_eq!((value(&now, "website"), now.named_text("object_ownership")), (Some(Val::Bool(false)), Some("")));
}

#[test]
fn a_bucket_names_where_it_copies_to() {
    let rule = |name: &str, status: &str| json!({"Status": status, "Destination": {"Bucket": format!("arn:aws:s3:::{name}"), "Account": 444455556666_u64}});
    let several =
        json!({"Role": "arn:aws:iam::111122223333:role/r", "Rule": [rule("x", "Enabled"), rule("y", "Disabled")]});
    let steps = [
        ("s3", "PutBucketReplication", of("ReplicationConfiguration", several), none()),
        ("s3", "PutBucketReplication", of("ReplicationConfiguration", json!({"Rule": rule("z", "Enabled")})), none()),
        ("s3", "DeleteBucketReplication", of("replication", json!("")), none()),
    ];
    let list = "replication_destinations";
    assert_eq!(keys(&bucket(&steps[..1]), list), ["x"]);
    assert_eq!(element(&bucket(&steps[..2]), list, "z"), Some(Val::text("444455556666")));
    assert_eq!(keys(&bucket(&steps[..2]), list), ["z"]);
    assert!(bucket(&steps).named_list(list).unwrap().is_empty());
    let cut = gap("s3", "PutBucketReplication", json!({"bucketName": "b"}), none());
    assert_eq!(cut, ["PutBucketReplication: tells no configuration"]);
}

#[test]
fn a_bucket_says_what_it_throws_away() {
    let ours = fixture("s3/PutBucketLifecycle", Kind::Bucket, "example-data");
    assert_eq!(keys(&ours, "expirations"), ["end", "logs"]);
    assert_eq!(element(&ours, "expirations", "logs"), Some(Val::Int(30)));
    assert!(
        fixture("s3/DeleteBucketLifecycle", Kind::Bucket, "example-data").named_list("expirations").unwrap().is_empty()
    );
    let name = "stratus-red-team-ctlr-bucket-zqfsvooxqj";
    if let Some(real) = real("s3.PutBucketLifecycle.json", Kind::Bucket, name) {
        assert_eq!(element(&real, "expirations", "nuke-cloudtrail-logs-after-1-day"), Some(Val::Int(1)));
    }
    if let Some(real) = real("s3.DeleteBucketLifecycle.json", Kind::Bucket, name) {
        assert!(real.named_list("expirations").unwrap().is_empty());
    }
    let rules = json!({"Rule": [{"Status": "Enabled", "Filter": "", "Expiration": {"Date": "2026-01-01T00:00:00Z"}},
        {"Status": "Disabled", "ID": "off", "Expiration": {"Days": 1}}, {"Status": "Enabled", "ID": "move", "Transition": {"Days": 30}}]});
    for call in ["PutBucketLifecycle", "PutBucketLifecycleConfiguration"] {
        let steps = [
            ("s3", call, of("LifecycleConfiguration", rules.clone()), none()),
            ("s3", "DeleteBucketLifecycle", json!({"bucketName": "b"}), none()),
        ];
        let set = bucket(&steps[..1]);
        assert_eq!(keys(&set, "expirations"), ["rule 1"]);
        assert_eq!(element(&set, "expirations", "rule 1"), Some(Val::text("2026-01-01T00:00:00Z")));
        assert!(bucket(&steps).named_list("expirations").unwrap().is_empty());
    }
}

#[test]
fn a_bucket_names_whom_it_notifies_and_which_pages_may_read_it() {
    let function = "arn:aws:lambda:us-east-1:111122223333:function:f";
    let told = json!({"TopicConfiguration": {"Topic": "arn:aws:sns:us-east-1:111122223333:t", "Event": "s3:ObjectCreated:*"},
        "CloudFunctionConfiguration": [{"Id": "1", "CloudFunction": function, "Event": "s3:ObjectRemoved:*"}]});
    let rule = json!({"CORSRule": {"AllowedOrigin": ["*", "https://example.com"], "AllowedMethod": "GET"}});
    let steps = [
        ("s3", "PutBucketNotification", of("NotificationConfiguration", told), none()),
        ("s3", "PutBucketCors", of("CORSConfiguration", rule), none()),
        ("s3", "PutBucketNotification", of("NotificationConfiguration", json!("")), none()),
        ("s3", "DeleteBucketCors", of("cors", json!("")), none()),
    ];
    let before = bucket(&steps[..2]);
    assert_eq!(keys(&before, "notification_targets"), [function, "arn:aws:sns:us-east-1:111122223333:t"]);
    assert_eq!(keys(&before, "cors_origins"), ["*", "https://example.com"]);
    let now = bucket(&steps);
    assert!(
        now.named_list("notification_targets").unwrap().is_empty()
            && now.named_list("cors_origins").unwrap().is_empty()
    );
}
