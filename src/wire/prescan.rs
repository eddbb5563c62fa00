//! Tells from the bytes alone that a CloudTrail record can't matter: most of a trail never needs a parse.

use memchr::memmem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Drop,
    /// It may matter: parse it.
    Keep,
}

/// Whether a `RecordKind::Trail` piece of `unpack` can be dropped, given which `(source, name)` matter.
///
/// Within a JSON string a quote is escaped, so `"eventName":"` is always a key. It is the top-level one, which such a piece is known to
/// have, if no other is there and none is spelt with escapes; in doubt the answer is `Keep`.
pub fn prescan(json: &[u8], relevant: &dyn Fn(&str, &str) -> bool) -> Verdict {
    match (only(json, b"\"eventName\""), only(json, b"\"eventSource\"")) {
        (Some(name), Some(source)) if !relevant(source, name) && !has_escaped_letter(json) => Verdict::Drop,
        _ => Verdict::Keep,
    }
}

/// The plain string value of `key` if that occurs exactly once.
fn only<'a>(json: &'a [u8], key: &[u8]) -> Option<&'a str> {
    let start = memmem::find(json, key)?;
    let rest = json.get(start + key.len()..)?;
    if memmem::find(rest, key).is_some() {
        return None;
    }
    let value = rest.strip_prefix(b":\"")?;
    let value = value.get(..memchr::memchr(b'"', value)?)?;
    // The empty string counts as absent.
    if value.is_empty() || value.contains(&b'\\') {
        return None;
    }
    std::str::from_utf8(value).ok()
}

/// An escape of an ASCII letter, which a key could be spelt with.
fn has_escaped_letter(json: &[u8]) -> bool {
    let digit = |at: usize| json.get(at).is_some_and(|d| matches!(d, b'4'..=b'7'));
    memmem::find_iter(json, b"\\u00").any(|at| digit(at + 4))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Parsed, Piece, RecordKind, parse, unpack};
    use super::*;
    use crate::domain::event::Event;

    fn relevant(source: &str, name: &str) -> bool {
        source == "ec2.amazonaws.com" && name == "RunInstances"
    }

    /// Dropped only if the parse says the same.
    fn agrees(json: &str) {
        unpack(json.as_bytes(), &mut |piece| {
            let Piece::Record { kind: RecordKind::Trail, json } = piece else { return };
            let dropped = prescan(json, &relevant) == Verdict::Drop;
            if let Ok(Parsed::Event(Event::Trail(e))) = parse(RecordKind::Trail, json) {
                assert!(!dropped || !relevant(&e.source, &e.name), "{}", String::from_utf8_lossy(json));
            }
        });
    }

    #[test]
    fn drops_the_plain_case_and_keeps_the_doubtful() {
        let plain = br#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#;
        assert_eq!(prescan(plain, &relevant), Verdict::Drop);
        for doubtful in [
            r#"{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances"}"#,
            r#"{"eventSource":"s3.amazonaws.com","eventName": "GetObject"}"#,
            r#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"eventName":"x"}}"#,
            r#"{"eventSource":"s3.amazonaws.com","requestParameters":{"eventName":"x"},"event\u004eame":"RunInstances"}"#,
            r#"{"eventSource":"s3.amazonaws.com","eventName":"Get\u004fbject"}"#,
        ] {
            assert_eq!(prescan(doubtful.as_bytes(), &relevant), Verdict::Keep, "{doubtful}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_parse(parts in proptest::collection::vec(prop_oneof![
            Just(r#""eventName":"RunInstances""#), Just(r#""eventName":"GetObject""#), Just(r#""eventName" : "RunInstances""#),
            Just(r#""event\u004eame":"RunInstances""#), Just(r#""eventSource":"ec2.amazonaws.com""#),
            Just(r#""eventSource":"ec2.amazon\u0061ws.com""#), Just(r#""eventSource":"s3.amazonaws.com""#),
            Just(r#""a":"\"eventName\":\"GetObject\"""#), Just(r#""requestParameters":{"eventName":"GetObject"}"#),
            Just(r#""x":{"eventSource":"s3.amazonaws.com"}"#), Just(r#""k":"eventName""#), Just(r#""eventName":null"#),
            Just(r#""eventName":"""#),
        ], 0..7)) {
            agrees(&format!(r#"{{"eventTime":"2023-07-10T12:09:56Z","recipientAccountId":"1",{}"z":0}}"#,
                parts.iter().map(|p| format!("{p},")).collect::<String>()));
        }
    }
}
