//! Incidents as Avro: what leaves says the same as the JSON, and is never lost over a schema that doesn't fit.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use serde_json::{Value, json};
use trailgraph::domain::incident::Knowledge;
use trailgraph::domain::time::Time;
use trailgraph::engine::commit::Limits;
use trailgraph::engine::fused::Fused;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::model::broker::{Broker, Stored};
use trailgraph::engine::model::fault::Faults;
use trailgraph::engine::model::{ModelLog, input, output};
use trailgraph::engine::process::Process;
use trailgraph::engine::record::{OutTopic, TaskId};
use trailgraph::engine::safety::Safety;
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::Worker;
use trailgraph::wire::Encoding;
use trailgraph::wire::avro::{AvroWriter, INCIDENT};

mod common;

/// What comes out on both topics of records, each a file's whole content.
fn outcome(inputs: &[Vec<u8>], encoding: Encoding) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let task = TaskId { topic: "in".into(), partition: 0 };
    let broker = Rc::new(RefCell::new(Broker::new(Faults::none(), Safety::default())));
    broker.borrow_mut().assign(task.clone(), "a");
    for value in inputs {
        let record = Stored { key: Vec::new(), value: Some(value.clone()) };
        broker.borrow_mut().append(&input(&task), record);
    }
    let process = Process::new(Arc::new(Knowledge::shipped().unwrap()), 5_000);
    let stage = Fused { process: Process { encoding, ..process } };
    let open = |_: &TaskId| -> Result<MemoryStore, StoreError> { Ok(MemoryStore::new()) };
    let limits = Limits { records: 7, ..Limits::default() };
    let mut worker = Worker::new(ModelLog::join(&broker, "a"), open, stage, limits);
    let mut idle = 0;
    // Beyond the grace: nothing waits on.
    while idle < 200 {
        broker.borrow_mut().advance(50);
        idle = if worker.step().unwrap().records == 0 { idle + 1 } else { 0 };
    }
    assert!(worker.finish().unwrap());
    let read = |topic| {
        let (records, _) = broker.borrow().read(&output(topic), 0, true, usize::MAX);
        records.into_iter().filter_map(|(_, record)| record.value).collect()
    };
    (read(OutTopic::Incidents), read(OutTopic::DeadLetters))
}

fn demo() -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    common::files(&dir, &[".json", ".jsonl"]).iter().map(|p| std::fs::read(p).unwrap()).collect()
}

/// As a reader does who has the writer's schema and nothing else.
fn read(schema: &Schema, bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let value = GenericDatumReader::builder(schema).build().unwrap().read_value(&mut rest).unwrap();
    assert!(rest.is_empty());
    plain(value)
}

fn plain(value: Avro) -> Value {
    match value {
        Avro::Null => Value::Null,
        Avro::Boolean(b) => json!(b),
        Avro::Int(n) => json!(n),
        Avro::Long(n) => json!(n),
        Avro::Double(n) => json!(n),
        Avro::String(s) | Avro::Enum(_, s) => json!(s),
        Avro::TimestampMillis(n) => json!(Time(n).to_string()),
        Avro::Array(all) => all.into_iter().map(plain).collect(),
        Avro::Map(all) => Value::Object(all.into_iter().map(|(k, v)| (k, plain(v))).collect()),
        Avro::Record(all) => Value::Object(all.into_iter().map(|(k, v)| (k, plain(v))).collect()),
        Avro::Union(_, inner) => plain(*inner),
        other => panic!("{other:?}"),
    }
}

fn agree(inputs: &[Vec<u8>]) -> usize {
    let writer = AvroWriter::new(INCIDENT, 0x0001_0203).unwrap();
    let (as_json, letters) = outcome(inputs, Encoding::Json);
    let (as_avro, same_letters) = outcome(inputs, Encoding::Avro(Arc::new(writer)));
    assert_eq!(letters, same_letters, "what is refused stays as it came");
    assert_eq!(as_json.len(), as_avro.len());
    let schema = Schema::parse_str(INCIDENT).unwrap();
    for (json, avro) in as_json.iter().zip(&as_avro) {
        assert_eq!(&avro[..5], [0, 0, 1, 2, 3]);
        assert_eq!(read(&schema, &avro[5..]), serde_json::from_slice::<Value>(json).unwrap());
    }
    as_json.len()
}

#[test]
fn every_revision_of_the_demo_says_the_same_in_both() {
    assert!(agree(&demo()) >= 1);
}

#[test]
fn so_does_every_revision_of_real_records() {
    let Some(data) = common::data() else { return };
    let files = common::files(&data, &[".json", ".jsonl", ".json.gz", ".jsonl.gz"]);
    let inputs: Vec<Vec<u8>> = files.iter().map(|p| std::fs::read(p).unwrap()).filter(|b| b.len() < 4 << 20).collect();
    let revisions = agree(&inputs);
    assert!(revisions > 10, "{revisions}");
}

#[test]
fn an_incident_that_its_schema_does_not_fit_is_a_dead_letter_with_all_it_says() {
    let schema = r#"{"type":"record","name":"Incident","fields":[{"name":"incident_id","type":"string"}]}"#;
    let writer = AvroWriter::new(schema, 1).unwrap();
    let (as_json, _) = outcome(&demo(), Encoding::Json);
    let (none, letters) = outcome(&demo(), Encoding::Avro(Arc::new(writer)));
    assert!(none.is_empty());
    assert_eq!(letters, as_json);
}
