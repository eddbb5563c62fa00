//! Stage two: one account's records in order become graph and incidents.

use std::sync::Arc;

use super::dead_letters::{self, DeadLetters};
use super::derived;
use super::exposures::Exposures;
use super::graph_view::{self, News, lookup};
use super::incidents::{self, Incidents};
use super::retention::Retention;
use super::route::kind;
use crate::domain::effects;
use crate::domain::event::{Event, Finding, InstanceState, TrailEvent};
use crate::domain::exposure::Checks;
use crate::domain::graph::{Fact, Write};
use crate::domain::incident::{self, FindingRecord, Knowledge};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::record::Record;
use crate::engine::stage::{Context, Logged, Stage};
use crate::wire::state::{Unreadable, keys, values};
use crate::wire::{self, Encoding, Parsed, Piece, Reason, RecordKind, Refusal, Unavailable, parse, unpack_within};

/// How far beyond now an event's time may lie before it is taken for a wrong clock and set to that limit.
pub const AHEAD_MS_MAX: i64 = 5 * 60 * 1000;

/// The usual bound on the facts of one record: a call on 20,000 resources stays below it.
pub const FACTS_PER_RECORD_MAX: usize = 100_000;

/// The processor's settings: passed, not stored elsewhere.
#[derive(Clone, Debug)]
pub struct Process {
    pub knowledge: Arc<Knowledge>,
    /// How long a finding may wait for its topology, milliseconds.
    pub grace_ms: i64,
    pub retention: Retention,
    /// Of one input record.
    pub input: wire::Limits,
    /// Facts about assets that one record may state; a record with more is a dead letter.
    pub facts_per_record_max: usize,
    /// Of one incident.
    pub incident: incident::Limits,
    /// How incidents are written.
    pub encoding: Encoding,
    pub checks: Arc<Checks>,
    /// How exposures are written.
    pub exposure_encoding: Encoding,
}

impl Process {
    /// With the usual limits, nothing forgotten, JSON, and no checks.
    pub fn new(knowledge: Arc<Knowledge>, grace_ms: i64) -> Process {
        let (input, incident) = (wire::Limits::default(), incident::Limits::default());
        let (retention, encoding) = (Retention::FOREVER, Encoding::Json);
        let facts_per_record_max = FACTS_PER_RECORD_MAX;
        let (checks, exposure_encoding) = (Arc::default(), Encoding::Json);
        Process {
            knowledge,
            grace_ms,
            retention,
            input,
            facts_per_record_max,
            incident,
            encoding,
            checks,
            exposure_encoding,
        }
    }

    fn exposures(&self) -> Exposures<'_> {
        Exposures { checks: &self.checks, encoding: &self.exposure_encoding }
    }
}

impl Stage for Process {
    fn take(&self, record: &Record, now: Time, cx: &mut dyn Context) -> Result<(), Unavailable> {
        let mut letters = DeadLetters::of(record);
        if let Some(kind) = kind(record) {
            self.one(kind, &record.value, None, now, &mut letters, cx);
            return Ok(());
        }
        unpack_within(&self.input, &record.value, &mut |piece| match piece {
            Piece::Record { kind, call: Some(call), .. } if !effects::is_effect(&call.source, &call.name) => {
                cx.count(counts::IRRELEVANT.of(kind.text()));
            }
            Piece::Record { kind, json, own, .. } => self.one(kind, json, own, now, &mut letters, cx),
            Piece::Control => cx.count(counts::CONTROL.of(counts::NO_KIND)),
            Piece::Refused { refusal, own } => letters.refuse(None, own, &refusal, cx),
        });
        Ok(())
    }

    fn refuse(&self, record: &Record, why: &str, cx: &mut dyn Context) {
        dead_letters::refuse_internal(record, why, cx);
    }

    fn tick(&self, now: Time, cx: &mut dyn Context) {
        incidents::release_pending(now, cx);
        self.retention.fold_some(cx);
        let horizon = self.retention.horizon(cx);
        let (knowledge, limits, encoding) = (&*self.knowledge, self.incident, &self.encoding);
        derived::revise_due(&Incidents { knowledge, limits, encoding, horizon }, cx);
        self.exposures().sweep(cx);
        derived::revise_due(&self.exposures(), cx);
    }

    fn due(&self, cx: &dyn Context) -> Option<Time> {
        let first = cx.scan(&[keys::PENDING], &[keys::PENDING], 1);
        let pending = first.first().and_then(|(key, _)| keys::read_pending(key)).map(|(deadline, _, _)| deadline);
        Exposures::due(cx).or(pending)
    }

    fn restored(&self, key: &[u8], value: Option<&[u8]>, cx: &mut dyn Context) {
        match (key.first(), value) {
            (Some(&keys::HISTORY), _) => graph_view::restored(cx, key, value),
            (Some(family @ (&keys::INCIDENT | &keys::EXPOSURE)), Some(bytes)) => {
                derived::restored(*family, key, bytes, cx)
            }
            (Some(family), _) if !keys::LOGGED.contains(family) => {
                cx.unreadable(key, &Unreadable::Family(char::from(*family)));
            }
            _ => {}
        }
    }
}

/// What an event is to the graph.
enum Standing {
    Original,
    /// A correction of it has come already.
    Corrected,
    Correction,
}

impl Process {
    fn one(
        &self,
        kind: RecordKind,
        json: &[u8],
        own: Option<&[u8]>,
        now: Time,
        letters: &mut DeadLetters<'_>,
        cx: &mut dyn Context,
    ) {
        match parse(kind, json) {
            Ok(Parsed::Event(event)) => {
                if let Err(refusal) = self.event(event, now, cx) {
                    letters.refuse(Some(kind), own, &refusal, cx);
                }
            }
            Ok(Parsed::Irrelevant(_)) => cx.count(counts::RECOGNISED.of(kind.text())),
            Err(refusal) => letters.refuse(Some(kind), own, &refusal, cx),
        }
    }

    fn event(&self, event: Event, now: Time, cx: &mut dyn Context) -> Result<(), Refusal> {
        cx.happened(event.time());
        match event {
            Event::Trail(e) => self.trail(e, now, cx)?,
            Event::InstanceState(e) => self.state_change(e, now, cx),
            Event::Finding(f) => self.finding(*f, now, cx),
        }
        Ok(())
    }

    fn finding(&self, finding: Finding, now: Time, cx: &mut dyn Context) {
        cx.count(counts::APPLIED.of(RecordKind::Finding.text()));
        cx.count(counts::FINDINGS);
        let key = keys::finding(&finding.account, &finding.id);
        let known: Option<FindingRecord> = lookup::stored(cx, &key);
        let mut record = known.unwrap_or_default();
        if !record.merge(&finding) {
            return;
        }
        cx.put(key, Some(values::encode(&record)), Logged::Yes);
        incidents::await_topology(&record, finding.latest.updated_at, now.plus_ms(self.grace_ms), cx);
    }

    fn trail(&self, mut event: TrailEvent, now: Time, cx: &mut dyn Context) -> Result<(), Refusal> {
        event.time = clamp(event.time, now, cx);
        if !effects::is_effect(&event.source, &event.name) {
            cx.count(counts::ACTIVITY.of(RecordKind::Trail.text()));
            return Ok(());
        }
        let (writes, gaps) = effects::effects(&event);
        if writes.len() > self.facts_per_record_max {
            let detail =
                format!("{} states {} facts, the limit is {}", event.name, writes.len(), self.facts_per_record_max);
            return Err(Refusal::new(Reason::TooManyFacts, detail));
        }
        let fate = if event.error.is_some() { counts::FAILED_CALL } else { counts::APPLIED };
        cx.count(fate.of(RecordKind::Trail.text()));
        for _ in &gaps {
            cx.count(counts::GAPS);
        }
        match self.standing(&event, cx) {
            Standing::Original => self.apply(event.time, writes, cx),
            Standing::Corrected => cx.count(counts::CORRECTED),
            Standing::Correction => self.correct(&event, writes, cx),
        }
        Ok(())
    }

    /// Whether the event counts, and as what. Of several corrections of one event the one with the greatest id counts, in any order.
    fn standing(&self, event: &TrailEvent, cx: &mut dyn Context) -> Standing {
        let key = keys::correction(&event.account, &event.id);
        let known: Option<String> = lookup::stored(cx, &key);
        match (&event.correction, known) {
            (None, None) => Standing::Original,
            (Some(own), known) if known.as_ref().is_none_or(|known| known <= own) => {
                cx.put(key, Some(values::encode(own)), Logged::Yes);
                Standing::Correction
            }
            _ => Standing::Corrected,
        }
    }

    /// What the original said goes, about every asset that a success of the call would have touched, too.
    fn correct(&self, event: &TrailEvent, mut writes: Vec<Write>, cx: &mut dyn Context) {
        if self.retention.horizon(cx).is_some_and(|horizon| event.time < horizon) {
            return cx.count(counts::LATE_WRITES);
        }
        let succeeded = effects::effects(&TrailEvent { error: None, ..event.clone() }).0;
        let (named, touched): (Vec<Write>, Vec<Write>) = succeeded.into_iter().partition(|w| w.fact == Fact::Seen);
        // Whoever is named is there, whether the call succeeded or not: in any order, the original's word for it stays.
        writes.extend(named);
        let named = touched.into_iter().map(|w| w.asset).collect();
        let news = graph_view::correct(cx, named, event.time, &event.id, writes);
        self.mark_due(&news, event.time, cx);
    }

    /// Marks every document due that these news may change.
    fn mark_due(&self, news: &News, time: Time, cx: &mut dyn Context) {
        derived::mark_dependents_due::<Incidents>(news, time, cx);
        self.exposures().mark_due(news, time, cx);
    }

    fn state_change(&self, mut event: InstanceState, now: Time, cx: &mut dyn Context) {
        event.time = clamp(event.time, now, cx);
        cx.count(counts::APPLIED.of(RecordKind::InstanceState.text()));
        self.apply(event.time, effects::state_change(&event), cx);
    }

    fn apply(&self, time: Time, mut writes: Vec<Write>, cx: &mut dyn Context) {
        if writes.is_empty() {
            return;
        }
        self.retention.admit(time, &mut writes, cx);
        writes.sort();
        let news = graph_view::put(cx, writes);
        self.mark_due(&news, time, cx);
    }
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
