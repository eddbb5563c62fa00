//! Readings that forgive spelling: times in several formats, keys whatever the case of their first letter.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::time::Time;

/// Epoch numbers at or above are milliseconds, below seconds: the year 5138 in one, 1973 in the other.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Bytes of the digest that an id keeps.
const HASH_BYTES: usize = 16;

/// RFC 3339, the forms `Time::parse` knows, and epoch seconds or milliseconds.
pub fn time(text: &str) -> Option<Time> {
    if let Some(number) = text.trim().parse::<f64>().ok().filter(|n| n.is_finite()) {
        let seconds = whole(number);
        let ms = if seconds >= MILLISECONDS_FROM { seconds } else { whole(number * 1000.0) };
        return jiff::Timestamp::from_millisecond(ms).ok().map(|t| Time(t.as_millisecond()));
    }
    Time::parse(text)
}

/// The number without its fraction. What is out of range becomes the nearest integer, what is not a number 0.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and there is no other conversion of a float")]
pub fn whole(number: f64) -> i64 {
    number as i64
}

/// The first half of SHA-256, in hex: an id for a record that has none. The same bytes have the same id, and nobody can make other
/// bytes that have it too.
pub fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(HASH_BYTES).fold(String::with_capacity(2 * HASH_BYTES), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The field by its camelCase name, or the same with a capital.
pub fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    let Some(object) = value.as_object() else { return &Value::Null };
    if let Some(found) = object.get(name) {
        return found;
    }
    let mut chars = name.chars();
    let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    object.get(&capital).unwrap_or(&Value::Null)
}

/// `field` along a path.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |v, name| field(v, name))
}

/// The text of a string, number or boolean; empty for anything else.
pub fn string(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// A number, or the text of one.
pub fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n: &f64| n.is_finite())
}

/// A list's elements; of a single object, itself.
pub fn many(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        Value::Object(_) => std::slice::from_ref(value),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_in_many_ways() {
        for (text, want) in [
            ("2023-07-10T12:09:56Z", "2023-07-10T12:09:56.000Z"),
            ("2025-02-25 20:40:06.000000000", "2025-02-25T20:40:06.000Z"),
            ("20131102T010628Z", "2013-11-02T01:06:28.000Z"),
            ("2020-11-15T16:21:54.605+0000", "2020-11-15T16:21:54.605Z"),
            ("1526951139360", "2018-05-22T01:05:39.360Z"),
            ("1526951139", "2018-05-22T01:05:39.000Z"),
        ] {
            assert_eq!(time(text).map(|t| t.to_string()).as_deref(), Some(want), "{text}");
        }
        for text in ["eventTime", "", "nan", "inf", "1e300", "..."] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn keys_match_whatever_their_first_letter() {
        let value = serde_json::json!({"Service": {"eventFirstSeen": "x"}});
        assert_eq!(string(at(&value, &["service", "eventFirstSeen"])), "x");
        assert_eq!(field(&value, ""), &Value::Null);
    }
}
