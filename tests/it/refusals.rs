//! What is too large, or makes the program fail, costs its own record and nothing else; where nearly all is refused, the worker stops.

use std::cell::RefCell;
use std::rc::Rc;

use trailgraph::domain::activity::Activity;
use trailgraph::domain::time::Time;
use trailgraph::engine::breaker::BreakerLimits;
use trailgraph::engine::commit::Limits;
use trailgraph::engine::counts;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::model::broker::{Broker, Stored};
use trailgraph::engine::model::fault::Faults;
use trailgraph::engine::model::{ModelLog, input, output};
use trailgraph::engine::record::{OutRecord, OutTopic, Record, TaskId};
use trailgraph::engine::safety::Safety;
use trailgraph::engine::stage::{Context, Logged, Stage};
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::{Worker, WorkerError};
use trailgraph::stages::dead_letters::refuse_internal;
use trailgraph::stages::route::Route;
use trailgraph::wire::{self, Unavailable};

type Shared = Rc<RefCell<Broker>>;

fn task() -> TaskId {
    TaskId { topic: "in".into(), partition: 0 }
}

fn fed(values: &[Vec<u8>]) -> Shared {
    let shared = Rc::new(RefCell::new(Broker::new(Faults::none(), Safety::default())));
    shared.borrow_mut().assign(task(), "a");
    for value in values {
        let record = Stored { key: b"key".to_vec(), value: Some(value.clone()) };
        shared.borrow_mut().append(&input(&task()), record);
    }
    shared
}

/// The values that came out on a topic.
fn out(broker: &Shared, topic: OutTopic) -> Vec<Vec<u8>> {
    let (records, _) = broker.borrow().read(&output(topic), 0, true, usize::MAX);
    records.into_iter().filter_map(|(_, record)| record.value).collect()
}

type Open = Box<dyn FnMut(&TaskId) -> Result<MemoryStore, StoreError>>;
type Log<G> = Worker<ModelLog, Open, MemoryStore, G>;

fn worker<G: Stage>(broker: &Shared, store: &MemoryStore, stage: G, limits: BreakerLimits) -> Log<G> {
    let store = store.clone();
    let open: Open = Box::new(move |_| Ok(store.clone()));
    let limits = Limits { breaker: limits, ..Limits::default() };
    Worker::new(ModelLog::join(broker, "a"), open, stage, limits)
}

/// Long enough to take everything.
fn run<G: Stage>(broker: &Shared, worker: &mut Log<G>) -> Result<(), WorkerError> {
    for _ in 0..20 {
        broker.borrow_mut().advance(50);
        worker.step()?;
    }
    assert!(worker.finish()?);
    Ok(())
}

/// Keeps every value under itself, sends it on, and fails on some after having begun.
struct Fragile;

impl Stage for Fragile {
    fn take(&self, record: &Record, _now: Time, cx: &mut dyn Context) -> Result<(), Unavailable> {
        let value = record.value.clone();
        cx.count(counts::APPLIED);
        cx.put(b"last".to_vec(), Some(value.clone()), Logged::Yes);
        cx.send(OutRecord {
            topic: OutTopic::Incidents,
            key: b"k".to_vec(),
            value: value.clone(),
            headers: Vec::new(),
        });
        assert!(!value.starts_with(b"bad"), "no use for {}", String::from_utf8_lossy(&value));
        cx.put(value, Some(Vec::new()), Logged::Yes);
        Ok(())
    }

    fn refuse(&self, record: &Record, why: &str, cx: &mut dyn Context) {
        refuse_internal(record, why, cx);
    }

    fn tick(&self, _now: Time, _cx: &mut dyn Context) {}

    fn due(&self, _cx: &dyn Context) -> Option<Time> {
        None
    }

    fn restored(&self, _key: &[u8], _value: Option<&[u8]>, _cx: &mut dyn Context) {}
}

#[test]
fn a_record_on_which_the_program_fails_is_a_dead_letter_and_leaves_nothing_else() {
    let values = ["a", "bad 1", "b", "bad 2"].map(|v| v.as_bytes().to_vec());
    let (broker, store) = (fed(&values), MemoryStore::new());
    let mut worker = worker(&broker, &store, Fragile, BreakerLimits::OFF);
    run(&broker, &mut worker).unwrap();
    assert_eq!(out(&broker, OutTopic::Incidents), [b"a", b"b"]);
    assert_eq!(out(&broker, OutTopic::DeadLetters), [b"bad 1", b"bad 2"]);
    let kept: Vec<_> = store.dump().into_iter().map(|(k, v)| (String::from_utf8(k).unwrap(), v)).collect();
    assert_eq!(kept, [("a".into(), vec![]), ("b".into(), vec![]), ("last".into(), b"b".to_vec())]);
    let tally = worker.tally();
    let counted = |c| tally.get(&c).copied().unwrap_or_default();
    assert_eq!((counted(counts::APPLIED), counted(counts::DEAD_LETTERS.of("internal"))), (2, 2));
    assert_eq!(counted(counts::REFUSED.of(counts::NO_KIND)), 2);
}

#[test]
fn a_record_above_the_limit_is_a_dead_letter_with_all_its_bytes() {
    let event = |padding: usize| {
        let record = serde_json::json!({
            "eventTime": "2026-03-03T14:00:00Z", "eventSource": "ec2.amazonaws.com", "eventName": "StopInstances", "awsRegion": "eu-central-1",
            "recipientAccountId": "111122223333", "userAgent": "x".repeat(padding),
        });
        record.to_string().into_bytes()
    };
    let bytes_max = 2_000;
    let (small, large) = (event(10), event(3_000));
    // Small as it came, too large once unpacked: it would not fit into the topic by account.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &[large.clone(), b"\n".to_vec(), large.clone()].concat()).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < bytes_max);
    let broker = fed(&[small.clone(), large.clone(), packed.clone()]);
    let route = Route::new(
        wire::Limits { bytes_max, piece_bytes_max: bytes_max, ..wire::Limits::default() },
        Activity::default(),
        None,
    );
    let mut worker = worker(&broker, &MemoryStore::new(), route, BreakerLimits::OFF);
    run(&broker, &mut worker).unwrap();
    assert_eq!(out(&broker, OutTopic::ByAccount), [small]);
    // The packed one once, though it holds two that are too large.
    assert_eq!(out(&broker, OutTopic::DeadLetters), [large, packed]);
    let counted = |c| worker.tally().get(&c).copied().unwrap_or_default();
    assert_eq!(counted(counts::DEAD_LETTERS.of("too_large")), 2);
    assert_eq!(counted(counts::REFUSED.of(counts::NO_KIND)), 3);
}

#[test]
fn what_unpacks_to_too_much_is_a_dead_letter_as_it_came() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &vec![b' '; 100_000]).unwrap();
    let packed = packed.finish().unwrap();
    for (expanded_bytes_max, reason) in [(99_999, "decompression_limit"), (100_000, "not_json")] {
        let broker = fed(std::slice::from_ref(&packed));
        let route =
            Route::new(wire::Limits { expanded_bytes_max, ..wire::Limits::default() }, Activity::default(), None);
        let mut worker = worker(&broker, &MemoryStore::new(), route, BreakerLimits::OFF);
        run(&broker, &mut worker).unwrap();
        assert_eq!(out(&broker, OutTopic::DeadLetters), std::slice::from_ref(&packed));
        assert_eq!(worker.tally().get(&counts::DEAD_LETTERS.of(reason)), Some(&1), "{expanded_bytes_max}");
    }
}

#[test]
fn where_nearly_all_is_refused_the_worker_stops_before_it_commits_that() {
    let good =
        br#"{"eventTime":"2026-03-03T14:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#.to_vec();
    let mut values = vec![b"no json".to_vec(); 60];
    values.extend(vec![good; 40]);
    for (percent_max, stops) in [(50, true), (60, false), (100, false)] {
        let broker = fed(&values);
        let limits = BreakerLimits { percent_max, window: 100 };
        let mut worker = worker(&broker, &MemoryStore::new(), Route::default(), limits);
        let result = run(&broker, &mut worker);
        let letters = out(&broker, OutTopic::DeadLetters).len();
        if stops {
            assert_eq!(result, Err(WorkerError::TooManyRefused { refused: 60, records: 100, percent_max }));
            assert_eq!((letters, broker.borrow_mut().offset(&task()).unwrap()), (0, None));
        } else {
            assert_eq!((result, letters), (Ok(()), 60));
        }
    }
}
