//! What becomes of inputs.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use trailgraph::domain::incident::Knowledge;
use trailgraph::engine::commit::Limits;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::model::broker::{Broker, Stored};
use trailgraph::engine::model::fault::Faults;
use trailgraph::engine::model::{ModelLog, input, output};
use trailgraph::engine::record::{OutTopic, TaskId};
use trailgraph::engine::safety::Safety;
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::{Worker, WorkerError};
use trailgraph::stages::fused::Fused;
use trailgraph::stages::process::Process;

use crate::common;

/// What came out.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    pub incidents: Vec<Vec<u8>>,
    pub dead_letters: Vec<Vec<u8>>,
    /// Why workers ended; each time another took over.
    pub ends: Vec<WorkerError>,
}

pub fn process() -> Process {
    Process::new(Arc::new(Knowledge::shipped().unwrap()), 5_000)
}

/// Of inputs, each a record; whatever a worker ends by, the next goes on.
pub fn outcome(inputs: &[Vec<u8>], stage: &Fused) -> Outcome {
    let task = TaskId { topic: "in".into(), partition: 0 };
    let broker = Rc::new(RefCell::new(Broker::new(Faults::none(), Safety::default())));
    broker.borrow_mut().assign(task.clone(), "a");
    for value in inputs {
        let record = Stored { key: Vec::new(), value: Some(value.clone()) };
        broker.borrow_mut().append(&input(&task), record);
    }
    let mut outcome = Outcome::default();
    while let Err(end) = run(&broker, stage.clone()) {
        outcome.ends.push(end);
    }
    let read = |topic| {
        let (records, _) = broker.borrow().read(&output(topic), 0, true, usize::MAX);
        records.into_iter().filter_map(|(_, record)| record.value).collect()
    };
    (outcome.incidents, outcome.dead_letters) = (read(OutTopic::Incidents), read(OutTopic::DeadLetters));
    outcome
}

/// Until nothing comes any more.
fn run(broker: &Rc<RefCell<Broker>>, stage: Fused) -> Result<(), WorkerError> {
    let open = |_: &TaskId| -> Result<MemoryStore, StoreError> { Ok(MemoryStore::new()) };
    let limits = Limits { records: 7, ..Limits::default() };
    let mut worker = Worker::new(ModelLog::join(broker, "a"), open, stage, limits);
    let mut idle = 0;
    // Beyond the grace: nothing waits on.
    while idle < 200 {
        broker.borrow_mut().advance(50);
        idle = if worker.step()?.records == 0 { idle + 1 } else { 0 };
    }
    assert!(worker.finish()?);
    Ok(())
}

/// The demo's files, whole.
pub fn demo() -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    common::files(&dir, &[".json", ".jsonl"]).iter().map(|p| std::fs::read(p).unwrap()).collect()
}
