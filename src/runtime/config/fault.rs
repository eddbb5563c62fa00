//! One thing wrong with a configuration, at its place.

use std::fmt;

/// Lines longer than this are cut in messages.
const EXCERPT_CHARS_MAX: usize = 160;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line, whole.
    pub excerpt: String,
    pub message: String,
}

impl Fault {
    /// `at` is a byte position in `text`; past its end means its end.
    pub fn at(text: &str, file: &str, at: usize, message: String) -> Fault {
        let before = text.get(..at).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |n| n.saturating_add(1));
        let excerpt = text.get(start..).unwrap_or("").lines().next().unwrap_or("");
        Fault {
            file: file.to_string(),
            line: before.matches('\n').count().saturating_add(1),
            column: before.get(start..).unwrap_or("").chars().count().saturating_add(1),
            excerpt: excerpt.chars().take(EXCERPT_CHARS_MAX).collect(),
            message,
        }
    }
}

/// ```text
/// pipeline.toml:12:1: unknown key `join.grase`; did you mean `grace`?
///   12 | grase = "5s"
///      | ^
/// ```
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        // Tabs are kept so that the mark stands under its character whatever a tab is worth.
        let indent: String = self
            .excerpt
            .chars()
            .take(self.column.saturating_sub(1))
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        writeln!(f, "  {number} | {}", self.excerpt)?;
        write!(f, "  {:width$} | {indent}^", "", width = number.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_the_character() {
        let text = "a = 1\n\tb = \"é\" x\n";
        let fault = Fault::at(text, "f.toml", text.find('x').unwrap(), "no x here".into());
        assert_eq!((fault.line, fault.column), (2, 10));
        assert_eq!(fault.to_string(), "f.toml:2:10: no x here\n  2 | \tb = \"é\" x\n    | \t        ^");
        let end = Fault::at(text, "f.toml", 999, "end".into());
        assert_eq!((end.line, end.column, end.excerpt.as_str()), (3, 1, ""));
    }
}
