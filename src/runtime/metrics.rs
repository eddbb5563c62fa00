//! Every metric: name, labels, help.

use std::collections::BTreeMap;

use prometheus::{Encoder, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::engine::worker::Counters;

/// What a process tells of its workers. Counters are sums since the process began.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    fates: IntCounterVec,
    loops: IntCounterVec,
    commit_ms: IntGaugeVec,
    ready: IntGaugeVec,
}

impl Metrics {
    pub fn new() -> prometheus::Result<Metrics> {
        let counter = |name: &str, help: &str, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let gauge = |name: &str, help: &str| IntGaugeVec::new(Opts::new(name, help), &["role"]);
        let it = Metrics {
            registry: Registry::new(),
            fates: counter("trailgraph_records_total", "Records by what became of them", &["role", "fate"])?,
            loops: counter("trailgraph_worker_total", "What the worker's loop did, by kind", &["role", "what"])?,
            commit_ms: gauge("trailgraph_commit_milliseconds", "How long the last turn with a commit took")?,
            ready: gauge("trailgraph_ready", "1: all of the worker's partitions are restored")?,
        };
        it.registry.register(Box::new(it.fates.clone()))?;
        it.registry.register(Box::new(it.loops.clone()))?;
        it.registry.register(Box::new(it.commit_ms.clone()))?;
        it.registry.register(Box::new(it.ready.clone()))?;
        Ok(it)
    }

    pub fn show_fates(&self, role: &str, tally: &BTreeMap<String, u64>) {
        for (fate, n) in tally {
            raise(&self.fates, &[role, fate], *n);
        }
    }

    pub fn show_loop(&self, role: &str, c: &Counters) {
        let all = [
            ("input_records", c.records),
            ("output_records", c.outputs),
            ("changelog_records", c.changes),
            ("commits", c.commits),
            ("commits_not_done", c.not_done),
            ("commits_in_doubt", c.in_doubt),
            ("stores_wiped", c.wiped),
            ("restored_records", c.restored),
        ];
        for (what, n) in all {
            raise(&self.loops, &[role, what], n);
        }
    }

    pub fn show_commit(&self, role: &str, milliseconds: u128) {
        self.commit_ms.with_label_values(&[role]).set(i64::try_from(milliseconds).unwrap_or(i64::MAX));
    }

    pub fn show_ready(&self, role: &str, ready: bool) {
        self.ready.with_label_values(&[role]).set(i64::from(ready));
    }

    pub fn is_ready(&self, roles: &[String]) -> bool {
        roles.iter().all(|role| self.ready.with_label_values(&[role.as_str()]).get() == 1)
    }

    /// The text exposition format.
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        match TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            Ok(()) => String::from_utf8_lossy(&out).into_owned(),
            Err(e) => format!("# {e}\n"),
        }
    }
}

fn raise(counter: &IntCounterVec, labels: &[&str], to: u64) {
    let one = counter.with_label_values(labels);
    one.inc_by(to.saturating_sub(one.get()));
}
