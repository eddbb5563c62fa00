//! Stage one: an input record of any form becomes single records keyed by account. Stateless.

use super::counts;
use super::record::{OutRecord, OutTopic, Record};
use super::stage::{Context, Stage};
use crate::domain::effects;
use crate::domain::event::Event;
use crate::domain::time::Time;
use crate::wire::{Parsed, Piece, RecordKind, Refusal, Verdict, dead_letter, parse, prescan, unpack};

/// Recognises, unpacks, drops what can't matter, keys by account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Route;

impl Stage for Route {
    fn take(&self, record: &Record, _now: Time, cx: &mut dyn Context) {
        unpack(&record.value, &mut |piece| route_one(record, piece, cx));
    }

    fn tick(&self, _now: Time, _cx: &mut dyn Context) {}

    fn due(&self, _cx: &dyn Context) -> Option<Time> {
        None
    }

    fn restored(&self, _key: &[u8], _value: Option<&[u8]>, _cx: &mut dyn Context) {}
}

fn route_one(record: &Record, piece: Piece<'_>, cx: &mut dyn Context) {
    match piece {
        Piece::Record { kind, json } => {
            if kind == RecordKind::Trail && prescan(json, &effects::is_effect) == Verdict::Drop {
                return cx.count(counts::IRRELEVANT);
            }
            match parse(kind, json) {
                Ok(Parsed::Event(Event::Trail(e))) if !effects::is_effect(&e.source, &e.name) => {
                    cx.count(counts::IRRELEVANT);
                }
                Ok(Parsed::Event(event)) => cx.send(OutRecord {
                    topic: OutTopic::ByAccount,
                    key: event.account().as_bytes().to_vec(),
                    value: json.to_vec(),
                    headers: Vec::new(),
                }),
                Ok(Parsed::Irrelevant(_)) => cx.count(counts::RECOGNISED),
                Err(refusal) => refuse(record, json, &refusal, cx),
            }
        }
        Piece::Control => cx.count(counts::CONTROL),
        Piece::Refused { refusal, bytes } => refuse(record, bytes, &refusal, cx),
    }
}

/// A dead letter: the bytes untouched, reason and origin in headers.
pub fn refuse(record: &Record, bytes: &[u8], refusal: &Refusal, cx: &mut dyn Context) {
    cx.count(counts::REFUSED);
    cx.send(OutRecord {
        topic: OutTopic::DeadLetters,
        key: record.key.clone().unwrap_or_default(),
        value: bytes.to_vec(),
        headers: dead_letter::headers(refusal, origin(record), record.task.partition, record.offset),
    });
}

/// A log of files says beside each record which file and line it is from.
pub const ORIGIN: &str = "trailgraph.origin";

fn origin(record: &Record) -> &str {
    let named = record.headers.iter().find(|(name, _)| name == ORIGIN).and_then(|(_, v)| std::str::from_utf8(v).ok());
    named.unwrap_or(&record.task.topic)
}
