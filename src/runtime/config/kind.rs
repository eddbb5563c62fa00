//! What the value of a key may be.

/// Kinds of values, with their bounds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Text {
        empty: bool,
    },
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    /// Milliseconds.
    Duration {
        min: u64,
        max: u64,
    },
    Choice(&'static [&'static str]),
    /// A list of some of these, at least one.
    Choices(&'static [&'static str]),
    /// A list of texts, at least one, none empty or twice.
    Names,
    /// A list of calls as `source:name`, none twice.
    Calls,
    /// A table of texts.
    TextMap,
}

/// A text that says something.
pub const FILLED: Kind = Kind::Text { empty: false };
/// A text that may be empty.
pub const TEXT: Kind = Kind::Text { empty: true };
