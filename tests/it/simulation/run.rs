//! One seed: faults and crashes at every step, then quiet, then the checks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use trailgraph::engine::commit::Limits;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::model::broker::{Broker, Stored};
use trailgraph::engine::model::fault::{Faults, Random, Rates};
use trailgraph::engine::model::{ModelLog, changelog, input, output};
use trailgraph::engine::record::{OutTopic, TaskId};
use trailgraph::engine::safety::Safety;
use trailgraph::engine::stage::Stage;
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::{Counters, Worker, WorkerError};

const WORKERS: [&str; 2] = ["a", "b"];
const TASKS: i32 = 3;
const TURNS: u64 = 220;
const QUIET_TURNS: usize = 600;
const ALL: usize = usize::MAX;

type Shared = Rc<RefCell<Broker>>;
type Disks = Rc<RefCell<BTreeMap<(String, TaskId), MemoryStore>>>;
type Open = Box<dyn FnMut(&TaskId) -> Result<MemoryStore, StoreError>>;
type Running<S> = Worker<ModelLog, Open, MemoryStore, S>;
/// Keys with their values: a store, or a changelog folded.
pub type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;
/// One task's records, by key and value.
pub type Inputs = Vec<(String, String)>;

/// What is run under faults, and how to tell that nothing came of them.
pub trait Subject {
    type Stage: Stage;

    fn stage() -> Self::Stage;

    /// The key and value of a task's next record.
    fn record(task: &TaskId, n: usize, random: &mut Random) -> (String, String);

    /// I4: the store is the folded changelog plus what derives from it.
    fn check_store(records: &Inputs, changelog: Pairs, store: &Pairs) -> Result<(), String>;

    /// The store is what the records make.
    fn check_state(records: &Inputs, store: Pairs) -> Result<(), String>;

    /// I1 and I2: each output once, those of a key in order.
    fn check_outputs(broker: &Broker, inputs: &BTreeMap<TaskId, Inputs>) -> Result<(), String>;
}

fn tasks() -> impl Iterator<Item = TaskId> {
    (0..TASKS).map(|partition| TaskId { topic: "in".into(), partition })
}

fn start<S: Subject>(broker: &Shared, disks: &Disks, name: &str, safety: Safety) -> Running<S::Stage> {
    for ((owner, _), disk) in disks.borrow().iter() {
        if owner == name {
            disk.fail_after(None);
        }
    }
    let (disks, owner) = (Rc::clone(disks), name.to_owned());
    let open: Open = Box::new(move |task| {
        let mut disks = disks.borrow_mut();
        Ok(disks.entry((owner.clone(), task.clone())).or_insert_with(MemoryStore::on_disk).clone())
    });
    let limits = Limits { interval_ms: 40, records: 12, bytes: 1 << 20, ..Limits::default() };
    Worker::new(ModelLog::join(broker, name), open, S::stage(), limits).with_safety(safety)
}

fn add(sum: &mut Counters, more: Counters) {
    sum.records += more.records;
    sum.commits += more.commits;
    sum.not_done += more.not_done;
    sum.in_doubt += more.in_doubt;
    sum.in_doubt_done += more.in_doubt_done;
    sum.moved += more.moved;
    sum.wiped += more.wiped;
    sum.restored += more.restored;
}

/// A concurrent read_committed reader.
#[derive(Default)]
struct Reader {
    next: BTreeMap<String, i64>,
    seen: BTreeMap<String, Vec<(i64, Stored)>>,
}

impl Reader {
    fn read(&mut self, broker: &Broker) {
        for topic in [OutTopic::Incidents, OutTopic::Exposures] {
            let name = output(topic);
            let next = self.next.entry(name.clone()).or_default();
            let (records, end) = broker.read(&name, *next, true, ALL);
            *next = end;
            self.seen.entry(name).or_default().extend(records);
        }
    }
}

pub struct Simulation<S: Subject> {
    broker: Shared,
    disks: Disks,
    workers: Vec<Running<S::Stage>>,
    random: Random,
    safety: Safety,
    inputs: BTreeMap<TaskId, Inputs>,
    reader: Reader,
    pub counters: Counters,
}

impl<S: Subject> Simulation<S> {
    pub fn new(seed: u64, safety: Safety) -> Self {
        let rates = Rates { crash: 2, commit: 40, marker: 150 };
        let broker = Rc::new(RefCell::new(Broker::new(Faults::new(seed, rates), safety)));
        for (task, name) in tasks().zip(WORKERS.iter().cycle()) {
            broker.borrow_mut().assign(task, name);
        }
        let disks = Disks::default();
        let workers = WORKERS.iter().map(|name| start::<S>(&broker, &disks, name, safety)).collect();
        let (random, inputs) = (Random::new(!seed), tasks().map(|t| (t, Vec::new())).collect());
        Simulation {
            broker,
            disks,
            workers,
            random,
            safety,
            inputs,
            reader: Reader::default(),
            counters: Counters::default(),
        }
    }

    /// Runs to the end. What is wrong in the end is the error.
    pub fn run(&mut self) -> Result<(), String> {
        for _ in 0..TURNS {
            self.disturb();
            self.feed();
            let index = self.random.below(WORKERS.len() as u64) as usize;
            self.step(index)?;
            self.reader.read(&self.broker.borrow());
        }
        self.broker.borrow_mut().faults.rates = Rates::default();
        self.broker.borrow_mut().quiesce();
        for disk in self.disks.borrow().values() {
            disk.fail_after(None);
        }
        let mut verdict = Ok(());
        for turn in 0..QUIET_TURNS {
            self.broker.borrow_mut().advance(50);
            for index in 0..WORKERS.len() {
                self.step(index)?;
            }
            self.reader.read(&self.broker.borrow());
            if turn % 10 == 9 {
                verdict = self.check();
                if verdict.is_ok() {
                    break;
                }
            }
        }
        verdict?;
        for worker in &self.workers {
            add(&mut self.counters, worker.counters());
        }
        self.check_restart()
    }

    fn disturb(&mut self) {
        let index = self.random.below(WORKERS.len() as u64) as usize;
        let partition = self.random.below(TASKS as u64) as i32;
        let task = TaskId { topic: "in".into(), partition };
        let name = WORKERS[index];
        let ms = self.random.below(30) as i64;
        self.broker.borrow_mut().advance(ms);
        match self.random.below(100) {
            0..3 => self.broker.borrow_mut().revoke(&task, name),
            3..6 => self.broker.borrow_mut().lose(&task, name),
            6..8 => self.restart(index),
            8..10 => {
                for ((owner, _), disk) in self.disks.borrow().iter() {
                    if owner == name {
                        disk.lose_power(self.random.below(disk.unsynced() as u64 + 1) as usize);
                    }
                }
                self.restart(index);
            }
            10..13 => {
                let batches = self.random.below(3);
                if let Some(disk) = self.disks.borrow().get(&(name.to_owned(), task)) {
                    disk.fail_after(Some(batches));
                }
            }
            13..18 => {
                if let Some(disk) = self.disks.borrow().get(&(name.to_owned(), task)) {
                    disk.sync();
                }
            }
            18 => self.broker.borrow_mut().advance(6_000),
            _ => {}
        }
    }

    fn feed(&mut self) {
        for (task, records) in &mut self.inputs {
            for _ in 0..self.random.below(2) {
                let (key, value) = S::record(task, records.len(), &mut self.random);
                let record = Stored { key: key.clone().into_bytes(), value: Some(value.clone().into_bytes()) };
                self.broker.borrow_mut().append(&input(task), record);
                records.push((key, value));
            }
        }
    }

    fn step(&mut self, index: usize) -> Result<(), String> {
        match self.workers[index].step() {
            Ok(_) => Ok(()),
            Err(error @ (WorkerError::PositionLost(_) | WorkerError::Failed)) => Err(format!("stopped: {error}")),
            Err(_) => {
                self.restart(index);
                Ok(())
            }
        }
    }

    fn restart(&mut self, index: usize) {
        add(&mut self.counters, self.workers[index].counters());
        self.workers[index] = start::<S>(&self.broker, &self.disks, WORKERS[index], self.safety);
    }

    fn check(&self) -> Result<(), String> {
        let broker = self.broker.borrow();
        for (task, records) in &self.inputs {
            // I3: positions at the end of the input, nothing open.
            let at = broker.offset_now(task).unwrap_or(0);
            same("I3 position", &at, &(records.len() as i64))?;
            check_store::<S>(&broker, &self.disks, task, records)?;
        }
        for name in broker.partition_names() {
            let (stable, high) = broker.ends(name);
            same("I3 open transactions", &stable, &high)?;
        }
        S::check_outputs(&broker, &self.inputs)?;
        // I7: what a reader saw along the way is what is there in the end.
        for (name, seen) in &self.reader.seen {
            same("I7 reader", seen, &broker.read(name, 0, true, ALL).0)?;
        }
        Ok(())
    }

    /// I6: from empty disks, the same state.
    fn check_restart(&self) -> Result<(), String> {
        let broker = Rc::new(RefCell::new(self.broker.borrow().clone()));
        let disks = Disks::default();
        let mut workers: Vec<Running<S::Stage>> =
            WORKERS.iter().map(|n| start::<S>(&broker, &disks, n, self.safety)).collect();
        for _ in 0..100 {
            for worker in &mut workers {
                worker.step().map_err(|e| format!("I6: {e}"))?;
            }
        }
        for (task, records) in &self.inputs {
            let store = check_store::<S>(&broker.borrow(), &disks, task, records);
            store.and_then(|store| S::check_state(records, store)).map_err(|e| format!("I6: {e}"))?;
        }
        Ok(())
    }
}

fn check_store<S: Subject>(broker: &Broker, disks: &Disks, task: &TaskId, records: &Inputs) -> Result<Pairs, String> {
    let owner = broker.owner(task).unwrap_or_default().to_owned();
    let store = disks.borrow().get(&(owner, task.clone())).map(MemoryStore::dump).unwrap_or_default();
    let mut folded = Pairs::new();
    for (_, record) in broker.read(&changelog(task), 0, true, ALL).0 {
        match record.value {
            Some(value) => folded.insert(record.key, value),
            None => folded.remove(&record.key),
        };
    }
    let store: Pairs = store.into_iter().collect();
    S::check_store(records, folded, &store)?;
    Ok(store)
}

/// All committed records of an output, in order.
pub fn outputs(broker: &Broker, topic: OutTopic) -> Vec<(String, String)> {
    let all = broker.read(&output(topic), 0, true, ALL).0;
    all.into_iter().map(|(_, r)| (text(&r.key), text(&r.value.unwrap_or_default()))).collect()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Says only what differs: the rest is long.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, want: &T) -> Result<(), String> {
    if found == want {
        return Ok(());
    }
    let (found, want) = (format!("{found:#?}"), format!("{want:#?}"));
    let only = |a: &str, b: &str| {
        let other: BTreeSet<&str> = b.lines().collect();
        a.lines().filter(|l| !other.contains(l)).take(6).map(str::trim).collect::<Vec<_>>().join(" ")
    };
    Err(format!("{what}: too much: {}; missing: {}", only(&found, &want), only(&want, &found)))
}
