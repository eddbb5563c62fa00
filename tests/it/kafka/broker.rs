//! A broker of this test run, and what a client of it does.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::service::signal;

pub const PARTITIONS: i32 = 4;
/// The longest that any one thing is waited for.
pub const PATIENCE: Duration = Duration::from_secs(240);
/// A broker takes a gigabyte, and tests two processors.
const BROKERS_AT_ONCE: usize = 2;
/// The largest record that the inputs' topics and their producers take.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// A broker of this test run, stopped at the end.
pub struct Broker {
    dir: PathBuf,
    port: u16,
    /// Stops it when this program ends, however that comes about.
    warden: Child,
}

impl Broker {
    /// None: no broker can be had here, which is said; in CI that is a failure.
    pub fn start(name: &str, port: u16) -> Option<Broker> {
        Broker::start_behind(name, port, None)
    }

    /// The same with a second listener on the port after `port`, which sends its clients to a proxy's port.
    pub fn start_behind(name: &str, port: u16, proxy: Option<u16>) -> Option<Broker> {
        let dir = fresh(name);
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        while *running >= BROKERS_AT_ONCE {
            running = ENDED.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
        *running += 1;
        drop(running);
        // Made first, so that whatever happens gives the place back.
        let broker = Broker { warden: warden(&dir), dir, port };
        let ports = [Some(port), proxy].into_iter().flatten().map(|p| p.to_string());
        let status = script().arg("start").arg(&broker.dir).args(ports).stdin(Stdio::null()).status().unwrap();
        if status.success() {
            return Some(broker);
        }
        assert!(std::env::var_os("CI").is_none(), "no broker could be started");
        eprintln!("SKIPPED: no broker could be started");
        None
    }

    pub fn servers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The listener behind the proxy.
    pub fn proxied(&self) -> String {
        format!("127.0.0.1:{}", self.port + 1)
    }

    /// Holds it, without a word to anybody (`STOP`), or lets it go on (`CONT`).
    pub fn signal(&self, name: &str) {
        signal(name, std::fs::read_to_string(self.dir.join("pid")).unwrap().trim().parse().unwrap());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.warden.stdin.take());
        _ = self.warden.wait();
        if !std::thread::panicking() {
            _ = std::fs::remove_dir_all(&self.dir);
        }
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}

/// Waits for the end of its input, which ends with this program at the latest, then stops the broker.
fn warden(dir: &Path) -> Child {
    Command::new("setsid")
        .args(["sh", "-c", "cat; exec \"$0\" stop \"$1\""])
        .arg(SCRIPT)
        .arg(dir)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/kafka.sh");

fn script() -> Command {
    Command::new(SCRIPT)
}

/// A new directory of this test run.
pub fn fresh(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

pub fn client(broker: &Broker) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.servers());
    config
}

/// The inputs' topics, which are the user's.
pub fn create(broker: &Broker, topics: &[&str]) {
    create_with(broker, topics, PARTITIONS);
}

pub fn create_with(broker: &Broker, topics: &[&str], partitions: i32) {
    let admin: AdminClient<DefaultClientContext> = client(broker).create().unwrap();
    let largest = RECORD_BYTES_MAX.to_string();
    let new: Vec<_> = topics
        .iter()
        .map(|t| NewTopic::new(t, partitions, TopicReplication::Fixed(1)).set("max.message.bytes", &largest))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for result in runtime.block_on(admin.create_topics(&new, &AdminOptions::new())).unwrap() {
        result.unwrap();
    }
}

pub fn produce<B: AsRef<[u8]>>(broker: &Broker, topic: &str, records: &[B]) {
    let producer: BaseProducer = client(broker)
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("message.max.bytes", RECORD_BYTES_MAX.to_string())
        .create()
        .unwrap();
    for record in records {
        while producer.send(BaseRecord::<(), [u8]>::to(topic).payload(record.as_ref())).is_err() {
            producer.poll(Duration::from_millis(10));
        }
    }
    producer.flush(PATIENCE).unwrap();
}

/// Key and value.
pub type Message = (Vec<u8>, Option<Vec<u8>>);

/// Reads all that is committed in a topic, from its beginning, in no group.
pub struct Reader {
    consumer: BaseConsumer,
    /// Partitions whose end was reached.
    ended: i32,
    /// The position behind the last record of each partition; what may follow are transactions' markers.
    behind: Vec<i64>,
}

impl Reader {
    pub fn new(broker: &Broker, topic: &str) -> Reader {
        let consumer = reader(broker, "read_committed");
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        }
        consumer.assign(&list).unwrap();
        Reader { consumer, ended: 0, behind: vec![0; PARTITIONS as usize] }
    }

    pub fn next(&mut self, wait: Duration) -> Option<Message> {
        match self.consumer.poll(wait)? {
            Ok(m) => {
                self.behind[m.partition() as usize] = m.offset() + 1;
                return Some((m.key().unwrap_or_default().to_vec(), m.payload().map(<[u8]>::to_vec)));
            }
            Err(KafkaError::PartitionEOF(_)) => self.ended += 1,
            Err(e) => panic!("reading: {e}"),
        }
        None
    }
}

fn reader(broker: &Broker, isolation: &str) -> BaseConsumer {
    client(broker)
        .set("group.id", "reader")
        .set("isolation.level", isolation)
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap()
}

/// Everything committed in a topic that nobody writes to for the moment, in order per partition. Waits for what is open there to end.
pub fn read(broker: &Broker, topic: &str) -> Vec<Message> {
    read_behind(broker, topic).0
}

/// With the position behind the last record of each partition.
pub fn read_behind(broker: &Broker, topic: &str) -> (Vec<Message>, Vec<i64>) {
    let (stable, all) = (reader(broker, "read_committed"), reader(broker, "read_uncommitted"));
    wait_until(topic, || end(&stable, topic) == end(&all, topic));
    let mut reader = Reader::new(broker, topic);
    let (mut out, until) = (Vec::new(), Instant::now() + PATIENCE);
    while reader.ended < PARTITIONS {
        assert!(Instant::now() < until, "{topic} has no end");
        out.extend(reader.next(Duration::from_millis(200)));
    }
    (out, reader.behind)
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn watcher(broker: &Broker, group: &str) -> BaseConsumer {
    client(broker).set("group.id", group).create().unwrap()
}

fn all(topic: &str) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition(topic, partition);
    }
    list
}

/// The sum of a topic's ends; those of what is committed, to a consumer that reads nothing else.
fn end(watcher: &BaseConsumer, topic: &str) -> i64 {
    let high = |p| {
        let mut high = None;
        // A topic that was just made has no leader yet.
        wait_until("the end of a partition", || {
            high = watcher.fetch_watermarks(topic, p, Duration::from_secs(10)).ok();
            high.is_some()
        });
        high.map_or(0, |(_, high)| high)
    };
    (0..PARTITIONS).map(high).sum()
}

/// A group's positions; 0 as long as they can't be told.
pub fn positions(broker: &Broker, role: &str, topic: &str) -> Vec<i64> {
    let watcher = watcher(broker, &format!("trailgraph-{role}"));
    let Ok(committed) = watcher.committed_offsets(all(topic), Duration::from_secs(10)) else { return Vec::new() };
    committed.elements().iter().map(|e| if let Offset::Offset(at) = e.offset() { at } else { 0 }).collect()
}

/// How far a role has come, and how far it has to go: sums of offsets.
pub fn progress(broker: &Broker, role: &str, topic: &str) -> (i64, i64) {
    (positions(broker, role, topic).iter().sum(), end(&watcher(broker, "watcher"), topic))
}

/// Of each partition of by-account: the token of its last commit, which begins with the worker's name.
pub fn tokens(broker: &Broker) -> Vec<String> {
    let watcher = watcher(broker, "trailgraph-process");
    let Ok(committed) = watcher.committed_offsets(all("trailgraph.by-account.v1"), Duration::from_secs(10)) else {
        return Vec::new();
    };
    committed.elements().iter().map(|e| e.metadata().to_owned()).collect()
}
