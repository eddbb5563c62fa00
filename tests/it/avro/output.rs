//! Incidents as Avro: what leaves says the same as the JSON, and is never lost over a schema that doesn't fit.

use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use serde_json::{Value, json};
use trailgraph::domain::time::Time;
use trailgraph::stages::fused::Fused;
use trailgraph::stages::process::Process;
use trailgraph::wire::Encoding;
use trailgraph::wire::avro::{AvroWriter, INCIDENT};

use super::outcome::{demo, outcome, process};
use crate::common;

/// Incidents and dead letters.
fn leaving(inputs: &[Vec<u8>], encoding: Encoding) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let outcome = outcome(inputs, &Fused::new(Process { encoding, ..process() }));
    (outcome.incidents, outcome.dead_letters)
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
    let (as_json, letters) = leaving(inputs, Encoding::Json);
    let (as_avro, same_letters) = leaving(inputs, Encoding::Avro(Arc::new(writer)));
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
    let (as_json, _) = leaving(&demo(), Encoding::Json);
    let (none, letters) = leaving(&demo(), Encoding::Avro(Arc::new(writer)));
    assert!(none.is_empty());
    assert_eq!(letters, as_json);
}
