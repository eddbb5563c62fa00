//! The headers of a dead letter. Its value is the refused bytes, untouched.

use super::refusal::Refusal;

pub const REASON: &str = "trailgraph.reason";
pub const DETAIL: &str = "trailgraph.detail";
pub const TOPIC: &str = "trailgraph.topic";
pub const PARTITION: &str = "trailgraph.partition";
pub const OFFSET: &str = "trailgraph.offset";

/// Reason and origin of what was refused.
pub fn headers(refusal: &Refusal, topic: &str, partition: i32, offset: i64) -> Vec<(String, Vec<u8>)> {
    [
        (REASON, refusal.reason.text().to_owned()),
        (DETAIL, refusal.detail.clone()),
        (TOPIC, topic.to_owned()),
        (PARTITION, partition.to_string()),
        (OFFSET, offset.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into_bytes()))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::refusal::Reason;
    use super::*;

    #[test]
    fn say_why_and_where_from() {
        let headers = headers(&Refusal::new(Reason::MissingField, "eventTime"), "cloudtrail", 3, 77);
        let text: Vec<String> = headers.iter().map(|(k, v)| format!("{k}={}", String::from_utf8_lossy(v))).collect();
        assert_eq!(
            text,
            [
                "trailgraph.reason=missing_field",
                "trailgraph.detail=eventTime",
                "trailgraph.topic=cloudtrail",
                "trailgraph.partition=3",
                "trailgraph.offset=77"
            ]
        );
    }
}
