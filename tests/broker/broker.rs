//! A broker of this test run, and what a client of it does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
        let broker = Broker { dir, port };
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
        _ = script().arg("stop").arg(&self.dir).status();
        if !std::thread::panicking() {
            _ = std::fs::remove_dir_all(&self.dir);
        }
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}

fn script() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/kafka.sh"))
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
}

impl Reader {
    pub fn new(broker: &Broker, topic: &str) -> Reader {
        let consumer: BaseConsumer = client(broker)
            .set("group.id", "reader")
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        }
        consumer.assign(&list).unwrap();
        Reader { consumer, ended: 0 }
    }

    pub fn next(&mut self, wait: Duration) -> Option<Message> {
        match self.consumer.poll(wait)? {
            Ok(m) => return Some((m.key().unwrap_or_default().to_vec(), m.payload().map(<[u8]>::to_vec))),
            Err(KafkaError::PartitionEOF(_)) => self.ended += 1,
            Err(e) => panic!("reading: {e}"),
        }
        None
    }
}

/// Everything committed in a topic that nobody writes to any more, in order per partition.
pub fn read(broker: &Broker, topic: &str) -> Vec<Message> {
    let mut reader = Reader::new(broker, topic);
    let (mut out, until) = (Vec::new(), Instant::now() + PATIENCE);
    while reader.ended < PARTITIONS {
        assert!(Instant::now() < until, "{topic} has no end");
        out.extend(reader.next(Duration::from_millis(200)));
    }
    out
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

/// The sum of a topic's offsets: grows with every record and every transaction's marker.
fn end(watcher: &BaseConsumer, topic: &str) -> i64 {
    let high = |p| watcher.fetch_watermarks(topic, p, Duration::from_secs(10)).map_or(0, |(_, high)| high);
    (0..PARTITIONS).map(high).sum()
}

/// The sum of a group's positions; 0 as long as they can't be told.
fn position(watcher: &BaseConsumer, topic: &str) -> i64 {
    let Ok(committed) = watcher.committed_offsets(all(topic), Duration::from_secs(10)) else { return 0 };
    committed.elements().iter().map(|e| if let Offset::Offset(at) = e.offset() { at } else { 0 }).sum()
}

/// How far a role has come, and how far it has to go: sums of offsets.
pub fn progress(broker: &Broker, role: &str, topic: &str) -> (i64, i64) {
    let watcher = watcher(broker, &format!("trailgraph-{role}"));
    (position(&watcher, topic), end(&watcher, topic))
}

/// Waits until route has read all there is and process stands still behind it: what it can't pass are transactions' markers.
pub fn settle(broker: &Broker) {
    const LOOK: Duration = Duration::from_millis(250);
    /// Longer than `join.grace` together: what waits is let go meanwhile.
    const STILL: u32 = 8;
    let (route, process) = (watcher(broker, "trailgraph-route"), watcher(broker, "trailgraph-process"));
    let until = Instant::now() + PATIENCE;
    let (mut still, mut before) = (0, None);
    while still < STILL {
        assert!(Instant::now() < until, "the service doesn't catch up");
        std::thread::sleep(LOOK);
        let read_all = position(&route, "cloudtrail") == end(&route, "cloudtrail");
        let (process, incidents) =
            (position(&process, "trailgraph.by-account.v1"), end(&route, "trailgraph.incidents.v1"));
        let now = Some((process, incidents));
        still = if read_all && process > 0 && now == before { still + 1 } else { 0 };
        before = now;
    }
}
