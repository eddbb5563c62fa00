//! The plain stage as the subject of the simulation: every count, timer and output is known beforehand.

use std::collections::BTreeMap;

use trailgraph::engine::model::broker::Broker;
use trailgraph::engine::model::fault::Random;
use trailgraph::engine::record::{OutTopic, TaskId};

use super::run::{Inputs, Pairs, Subject, outputs, same, text};
use super::stage::{Counting, Reference, SKIPPED};

impl Subject for Counting {
    type Stage = Counting;

    fn stage() -> Counting {
        Counting
    }

    fn record(task: &TaskId, n: usize, random: &mut Random) -> (String, String) {
        let skipped = if n % 3 == 2 { SKIPPED } else { "" };
        (format!("{}k{}", task.partition, random.below(4)), format!("{skipped}{}v{n}", task.partition))
    }

    fn check_store(records: &Inputs, changelog: Pairs, store: &Pairs) -> Result<(), String> {
        let reference = Reference::of(records);
        let texts =
            |pairs: &Pairs| -> BTreeMap<String, String> { pairs.iter().map(|(k, v)| (text(k), text(v))).collect() };
        let mut folded = texts(&changelog);
        same("I4 changelog", &folded, &reference.logged)?;
        folded.extend(reference.derived);
        same("I4 store", &texts(store), &folded)
    }

    /// Both were compared with the reference.
    fn check_state(_records: &Inputs, _store: Pairs) -> Result<(), String> {
        Ok(())
    }

    fn check_outputs(broker: &Broker, inputs: &BTreeMap<TaskId, Inputs>) -> Result<(), String> {
        let (mut timers, mut incidents) = (Vec::new(), BTreeMap::new());
        for records in inputs.values() {
            let reference = Reference::of(records);
            incidents.extend(reference.incidents);
            timers.extend(reference.timers);
        }
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in outputs(broker, OutTopic::Incidents) {
            found.entry(key).or_default().push(value);
        }
        same("I1/I2 outputs", &found, &incidents)?;
        let mut fired: Vec<String> = outputs(broker, OutTopic::Exposures).into_iter().map(|(_, v)| v).collect();
        fired.sort();
        timers.sort();
        same("I1 timers", &fired, &timers)
    }
}
