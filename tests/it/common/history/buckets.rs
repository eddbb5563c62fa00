//! Buckets.

use serde_json::{Value, json};

use super::{Kind, Step};

pub const KINDS: &[Kind] = &[
    Kind { line: "CreateBucket bucket-{a}", record: |s| s3(s, "CreateBucket", json!({})) },
    Kind { line: "DeleteBucket bucket-{a}", record: |s| s3(s, "DeleteBucket", json!({})) },
    Kind {
        line: "PutBucketTagging bucket-{a} k{b}=v",
        record: |s| {
            let tag = json!({ "Key": s.with("k{b}"), "Value": "v" });
            s3(s, "PutBucketTagging", json!({ "Tagging": { "TagSet": { "Tag": tag } } }))
        },
    },
    Kind { line: "PutBucketVersioning bucket-{a} Enabled", record: |s| versioning(s, "Enabled") },
    Kind { line: "PutBucketVersioning bucket-{a} Suspended", record: |s| versioning(s, "Suspended") },
];

fn versioning(s: &Step, status: &str) -> Value {
    s3(s, "PutBucketVersioning", json!({ "VersioningConfiguration": { "Status": status } }))
}

fn s3(s: &Step, name: &str, mut request: Value) -> Value {
    request["bucketName"] = s.with("bucket-{a}").into();
    s.call("s3", name, request, Value::Null)
}
