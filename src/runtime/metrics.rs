//! Every metric: name, labels, help. `docs/metrics.md` says what each is good for; a test holds the two together.

use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

use super::workers::Workers;

/// Seconds: from a commit on an idle broker to one that waited for a broker's restart.
const COMMIT_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// Seconds: from a store that was up to date to one made anew.
const RESTORE_BUCKETS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];

/// What a process tells of its workers. Counters are sums since the process began.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    pub(super) workers: Workers,
    pub(super) records: IntCounterVec,
    pub(super) input_records: IntCounterVec,
    pub(super) input_bytes: IntCounterVec,
    pub(super) output_records: IntCounterVec,
    pub(super) changelog_records: IntCounterVec,
    pub(super) dead_letters: IntCounterVec,
    pub(super) effect_gaps: IntCounterVec,
    pub(super) clamped_times: IntCounterVec,
    pub(super) unreadable_state: IntCounterVec,
    pub(super) folded_writes: IntCounterVec,
    pub(super) late_writes: IntCounterVec,
    pub(super) topologies_kept: IntCounterVec,
    pub(super) commits: IntCounterVec,
    pub(super) commit_seconds: HistogramVec,
    pub(super) doubts_resolved: IntCounterVec,
    pub(super) lag_records: IntGaugeVec,
    pub(super) lag_seconds: GaugeVec,
    pub(super) state_bytes: IntGaugeVec,
    pub(super) assigned_partitions: IntGaugeVec,
    pub(super) restoring_partitions: IntGaugeVec,
    pub(super) restore_seconds: HistogramVec,
    pub(super) restored_records: IntCounterVec,
    pub(super) stores_wiped: IntCounterVec,
    pub(super) ready: IntGaugeVec,
    pub(super) last_turn: GaugeVec,
}

const ROLE: &[&str] = &["role"];
const PARTITION: &[&str] = &["role", "topic", "partition"];

impl Metrics {
    pub fn new() -> prometheus::Result<Metrics> {
        let registry = Registry::new();
        let made = Maker(&registry);
        let build = Opts::new("trailgraph_build_info", "1, labelled with the version that runs");
        made.keep(Gauge::with_opts(build.const_label("version", env!("CARGO_PKG_VERSION")))?)?.set(1.0);
        Ok(Metrics {
            workers: Workers::default(),
            records: made.counter(
                "trailgraph_records_total",
                "Records by kind and by what became of them, as of the last commit",
                &["role", "kind", "fate"],
            )?,
            input_records: made.counter(
                "trailgraph_input_records_total",
                "Kafka records taken, those taken again after a commit that did not come about included",
                ROLE,
            )?,
            input_bytes: made.counter("trailgraph_input_bytes_total", "Bytes of the values of records taken", ROLE)?,
            output_records: made.counter(
                "trailgraph_output_records_total",
                "Records sent to an output topic and committed",
                &["role", "topic"],
            )?,
            changelog_records: made.counter(
                "trailgraph_changelog_records_total",
                "Changes of the state sent to the changelog",
                ROLE,
            )?,
            dead_letters: made.counter(
                "trailgraph_dead_letters_total",
                "Records, or parts of them, that were refused, by reason",
                &["role", "reason"],
            )?,
            effect_gaps: made.counter(
                "trailgraph_effect_gaps_total",
                "Things in an API call that could not be made out and are missing in the graph",
                ROLE,
            )?,
            clamped_times: made.counter(
                "trailgraph_clamped_times_total",
                "Event times that lay in the future and were set to its limit",
                ROLE,
            )?,
            unreadable_state: made.counter(
                "trailgraph_unreadable_state_total",
                "Stored values that could not be read",
                ROLE,
            )?,
            folded_writes: made.counter(
                "trailgraph_folded_writes_total",
                "Facts of the graph folded away because they were no longer so before the horizon",
                ROLE,
            )?,
            late_writes: made.counter(
                "trailgraph_late_writes_total",
                "Facts that came too late to be told: the graph has folded newer ones already",
                ROLE,
            )?,
            topologies_kept: made.counter(
                "trailgraph_topologies_kept_total",
                "Revisions of incidents older than the horizon, which kept the topology they had",
                ROLE,
            )?,
            commits: made.counter(
                "trailgraph_commits_total",
                "Commits by outcome: done, not_done, in_doubt",
                &["role", "outcome"],
            )?,
            commit_seconds: made.histogram(
                "trailgraph_commit_duration_seconds",
                "From the last record sent to the broker's answer to the commit",
                COMMIT_BUCKETS,
            )?,
            doubts_resolved: made.counter(
                "trailgraph_doubts_resolved_total",
                "Partitions of commits in doubt by what the commit turned out to be: done, not_done, moved",
                &["role", "outcome"],
            )?,
            lag_records: made.gauge(
                "trailgraph_lag_records",
                "Offsets left to read in the partition, as of the client's last look",
                PARTITION,
            )?,
            lag_seconds: made.keep(GaugeVec::new(
                Opts::new(
                    "trailgraph_lag_seconds",
                    "Now minus the newest event time committed, 0 while there is nothing left to read",
                ),
                PARTITION,
            )?)?,
            state_bytes: made.gauge(
                "trailgraph_state_bytes",
                "Size of a partition's store: live files on disk and memtables",
                PARTITION,
            )?,
            assigned_partitions: made.gauge(
                "trailgraph_assigned_partitions",
                "Partitions that the worker owns",
                ROLE,
            )?,
            restoring_partitions: made.gauge(
                "trailgraph_restoring_partitions",
                "Partitions among them that are not restored yet",
                ROLE,
            )?,
            restore_seconds: made.histogram(
                "trailgraph_restore_duration_seconds",
                "From a partition's assignment to its first record",
                RESTORE_BUCKETS,
            )?,
            restored_records: made.counter(
                "trailgraph_restored_records_total",
                "Changelog records put back into stores",
                ROLE,
            )?,
            stores_wiped: made.counter(
                "trailgraph_stores_wiped_total",
                "Stores thrown away because they were not a part of what is committed",
                ROLE,
            )?,
            ready: made.gauge(
                "trailgraph_ready",
                "1: the worker is in its group and all its partitions are restored",
                ROLE,
            )?,
            last_turn: made.keep(GaugeVec::new(
                Opts::new(
                    "trailgraph_last_turn_timestamp_seconds",
                    "When the worker's loop last turned, seconds since 1970",
                ),
                ROLE,
            )?)?,
            registry,
        })
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

/// Makes and registers.
struct Maker<'a>(&'a Registry);

impl Maker<'_> {
    fn keep<C: Collector + Clone + 'static>(&self, it: C) -> prometheus::Result<C> {
        self.0.register(Box::new(it.clone()))?;
        Ok(it)
    }

    fn counter(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
        self.keep(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> prometheus::Result<HistogramVec> {
        self.keep(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), ROLE)?)
    }
}
