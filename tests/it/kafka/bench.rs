//! Real Kafka on the bench: one broker for all, topics and ids of its own for each.

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::{ClientConfig, ClientContext};

use super::broker::{Broker, PATIENCE, client, create_with};
use super::proxy::Proxy;
use crate::conformance::bench::{Bench, Denied, STUCK};

/// Of the producer that gets stuck. The others have more: a group may take longer than this to agree on a move, and the broker would
/// end their transactions meanwhile.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(5);
const LONG_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(120);
const CALL: Duration = Duration::from_secs(30);
/// A commit that the proxy keeps is given up soon.
const KEPT: Duration = Duration::from_millis(500);
/// Long enough for an answer, short enough to be told that there is none yet.
const ASK: Duration = Duration::from_millis(800);

/// Its input has a second, empty partition, so that there is one for another member.
pub struct KafkaBench<'a> {
    broker: &'a Broker,
    proxy: &'a Proxy,
    /// Of topics, group and transactional ids.
    name: String,
    protocol: &'static str,
    member: Option<BaseConsumer>,
    /// What was given to the member when it joined.
    group: ConsumerGroupMetadata,
    others: Vec<BaseConsumer>,
    /// Of the input: the one that it is about.
    partition: i32,
}

/// The first delivery that failed.
#[derive(Clone, Default)]
pub struct Deliveries(Arc<Mutex<Option<KafkaError>>>);

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.0.lock().unwrap().get_or_insert_with(|| error.clone());
        }
    }
}

pub struct Producer {
    id: String,
    client: BaseProducer<Deliveries>,
    deliveries: Deliveries,
    open: Cell<bool>,
}

fn denied(error: &KafkaError) -> Denied {
    use RDKafkaErrorCode::*;
    let code = match error {
        KafkaError::Transaction(e) => Some(e.code()),
        other => other.rdkafka_error_code(),
    };
    match code {
        Some(Fenced | ProducerFenced | InvalidProducerEpoch | Fatal) => Denied::Fenced,
        Some(IllegalGeneration | UnknownMemberId | FencedInstanceId) => Denied::Member,
        Some(State) => Denied::NoTransaction,
        Some(UnstableOffsetCommit | OperationTimedOut) => Denied::Unstable,
        _ => panic!("not on the list: {error:?}"),
    }
}

impl<'a> KafkaBench<'a> {
    pub fn new(broker: &'a Broker, proxy: &'a Proxy, name: &str, protocol: &'static str) -> KafkaBench<'a> {
        let topics = ["in", "out", "state"].map(|t| format!("{name}-{t}"));
        create_with(broker, &[&topics[0]], 2);
        create_with(broker, &[&topics[1], &topics[2]], 1);
        let input: BaseProducer = client(broker).create().unwrap();
        for n in 0..10 {
            let value = n.to_string();
            input.send(BaseRecord::<(), str>::to(&topics[0]).payload(&value).partition(0)).unwrap();
        }
        input.flush(CALL).unwrap();
        let member = join(broker, name, protocol);
        let until = Instant::now() + PATIENCE;
        let mut records = 0;
        while records < 3 {
            assert!(Instant::now() < until, "nothing to read");
            records += member.poll(Duration::from_millis(100)).map_or(0, |m| m.map(|_| 1).unwrap());
        }
        let group = member.group_metadata().unwrap();
        KafkaBench {
            broker,
            proxy,
            name: name.to_owned(),
            protocol,
            member: Some(member),
            group,
            others: Vec::new(),
            partition: 0,
        }
    }

    fn topic(&self, topic: &str) -> String {
        format!("{}-{topic}", self.name)
    }

    fn begin(producer: &Producer) -> Result<(), Denied> {
        if !producer.open.replace(true) {
            producer.client.begin_transaction().map_err(|e| denied(&e))?;
        }
        Ok(())
    }

    fn position(&self, isolation: &str) -> Result<Option<(i64, String)>, Denied> {
        let asker: BaseConsumer = self.reader(isolation).set("group.id", &self.name).create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic("in"), self.partition);
        let answer = asker.committed_offsets(list, ASK).map_err(|e| denied(&e))?;
        let element = answer.elements().pop().unwrap();
        element.error().map_err(|e| denied(&e))?;
        Ok(match element.offset() {
            Offset::Offset(at) => Some((at, element.metadata().to_owned())),
            _ => None,
        })
    }

    fn reader(&self, isolation: &str) -> ClientConfig {
        let mut config = client(self.broker);
        config.set("isolation.level", isolation).set("enable.auto.commit", "false");
        config
    }
}

fn join(broker: &Broker, name: &str, protocol: &str) -> BaseConsumer {
    let mut config = client(broker);
    config.set("group.id", name).set("group.protocol", protocol).set("enable.auto.commit", "false");
    config.set("auto.offset.reset", "earliest");
    if protocol == "classic" {
        config.set("partition.assignment.strategy", "cooperative-sticky").set("session.timeout.ms", "6000");
    }
    let member: BaseConsumer = config.create().unwrap();
    member.subscribe(&[&format!("{name}-in")]).unwrap();
    member
}

impl Bench for KafkaBench<'_> {
    type Producer = Producer;

    fn producer(&mut self, id: &str) -> Producer {
        let timeout = if id == STUCK { TRANSACTION_TIMEOUT } else { LONG_TRANSACTION_TIMEOUT };
        let id = format!("{}-{id}", self.name);
        let deliveries = Deliveries::default();
        let producer: BaseProducer<Deliveries> = ClientConfig::new()
            .set("bootstrap.servers", self.broker.proxied())
            .set("transactional.id", &id)
            .set("transaction.timeout.ms", timeout.as_millis().to_string())
            .set("message.timeout.ms", "4000")
            .set("linger.ms", "0")
            .create_with_context(deliveries.clone())
            .unwrap();
        producer.init_transactions(CALL).unwrap();
        Producer { id, client: producer, deliveries, open: Cell::new(false) }
    }

    fn produce(&mut self, producer: &Producer, topic: &str, value: &str) -> Result<(), Denied> {
        Self::begin(producer)?;
        let topic = self.topic(topic);
        let record = BaseRecord::<str, str>::to(&topic).key("k").payload(value).partition(0);
        producer.client.send(record).map_err(|(e, _)| denied(&e))?;
        producer.client.flush(CALL).map_err(|e| denied(&e))?;
        producer.deliveries.0.lock().unwrap().take().map_or(Ok(()), |e| Err(denied(&e)))
    }

    fn send_offsets(&mut self, producer: &Producer, position: i64, metadata: &str) -> Result<(), Denied> {
        Self::begin(producer)?;
        let mut list = TopicPartitionList::new();
        let topic = self.topic("in");
        let mut element = list.add_partition(&topic, self.partition);
        element.set_offset(Offset::Offset(position)).unwrap();
        element.set_metadata(metadata);
        producer.client.send_offsets_to_transaction(&list, &self.group, CALL).map_err(|e| denied(&e))
    }

    fn commit(&mut self, producer: &Producer) -> Result<(), Denied> {
        producer.open.set(false);
        producer.client.commit_transaction(CALL).map_err(|e| denied(&e))
    }

    fn abort(&mut self, producer: &Producer) -> Result<(), Denied> {
        producer.open.set(false);
        producer.client.abort_transaction(CALL).map_err(|e| denied(&e))
    }

    fn commit_late(&mut self, producer: &Producer) {
        self.proxy.keep(&producer.id);
        producer.client.commit_transaction(KEPT).unwrap_err();
    }

    fn deliver_late(&mut self) {
        let answers = self.proxy.let_go(&format!("{}-t", self.name));
        assert!(!answers.is_empty() && answers.iter().all(|code| *code != 0), "accepted: {answers:?}");
    }

    fn read(&mut self, topic: &str, committed: bool) -> Vec<String> {
        let isolation = if committed { "read_committed" } else { "read_uncommitted" };
        let reader: BaseConsumer =
            self.reader(isolation).set("group.id", "reader").set("enable.partition.eof", "true").create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic(topic), 0, Offset::Beginning).unwrap();
        reader.assign(&list).unwrap();
        let (mut out, until) = (Vec::new(), Instant::now() + PATIENCE);
        loop {
            assert!(Instant::now() < until, "{topic} has no end");
            match reader.poll(Duration::from_millis(100)) {
                Some(Ok(m)) => out.push(String::from_utf8(m.payload().unwrap().to_vec()).unwrap()),
                Some(Err(KafkaError::PartitionEOF(_))) => return out,
                Some(Err(e)) => panic!("{topic}: {e}"),
                None => {}
            }
        }
    }

    fn offset(&mut self) -> Result<Option<(i64, String)>, Denied> {
        self.position("read_committed")
    }

    fn offset_now(&mut self) -> Option<i64> {
        self.position("read_uncommitted").unwrap().map(|(at, _)| at)
    }

    fn leave(&mut self) {
        // A member without an instance's id says goodbye when it is closed.
        self.member = None;
    }

    fn move_away(&mut self) {
        let other = join(self.broker, &self.name, self.protocol);
        let (member, until) = (self.member.as_ref().unwrap(), Instant::now() + PATIENCE);
        while other.assignment().unwrap().count() == 0 {
            assert!(Instant::now() < until, "the group stays as it is");
            for one in [member, &other] {
                _ = one.poll(Duration::from_millis(50));
            }
        }
        // Which of the two it gets is the assignor's choice.
        self.partition = other.assignment().unwrap().elements()[0].partition();
        self.others.push(other);
    }

    fn wait_for_transaction_timeout(&mut self) {
        // The broker's clock decides; what has to show after it is waited for by whoever reads.
        std::thread::sleep(TRANSACTION_TIMEOUT);
    }
}
