//! The mark a commit leaves in the group's offset metadata, by which an uncertain outcome is told later.

use std::fmt;

/// Which commit of which run of which worker a position belongs to, and how far the changelog reaches at that point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// One run of one worker; never reused.
    pub incarnation: String,
    /// Counts this incarnation's commits, from 1.
    pub seq: u64,
    /// The offset after the task's last changelog record up to and including this commit.
    pub changelog_end: i64,
}

impl Token {
    /// Reads what [`fmt::Display`] writes; anything else is not a token of ours.
    pub fn parse(text: &str) -> Option<Token> {
        let mut parts = text.split(':');
        let (incarnation, seq, end) = (parts.next()?, parts.next()?, parts.next()?);
        let printable = incarnation.bytes().all(|b| b.is_ascii_graphic());
        if parts.next().is_some() || incarnation.is_empty() || !printable {
            return None;
        }
        let changelog_end: i64 = end.parse().ok()?;
        let token = Token { incarnation: incarnation.to_owned(), seq: seq.parse().ok()?, changelog_end };
        // Signs and leading zeros would give one token two spellings.
        (changelog_end >= 0 && token.to_string() == text).then_some(token)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.incarnation, self.seq, self.changelog_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_text_and_nothing_else() {
        let token = Token { incarnation: "a1-b".into(), seq: 7, changelog_end: 42 };
        assert_eq!(token.to_string(), "a1-b:7:42");
        assert_eq!(Token::parse("a1-b:7:42"), Some(token));
        for bad in ["", "a", "a:1", ":1:2", "a:1:2:3", "a:+1:2", "a:01:2", "a:1:-2", "a:x:2", "ä:1:2", "a b:1:2"] {
            assert_eq!(Token::parse(bad), None, "{bad}");
        }
    }
}
