//! What a worker needs to know of its cluster, and librdkafka's settings that follow.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use crate::runtime::config::Topics;
use crate::wire::Limits;

/// What a transaction is given at the least, however soon its commit is doubted: sending takes time, too.
const TRANSACTION_TIMEOUT_MIN: Duration = Duration::from_secs(10);
/// How often it is looked where the partitions end; each time costs librdkafka a walk through all of them.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(5);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(300);
/// Prefetched bytes, all partitions of a worker together.
const FETCH_QUEUE_KBYTES: u32 = 65_536;
const PRODUCE_QUEUE_KBYTES: u32 = 131_072;
const PRODUCE_QUEUE_MESSAGES: u32 = 1_000_000;
/// What one request holds of one partition. While one is on its way and more lies ready behind it, librdkafka's thread turns in a circle
/// for the answer: so it should hold a good part of a commit, and the rest had better not be ready.
pub const BATCH_BYTES_MAX: usize = 2 << 20;
/// Time to gather. Nothing waits for it: all of a commit is handed over at once, and then hurried.
const LINGER: Duration = Duration::from_millis(100);
/// What may come with a record's value: key, headers, framing.
const AROUND_BYTES: usize = 64 << 10;

/// How the group's members agree on who reads what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Through a leader among them.
    Classic {
        /// A member not heard of for this long is taken for dead.
        session_timeout: Duration,
    },
    /// Through the brokers, which also decide when one is dead (KIP-848).
    Consumer,
}

/// One worker's view of the cluster.
#[derive(Clone, Debug)]
pub struct KafkaSettings {
    pub brokers: String,
    /// The consumer group: one per role.
    pub group: String,
    pub protocol: Protocol,
    /// Stable over restarts, unique among running instances.
    pub instance: String,
    /// Which worker of the instance.
    pub worker: u32,
    /// Topics read.
    pub inputs: Vec<String>,
    pub topics: Topics,
    /// Keeps state: its changelog is `topics.state`, partition by partition.
    pub stateful: bool,
    /// The largest batch of one partition: what the output topics allow, up to [`BATCH_BYTES_MAX`].
    pub batch_bytes: usize,
    /// The largest input record: one that can be read must also fit where it is sent, whole.
    pub record_bytes_max: usize,
    /// How long a commit may take before it is in doubt.
    pub commit_timeout: Duration,
    /// How long a settling of doubt, or a call that has to succeed, may take.
    pub deadline: Duration,
    /// The user's own librdkafka settings (`security.protocol`, …). They can't change what exactly-once rests on.
    pub extra: BTreeMap<String, String>,
}

impl KafkaSettings {
    /// Of this worker, the same after a restart: what fences its dead self.
    pub fn member(&self) -> String {
        format!("{}-{}-{}", self.group, self.instance, self.worker)
    }

    /// The largest value that is sent: every record that is let through, and what is refused as far as it was let in.
    pub fn value_bytes_max(&self) -> usize {
        self.record_bytes_max.max(Limits::PIECE_BYTES_MAX)
    }

    /// The largest message that producers send and topics take: broker and client think of a megabyte unless told.
    pub fn message_bytes_max(&self) -> usize {
        self.value_bytes_max().saturating_add(AROUND_BYTES)
    }

    /// When the brokers abort a transaction by themselves: not while its commit may still be answered. That long a dead worker
    /// holds readers, and its successor, back.
    fn transaction_timeout(&self) -> Duration {
        self.commit_timeout.max(TRANSACTION_TIMEOUT_MIN)
    }

    fn common(&self, role: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (key, value) in &self.extra {
            config.set(key, value);
        }
        config.set("bootstrap.servers", &self.brokers);
        // Equal ids with unequal subscriptions make cooperative-sticky loop.
        config.set("client.id", format!("{}-{role}", self.member()));
        config
    }

    /// For an admin client.
    pub fn admin(&self) -> ClientConfig {
        self.common("admin")
    }

    /// Of the group's member.
    pub fn consumer(&self) -> ClientConfig {
        let mut config = self.reader("in");
        config.set("group.id", &self.group);
        match self.protocol {
            Protocol::Classic { session_timeout } => {
                config.set("group.instance.id", self.member());
                config.set("partition.assignment.strategy", "cooperative-sticky");
                config.set("session.timeout.ms", millis(session_timeout));
                config.set("max.poll.interval.ms", millis(MAX_POLL_INTERVAL.max(session_timeout)));
            }
            // Without an instance's id: here it would lock a restarted process out, fatally, until its dead self's session ends.
            Protocol::Consumer => {
                config.set("group.protocol", "consumer");
                config.set("max.poll.interval.ms", millis(MAX_POLL_INTERVAL));
            }
        }
        config.set("statistics.interval.ms", millis(STATISTICS_INTERVAL));
        config
    }

    /// Of a reader that is in no group: changelogs.
    pub fn changelog_reader(&self) -> ClientConfig {
        let mut config = self.reader("restore");
        // librdkafka wants one even where it isn't used.
        config.set("group.id", format!("{}-restore", self.group));
        config.set("enable.partition.eof", "true");
        config.set("check.crcs", "true");
        config
    }

    fn reader(&self, role: &str) -> ClientConfig {
        let mut config = self.common(role);
        // Offsets are committed by the transaction and by nothing else.
        config.set("enable.auto.commit", "false");
        config.set("enable.auto.offset.store", "false");
        config.set("isolation.level", "read_committed");
        // Never jump silently: what is gone is gone loudly.
        config.set("auto.offset.reset", "error");
        config.set("fetch.queue.backoff.ms", "5");
        config.set("queued.min.messages", "1000000");
        config.set("queued.max.messages.kbytes", FETCH_QUEUE_KBYTES.to_string());
        config.set("fetch.message.max.bytes", (4 << 20).to_string());
        config.set("fetch.max.bytes", (50 << 20).to_string());
        config.set("allow.auto.create.topics", "false");
        config
    }

    /// Of the transactional producer.
    pub fn producer(&self) -> ClientConfig {
        let mut config = self.common("out");
        config.set("transactional.id", self.member());
        config.set("transaction.timeout.ms", millis(self.transaction_timeout()));
        // Below the transaction's.
        config.set("message.timeout.ms", millis(self.transaction_timeout() * 2 / 3));
        config.set("linger.ms", millis(LINGER));
        config.set("batch.size", self.batch_bytes.to_string());
        config.set("batch.num.messages", "100000");
        config.set("queue.buffering.max.messages", PRODUCE_QUEUE_MESSAGES.to_string());
        config.set("compression.type", "lz4");
        // The same account has to land where a Java producer puts it.
        config.set("partitioner", "murmur2_random");
        config.set("message.max.bytes", self.message_bytes_max().to_string());
        config.set("queue.buffering.max.kbytes", PRODUCE_QUEUE_KBYTES.to_string());
        // The producer reads there that a connection broke.
        let debug = self.extra.get("debug").map_or_else(|| "broker".into(), |own| format!("{own},broker"));
        config.set("debug", debug);
        config.set_log_level(RDKafkaLogLevel::Debug);
        // Success reports say where the changelog ends.
        config.set("delivery.report.only.error", "false");
        config
    }
}

fn millis(d: Duration) -> String {
    d.as_millis().to_string()
}

#[cfg(test)]
pub(crate) fn sample() -> KafkaSettings {
    KafkaSettings {
        brokers: "localhost:9092".into(),
        group: "trailgraph-process".into(),
        protocol: Protocol::Classic { session_timeout: Duration::from_secs(45) },
        instance: "a".into(),
        worker: 0,
        inputs: vec!["trailgraph.by-account.v1".into()],
        topics: Topics { partitions: 4, replication_factor: 1, ..Topics::default() },
        stateful: true,
        batch_bytes: BATCH_BYTES_MAX,
        record_bytes_max: 16 << 20,
        commit_timeout: Duration::from_secs(30),
        deadline: Duration::from_secs(30),
        extra: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_gets_what_it_accepts() {
        let mut settings = sample();
        let classic = settings.consumer();
        assert_eq!(classic.get("session.timeout.ms"), Some("45000"));
        assert_eq!(classic.get("group.instance.id"), Some("trailgraph-process-a-0"));
        settings.protocol = Protocol::Consumer;
        let consumer = settings.consumer();
        assert_eq!(consumer.get("group.protocol"), Some("consumer"));
        for refused in ["session.timeout.ms", "partition.assignment.strategy", "group.instance.id"] {
            assert_eq!(consumer.get(refused), None);
        }
        assert!(consumer.create_native_config().is_ok() && classic.create_native_config().is_ok());
    }

    #[test]
    fn a_user_cannot_take_exactly_once_away() {
        let mut settings = sample();
        for (key, value) in [
            ("isolation.level", "read_uncommitted"),
            ("enable.auto.commit", "true"),
            ("auto.offset.reset", "latest"),
            ("partitioner", "random"),
            ("transactional.id", "x"),
            ("security.protocol", "ssl"),
        ] {
            settings.extra.insert(key.into(), value.into());
        }
        let consumer = settings.consumer();
        assert_eq!(consumer.get("isolation.level"), Some("read_committed"));
        assert_eq!(consumer.get("enable.auto.commit"), Some("false"));
        assert_eq!(consumer.get("auto.offset.reset"), Some("error"));
        assert_eq!(consumer.get("security.protocol"), Some("ssl"));
        let producer = settings.producer();
        assert_eq!(producer.get("partitioner"), Some("murmur2_random"));
        assert_eq!(producer.get("transactional.id"), Some("trailgraph-process-a-0"));
    }
}
