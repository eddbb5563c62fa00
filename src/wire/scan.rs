//! Finds where a JSON value ends, without recursion and without understanding it.

use memchr::{memchr3, memmem};

use super::refusal::Reason;

/// The length of the object or array at the start of `bytes`. Brackets are counted and not matched: the parser does that.
pub fn value_len(bytes: &[u8], depth_max: usize) -> Result<usize, Reason> {
    let mut depth = 0usize;
    let mut at = 0usize;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > depth_max {
                    return Err(Reason::TooDeep);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(at);
                }
            }
            b'"' => at = string_end(bytes, at)?,
            _ => {}
        }
    }
    Err(Reason::Truncated)
}

/// How many opening brackets there are, those within strings included.
pub fn brackets(bytes: &[u8]) -> usize {
    // `[` and `{` differ in one bit. Counted in runs short enough for a byte, so that the compiler makes wide instructions of it.
    let run = |run: &[u8]| run.iter().map(|b| u8::from(b | 0x20 == b'{')).fold(0, u8::wrapping_add);
    bytes.chunks(usize::from(u8::MAX)).map(|r| usize::from(run(r))).sum()
}

/// Where the string ends whose first byte after the quote is at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Result<usize, Reason> {
    loop {
        let rest = bytes.get(at..).ok_or(Reason::Truncated)?;
        let step = memchr3(b'"', b'\\', b'\n', rest).ok_or(Reason::Truncated)?;
        match rest.get(step) {
            Some(b'"') => return Ok(at + step + 1),
            Some(b'\\') => at += step + 2,
            // Not allowed within a string: an unclosed one must not swallow the lines after it.
            _ => return Err(Reason::NotJson),
        }
    }
}

/// Where to go on after something broken: at the next line that starts an object, else at the end.
pub fn resync(bytes: &[u8]) -> usize {
    memmem::find(bytes, b"\n{").map_or(bytes.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_opening_brackets() {
        assert_eq!(brackets(br#"{"a":["[{",1]}"#), 4);
        assert_eq!(brackets(&[b'{'; 1000]), 1000);
        assert_eq!(brackets(&(0..=255).collect::<Vec<u8>>()), 2);
    }

    #[test]
    fn ends_where_the_value_ends() {
        assert_eq!(value_len(br#"{"a":"}\"]","b":[1,{}]} {"#, 64), Ok(23));
        assert_eq!(value_len(br#"{"a":[1"#, 64), Err(Reason::Truncated));
        assert_eq!(value_len(br#"{"a":"\"#, 64), Err(Reason::Truncated));
        assert_eq!(value_len(b"{\"a\":\"\n{}", 64), Err(Reason::NotJson));
        assert_eq!(value_len(b"[[[]]]", 2), Err(Reason::TooDeep));
        assert_eq!(value_len(b"[[[]]]", 3), Ok(6));
    }
}
