//! Stage one: an input record of any form becomes single records keyed by account. Stateless.

use std::sync::Arc;

use super::dead_letters::{self, DeadLetters};
use crate::domain::activity::Activity;
use crate::domain::effects;
use crate::domain::time::Time;
use crate::engine::counts::{self, Count};
use crate::engine::record::{OutRecord, OutTopic, Record};
use crate::engine::stage::{Context, Stage};
use crate::wire::{Call, Limits, Piece, Prescan, RecordKind, Schemas, Unavailable, account, unpack_by};

/// Recognises, unpacks, drops what can't matter, keys by account.
#[derive(Clone, Debug)]
pub struct Route {
    input: Limits,
    activity: Arc<Activity>,
    schemas: Option<Arc<dyn Schemas>>,
    prescan: Arc<Prescan>,
}

impl Route {
    /// `input`: the bounds of one input record. `activity`: what is kept though it changes nothing. `schemas`: by which records in Avro
    /// are read; `None`: they are refused.
    pub fn new(input: Limits, activity: Activity, schemas: Option<Arc<dyn Schemas>>) -> Route {
        let prescan = Prescan::new(effects::calls().map(|(_, name)| name).chain(activity.names()));
        Route { input, activity: Arc::new(activity), schemas, prescan: Arc::new(prescan) }
    }

    pub fn input(&self) -> &Limits {
        &self.input
    }

    pub fn activity(&self) -> &Activity {
        &self.activity
    }
}

impl Default for Route {
    fn default() -> Route {
        Route::new(Limits::default(), Activity::default(), None)
    }
}

impl Stage for Route {
    fn take(&self, record: &Record, _now: Time, cx: &mut dyn Context) -> Result<(), Unavailable> {
        let mut letters = DeadLetters::of(record);
        unpack_by(self.schemas.as_deref(), &self.input, &record.value, &mut |piece| self.one(piece, &mut letters, cx))
    }

    fn skip(&self, value: &[u8]) -> Option<Count> {
        // Below the limit of the input, or a message that is too large would not be refused as one.
        let irrelevant = value.len() <= self.input.bytes_max && self.prescan.is_irrelevant(value);
        irrelevant.then_some(counts::IRRELEVANT.of(RecordKind::Trail.text()))
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
                if call.as_ref().is_some_and(|c| !self.matters(c)) {
                    return cx.count(counts::IRRELEVANT.of(kind.text()));
                }
                match call.map_or_else(|| account(kind, json), |c| c.account().map(Some)) {
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

    fn matters(&self, call: &Call<'_>) -> bool {
        effects::is_effect(&call.source, &call.name)
            || self.activity.holds(&call.source, &call.name) && !call.principal().is_service()
    }
}

/// The header that says what a routed record is, so that it need not be recognised again: the text of a [`RecordKind`].
pub const KIND: &str = "trailgraph.kind";

/// The kind that the route stage gave a record. `None`: the record has not been through the route stage.
pub fn kind(record: &Record) -> Option<RecordKind> {
    let (_, text) = record.headers.iter().find(|(name, _)| name == KIND)?;
    RecordKind::from_text(text)
}
