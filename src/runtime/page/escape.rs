//! Foreign text made harmless. Markup is escaped where it is written (`maud`); here goes what escaping leaves.

/// Text without what a terminal would act on: control characters, and those that reorder or hide text. Each becomes U+FFFD, so that
/// a tampered name is seen to be one. Line breaks and tabs become blanks.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t' | '\r') { ' ' } else { visible(c) }).collect()
}

/// The same for a whole document of HTML or XML, whose line breaks stay.
pub fn visible_markup(document: &str) -> String {
    document.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { visible(c) }).collect()
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

/// The text in lines of at most so many characters, broken at blanks where there are some.
pub fn wrapped(text: &str, characters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + length <= characters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(shortened(word, characters)),
        }
    }
    lines
}

/// Only web addresses become links: never `javascript:` and its kin.
pub fn is_web_address(text: &str) -> bool {
    text.starts_with("https://") && !text.contains(char::is_whitespace)
}
