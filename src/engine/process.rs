//! Stage two: one account's records in order become graph and incidents.

use std::sync::Arc;

use super::counts;
use super::graph_view;
use super::incidents;
use super::record::Record;
use super::route::refuse;
use super::stage::{Context, Logged, Stage};
use crate::domain::effects;
use crate::domain::event::{Event, Finding, InstanceState, TrailEvent};
use crate::domain::graph::Write;
use crate::domain::incident::{FindingRecord, Knowledge};
use crate::domain::time::Time;
use crate::wire::state::{keys, values};
use crate::wire::{Parsed, Piece, parse, unpack};

/// How far beyond now an event's time may lie before it is taken for a wrong clock and set to that limit.
pub const AHEAD_MS_MAX: i64 = 5 * 60 * 1000;

/// The processor's settings: passed, not stored elsewhere.
#[derive(Clone, Debug)]
pub struct Process {
    pub knowledge: Arc<Knowledge>,
    /// How long a finding may wait for its topology, milliseconds.
    pub grace_ms: i64,
}

impl Stage for Process {
    fn take(&self, record: &Record, now: Time, cx: &mut dyn Context) {
        unpack(&record.value, &mut |piece| match piece {
            Piece::Record { kind, json } => match parse(kind, json) {
                Ok(Parsed::Event(event)) => self.event(event, now, cx),
                Ok(Parsed::Irrelevant(_)) => cx.count(counts::RECOGNISED),
                Err(refusal) => refuse(record, json, &refusal, cx),
            },
            Piece::Control => cx.count(counts::CONTROL),
            Piece::Refused { refusal, bytes } => refuse(record, bytes, &refusal, cx),
        });
    }

    fn tick(&self, now: Time, cx: &mut dyn Context) {
        incidents::release_pending(now, cx);
        incidents::revise_due(&self.knowledge, now, cx);
    }

    fn due(&self, cx: &dyn Context) -> Option<Time> {
        let first = cx.scan(&[keys::PENDING], &[keys::PENDING], 1);
        first.first().and_then(|(key, _)| keys::read_pending(key)).map(|(deadline, _, _)| deadline)
    }

    fn restored(&self, key: &[u8], value: Option<&[u8]>, cx: &mut dyn Context) {
        match (key.first(), value) {
            (Some(&keys::FACT), Some(bytes)) => graph_view::restored(cx, bytes),
            (Some(&keys::INCIDENT), Some(bytes)) => incidents::restored(key, bytes, cx),
            _ => {}
        }
    }
}

impl Process {
    fn event(&self, event: Event, now: Time, cx: &mut dyn Context) {
        match event {
            Event::Trail(e) => trail(e, now, cx),
            Event::InstanceState(e) => state_change(e, now, cx),
            Event::Finding(f) => self.finding(*f, now, cx),
        }
    }

    fn finding(&self, finding: Finding, now: Time, cx: &mut dyn Context) {
        cx.count(counts::APPLIED);
        cx.count(counts::FINDINGS);
        let key = keys::finding(&finding.account, &finding.id);
        let known: Option<FindingRecord> = cx.get(&key).and_then(|b| values::decode(&b));
        let mut record = known.unwrap_or_default();
        if !record.merge(&finding) {
            return;
        }
        cx.put(key, Some(values::encode(&record)), Logged::Yes);
        incidents::await_topology(&record, now.plus_ms(self.grace_ms), cx);
    }
}

fn trail(mut event: TrailEvent, now: Time, cx: &mut dyn Context) {
    event.time = clamp(event.time, now, cx);
    if !effects::is_effect(&event.source, &event.name) {
        return cx.count(counts::IRRELEVANT);
    }
    cx.count(if event.error.is_some() { counts::FAILED_CALL } else { counts::APPLIED });
    let (writes, gaps) = effects::effects(&event);
    for _ in &gaps {
        cx.count(counts::GAPS);
    }
    apply(writes, cx);
}

fn state_change(mut event: InstanceState, now: Time, cx: &mut dyn Context) {
    event.time = clamp(event.time, now, cx);
    cx.count(counts::APPLIED);
    apply(effects::state_change(&event), cx);
}

fn apply(mut writes: Vec<Write>, cx: &mut dyn Context) {
    writes.sort();
    let new = graph_view::put(cx, writes);
    incidents::make_due(&new, cx);
}

/// One bad clock must not win for ever. Where the log has no clock (files), now is nothing and nothing is clamped.
fn clamp(time: Time, now: Time, cx: &mut dyn Context) -> Time {
    let limit = now.plus_ms(AHEAD_MS_MAX);
    if now.0 > AHEAD_MS_MAX * 1000 && time > limit {
        cx.count(counts::CLAMPED);
        return limit;
    }
    time
}
