//! A real Kafka for the bench: started by the project's own script, filled, asked how far a group has come.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::PARTITIONS;

/// Any one answer of the broker.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Broker {
    dir: PathBuf,
    pub servers: String,
}

impl Broker {
    /// None: there is no broker to be had here; the script has said why.
    pub fn start(dir: &Path, port: u16) -> Option<Broker> {
        let mut call = script();
        call.arg("start").arg(dir).arg(port.to_string()).stdin(Stdio::null());
        let started = call.status().is_ok_and(|s| s.success());
        started.then(|| Broker { dir: dir.to_owned(), servers: format!("127.0.0.1:{port}") })
    }

    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers);
        config
    }

    pub fn create(&self, topic: &str) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().unwrap();
        let new = NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for result in runtime.block_on(admin.create_topics([&new], &AdminOptions::new())).unwrap() {
            result.unwrap();
        }
    }

    pub fn fill(&self, topic: &str, records: impl Iterator<Item = Vec<u8>>) {
        let producer: BaseProducer = self
            .client()
            .set("compression.type", "lz4")
            .set("linger.ms", "50")
            .set("batch.size", "1000000")
            .set("queue.buffering.max.kbytes", "262144")
            .create()
            .unwrap();
        for (n, value) in records.enumerate() {
            let partition = (n % PARTITIONS as usize) as i32;
            while producer.send(BaseRecord::<(), [u8]>::to(topic).partition(partition).payload(&value)).is_err() {
                producer.poll(Duration::from_millis(5));
            }
            if n % 1000 == 0 {
                producer.poll(Duration::ZERO);
            }
        }
        producer.flush(PATIENCE).unwrap();
    }

    /// The sum of a group's positions in a topic; what was never committed counts as nothing.
    pub fn committed(&self, asker: &BaseConsumer, topic: &str) -> i64 {
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            list.add_partition(topic, partition);
        }
        let Ok(answer) = asker.committed_offsets(list, PATIENCE) else { return 0 };
        let at = |offset| if let Offset::Offset(at) = offset { at } else { 0 };
        answer.elements().iter().map(|e| at(e.offset())).sum()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        _ = script().arg("stop").arg(&self.dir).status();
    }
}

fn script() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/kafka.sh"))
}
