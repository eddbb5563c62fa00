//! What is measured side by side on one topic: a consumer that does nothing, this project, and Kafka Streams.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::PARTITIONS;
use crate::broker::Broker;

/// A run that has not moved for this long has ended.
const STILL: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(20);
/// A run that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(900);
/// Clock ticks of `/proc/PID/stat` in a second, on every Linux there is.
const TICKS: f64 = 100.0;

/// What a run took over the whole topic.
#[derive(Clone, Copy)]
pub struct Took {
    pub seconds: f64,
    /// Of all its processes' threads, the broker's not counted.
    pub cpu_seconds: f64,
}

/// Processor seconds of a process and its threads so far.
fn cpu_seconds(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in brackets, may hold anything.
    let after = text.rsplit(')').next().unwrap_or_default();
    let ticks = |n| after.split_whitespace().nth(n).and_then(|t: &str| t.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS
}

/// Where the service says that it is ready.
const HTTP: &str = "127.0.0.1:20999";

/// Reads every record, looks for one word in it, and throws it away: what no program on rdkafka can be faster than.
pub fn bare(broker: &Broker, topic: &str, records: usize) -> Took {
    let began = Instant::now();
    let consumer: BaseConsumer = broker
        .client()
        .set("group.id", "bare")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("fetch.queue.backoff.ms", "5")
        .set("queued.min.messages", "1000000")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let find = memchr::memmem::Finder::new(b"\"readOnly\":true");
    let (mut seen, mut found) = (0, 0);
    let mut first = None;
    while seen < records {
        assert!(began.elapsed() < PATIENCE, "{topic} has no end");
        if let Some(Ok(message)) = consumer.poll(LOOK) {
            first.get_or_insert_with(|| (Instant::now(), cpu_seconds(std::process::id())));
            seen += 1;
            found += usize::from(message.payload().is_some_and(|p| find.find(p).is_some()));
        }
    }
    std::hint::black_box(found);
    let (first, cpu) = first.unwrap();
    Took { seconds: first.elapsed().as_secs_f64(), cpu_seconds: cpu_seconds(std::process::id()) - cpu }
}

/// Whether both roles are in their groups and have their partitions.
fn is_ready() -> bool {
    let ask = || -> std::io::Result<String> {
        let mut line = TcpStream::connect(HTTP)?;
        line.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        line.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.0 200"))
}

/// The service in one process, both roles, from its being ready until it stands still at the end of the topic.
pub fn pipeline(broker: &Broker, topic: &str, records: usize, dir: &Path, profile: bool) -> Took {
    let config = configuration(broker, topic, dir);
    let log = std::fs::File::create(dir.join(format!("{topic}.log"))).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_trailgraph"))
        .args(["run", "-c", config.to_str().unwrap(), "--roles", "route,process"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut began = Instant::now();
    while !is_ready() {
        assert!(began.elapsed() < PATIENCE && child.try_wait().unwrap().is_none(), "{topic}: the service isn't ready");
        std::thread::sleep(LOOK);
    }
    began = Instant::now();
    let before = cpu_seconds(child.id());
    let perf = profile.then(|| perf(child.id(), dir));
    let group =
        |role: &str| broker.client().set("group.id", format!("{topic}-{role}")).create::<BaseConsumer>().unwrap();
    let (route, process) = (group("route"), group("process"));
    let (mut at, mut moved, mut cpu) = (-1, began, 0.0);
    loop {
        std::thread::sleep(LOOK);
        assert!(
            began.elapsed() < PATIENCE && child.try_wait().unwrap().is_none(),
            "{topic}: the service came to no end"
        );
        let routed = broker.committed(&route, topic);
        let done = broker.committed(&process, &format!("{topic}.by-account"));
        if routed + done != at {
            (at, moved, cpu) = (routed + done, Instant::now(), cpu_seconds(child.id()));
        } else if routed >= records as i64 && moved.elapsed() > STILL {
            break;
        }
    }
    if let Some(mut perf) = perf {
        _ = Command::new("kill").args(["-INT", &perf.id().to_string()]).status();
        _ = perf.wait();
    }
    _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    _ = child.wait();
    Took { seconds: (moved - began).as_secs_f64(), cpu_seconds: cpu - before }
}

// The real records are years apart: none may count as too late.
fn configuration(broker: &Broker, topic: &str, dir: &Path) -> PathBuf {
    let path = dir.join(format!("{topic}.toml"));
    let mut text = format!(
        "[kafka]\nbootstrap_servers = \"{}\"\n[input]\ntopics = [\"{topic}\"]\n[group]\nname = \"{topic}\"\n[state]\nretention = \"3650d\"\ndir = \"{}\"\n\
         [http]\nlisten = \"{HTTP}\"\n[topics]\npartitions = {PARTITIONS}\nreplication_factor = 1\n",
        broker.servers,
        dir.join(format!("{topic}.state")).display()
    );
    for (key, name) in [("by_account", "by-account"), ("state", "state"), ("incidents", "incidents")] {
        text.push_str(&format!("{key} = \"{topic}.{name}\"\n"));
    }
    std::fs::write(&path, text).unwrap();
    path
}

fn perf(pid: u32, dir: &Path) -> Child {
    let data = dir.join("perf.data");
    let mut call = Command::new("perf");
    call.args(["record", "-q", "-F", "499", "-p", &pid.to_string(), "-o"]).arg(data);
    call.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kafka Streams on the same job without history, as it measures itself: from its first record on. None: it is not there.
pub fn streams(broker: &Broker, topic: &str, dir: &Path) -> Option<Took> {
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/peers/kafka-streams/run");
    if !run.is_file() {
        return None;
    }
    let out = Command::new(run).args([&broker.servers, topic]).env("PEER_DIR", dir.join("streams")).output().ok()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    // "… in 12.34 s; process CPU 56.78 s"
    let number = |after: &str| text.split(after).nth(1)?.split_whitespace().next()?.parse().ok();
    let took = number(" in ").zip(number("process CPU ")).map(|(seconds, cpu_seconds)| Took { seconds, cpu_seconds });
    if took.is_none() {
        println!("kafka streams failed: {text}{}", String::from_utf8_lossy(&out.stderr));
    }
    took
}
