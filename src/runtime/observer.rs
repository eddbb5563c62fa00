//! One worker, watched: what it says becomes log messages and metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use prometheus::IntCounterVec;
use prometheus::core::Collector;

use super::health::{Health, Readiness};
use super::lag::{self, End};
use super::metrics::Metrics;
use super::workers::Work;
use crate::domain::time::Time;
use crate::engine::counts::{self, Tally};
use crate::engine::notes::TaskEvent;
use crate::engine::record::TaskId;
use crate::engine::worker::Counters;

/// Where one task stands.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    pub task: &'a TaskId,
    pub running: bool,
    pub position: Option<i64>,
    /// When the newest of what was committed happened.
    pub newest: Option<Time>,
    /// None: not known yet.
    pub end: Option<End>,
    /// None: it keeps no state on disk.
    pub state_bytes: Option<u64>,
}

/// Watches a worker.
pub struct Observer {
    role: &'static str,
    /// Which of the role's workers.
    worker: u32,
    /// What the sums were when they were shown last: counters of a role rise by what each worker adds.
    sums: BTreeMap<(String, Vec<String>), u64>,
    /// An output topic's name by its key in `[topics]`.
    topics: BTreeMap<&'static str, String>,
    metrics: Metrics,
    health: Health,
    /// When each task that isn't restored yet was assigned.
    assigned: BTreeMap<TaskId, Instant>,
    doubted: Option<Instant>,
    /// Partitions that have series of their own.
    shown: BTreeSet<TaskId>,
}

impl Observer {
    pub fn new(
        role: &'static str,
        worker: u32,
        topics: BTreeMap<&'static str, String>,
        metrics: Metrics,
        health: Health,
    ) -> Observer {
        let (assigned, shown) = (BTreeMap::new(), BTreeSet::new());
        Observer { role, worker, sums: BTreeMap::new(), topics, metrics, health, assigned, doubted: None, shown }
    }

    /// A turn of the loop has ended, or the worker is about to begin.
    pub fn turned(&self, at: Instant, readiness: Readiness) {
        self.health.turned(self.role, self.worker, at, readiness);
    }

    /// Something became of a task.
    pub fn note(&mut self, note: &TaskEvent, at: Instant) {
        let role = self.role;
        match note {
            TaskEvent::Assigned(TaskId { topic, partition }) => {
                self.assigned.insert(TaskId { topic: topic.clone(), partition: *partition }, at);
                tracing::info!(role, topic, partition, "assigned");
            }
            TaskEvent::Wiped(TaskId { topic, partition }) => {
                tracing::warn!(role, topic, partition, "the store was not a part of what is committed: thrown away");
            }
            TaskEvent::Restored { task, records } => {
                let took = self.assigned.remove(task).map_or(Duration::ZERO, |then| at.saturating_duration_since(then));
                self.metrics.restore_seconds.with_label_values(&[role]).observe(took.as_secs_f64());
                let (topic, partition, seconds) = (&task.topic, task.partition, took.as_secs_f64());
                tracing::info!(role, topic, partition, seconds, records, "restored");
            }
            TaskEvent::Revoked(task) => {
                self.assigned.remove(task);
                tracing::info!(role, topic = task.topic, partition = task.partition, "revoked");
            }
            TaskEvent::Lost(task) => {
                self.assigned.remove(task);
                tracing::info!(role, topic = task.topic, partition = task.partition, "lost");
            }
            TaskEvent::InDoubt { seq } => {
                self.doubted = Some(at);
                tracing::info!(role, commit = seq, "in doubt");
            }
            TaskEvent::Resolved { task, outcome } => {
                let seconds = self.doubted.map_or(0.0, |then| at.saturating_duration_since(then).as_secs_f64());
                let outcome = outcome.as_str();
                self.metrics.doubts_resolved.with_label_values(&[role, outcome]).inc();
                tracing::info!(role, topic = task.topic, partition = task.partition, outcome, seconds, "resolved");
            }
        }
    }

    /// A commit was answered, whatever the answer.
    pub fn commit(&self, took: Duration) {
        self.metrics.commit_seconds.with_label_values(&[self.role]).observe(took.as_secs_f64());
    }

    /// Brings the sums up to date.
    pub fn show_sums(&mut self, c: &Counters, tally: &Tally) {
        let (m, role, topics) = (&self.metrics, self.role, &self.topics);
        let sums = &mut self.sums;
        let mut raise = |counter: &IntCounterVec, labels: &[&str], to: u64| {
            let name = counter.desc().first().map(|d| d.fq_name.clone()).unwrap_or_default();
            let before = sums.entry((name, labels.iter().map(|l| (*l).to_owned()).collect())).or_default();
            counter.with_label_values(labels).inc_by(to.saturating_sub(*before));
            *before = to.max(*before);
        };
        for (counter, n) in [
            (&m.input_records, c.records),
            (&m.input_bytes, c.bytes),
            (&m.changelog_records, c.changes),
            (&m.restored_records, c.restored),
            (&m.stores_wiped, c.wiped),
            (&m.effect_gaps, counts::sum(tally, counts::GAPS)),
            (&m.clamped_times, counts::sum(tally, counts::CLAMPED)),
            (&m.unreadable_state, counts::sum(tally, counts::UNREADABLE)),
            (&m.folded_writes, counts::sum(tally, counts::FOLDED_WRITES)),
            (&m.late_writes, counts::sum(tally, counts::LATE_WRITES)),
            (&m.topologies_kept, counts::sum(tally, counts::TOPOLOGIES_KEPT)),
        ] {
            raise(counter, &[role], n);
        }
        for (outcome, n) in [("done", c.commits), ("not_done", c.not_done), ("in_doubt", c.in_doubt)] {
            raise(&m.commits, &[role, outcome], n);
        }
        for (count, n) in tally {
            if counts::FATES.iter().chain([&counts::ROUTED]).any(|fate| fate.what == count.what) {
                raise(&m.records, &[role, count.of, count.what], *n);
            } else if count.what == counts::DEAD_LETTERS.what {
                raise(&m.dead_letters, &[role, count.of], *n);
            } else if count.what == counts::OUTPUTS.what {
                let topic = topics.get(count.of).map_or(count.of, String::as_str);
                raise(&m.output_records, &[role, topic], *n);
            }
        }
    }

    /// Brings what is true now up to date. Partitions that have gone leave no series behind.
    pub fn show_now(&mut self, tasks: &[Standing<'_>], is_ready: bool, now: Time) {
        let (m, role) = (&self.metrics, self.role);
        let restoring = tasks.iter().filter(|t| !t.running).count();
        let own = Work { assigned: tasks.len(), restoring, ready: is_ready, turned: now };
        let all = m.workers.with(role, self.worker, own);
        m.assigned_partitions.with_label_values(&[role]).set(signed(all.assigned as u64));
        m.restoring_partitions.with_label_values(&[role]).set(signed(all.restoring as u64));
        m.ready.with_label_values(&[role]).set(i64::from(all.ready));
        m.last_turn.with_label_values(&[role]).set(all.turned.0 as f64 / 1_000.0);
        let shown: BTreeSet<TaskId> = tasks.iter().map(|t| t.task.clone()).collect();
        for gone in self.shown.difference(&shown) {
            let partition = gone.partition.to_string();
            let labels = [role, gone.topic.as_str(), partition.as_str()];
            // None of them is no error: not each partition has each series.
            _ = m.lag_records.remove_label_values(&labels);
            _ = m.lag_seconds.remove_label_values(&labels);
            _ = m.state_bytes.remove_label_values(&labels);
        }
        for standing in tasks {
            let partition = standing.task.partition.to_string();
            let labels = [role, standing.task.topic.as_str(), partition.as_str()];
            if let Some(bytes) = standing.state_bytes {
                m.state_bytes.with_label_values(&labels).set(signed(bytes));
            }
            let Some(end) = standing.end else { continue };
            let lag = end.lag(standing.position);
            m.lag_records.with_label_values(&labels).set(signed(lag));
            if let Some(seconds) = lag::seconds(lag, standing.newest, now) {
                m.lag_seconds.with_label_values(&labels).set(seconds);
            }
        }
        self.shown = shown;
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "observer_tests.rs"]
mod tests;
