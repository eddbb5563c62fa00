//! Translates between bytes and the domain. Pure: the only place that knows envelopes, encodings and field spellings.
//!
//! `unpack` turns one input record into its pieces, `account` says whose one is, `parse` makes an event of it.

#[cfg(feature = "avro")]
pub mod avro;
pub mod dead_letter;
mod encoding;
mod finding;
mod heads;
mod limits;
mod prescan;
mod recognise;
mod refusal;
mod scan;
mod schemas;
pub mod state;
mod state_change;
mod text;
mod trail;
mod unpack;

pub use encoding::{Encoding, Mismatch};
pub use limits::Limits;
pub use prescan::Prescan;
pub use recognise::RecordKind;
pub use refusal::{Reason, Refusal};
pub use schemas::{Bounds, Datum, Schemas, Unavailable, Unread};
pub use unpack::{Call, Piece, unpack, unpack_by, unpack_within};

use crate::domain::event::Event;
use crate::domain::time::Time;

/// What a piece means.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "the large one is the usual one, and lives briefly")]
pub enum Parsed {
    Event(Event),
    /// A known form on which nothing acts.
    Irrelevant(RecordKind),
}

/// The account that a piece belongs to, and when it happened; none: nothing acts on its kind. Says of a CloudTrail record all that `parse` would say, save
/// what only a reading of its request and answer shows.
pub fn account(kind: RecordKind, json: &[u8]) -> Result<Option<(String, Time)>, Refusal> {
    if kind == RecordKind::Trail {
        return trail::account(utf8(json)?);
    }
    match parse(kind, json)? {
        Parsed::Event(event) => Ok(Some((event.account().to_owned(), event.time()))),
        Parsed::Irrelevant(_) => Ok(None),
    }
}

fn utf8(json: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(json).map_err(|e| Refusal::new(Reason::NotUtf8, e.to_string()))
}

/// Makes an event of a piece that `unpack` gave out.
pub fn parse(kind: RecordKind, json: &[u8]) -> Result<Parsed, Refusal> {
    let text = utf8(json)?;
    match kind {
        RecordKind::Trail => trail::parse(text),
        RecordKind::Finding => finding::parse(text).map(|f| Parsed::Event(Event::Finding(Box::new(f)))),
        RecordKind::InstanceState => state_change::parse(text).map(|s| Parsed::Event(Event::InstanceState(s))),
        RecordKind::SpotInterruption
        | RecordKind::VolumeNotification
        | RecordKind::AutoScaling
        | RecordKind::ConfigItem
        | RecordKind::Inventory
        | RecordKind::Digest
        | RecordKind::Insight => Ok(Parsed::Irrelevant(kind)),
    }
}
