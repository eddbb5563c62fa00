//! Stage one: an input record of any form becomes single records keyed by account. Stateless.

use std::sync::Arc;

use super::counts;
use super::record::{OutRecord, OutTopic, Record};
use super::stage::{Context, Stage};
use crate::domain::activity::Activity;
use crate::domain::effects;
use crate::domain::time::Time;
use crate::wire::{
    Call, Limits, Piece, RecordKind, Refusal, Schemas, Unavailable, account, dead_letter, principal, unpack_by,
};

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
        let mut letters = Letters::of(record);
        unpack_by(self.schemas.as_deref(), &self.input, &record.value, &mut |piece| self.one(piece, &mut letters, cx))
    }

    fn tick(&self, _now: Time, _cx: &mut dyn Context) {}

    fn due(&self, _cx: &dyn Context) -> Option<Time> {
        None
    }

    fn restored(&self, _key: &[u8], _value: Option<&[u8]>, _cx: &mut dyn Context) {}
}

impl Route {
    fn one(&self, piece: Piece<'_>, letters: &mut Letters<'_>, cx: &mut dyn Context) {
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

/// The dead letters of one input record.
pub struct Letters<'r> {
    record: &'r Record,
    /// One holds the whole input.
    whole: bool,
}

impl<'r> Letters<'r> {
    pub fn of(record: &'r Record) -> Letters<'r> {
        Letters { record, whole: false }
    }

    /// `own`: the bytes of what is refused. None: the whole input, which is there once, however much of it is refused.
    pub fn refuse(&mut self, kind: Option<RecordKind>, own: Option<&[u8]>, refusal: &Refusal, cx: &mut dyn Context) {
        let bytes = match own {
            Some(own) => own,
            None if std::mem::replace(&mut self.whole, true) => {
                return cx.count(counts::REFUSED.of(kind.map_or(counts::NO_KIND, RecordKind::text)));
            }
            None => &self.record.value,
        };
        refuse(self.record, kind, bytes, refusal, cx);
    }
}

/// A dead letter: the bytes untouched, reason and origin in headers.
pub fn refuse(record: &Record, kind: Option<RecordKind>, bytes: &[u8], refusal: &Refusal, cx: &mut dyn Context) {
    cx.count(counts::REFUSED.of(kind.map_or(counts::NO_KIND, RecordKind::text)));
    cx.count(counts::DEAD_LETTERS.of(refusal.reason.text()));
    cx.send(OutRecord {
        topic: OutTopic::DeadLetters,
        key: record.key.clone().unwrap_or_default(),
        value: bytes.to_vec(),
        headers: dead_letter::headers(refusal, origin(record), record.task.partition, record.offset),
    });
}

/// What a record sent on is, so that it need not be recognised again: the text of a [`RecordKind`].
pub const KIND: &str = "trailgraph.kind";

/// A log of files says beside each record which file and line it is from.
pub const ORIGIN: &str = "trailgraph.origin";

/// What stage one says that a record is; none: it has not been through there.
pub fn kind(record: &Record) -> Option<RecordKind> {
    let (_, text) = record.headers.iter().find(|(name, _)| name == KIND)?;
    RecordKind::from_text(text)
}

fn origin(record: &Record) -> &str {
    let named = record.headers.iter().find(|(name, _)| name == ORIGIN).and_then(|(_, v)| std::str::from_utf8(v).ok());
    named.unwrap_or(&record.task.topic)
}
