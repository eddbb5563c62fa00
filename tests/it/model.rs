//! The model broker passes the list that real Kafka passes.

use trailgraph::engine::model::broker::{Broker, Refused, Stored, TRANSACTION_TIMEOUT_MS};
use trailgraph::engine::model::fault::Faults;
use trailgraph::engine::record::TaskId;
use trailgraph::engine::safety::Safety;

use crate::conformance::bench::{Bench, Denied};
use crate::conformance::list;

const MEMBER: &str = "member";
const ALL: usize = usize::MAX;

pub struct ModelBench {
    broker: Broker,
    member_epoch: u32,
}

pub struct Producer {
    id: String,
    epoch: u32,
}

fn task() -> TaskId {
    TaskId { topic: "in".into(), partition: 0 }
}

fn stored(value: &str) -> Stored {
    Stored { key: b"k".to_vec(), value: Some(value.as_bytes().to_vec()) }
}

fn denied(refused: Refused) -> Denied {
    match refused {
        Refused::Fenced => Denied::Fenced,
        Refused::StaleMember => Denied::Member,
        Refused::NoTransaction => Denied::NoTransaction,
        Refused::Unstable => Denied::Unstable,
    }
}

impl ModelBench {
    pub fn new() -> Self {
        let mut broker = Broker::new(Faults::none(), Safety::default());
        for n in 0..10 {
            broker.append("in", stored(&n.to_string()));
        }
        broker.assign(task(), MEMBER);
        let member_epoch = broker.join(MEMBER);
        ModelBench { broker, member_epoch }
    }
}

impl Bench for ModelBench {
    type Producer = Producer;

    fn producer(&mut self, id: &str) -> Producer {
        Producer { id: id.to_owned(), epoch: self.broker.init_producer(id) }
    }

    fn produce(&mut self, producer: &Producer, topic: &str, value: &str) -> Result<(), Denied> {
        self.broker.produce(&producer.id, producer.epoch, topic, stored(value)).map(|_| ()).map_err(denied)
    }

    fn send_offsets(&mut self, producer: &Producer, position: i64, metadata: &str) -> Result<(), Denied> {
        let offsets = [(task(), position, metadata.to_owned())];
        self.broker.send_offsets(&producer.id, producer.epoch, MEMBER, self.member_epoch, &offsets).map_err(denied)
    }

    fn commit(&mut self, producer: &Producer) -> Result<(), Denied> {
        self.broker.end_transaction(&producer.id, producer.epoch, true).map_err(denied)
    }

    fn abort(&mut self, producer: &Producer) -> Result<(), Denied> {
        self.broker.end_transaction(&producer.id, producer.epoch, false).map_err(denied)
    }

    fn commit_late(&mut self, producer: &Producer) {
        self.broker.commit_late(&producer.id, producer.epoch, u64::from(u32::MAX));
    }

    fn deliver_late(&mut self) {
        self.broker.quiesce();
    }

    fn read(&mut self, topic: &str, committed: bool) -> Vec<String> {
        let (records, _) = self.broker.read(topic, 0, committed, ALL);
        records.into_iter().map(|(_, r)| String::from_utf8(r.value.unwrap()).unwrap()).collect()
    }

    fn offset(&mut self) -> Result<Option<(i64, String)>, Denied> {
        self.broker.offset(&task()).map_err(denied)
    }

    fn offset_now(&mut self) -> Option<i64> {
        self.broker.offset_now(&task())
    }

    fn leave(&mut self) {
        self.broker.leave(MEMBER);
    }

    fn move_away(&mut self) {
        self.broker.revoke(&task(), "other");
        for _ in 0..2 {
            self.broker.heartbeat(MEMBER);
        }
        assert_eq!(self.broker.owner(&task()), Some("other"));
    }

    fn wait_for_transaction_timeout(&mut self) {
        self.broker.advance(TRANSACTION_TIMEOUT_MS + 1);
    }
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                list::$name(&mut ModelBench::new());
            }
        )*
    };
}

list::for_each_check!(tests);
