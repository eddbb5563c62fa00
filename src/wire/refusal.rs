//! Why bytes were not taken.

/// The closed set of reasons: a metric label and a header of the dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    NotJson,
    Truncated,
    TooLarge,
    TooDeep,
    WrongType,
    UnknownForm,
    DecompressionLimit,
    GzipBroken,
    NotUtf8,
    TooManyRecords,
    /// The record says more about the graph than one record may.
    TooManyFacts,
    AvroWithoutRegistry,
    /// The registry has no such schema, or it is none to read by.
    UnknownSchema,
    /// The bytes are none that their schema allows.
    AvroBroken,
    MissingField,
    BadTime,
    /// The program failed on it.
    Internal,
}

impl Reason {
    pub fn text(self) -> &'static str {
        match self {
            Reason::NotJson => "not_json",
            Reason::Truncated => "truncated",
            Reason::TooLarge => "too_large",
            Reason::TooDeep => "too_deep",
            Reason::WrongType => "wrong_type",
            Reason::UnknownForm => "unknown_form",
            Reason::DecompressionLimit => "decompression_limit",
            Reason::GzipBroken => "gzip_broken",
            Reason::NotUtf8 => "not_utf8",
            Reason::TooManyRecords => "too_many_records",
            Reason::TooManyFacts => "too_many_facts",
            Reason::AvroWithoutRegistry => "avro_without_registry",
            Reason::UnknownSchema => "unknown_schema",
            Reason::AvroBroken => "avro_broken",
            Reason::MissingField => "missing_field",
            Reason::BadTime => "bad_time",
            Reason::Internal => "internal",
        }
    }
}

/// A reason with what a person needs to find the fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reason.text())]
pub struct Refusal {
    pub reason: Reason,
    pub detail: String,
}

impl Refusal {
    /// A detail may quote the input, which may be long.
    pub const DETAIL_CHARS_MAX: usize = 240;

    pub fn new(reason: Reason, detail: impl Into<String>) -> Refusal {
        let mut detail = detail.into();
        if let Some((cut, _)) = detail.char_indices().nth(Refusal::DETAIL_CHARS_MAX) {
            detail.truncate(cut);
        }
        Refusal { reason, detail }
    }

    pub fn missing(field: &str) -> Refusal {
        Refusal::new(Reason::MissingField, field)
    }

    /// What serde_json said; `Truncated` where the text ended too early.
    pub fn json(error: &serde_json::Error) -> Refusal {
        let reason = match error.classify() {
            serde_json::error::Category::Eof => Reason::Truncated,
            serde_json::error::Category::Data => Reason::WrongType,
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => Reason::NotJson,
        };
        Refusal::new(reason, error.to_string())
    }
}
