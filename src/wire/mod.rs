//! Translates between bytes and the domain. Pure: the only place that knows envelopes, encodings and field spellings.
//!
//! `unpack` turns one input record into its pieces, `prescan` says which of them need no parse, `parse` makes an event of one.

mod action;
mod asff;
pub mod dead_letter;
mod finding;
mod heads;
mod limits;
mod prescan;
mod recognise;
mod refusal;
mod scan;
pub mod state;
mod state_change;
mod text;
mod trail;
mod unpack;

pub use limits::Limits;
pub use prescan::{Verdict, prescan};
pub use recognise::RecordKind;
pub use refusal::{Reason, Refusal};
pub use unpack::{Piece, unpack, unpack_within};

use crate::domain::event::Event;

/// What a piece means.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "the large one is the usual one, and lives briefly")]
pub enum Parsed {
    Event(Event),
    /// A known form on which nothing acts.
    Irrelevant(RecordKind),
}

/// Makes an event of a piece that `unpack` gave out.
pub fn parse(kind: RecordKind, json: &[u8]) -> Result<Parsed, Refusal> {
    let text = std::str::from_utf8(json).map_err(|e| Refusal::new(Reason::NotUtf8, e.to_string()))?;
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
