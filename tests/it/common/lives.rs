//! Records through a worker that is stopped and started again: on the store it left, or on none at all.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use trailgraph::engine::commit::Limits;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::model::broker::{Broker, Stored};
use trailgraph::engine::model::fault::Faults;
use trailgraph::engine::model::{ModelLog, input};
use trailgraph::engine::record::TaskId;
use trailgraph::engine::safety::Safety;
use trailgraph::engine::stage::{Context, Logged};
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::Worker;
use trailgraph::stages::loaded::Loaded;
use trailgraph::stages::retention::Retention;

use super::live::{stage, task};

/// One life of the worker.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Begins with an empty disk.
    pub emptied: bool,
    /// Ends after so many records, some of them not committed.
    pub records: u64,
    /// Records in one commit.
    pub batch: usize,
}

/// Turns in which a worker takes everything there is and lets every timer go by.
const TURNS: usize = 2_000;

/// The committed state after all lives, and a last one that takes what is left.
pub fn survived(records: &[Value], lives: &[Life], retention: Retention) -> Loaded {
    let broker = Rc::new(RefCell::new(Broker::new(Faults::none(), Safety::default())));
    broker.borrow_mut().assign(task(), "a");
    for value in records {
        let stored = Stored { key: b"k".to_vec(), value: Some(value.to_string().into_bytes()) };
        broker.borrow_mut().append(&input(&task()), stored);
    }
    let mut store = MemoryStore::new();
    let last = Life { emptied: false, records: u64::MAX, batch: 7 };
    for life in lives.iter().chain([&last]) {
        if life.emptied {
            store = MemoryStore::new();
        }
        live(&broker, &store, *life, records.len() as i64, retention);
    }
    let mut state = Loaded::default();
    for (key, value) in store.dump() {
        state.put(key, Some(value), Logged::No);
    }
    state
}

fn live(broker: &Rc<RefCell<Broker>>, store: &MemoryStore, life: Life, end: i64, retention: Retention) {
    let open = |_: &TaskId| -> Result<MemoryStore, StoreError> { Ok(store.clone()) };
    let limits = Limits { interval_ms: i64::MAX / 4, records: life.batch, bytes: usize::MAX, ..Limits::default() };
    let mut worker = Worker::new(ModelLog::join(broker, "a"), open, stage(retention), limits);
    for _ in 0..TURNS {
        broker.borrow_mut().advance(10);
        worker.step().unwrap();
        if worker.counters().records >= life.records {
            return;
        }
        let taken = worker.tasks().any(|(_, t)| t.position == Some(end));
        if taken && life.records == u64::MAX {
            // Beyond every grace: what waits is let go.
            broker.borrow_mut().advance(60_000);
            worker.step().unwrap();
            assert!(worker.finish().unwrap());
            return;
        }
    }
    assert!(life.records < u64::MAX, "not all records were taken");
}
