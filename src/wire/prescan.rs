//! Decides on the bytes of a message, before anything is copied or parsed, that it is of no consequence.
//!
//! Most of a trail names calls that nobody follows. Such a message holds the text `eventName` exactly once, as a key whose value
//! is a plain string that is none of the names followed. [`Prescan::is_irrelevant`] is true of nothing else, and then no reading of
//! these bytes, however nested or broken, gives a record that anything acts on:
//!
//! 1. The first byte is `{`. So the message is neither compressed, nor base64, nor Avro: what it holds is here as text.
//! 2. The bytes hold no `\u`. No other escape makes a letter, so each key and each word that `recognise` looks for stands in the
//!    bytes as it is spelled, in JSON within a string too.
//! 3. A CloudTrail record needs the key `eventName`. The text occurs once, with a quote on either side, a colon behind it and then a
//!    string without a backslash: a parser that finds this key reads that string as its value. (JSON within a string has a
//!    backslash before each quote, and so doesn't match.) The name is followed for no event source.
//! 4. A finding needs `ProductArn` or `ProductFields`, an envelope of the type `GuardDuty Finding`, or a key `service` or `resource`;
//!    a change of an instance's state an envelope of the type `… State-change Notification`. The bytes hold none of these.
//! 5. base64 within JSON is read in `awslogs` and in `logEvents` only. The bytes hold neither.
//!
//! Everything else goes the full way, which remains the judge: a message of several records, a container, an escape, a key in a place
//! that is unusual. The price is that a message which is malformed *and* irrelevant is counted as irrelevant, where the full way would
//! refuse it. Whole, it would have been dropped just the same.

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, packed};
use memchr::memmem;

use super::limits::Limits;

/// What is searched for in one pass. The first is the end of `eventName`, because that is rarer than its beginning; each of the others
/// sends the message the full way.
const WORDS: [&[u8]; 12] = [
    NAME_END,
    b"\"service\"",
    b"\"Service\"",
    b"\"resource\"",
    b"\"Resource\"",
    b"ProductArn",
    b"ProductFields",
    b"GuardDuty Finding",
    b"State-change Notification",
    b"logEvents",
    b"awslogs",
    b"insightDetails",
];
const NAME_START: &[u8] = b"\"eve";
const NAME_END: &[u8] = b"ntName";
/// A longer name is no call's.
const NAME_BYTES_MAX: usize = 128;

/// The names that are followed, and the search for what else could matter.
#[derive(Clone, Debug)]
pub struct Prescan {
    /// Sorted.
    names: Vec<Box<[u8]>>,
    search: Option<Search>,
    escape: memmem::Finder<'static>,
}

#[derive(Clone, Debug)]
enum Search {
    /// Sixteen or thirty-two bytes at once.
    Wide(packed::Searcher),
    /// For processors without such instructions.
    Narrow(AhoCorasick),
}

impl Prescan {
    /// `names`: every call that matters, of any event source.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Prescan {
        let mut names: Vec<Box<[u8]>> = names.into_iter().map(|name| name.as_bytes().into()).collect();
        names.sort_unstable();
        names.dedup();
        Prescan { names, search: wide().or_else(narrow), escape: memmem::Finder::new(b"\\u") }
    }

    /// Whether nothing in this message can matter.
    pub fn is_irrelevant(&self, message: &[u8]) -> bool {
        message.first() == Some(&b'{')
            && message.len() <= Limits::PIECE_BYTES_MAX
            && self.only_name(message).is_some_and(|name| !self.is_followed(name))
            && self.escape.find(message).is_none()
    }

    fn is_followed(&self, name: &[u8]) -> bool {
        self.names.binary_search_by(|followed| followed.as_ref().cmp(name)).is_ok()
    }

    /// The value of the one `eventName`. `None`: there is none or more than one, it is no plain string, or something else could matter.
    fn only_name<'m>(&self, message: &'m [u8]) -> Option<&'m [u8]> {
        let search = self.search.as_ref()?;
        let (mut found, mut from) = (None, 0);
        while let Some((word, start, end)) = search.find(message, from) {
            from = end;
            if word != 0 {
                return None;
            }
            match message.get(..start)? {
                before if before.ends_with(NAME_START) && found.is_none() => found = Some(plain(message.get(end..)?)?),
                // Within quotes or not, a second one is one too many; `clientName` is another word.
                before if before.ends_with(NAME_START.split_first()?.1) => return None,
                _ => {}
            }
        }
        found
    }
}

/// The value of a key, from the key's closing quote on, if it is a string in one piece.
fn plain(rest: &[u8]) -> Option<&[u8]> {
    let value =
        rest.strip_prefix(b"\"")?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let value = value.get(..NAME_BYTES_MAX).unwrap_or(value);
    let end = value.iter().position(|b| matches!(b, b'"' | b'\\'))?;
    let (name, after) = value.split_at_checked(end)?;
    after.starts_with(b"\"").then_some(name)
}

impl Search {
    /// Which word stands at or after `from`, and where: the leftmost.
    fn find(&self, message: &[u8], from: usize) -> Option<(usize, usize, usize)> {
        let found = match self {
            Search::Wide(search) => search.find_in(message, aho_corasick::Span { start: from, end: message.len() })?,
            Search::Narrow(search) => search.find(Input::new(message).range(from..).anchored(Anchored::No))?,
        };
        Some((found.pattern().as_usize(), found.start(), found.end()))
    }
}

fn wide() -> Option<Search> {
    packed::Searcher::new(WORDS).map(Search::Wide)
}

fn narrow() -> Option<Search> {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(WORDS).ok().map(Search::Narrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> [Prescan; 2] {
        let of = |search: Option<Search>| Prescan { search, ..Prescan::new(["RunInstances", "AssumeRole"]) };
        [of(wide()), of(narrow())]
    }

    #[test]
    fn one_plain_name_that_nobody_follows_is_irrelevant() {
        for message in [
            r#"{"eventName":"DescribeInstances"}"#,
            r#"{"eventName" : "DescribeInstances","a":{"clientName":"x"}}"#,
            r#"{"detail-type":"AWS API Call via CloudTrail","detail":{"eventName":"Decrypt","a":"b\"c"}}"#,
            // Malformed, and counted all the same.
            r#"{"eventName":"Decrypt","a":"#,
            r#"{"eventName":""}"#,
        ] {
            for scan in both() {
                assert!(scan.is_irrelevant(message.as_bytes()), "{message}");
            }
        }
    }

    #[test]
    fn anything_else_goes_the_full_way() {
        let long = format!(r#"{{"eventName":"{}"}}"#, "x".repeat(NAME_BYTES_MAX));
        for message in [
            r#"{"eventName":"RunInstances"}"#,
            r#"{"eventName":"Decrypt"}{"eventName":"Decrypt"}"#,
            r#"{"eventName":"Decrypt","a":"eventName"}"#,
            r#"{"eventName":"Decrypt","a":"the eventName of"}"#,
            r#"{"a":"{\"eventName\":\"Decrypt\"}"}"#,
            r#"{"\u0065ventName":"RunInstances","b":{"eventName":"Decrypt"}}"#,
            r#"{"eventName":"Run\u0049nstances"}"#,
            r#"{"eventName":"De\/crypt"}"#,
            r#"{"eventName":7}"#,
            r#"{"eventName":["Decrypt"]}"#,
            r#"{"eventName"}"#,
            r#"{"eventName":"Decrypt"#,
            r#"{"a":1}"#,
            r#"[{"eventName":"Decrypt"}]"#,
            r#" {"eventName":"Decrypt"}"#,
            r#"{"type":"Recon:EC2/Portscan","id":"1","resource":{},"a":{"eventName":"Decrypt"}}"#,
            r#"{"ProductArn":"x","a":{"eventName":"Decrypt"}}"#,
            r#"{"detail-type":"GuardDuty Finding","detail":{"eventName":"Decrypt"}}"#,
            r#"{"detail-type":"EC2 Instance State-change Notification","detail":{"eventName":"Decrypt"}}"#,
            r#"{"messageType":"DATA_MESSAGE","logEvents":[{"message":"e30="}],"eventName":"Decrypt"}"#,
            r#"{"awslogs":{"data":"e30="},"eventName":"Decrypt"}"#,
            r#"{"eventName":"Decrypt","insightDetails":{}}"#,
            "",
            &long,
        ] {
            for scan in both() {
                assert!(!scan.is_irrelevant(message.as_bytes()), "{message}");
            }
        }
    }
}
