//! Reading CloudTrail's parameters: the same thing comes with items, item, as an array or bare, and booleans come as text.

use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::domain::graph::Val;

/// What CloudTrail writes in place of what it doesn't tell.
const MASKS: [&str; 4] = ["<sensitiveDataRemoved>", "HIDDEN_DUE_TO_SECURITY_REASONS", "****", "***"];

/// Wrappers around the elements of a list, outermost first.
const LIST_KEYS: [&str; 3] = ["items", "item", "member"];

/// How deep wrappers nest at most.
const LIST_DEPTH: usize = 3;

static NULL: Value = Value::Null;

/// The value at `a.b.c`; null where there is none. A name matches with either case of its first letter: calls of EC2's second
/// dialect write `NatGatewayId` where the first writes `natGatewayId`.
pub fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(value, child)
}

fn child<'v>(value: &'v Value, key: &str) -> &'v Value {
    let Some(map) = value.as_object() else { return &NULL };
    map.get(key).or_else(|| map.get(&flipped(key))).unwrap_or(&NULL)
}

fn flipped(key: &str) -> String {
    let mut chars = key.chars();
    match chars.next() {
        Some(c) if c.is_lowercase() => c.to_uppercase().chain(chars).collect(),
        Some(c) => c.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Whether anything is given at the path, an empty thing included.
pub fn given(value: &Value, path: &str) -> bool {
    !at(value, path).is_null()
}

/// The elements of a list in whichever form it comes.
pub fn items<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut list = at(value, path);
    for _ in 0..LIST_DEPTH {
        match LIST_KEYS.iter().map(|k| list.get(k).unwrap_or(&NULL)).find(|v| !v.is_null()) {
            Some(inner) => list = inner,
            None => break,
        }
    }
    match list {
        Value::Array(all) => all.iter().filter(|v| !v.is_null()).collect(),
        Value::Null => Vec::new(),
        Value::String(s) if s.is_empty() => Vec::new(),
        Value::Object(o) if o.is_empty() => Vec::new(),
        one => vec![one],
    }
}

/// The texts of a list whose elements are plain, wrapped (`{"tag": 1, "content": "sg-1"}`), or objects with the text at `field`.
pub fn texts(value: &Value, path: &str, field: &str) -> Vec<String> {
    items(value, path).into_iter().filter_map(|v| text(v, field).or_else(|| scalar(v))).collect()
}

/// The scalar at the path as text; none where it is absent, empty or no scalar. `{"value": x}` and `{"content": x}` are x, and so is
/// a list of one.
pub fn text(value: &Value, path: &str) -> Option<String> {
    scalar(at(value, path))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Object(o) => o.get("value").or_else(|| o.get("Value")).or_else(|| o.get("content")).and_then(plain),
        Value::Array(all) if all.len() == 1 => all.first().and_then(plain),
        v => plain(v),
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(s) if !s.is_empty() => Some(s.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// The first of the paths that holds a text.
pub fn first(value: &Value, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|p| text(value, p))
}

/// Text; what is masked is known to be unknown.
pub fn val(value: &Value, path: &str) -> Option<Val> {
    text(value, path).map(|t| if MASKS.contains(&t.as_str()) { Val::Unknown } else { Val::Text(t) })
}

/// A boolean, as such or as text.
pub fn flag(value: &Value, path: &str) -> Option<bool> {
    let t = text(value, path)?;
    if t.eq_ignore_ascii_case("true") {
        Some(true)
    } else if t.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A whole number, as such or as text.
pub fn int(value: &Value, path: &str) -> Option<i64> {
    text(value, path)?.trim().parse().ok()
}

/// The document as text: IAM gives JSON in a string, S3 an object, IAM's answers percent-encoded JSON.
pub fn document(value: &Value, path: &str) -> Option<Val> {
    match at(value, path) {
        Value::String(s) if MASKS.contains(&s.as_str()) => Some(Val::Unknown),
        Value::String(s) if s.starts_with('%') => {
            Some(Val::Text(percent_decode_str(s).decode_utf8_lossy().into_owned()))
        }
        Value::String(s) if !s.is_empty() => Some(Val::Text(s.clone())),
        v @ Value::Object(_) => Some(Val::Text(v.to_string())),
        _ => None,
    }
}

/// A network as AWS keeps it: its address without the bits outside the mask. A text that is no network stays, in lower case.
pub fn network(cidr: &str) -> String {
    let cidr = cidr.trim();
    cidr.parse::<IpNet>().map_or_else(|_| cidr.to_ascii_lowercase(), |net| net.trunc().to_string())
}

/// What follows the last `/` of an ARN; a name without one is itself.
pub fn tail(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_the_same_in_every_form() {
        let one = json!({"groupId": "sg-1"});
        for list in [
            json!({"items": [one]}),
            json!({"item": [one]}),
            json!({"item": one}),
            json!([one]),
            one.clone(),
            json!({"items": {"item": one}}),
        ] {
            assert_eq!(items(&json!({"l": list}), "l"), vec![&one]);
        }
        for empty in [json!({}), json!(""), json!(null), json!([]), json!({"items": []}), json!({"item": ""})] {
            assert!(items(&json!({"l": empty}), "l").is_empty(), "{empty}");
        }
    }

    #[test]
    fn scalars_come_quoted_wrapped_and_in_either_case() {
        let v = json!({"NatGatewayId": "nat-1", "a": {"value": false}, "b": "True", "n": "12", "r": {"tag": 1, "content": "vpc-1"}, "x": ["private"]});
        assert_eq!(text(&v, "natGatewayId").as_deref(), Some("nat-1"));
        assert_eq!(flag(&v, "a"), Some(false));
        assert_eq!(flag(&v, "b"), Some(true));
        assert_eq!(int(&v, "n"), Some(12));
        assert_eq!(text(&v, "r").as_deref(), Some("vpc-1"));
        assert_eq!(text(&v, "x").as_deref(), Some("private"));
        assert_eq!(val(&json!({"u": "<sensitiveDataRemoved>"}), "u"), Some(Val::Unknown));
        assert_eq!(document(&json!({"d": "%7B%22a%22%3A1%7D"}), "d"), Some(Val::text("{\"a\":1}")));
    }

    #[test]
    fn a_network_is_kept_without_the_bits_outside_its_mask() {
        for (given, kept) in [
            ("100.68.0.18/18", "100.68.0.0/18"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("1.2.3.4/32", "1.2.3.4/32"),
            ("2001:DB8:0::1/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("1.2.3.4/99", "1.2.3.4/99"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(network(given), kept);
        }
    }
}
