//! The service on a real Apache Kafka: the roles as processes of their own, killed at random, give what an undisturbed replay gives.
#![cfg(feature = "kafka")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests drive real processes in real time")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use trailgraph::engine::loaded::Loaded;
use trailgraph::engine::stage::Context;
use trailgraph::runtime::files;
use trailgraph::wire::state::keys;

const PARTITIONS: i32 = 4;
/// The longest that any one thing is waited for.
const PATIENCE: Duration = Duration::from_secs(240);

/// A broker of this test run, stopped at the end.
struct Broker {
    dir: PathBuf,
    servers: String,
}

impl Broker {
    /// None: no broker can be had here, which is said; in CI that is a failure.
    fn start(name: &str, port: u16) -> Option<Broker> {
        let dir = fresh(name);
        let status =
            script().args(["start", dir.to_str().unwrap(), &port.to_string()]).stdin(Stdio::null()).status().unwrap();
        if status.success() {
            return Some(Broker { dir, servers: format!("127.0.0.1:{port}") });
        }
        assert!(std::env::var_os("CI").is_none(), "no broker could be started");
        eprintln!("SKIPPED: no broker could be started");
        None
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        _ = script().args(["stop", self.dir.to_str().unwrap()]).status();
    }
}

fn script() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/kafka.sh"))
}

fn fresh(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn client(broker: &Broker) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &broker.servers);
    config
}

fn create(broker: &Broker, topics: &[&str]) {
    let admin: AdminClient<DefaultClientContext> = client(broker).create().unwrap();
    let new: Vec<_> = topics.iter().map(|t| NewTopic::new(t, PARTITIONS, TopicReplication::Fixed(1))).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for result in runtime.block_on(admin.create_topics(&new, &AdminOptions::new())).unwrap() {
        result.unwrap();
    }
}

fn produce(broker: &Broker, topic: &str, records: &[String]) {
    let producer: BaseProducer = client(broker).set("compression.type", "lz4").set("linger.ms", "20").create().unwrap();
    for record in records {
        while producer.send(BaseRecord::<(), str>::to(topic).payload(record)).is_err() {
            producer.poll(Duration::from_millis(10));
        }
    }
    producer.flush(PATIENCE).unwrap();
}

/// Everything committed in a topic, in order per partition.
fn read(broker: &Broker, topic: &str) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
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
    let (mut out, mut ended, until) = (Vec::new(), 0, Instant::now() + PATIENCE);
    while ended < PARTITIONS {
        assert!(Instant::now() < until, "{topic} has no end");
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(m)) => out.push((m.key().unwrap_or_default().to_vec(), m.payload().map(<[u8]>::to_vec))),
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(e)) => panic!("{topic}: {e}"),
            None => {}
        }
    }
    out
}

struct Service(Child);

impl Service {
    fn start(config: &Path, role: &str, log: &Path) -> Service {
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_trailgraph"))
            .args(["run", "-c", config.to_str().unwrap(), "--roles", role])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Service(child)
    }

    /// SIGKILL: nothing is finished.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGTERM: commits what is open and ends well.
    fn stop(mut self) {
        Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        let until = Instant::now() + PATIENCE;
        while self.0.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the service doesn't stop");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(self.0.wait().unwrap().success(), "the service ended badly");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.0.kill();
    }
}

fn configuration(broker: &Broker, dir: &Path) -> PathBuf {
    let path = dir.join("pipeline.toml");
    let text = format!(
        "[kafka]\nbootstrap_servers = \"{}\"\n[topics]\npartitions = {PARTITIONS}\nreplication_factor = 1\n[state]\ndir = \"{}\"\n\
         [http]\nlisten = \"\"\n[commit]\nrecords_max = 2000\n",
        broker.servers,
        dir.join("state").display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// How many of a group's positions are short of the topic's end.
fn lag(broker: &Broker, group: &str, topic: &str) -> i64 {
    let consumer: BaseConsumer = client(broker).set("group.id", group).create().unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition(topic, partition);
    }
    let Ok(committed) = consumer.committed_offsets(list, Duration::from_secs(10)) else { return i64::MAX };
    let mut lag = 0;
    for e in committed.elements() {
        let (_, high) = consumer.fetch_watermarks(topic, e.partition(), Duration::from_secs(10)).unwrap();
        // A transaction's marker takes an offset of its own: what is behind it is no record.
        let at = if let Offset::Offset(at) = e.offset() { at } else { 0 };
        lag += (high - at).max(0);
    }
    lag
}

/// Waits until the process role stands still behind a route role that has read all: markers of transactions remain as lag.
fn settle(broker: &Broker) {
    let until = Instant::now() + PATIENCE;
    let mut still = 0;
    let mut before = -1;
    while still < 6 {
        assert!(Instant::now() < until, "the service doesn't catch up");
        std::thread::sleep(Duration::from_millis(500));
        let route = lag(broker, "trailgraph-route", "cloudtrail");
        let process = lag(broker, "trailgraph-process", "trailgraph.by-account.v1");
        still = if route == 0 && process == before { still + 1 } else { 0 };
        before = process;
    }
}

/// The last content of each incident: all but its revision and how it came to be.
fn contents(documents: impl Iterator<Item = Value>) -> BTreeMap<String, Value> {
    documents
        .map(|mut d| {
            let map = d.as_object_mut().unwrap();
            for own in ["revision", "revision_cause", "history"] {
                map.remove(own);
            }
            (d["incident_id"].as_str().unwrap().to_owned(), d)
        })
        .collect()
}

fn assets(state: &Loaded) -> Vec<(Vec<u8>, Vec<u8>)> {
    state.scan(&[keys::ASSET], &[keys::ASSET], usize::MAX)
}

/// What an undisturbed replay of the same records gives: assets and last incidents.
fn expected(records: &[String], dir: &Path) -> (Vec<(Vec<u8>, Vec<u8>)>, BTreeMap<String, Value>) {
    let (input, out) = (dir.join("input.jsonl"), dir.join("replay"));
    std::fs::write(&input, records.join("\n")).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_trailgraph"))
        .args(["replay", "--out", out.to_str().unwrap(), input.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut state = Loaded::default();
    files::read_changelog(&out.join("state"), &mut |k, v| state.load(k, v)).unwrap();
    let text = std::fs::read_to_string(out.join("incidents.jsonl")).unwrap();
    (assets(&state), contents(text.lines().map(|l| serde_json::from_str(l).unwrap())))
}

fn check(broker: &Broker, records: &[String], dir: &Path) {
    let (want_assets, want_incidents) = expected(records, dir);
    let mut state = Loaded::default();
    for (key, value) in read(broker, "trailgraph.state.v1") {
        state.load(&key, value.as_deref());
    }
    assert_eq!(assets(&state).len(), want_assets.len());
    assert!(assets(&state) == want_assets, "the assets differ");
    let emitted: Vec<Value> = read(broker, "trailgraph.incidents.v1")
        .into_iter()
        .map(|(_, v)| serde_json::from_slice(&v.unwrap()).unwrap())
        .collect();
    let mut revisions: BTreeMap<String, u64> = BTreeMap::new();
    for document in &emitted {
        let last = revisions.entry(document["incident_id"].as_str().unwrap().to_owned()).or_default();
        *last += 1;
        assert_eq!(document["revision"], *last, "each revision once and in order: {}", document["incident_id"]);
    }
    assert!(contents(emitted.into_iter()) == want_incidents, "the incidents differ");
    assert!(!want_incidents.is_empty());
}

/// Made records: instances in many accounts, their groups opened and closed, findings on some; four in five are reads.
fn made(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| {
            let (account, machine) = (format!("{:012}", 100_000_000_000 + (n / 10) % 40), n / 400);
            let second = 1_772_445_600 + (n / 10) as i64;
            let time = trailgraph::domain::time::Time(second * 1000).to_string();
            let (instance, group) = (format!("i-{account}{machine:08x}"), format!("sg-{account}{:08x}", machine % 50));
            let event = |source: &str, name: &str, request: Value, response: Value| {
                json!({
                    "eventVersion": "1.09", "eventID": format!("{n:08}"), "eventTime": time, "eventSource": source,
                    "eventName": name, "awsRegion": "eu-central-1", "recipientAccountId": account,
                    "userIdentity": { "type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/ana") },
                    "requestParameters": request, "responseElements": response,
                })
            };
            let record = match n % 10 {
                0 => event("ec2.amazonaws.com", "RunInstances", json!({}), json!({ "instancesSet": { "items": [{
                    "instanceId": instance, "imageId": "ami-1", "subnetId": "subnet-1", "vpcId": "vpc-1",
                    "groupSet": { "items": [{ "groupId": group }] } }] } })),
                5 => event("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", json!({ "groupId": group, "ipPermissions": {
                    "items": [{ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {}, "ipv6Ranges": {}, "prefixListIds": {},
                        "ipRanges": { "items": [{ "cidrIp": format!("203.0.113.{}/32", machine % 200) }] } }] } }), json!({})),
                9 if n % 100 == 99 => json!({
                    "schemaVersion": "2.0", "accountId": account, "region": "eu-central-1", "id": format!("f-{account}-{}", machine % 20),
                    "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS", "severity": 8, "createdAt": "2026-03-02T10:00:00Z", "updatedAt": time,
                    "resource": { "resourceType": "Instance", "instanceDetails": { "instanceId": instance } },
                    "service": { "serviceName": "guardduty", "resourceRole": "ACTOR", "count": machine + 1, "archived": false,
                        "eventFirstSeen": "2026-03-02T10:00:00Z", "eventLastSeen": time,
                        "action": { "actionType": "DNS_REQUEST", "dnsRequestAction": { "domain": "pool.example" } } },
                    "title": "t", "description": "d",
                }),
                _ => event("s3.amazonaws.com", "GetObject", json!({ "bucketName": "b", "key": format!("{n}") }), Value::Null),
            };
            record.to_string()
        })
        .collect()
}

#[test]
fn real_records_through_route_and_process_give_what_replay_gives() {
    let Some(broker) = Broker::start("same", 20_092) else { return };
    let mut records = Vec::new();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    for name in ["cloudtrail-2.jsonl", "cloudtrail-eventbridge.jsonl", "instance-states.jsonl", "guardduty.jsonl"] {
        records.extend(std::fs::read_to_string(scenario.join(name)).unwrap().lines().map(str::to_owned));
    }
    let first: Value =
        serde_json::from_str(&std::fs::read_to_string(scenario.join("cloudtrail-1.json")).unwrap()).unwrap();
    records.push(first.to_string());
    create(&broker, &["cloudtrail", "guardduty"]);
    produce(&broker, "cloudtrail", &records);
    let dir = fresh("same-work");
    let config = configuration(&broker, &dir);
    let route = Service::start(&config, "route", &dir.join("route.log"));
    let process = Service::start(&config, "process", &dir.join("process.log"));
    settle(&broker);
    route.stop();
    process.stop();
    check(&broker, &records, &dir);
}

#[test]
fn killed_at_random_and_robbed_of_its_disk_it_says_everything_once() {
    const RECORDS: usize = 200_000;
    const KILLS: u64 = 20;
    let Some(broker) = Broker::start("killed", 20_192) else { return };
    create(&broker, &["cloudtrail", "guardduty"]);
    let records = made(RECORDS);
    let dir = fresh("killed-work");
    let config = configuration(&broker, &dir);
    let _route = Service::start(&config, "route", &dir.join("route.log"));
    let mut process = Service::start(&config, "process", &dir.join("process.log"));
    // Fed in parts, so that there is work left at every kill; the moments are spread by a fixed sequence.
    let mut moment: u64 = 0x9e37_79b9;
    for (n, part) in records.chunks(RECORDS / KILLS as usize).enumerate() {
        produce(&broker, "cloudtrail", part);
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(200 + (moment >> 33) % 1_800));
        process.kill();
        if n % 5 == 4 {
            std::fs::remove_dir_all(dir.join("state")).unwrap();
        }
        process = Service::start(&config, "process", &dir.join("process.log"));
    }
    settle(&broker);
    process.stop();
    check(&broker, &records, &dir);
}
