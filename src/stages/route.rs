//! Stage one: an input record of any form becomes single records keyed by account. Stateless.

use std::sync::Arc;

use super::dead_letters::{self, DeadLetters};
use crate::domain::activity::Activity;
use crate::domain::effects;
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::record::{OutRecord, OutTopic, Record};
use crate::engine::stage::{Context, Stage};
use crate::wire::{Call, Limits, Piece, RecordKind, Schemas, Unavailable, account, principal, unpack_by};

/// Recognises, unpacks, drops what can't matter, keys by account.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Of one input record.
    pub input: Limits,
    /// What is kept though it changes nothing.
    pub activity: Arc<Activity>,
    /// By which records in Avro are read; none: they are refused.
    pub schemas: Option<Arc<dyn Schemas>>,
}

impl Stage for Route {
    fn take(&self, record: &Record, _now: Time, cx: &mut dyn Context) -> Result<(), Unavailable> {
        let mut letters = DeadLetters::of(record);
        unpack_by(self.schemas.as_deref(), &self.input, &record.value, &mut |piece| self.one(piece, &mut letters, cx))
    }

    fn refuse(&self, record: &Record, why: &str, cx: &mut dyn Context) {
        dead_letters::refuse_internal(record, why, cx);
    }

    fn tick(&self, _now: Time, _cx: &mut dyn Context) {}

    fn due(&self, _cx: &dyn Context) -> Option<Time> {
        None
    }

    fn restored(&self, _key: &[u8], _value: Option<&[u8]>, _cx: &mut dyn Context) {}
}

impl Route {
    fn one(&self, piece: Piece<'_>, letters: &mut DeadLetters<'_>, cx: &mut dyn Context) {
        match piece {
            Piece::Record { kind, json, call, own } => {
                // Most of a trail ends here.
                if call.is_some_and(|c| !self.matters(&c, json)) {
                    return cx.count(counts::IRRELEVANT.of(kind.text()));
                }
                match account(kind, json) {
                    Ok(Some((account, time))) => {
                        cx.count(counts::ROUTED.of(kind.text()));
                        cx.happened(time);
                        cx.send(OutRecord {
                            topic: OutTopic::ByAccount,
                            key: account.into_bytes(),
                            value: json.to_vec(),
                            headers: vec![(KIND.into(), kind.text().into())],
                        });
                    }
                    Ok(None) => cx.count(counts::RECOGNISED.of(kind.text())),
                    Err(refusal) => letters.refuse(Some(kind), own, &refusal, cx),
                }
            }
            Piece::Control => cx.count(counts::CONTROL.of(counts::NO_KIND)),
            Piece::Refused { refusal, own } => letters.refuse(None, own, &refusal, cx),
        }
    }

    fn matters(&self, call: &Call<'_>, json: &[u8]) -> bool {
        effects::is_effect(&call.source, &call.name)
            || self.activity.holds(&call.source, &call.name) && !principal(json).is_service()
    }
}

/// The header that says what a routed record is, so that it need not be recognised again: the text of a [`RecordKind`].
pub const KIND: &str = "trailgraph.kind";

/// The kind that the route stage gave a record. `None`: the record has not been through the route stage.
pub fn kind(record: &Record) -> Option<RecordKind> {
    let (_, text) = record.headers.iter().find(|(name, _)| name == KIND)?;
    RecordKind::from_text(text)
}
