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
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::{Counters, Worker, WorkerError};

use crate::stage::{Counting, Reference};

const WORKERS: [&str; 2] = ["a", "b"];
const TASKS: i32 = 3;
const TURNS: u64 = 220;
const QUIET_TURNS: usize = 600;
const ALL: usize = usize::MAX;

type Shared = Rc<RefCell<Broker>>;
type Disks = Rc<RefCell<BTreeMap<(String, TaskId), MemoryStore>>>;
type Open = Box<dyn FnMut(&TaskId) -> Result<MemoryStore, StoreError>>;
type Running = Worker<ModelLog, Open, MemoryStore, Counting>;

fn tasks() -> impl Iterator<Item = TaskId> {
    (0..TASKS).map(|partition| TaskId { topic: "in".into(), partition })
}

fn start(broker: &Shared, disks: &Disks, name: &str, safety: Safety) -> Running {
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
    let limits = Limits { interval_ms: 40, records: 12, bytes: 1 << 20 };
    Worker::new(ModelLog::join(broker, name), open, Counting, limits).with_safety(safety)
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

pub struct Simulation {
    broker: Shared,
    disks: Disks,
    workers: Vec<Running>,
    random: Random,
    safety: Safety,
    inputs: BTreeMap<TaskId, Vec<(String, String)>>,
    reader: Reader,
    pub counters: Counters,
}

impl Simulation {
    pub fn new(seed: u64, safety: Safety) -> Self {
        let rates = Rates { crash: 2, commit: 40, marker: 150 };
        let broker = Rc::new(RefCell::new(Broker::new(Faults::new(seed, rates), safety)));
        for (task, name) in tasks().zip(WORKERS.iter().cycle()) {
            broker.borrow_mut().assign(task, name);
        }
        let disks = Disks::default();
        let workers = WORKERS.iter().map(|name| start(&broker, &disks, name, safety)).collect();
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
                let key = format!("{}k{}", task.partition, self.random.below(4));
                let value = format!("{}v{}", task.partition, records.len());
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
        self.workers[index] = start(&self.broker, &self.disks, WORKERS[index], self.safety);
    }

    fn check(&self) -> Result<(), String> {
        let broker = self.broker.borrow();
        let mut timers = Vec::new();
        let mut incidents: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (task, records) in &self.inputs {
            let reference = Reference::of(records);
            // I3: positions at the end of the input, nothing open.
            let at = broker.offset_now(task).unwrap_or(0);
            same("I3 position", &at, &(records.len() as i64))?;
            check_store(&broker, &self.disks, task, &reference)?;
            incidents.extend(reference.incidents);
            timers.extend(reference.timers);
        }
        for name in broker.partition_names() {
            let (stable, high) = broker.ends(name);
            same("I3 open transactions", &stable, &high)?;
        }
        // I1 and I2: each output once, those of a key in order.
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, record) in broker.read(&output(OutTopic::Incidents), 0, true, ALL).0 {
            found.entry(text(&record.key)).or_default().push(text(&record.value.unwrap_or_default()));
        }
        same("I1/I2 outputs", &found, &incidents)?;
        let fired = broker.read(&output(OutTopic::Exposures), 0, true, ALL).0;
        let mut fired: Vec<String> = fired.into_iter().map(|(_, r)| text(&r.value.unwrap_or_default())).collect();
        fired.sort();
        timers.sort();
        same("I1 timers", &fired, &timers)?;
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
        let mut workers: Vec<Running> = WORKERS.iter().map(|n| start(&broker, &disks, n, self.safety)).collect();
        for _ in 0..100 {
            for worker in &mut workers {
                worker.step().map_err(|e| format!("I6: {e}"))?;
            }
        }
        for (task, records) in &self.inputs {
            check_store(&broker.borrow(), &disks, task, &Reference::of(records)).map_err(|e| format!("I6: {e}"))?;
        }
        Ok(())
    }
}

/// I4: the store is the folded changelog plus what derives from it, and both are the reference.
fn check_store(broker: &Broker, disks: &Disks, task: &TaskId, reference: &Reference) -> Result<(), String> {
    let owner = broker.owner(task).unwrap_or_default().to_owned();
    let dump = disks.borrow().get(&(owner, task.clone())).map(MemoryStore::dump).unwrap_or_default();
    let dump: BTreeMap<String, String> = dump.iter().map(|(k, v)| (text(k), text(v))).collect();
    let mut folded = BTreeMap::new();
    for (_, record) in broker.read(&changelog(task), 0, true, ALL).0 {
        match record.value {
            Some(value) => folded.insert(text(&record.key), text(&value)),
            None => folded.remove(&text(&record.key)),
        };
    }
    same("I4 changelog", &folded, &reference.logged)?;
    folded.extend(reference.derived.clone());
    same("I4 store", &dump, &folded)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Says only what differs: the rest is long.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, want: &T) -> Result<(), String> {
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
