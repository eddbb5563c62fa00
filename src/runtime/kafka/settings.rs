//! What a worker needs to know of its cluster, and librdkafka's settings that follow.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;

use crate::engine::record::OutTopic;

/// Longer than a commit stalls; it also bounds how long a dead worker holds readers back.
pub const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Below the transaction's.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(20);
/// Rolling restarts fit in.
const SESSION_TIMEOUT: Duration = Duration::from_secs(45);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(300);
/// Prefetched bytes, all partitions of a worker together.
const FETCH_QUEUE_KBYTES: u32 = 65_536;
const PRODUCE_QUEUE_KBYTES: u32 = 131_072;

/// Names of topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    pub by_account: String,
    pub state: String,
    pub commands: String,
    pub incidents: String,
    pub exposures: String,
    pub remediations: String,
    pub digests: String,
    pub ocsf: String,
    pub dead_letters: String,
}

impl Default for Topics {
    fn default() -> Topics {
        let name = |n: &str| format!("trailgraph.{n}.v1");
        Topics {
            by_account: name("by-account"),
            state: name("state"),
            commands: name("commands"),
            incidents: name("incidents"),
            exposures: name("exposures"),
            remediations: name("remediations"),
            digests: name("digests"),
            ocsf: name("ocsf"),
            dead_letters: name("dead-letters"),
        }
    }
}

impl Topics {
    /// Where an output goes.
    pub fn of(&self, topic: OutTopic) -> &str {
        match topic {
            OutTopic::ByAccount => &self.by_account,
            OutTopic::Incidents => &self.incidents,
            OutTopic::Exposures => &self.exposures,
            OutTopic::Remediations => &self.remediations,
            OutTopic::Digests => &self.digests,
            OutTopic::Ocsf => &self.ocsf,
            OutTopic::DeadLetters => &self.dead_letters,
        }
    }
}

/// One worker's view of the cluster.
#[derive(Clone, Debug)]
pub struct KafkaSettings {
    pub brokers: String,
    /// The consumer group: one per role.
    pub group: String,
    /// Stable over restarts, unique among running instances.
    pub instance: String,
    /// Which worker of the instance.
    pub worker: u32,
    /// Topics read.
    pub inputs: Vec<String>,
    pub topics: Topics,
    /// Keeps state: its changelog is `topics.state`, partition by partition.
    pub stateful: bool,
    /// Partitions of `by-account` and `state`: fixed for good when they are created.
    pub partitions: i32,
    /// Of topics that are created; -1: the broker's default.
    pub replication: i32,
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
        config.set("group.instance.id", self.member());
        config.set("partition.assignment.strategy", "cooperative-sticky");
        config.set("session.timeout.ms", millis(SESSION_TIMEOUT));
        config.set("max.poll.interval.ms", millis(MAX_POLL_INTERVAL));
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
        config.set("transaction.timeout.ms", millis(TRANSACTION_TIMEOUT));
        config.set("message.timeout.ms", millis(MESSAGE_TIMEOUT));
        config.set("linger.ms", "5");
        config.set("batch.size", (1 << 20).to_string());
        config.set("compression.type", "lz4");
        // The same account has to land where a Java producer puts it.
        config.set("partitioner", "murmur2_random");
        config.set("queue.buffering.max.kbytes", PRODUCE_QUEUE_KBYTES.to_string());
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
        instance: "a".into(),
        worker: 0,
        inputs: vec!["trailgraph.by-account.v1".into()],
        topics: Topics::default(),
        stateful: true,
        partitions: 4,
        replication: 1,
        deadline: Duration::from_secs(30),
        extra: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
