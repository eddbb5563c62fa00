//! Foreign text made harmless.

/// Text without what a terminal or an XML parser would act on: control characters, and those that reorder or hide text. Each becomes U+FFFD,
/// so that a tampered name is seen to be one. Line breaks and tabs become blanks.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t' | '\r') { ' ' } else { visible(c) }).collect()
}

/// Escaped for element content and for quoted attributes, in HTML and XML alike. Line breaks stay.
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c => out.push(visible(c)),
        }
    }
    out
}

fn visible(c: char) -> char {
    let reorders =
        matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    if c.is_control() || reorders || matches!(c, '\u{FFFE}' | '\u{FFFF}') { '\u{FFFD}' } else { c }
}

/// The first characters of a text, with an ellipsis where it was longer.
pub fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(characters.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Only web addresses become links: never `javascript:` and its kin.
pub fn is_web_address(text: &str) -> bool {
    text.starts_with("https://") && !text.contains(char::is_whitespace)
}
