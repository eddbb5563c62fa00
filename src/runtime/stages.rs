//! What the configuration means for the stages and their commits: the one place where a key becomes a limit.

use std::sync::Arc;

use super::config::Config;
use crate::domain::activity::Activity;
use crate::domain::exposure::Checks;
use crate::domain::incident::{self, Knowledge};
use crate::engine::breaker::BreakerLimits;
use crate::engine::commit;
use crate::stages::process::Process;
use crate::stages::retention::Retention;
use crate::stages::route::Route;
use crate::wire;
use crate::wire::{Encoding, Schemas};

/// `[commit]`, and when a worker stops instead.
pub fn commit_limits(config: &Config) -> commit::Limits {
    commit::Limits {
        interval_ms: i64::try_from(config.commit.interval_ms).unwrap_or(i64::MAX),
        records: config.commit.records_max,
        bytes: config.commit.bytes_max,
        breaker: BreakerLimits {
            percent_max: config.limits.refused_percent_max,
            window: config.limits.refused_window_records,
        },
    }
}

/// How each sort of document leaves.
#[derive(Clone, Debug, Default)]
pub struct Encodings {
    pub incidents: Encoding,
    pub exposures: Encoding,
}

/// The role `route`. `schemas`: by which records in Avro are read.
pub fn route(config: &Config, schemas: Option<Arc<dyn Schemas>>) -> Route {
    Route::new(input(config), Activity::of(&config.input.activity), schemas)
}

/// The role `process`.
pub fn process(config: &Config, knowledge: Arc<Knowledge>, checks: Arc<Checks>, encodings: Encodings) -> Process {
    let grace_ms = i64::try_from(config.join.grace.as_millis()).unwrap_or(i64::MAX);
    let incident = incident::Limits { topology_nodes_max: config.limits.topology_nodes_max };
    let keep_ms = i64::try_from(config.state.retention.as_millis()).unwrap_or(i64::MAX);
    let retention = Retention::of(keep_ms);
    let facts_per_record_max = config.limits.facts_per_record_max;
    let Encodings { incidents: encoding, exposures: exposure_encoding } = encodings;
    Process {
        knowledge,
        grace_ms,
        retention,
        input: input(config),
        facts_per_record_max,
        incident,
        encoding,
        checks,
        exposure_encoding,
    }
}

fn input(config: &Config) -> wire::Limits {
    wire::Limits {
        bytes_max: config.limits.record_bytes_max,
        expanded_bytes_max: config.limits.unpacked_bytes_max,
        ..wire::Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::check;
    use super::*;
    use crate::stages::process::FACTS_PER_RECORD_MAX;

    #[test]
    fn each_key_becomes_its_limit() {
        let text = "[input]\nactivity = [\"a:b\"]\n[commit]\ninterval_ms = 11\nrecords_max = 12\nbytes_max = 70000\n[join]\ngrace = \"13s\"\n\
                    [limits]\nrecord_bytes_max = 70001\nunpacked_bytes_max = 70002\nfacts_per_record_max = 1003\ntopology_nodes_max = 14\n\
                    refused_percent_max = 15\nrefused_window_records = 160\n";
        let config = check(text, "pipeline.toml").unwrap();
        let c = commit_limits(&config);
        assert_eq!((c.interval_ms, c.records, c.bytes), (11, 12, 70_000));
        assert_eq!((c.breaker.percent_max, c.breaker.window), (15, 160));
        let process = process(&config, Arc::new(Knowledge::shipped().unwrap()), Arc::default(), Encodings::default());
        assert_eq!((process.grace_ms, process.incident.topology_nodes_max), (13_000, 14));
        assert_eq!(process.facts_per_record_max, 1_003);
        assert_eq!(*route(&config, None).activity(), Activity::of(["a:b"]));
        for input in [*route(&config, None).input(), process.input] {
            assert_eq!((input.bytes_max, input.expanded_bytes_max), (70_001, 70_002));
        }
    }

    /// What is not configured is what the stages do by themselves, but for the size of a record: files may be larger.
    #[test]
    fn the_defaults_are_those_of_the_stages() {
        let config = Config::default();
        let usual = wire::Limits { bytes_max: config.limits.record_bytes_max, ..wire::Limits::default() };
        assert_eq!(*route(&config, None).input(), usual);
        assert_eq!(*route(&config, None).activity(), Activity::default());
        let process = process(&config, Arc::new(Knowledge::shipped().unwrap()), Arc::default(), Encodings::default());
        assert_eq!(process.incident, incident::Limits::default());
        assert_eq!(process.facts_per_record_max, FACTS_PER_RECORD_MAX);
        assert_eq!(commit_limits(&config).breaker, BreakerLimits::OFF);
    }
}
