//! Dead letters: the bytes of what was refused, untouched, with the reason and the origin in headers.

use crate::engine::counts;
use crate::engine::record::{OutRecord, OutTopic, Record};
use crate::engine::stage::Context;
use crate::wire::{Reason, RecordKind, Refusal, dead_letter};

/// The header in which a log of files says which file and line a record is from.
pub const ORIGIN: &str = "trailgraph.origin";

/// The dead letters of one input record.
pub struct DeadLetters<'r> {
    record: &'r Record,
    /// One of them holds the whole input.
    whole: bool,
}

impl<'r> DeadLetters<'r> {
    pub fn of(record: &'r Record) -> DeadLetters<'r> {
        DeadLetters { record, whole: false }
    }

    /// `own`: the bytes of what is refused. `None`: the whole input, which is sent once, however much of it is refused.
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

/// Sends one dead letter.
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

/// Refuses a whole record because the program failed on it.
pub fn refuse_internal(record: &Record, why: &str, cx: &mut dyn Context) {
    refuse(record, None, &record.value, &Refusal::new(Reason::Internal, why.to_owned()), cx);
}

fn origin(record: &Record) -> &str {
    let named = record.headers.iter().find(|(name, _)| name == ORIGIN).and_then(|(_, v)| std::str::from_utf8(v).ok());
    named.unwrap_or(&record.task.topic)
}
