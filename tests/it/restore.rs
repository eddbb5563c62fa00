//! What a worker makes of a store, and of a group, that isn't what it left.

use std::cell::RefCell;
use std::rc::Rc;

use crate::simulation::stage::{Counting, Reference};
use trailgraph::engine::commit::Limits;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::model::broker::{Broker, Stored};
use trailgraph::engine::model::fault::Faults;
use trailgraph::engine::model::{ModelLog, changelog, input};
use trailgraph::engine::notes::TaskEvent;
use trailgraph::engine::record::TaskId;
use trailgraph::engine::safety::Safety;
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::{Counters, Worker, WorkerError};

type Shared = Rc<RefCell<Broker>>;

fn task() -> TaskId {
    TaskId { topic: "in".into(), partition: 0 }
}

fn broker() -> Shared {
    let broker = Broker::new(Faults::none(), Safety::default());
    let shared = Rc::new(RefCell::new(broker));
    shared.borrow_mut().assign(task(), "a");
    shared
}

fn feed(broker: &Shared, keys: &[&str]) {
    for key in keys {
        let record = Stored { key: key.as_bytes().to_vec(), value: Some(key.as_bytes().to_vec()) };
        broker.borrow_mut().append(&input(&task()), record);
    }
}

/// One life of the worker over `store`: long enough to take everything.
fn live(broker: &Shared, store: &MemoryStore) -> Result<Counters, WorkerError> {
    watched(broker, store, &mut Vec::new())
}

/// The same, with what the worker said of its tasks meanwhile.
fn watched(broker: &Shared, store: &MemoryStore, notes: &mut Vec<TaskEvent>) -> Result<Counters, WorkerError> {
    let open = |_: &TaskId| -> Result<MemoryStore, StoreError> { Ok(store.clone()) };
    let mut worker = Worker::new(ModelLog::join(broker, "a"), open, Counting, Limits::default());
    for _ in 0..50 {
        broker.borrow_mut().advance(50);
        worker.step()?;
        notes.extend_from_slice(worker.notes());
    }
    assert!(worker.finish()?);
    Ok(worker.counters())
}

fn counts(store: &MemoryStore) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    store.dump().iter().map(|(k, v)| (text(k), text(v))).filter(|(k, _)| k.starts_with("c/")).collect()
}

#[test]
fn a_store_ahead_of_what_is_committed_is_made_again() {
    let (broker, store) = (broker(), MemoryStore::new());
    feed(&broker, &["x", "y"]);
    live(&broker, &store).unwrap();
    let kept = broker.borrow_mut().offset(&task()).unwrap();
    let end = broker.borrow().ends(&changelog(&task())).1;
    feed(&broker, &["x"]);
    live(&broker, &store).unwrap();
    assert_eq!(counts(&store), [("c/x".into(), "2".into()), ("c/y".into(), "1".into())]);

    // The broker loses the last, acknowledged commit.
    broker.borrow_mut().truncate(&changelog(&task()), end);
    broker.borrow_mut().set_offset(&task(), kept);
    let mut notes = Vec::new();
    let counters = watched(&broker, &store, &mut notes).unwrap();
    assert_eq!(counters.wiped, 1);
    let records = counters.restored;
    let want = [TaskEvent::Assigned(task()), TaskEvent::Wiped(task()), TaskEvent::Restored { task: task(), records }];
    assert_eq!(notes, want);
    assert_eq!(counters.records, 1);
    assert_eq!(counts(&store), [("c/x".into(), "2".into()), ("c/y".into(), "1".into())]);
}

#[test]
fn without_a_position_but_with_state_it_refuses_to_begin_again() {
    let (broker, store) = (broker(), MemoryStore::new());
    feed(&broker, &["x"]);
    live(&broker, &store).unwrap();
    broker.borrow_mut().set_offset(&task(), None);
    assert_eq!(live(&broker, &store), Err(WorkerError::PositionLost(task())));
    assert_eq!(live(&broker, &MemoryStore::new()), Err(WorkerError::PositionLost(task())));
}

#[test]
fn a_position_set_by_hand_keeps_the_state() {
    let (broker, store) = (broker(), MemoryStore::new());
    feed(&broker, &["x", "x"]);
    live(&broker, &store).unwrap();
    broker.borrow_mut().set_offset(&task(), Some((2, String::new())));
    feed(&broker, &["x"]);
    for store in [store, MemoryStore::new()] {
        live(&broker, &store).unwrap();
        assert_eq!(counts(&store), [("c/x".into(), "3".into())]);
    }
}

#[test]
fn a_torn_restore_goes_on_where_it_broke_off() {
    let (broker, store) = (broker(), MemoryStore::new());
    let keys: Vec<String> = (0..200).map(|n| format!("k{n}")).collect();
    feed(&broker, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    let all = live(&broker, &store).unwrap().changes;
    let torn = MemoryStore::new();
    torn.fail_after(Some(2));
    assert!(matches!(live(&broker, &torn), Err(WorkerError::Store { .. })));
    torn.fail_after(None);
    let rest = live(&broker, &torn).unwrap();
    assert!(rest.restored > 0 && rest.restored < all, "{} of {all}", rest.restored);
    assert_eq!(torn.dump(), store.dump());
    let reference = Reference::of(&keys.iter().map(|k| (k.clone(), k.clone())).collect::<Vec<_>>());
    assert_eq!(reference.logged.len() + reference.derived.len(), torn.dump().len());
    assert_eq!((reference.incidents.len(), reference.timers.len()), (200, 0));
}
