//! Both stages in one task, for a log that holds everything in one place: what the first sends by account goes straight into the second.

use super::process::Process;
use super::route::Route;
use crate::domain::activity::Activity;
use crate::domain::time::Time;
use crate::engine::counts::Count;
use crate::engine::record::{OutRecord, OutTopic, Record};
use crate::engine::stage::{Context, Logged, Stage};
use crate::wire::Unavailable;
use crate::wire::state::Unreadable;

/// `route`, then `process`, without the topic between them.
#[derive(Clone, Debug)]
pub struct Fused {
    pub route: Route,
    pub process: Process,
}

impl Fused {
    /// With the same limits of an input record in both.
    pub fn new(process: Process) -> Fused {
        Fused { route: Route::new(process.input, Activity::default(), None), process }
    }
}

impl Stage for Fused {
    fn take(&self, record: &Record, now: Time, cx: &mut dyn Context) -> Result<(), Unavailable> {
        let mut between = Between { cx, routed: Vec::new() };
        self.route.take(record, now, &mut between)?;
        let routed = between.routed;
        for out in routed {
            let mut record = Record { value: out.value, key: Some(out.key), ..coordinates(record) };
            record.headers.extend(out.headers);
            self.process.take(&record, now, cx)?;
        }
        Ok(())
    }

    fn skip(&self, value: &[u8]) -> Option<Count> {
        self.route.skip(value)
    }

    fn refuse(&self, record: &Record, why: &str, cx: &mut dyn Context) {
        self.route.refuse(record, why, cx);
    }

    fn tick(&self, now: Time, cx: &mut dyn Context) {
        self.process.tick(now, cx);
    }

    fn due(&self, cx: &dyn Context) -> Option<Time> {
        self.process.due(cx)
    }

    fn restored(&self, key: &[u8], value: Option<&[u8]>, cx: &mut dyn Context) {
        self.process.restored(key, value, cx);
    }
}

fn coordinates(record: &Record) -> Record {
    Record {
        task: record.task.clone(),
        offset: record.offset,
        key: None,
        value: Vec::new(),
        headers: record.headers.clone(),
    }
}

struct Between<'a> {
    cx: &'a mut dyn Context,
    routed: Vec<OutRecord>,
}

impl Context for Between<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.cx.get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.cx.scan(prefix, from, limit)
    }

    fn unreadable(&self, key: &[u8], why: &Unreadable) {
        self.cx.unreadable(key, why);
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, logged: Logged) {
        self.cx.put(key, value, logged);
    }

    fn send(&mut self, record: OutRecord) {
        if record.topic == OutTopic::ByAccount {
            self.routed.push(record);
        } else {
            self.cx.send(record);
        }
    }

    fn count(&mut self, what: Count) {
        self.cx.count(what);
    }

    fn happened(&mut self, at: Time) {
        self.cx.happened(at);
    }
}
