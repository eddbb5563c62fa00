//! The headers of a dead letter. Its value is the refused bytes, untouched.

use super::refusal::Refusal;

pub const REASON: &str = "trailgraph.reason";
pub const DETAIL: &str = "trailgraph.detail";
pub const TOPIC: &str = "trailgraph.topic";
pub const PARTITION: &str = "trailgraph.partition";
pub const OFFSET: &str = "trailgraph.offset";
/// Only where the value had to be cut: how many bytes the whole has.
pub const BYTES: &str = "trailgraph.bytes";

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

/// A topic takes only so much. A value beyond is cut, and its headers say how long it was: its origin still has the whole.
pub fn cut(value: &mut Vec<u8>, headers: &mut Vec<(String, Vec<u8>)>, bytes_max: usize) {
    if value.len() > bytes_max {
        headers.push((BYTES.to_owned(), value.len().to_string().into_bytes()));
        value.truncate(bytes_max);
    }
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

    #[test]
    fn only_what_no_topic_takes_is_cut() {
        let (mut value, mut headers) = (b"12345".to_vec(), Vec::new());
        cut(&mut value, &mut headers, 5);
        assert_eq!((value.as_slice(), headers.len()), (b"12345".as_slice(), 0));
        cut(&mut value, &mut headers, 4);
        assert_eq!((value, headers), (b"1234".to_vec(), vec![(BYTES.to_owned(), b"5".to_vec())]));
    }
}
