//! The real processor as the subject of the simulation, with folding on: what the changelog holds restores the very state of the
//! live run, the graph answers as if nothing had ever gone wrong, and every incident's revisions come once and in order.

use std::collections::BTreeMap;

use serde_json::Value;
use trailgraph::domain::time::Time;
use trailgraph::engine::model::broker::Broker;
use trailgraph::engine::model::fault::Random;
use trailgraph::engine::record::{OutTopic, TaskId};
use trailgraph::engine::stage::{Context, Logged};
use trailgraph::stages::fused::Fused;
use trailgraph::stages::loaded::Loaded;
use trailgraph::stages::retention::Retention;

use super::run::{Inputs, Pairs, Subject, outputs};
use crate::common::history::{Step, build, kinds};
use crate::common::live::{answers, assets, difference, restored, run, stage};

const SECONDS: u64 = 120;
const SHORT: Retention = Retention { keep_ms: Some(30_000), lateness_ms: 5_000 };

pub struct Graph;

impl Subject for Graph {
    type Stage = Fused;

    fn stage() -> Fused {
        stage(SHORT)
    }

    fn record(task: &TaskId, n: usize, random: &mut Random) -> (String, String) {
        let mut below = |n: u64| u16::try_from(random.below(n)).unwrap();
        let kind = kinds().nth(below(kinds().count() as u64).into()).unwrap();
        let (a, b, failed, second) = (below(2) as u8, below(2) as u8, below(20) == 0, below(SECONDS));
        let mut value = build(Step { n, kind, second, a, b, failed });
        // An account is in one partition.
        if let Some(id) = value.get_mut("id").filter(|id| id.as_str().is_some_and(|t| t.starts_with("finding-"))) {
            *id = format!("{}-{}", id.as_str().unwrap_or_default(), task.partition).into();
        }
        (String::new(), value.to_string())
    }

    fn check_store(_records: &Inputs, changelog: Pairs, store: &Pairs) -> Result<(), String> {
        let text = |(k, v): (&[u8], &[u8])| format!("{} = {}", k.escape_ascii(), v.escape_ascii());
        let again = restored(changelog.iter().map(|(k, v)| (k, Some(v)))).dump();
        let store: Vec<String> = store.iter().map(|(k, v)| text((k, v))).collect();
        match difference(&again, &store) {
            Some(difference) => Err(format!("I4 the changelog doesn't restore the store: {difference}")),
            None => Ok(()),
        }
    }

    fn check_state(records: &Inputs, store: Pairs) -> Result<(), String> {
        let mut state = Loaded::default();
        for (key, value) in store {
            state.put(key, Some(value), Logged::No);
        }
        let records: Vec<Value> = records.iter().map(|(_, v)| serde_json::from_str(v).unwrap()).collect();
        let whole = run(&records, 10, Retention::FOREVER);
        let all = assets(&whole);
        let times = [SHORT.horizon(&state).unwrap_or_default(), Time::MAX];
        match difference(&answers(&whole, &all, &times), &answers(&state, &all, &times)) {
            Some(difference) => Err(format!("the graph answers otherwise: {difference}")),
            None => Ok(()),
        }
    }

    fn check_outputs(broker: &Broker, inputs: &BTreeMap<TaskId, Inputs>) -> Result<(), String> {
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for (key, value) in outputs(broker, OutTopic::Incidents) {
            let incident: Value = serde_json::from_str(&value).unwrap();
            let revision = incident["revision"].as_u64().unwrap_or_default();
            let before = last.insert(key.clone(), revision).unwrap_or_default();
            if revision != before + 1 {
                return Err(format!("I1/I2 {key}: revision {revision} comes after {before}"));
            }
        }
        let findings = |records: &Inputs| -> usize {
            let ids = records.iter().filter_map(|(_, v)| serde_json::from_str::<Value>(v).ok());
            let ids = ids.filter(|v| v.get("service").is_some()).map(|v| v["id"].to_string());
            ids.collect::<std::collections::BTreeSet<_>>().len()
        };
        let want: usize = inputs.values().map(findings).sum();
        if last.len() == want { Ok(()) } else { Err(format!("I1 {} incidents of {want} findings", last.len())) }
    }
}
