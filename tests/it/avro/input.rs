//! Records in Avro: they say what their JSON says.

use crate::common::parallel;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use apache_avro::types::Value as Avro;
use flate2::read::MultiGzDecoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use trailgraph::domain::activity::Activity;
use trailgraph::domain::event::Event;
use trailgraph::engine::record::TaskId;
use trailgraph::engine::worker::WorkerError;
use trailgraph::stages::fused::Fused;
use trailgraph::stages::route::Route;
use trailgraph::wire::{Bounds, Datum, Limits, Parsed, Piece, Schemas, Unavailable, Unread, parse, unpack_by};

use super::outcome::{Outcome, demo, outcome, process};
use crate::common;
use crate::common::made_avro::Known;

/// What is in an input: kinds with their JSON, reasons of refusals with what they show.
fn pieces(schemas: Option<&dyn Schemas>, bytes: &[u8]) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    let each = &mut |piece: Piece<'_>| {
        out.push(match piece {
            Piece::Record { kind, json, .. } => (kind.text().to_owned(), serde_json::from_slice(json).unwrap()),
            Piece::Refused { refusal, .. } => (refusal.reason.text().to_owned(), Value::Null),
            Piece::Control => ("control".to_owned(), Value::Null),
        });
    };
    unpack_by(schemas, &Limits::default(), bytes, each).unwrap();
    out
}

/// Every JSON document of a file; none of one that is anything else.
fn documents(path: &Path) -> Vec<Value> {
    let mut bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        let mut plain = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
        bytes = plain;
    }
    let all: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(&bytes).into_iter().collect();
    all.unwrap_or_default()
}

#[test]
fn every_real_record_says_the_same_in_avro() {
    let Some(data) = common::data() else { return };
    let files = common::files(&data, &[".json", ".jsonl", ".json.gz", ".jsonl.gz"]);
    // Of the one large trail a part will do: its records are much alike.
    let is_trail = |p: &Path| p.to_string_lossy().contains("Yamato");
    let files = files.into_iter().enumerate().filter(|(n, p)| !is_trail(p) || n % 10 == 0).map(|(_, p)| p).collect();
    let (same, without) = same_in_avro(files);
    println!("{same} pieces the same; of {without} documents Avro has no types for something");
    assert!(same > 3_000 && without < 40, "{same} {without}");
}

#[test]
fn a_record_of_every_call_says_the_same_in_avro() {
    let files = common::files(&common::fixtures(), &[".json"]);
    let all = files.len();
    let (same, without) = same_in_avro(files);
    assert!(same + without == all && without < 10, "{same} {without} of {all}");
}

/// How many pieces the files' documents give in Avro as in JSON, and of how many documents Avro has no types for something.
fn same_in_avro(files: Vec<PathBuf>) -> (usize, usize) {
    let (same, without) = (AtomicUsize::new(0), AtomicUsize::new(0));
    parallel::each(files.iter().enumerate(), |(n, path)| {
        for json in documents(path) {
            let mut known = Known::default();
            let Some(avro) = known.document(&json, n % 2 == 0) else {
                without.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let want = pieces(None, json.to_string().as_bytes());
            assert_eq!(pieces(Some(&known), &avro), want, "{}", path.display());
            same.fetch_add(want.len(), Ordering::Relaxed);
        }
    });
    (same.into_inner(), without.into_inner())
}

/// The demo's documents, each a record of its own.
fn demo_documents() -> Vec<Value> {
    demo().iter().flat_map(|file| serde_json::Deserializer::from_slice(file).into_iter().map(Result::unwrap)).collect()
}

fn text(documents: &[Value]) -> Vec<Vec<u8>> {
    documents.iter().map(|d| d.to_string().into_bytes()).collect()
}

fn fused(schemas: impl Schemas + 'static) -> Fused {
    let mut stage = Fused::new(process());
    stage.route = Route::new(*stage.route.input(), Activity::default(), Some(Arc::new(schemas)));
    stage
}

#[test]
fn the_demo_in_avro_makes_the_same_incidents() {
    let documents = demo_documents();
    let mut known = Known::default();
    let avro: Vec<Vec<u8>> =
        documents.iter().enumerate().map(|(n, d)| known.document(d, n % 2 == 0).unwrap()).collect();
    assert!(avro.len() > 100);
    let want = outcome(&text(&documents), &Fused::new(process()));
    assert!(!want.incidents.is_empty() && want.dead_letters.is_empty());
    assert_eq!(outcome(&avro, &fused(known)), want);
}

/// Doesn't answer every so many times.
#[derive(Debug)]
struct Shaky {
    known: Known,
    asked: AtomicUsize,
}

impl Schemas for Shaky {
    fn read(&self, id: u32, value: &[u8], bounds: Bounds) -> Result<Datum, Unread> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % 17 == 16 {
            return Err(Unread::Unavailable(Unavailable("no answer".into())));
        }
        self.known.read(id, value, bounds)
    }
}

#[test]
fn while_the_registry_does_not_answer_nothing_is_lost_doubled_or_refused() {
    let documents = demo_documents();
    let mut known = Known::default();
    let avro: Vec<Vec<u8>> = documents.iter().map(|d| known.document(d, true).unwrap()).collect();
    let want = outcome(&text(&documents), &Fused::new(process()));
    let got = outcome(&avro, &fused(Shaky { known, asked: AtomicUsize::new(0) }));
    let task = TaskId { topic: "in".into(), partition: 0 };
    let end = WorkerError::Unavailable { task, why: Unavailable("no answer".into()) };
    assert_eq!(end.to_string(), "in-0: no answer");
    assert!(got.ends.len() > 5 && got.ends.iter().all(|e| *e == end), "{:?}", got.ends);
    assert_eq!(got.dead_letters, want.dead_letters);
    assert_eq!(last(&got), last(&want));
}

/// The last revision of each incident without what tells in how many steps, and when, it came about. They come one after the other, none twice.
fn last(outcome: &Outcome) -> BTreeMap<String, Value> {
    let mut revisions: BTreeMap<String, i64> = BTreeMap::new();
    let mut last = BTreeMap::new();
    for bytes in &outcome.incidents {
        let mut incident: Value = serde_json::from_slice(bytes).unwrap();
        let id = incident["incident_id"].as_str().unwrap().to_owned();
        let before = revisions.entry(id.clone()).or_default();
        *before += 1;
        assert_eq!(incident["revision"], *before, "{id}");
        for steps in ["revision", "revision_cause", "updated_at", "history"] {
            incident[steps].take();
        }
        last.insert(id, incident);
    }
    last
}

/// A schema as somebody would write it who knows CloudTrail, and what can't be typed.
fn cloudtrail() -> Value {
    let text = json!(["null", "string"]);
    let field = |name: &str, of: &Value| json!({ "name": name, "type": of });
    let identity: Vec<Value> = ["type", "principalId", "arn", "accountId", "userName", "accessKeyId"]
        .iter()
        .map(|n| field(n, &text))
        .collect();
    let time = json!({ "type": "long", "logicalType": "timestamp-millis" });
    let kinds = json!({ "type": "enum", "name": "EventType", "symbols": ["AwsApiCall", "AwsServiceEvent"] });
    json!({ "type": "record", "name": "Event", "namespace": "com.acme.cloudtrail", "fields": [
        field("eventVersion", &text),
        field("userIdentity", &json!({ "type": "record", "name": "Identity", "fields": identity })),
        field("eventTime", &time),
        field("eventSource", &json!("string")),
        field("eventName", &json!("string")),
        field("awsRegion", &text),
        field("sourceIPAddress", &text),
        field("errorCode", &text),
        field("requestParameters", &text),
        field("responseElements", &text),
        field("eventID", &json!({ "type": "string", "logicalType": "uuid" })),
        field("readOnly", &json!(["null", "boolean"])),
        field("eventType", &kinds),
        field("recipientAccountId", &text),
    ] })
}

#[test]
fn a_record_by_a_schema_of_somebodys_own_is_the_call_it_was() {
    let id = "6f1c3b70-0b1f-4a62-8d8e-a1b2c3d4e5f6";
    let json = json!({
        "eventVersion": "1.08", "userIdentity": {"type": "IAMUser", "accountId": "111122223333", "userName": "a\"b"},
        "eventTime": "2023-07-10T12:09:56Z", "eventSource": "ec2.amazonaws.com", "eventName": "CreateTags",
        "awsRegion": "eu-west-1", "errorCode": null, "eventID": id, "readOnly": false, "eventType": "AwsApiCall",
        "requestParameters": {"resourcesSet": {"items": [{"resourceId": "i-1"}]}, "tagSet": {"items": [{"key": "Name", "value": "{}"}]}},
        "responseElements": {"_return": true}, "recipientAccountId": "111122223333",
    });
    let some = |v: Avro| Avro::Union(1, Box::new(v));
    let none = || Avro::Union(0, Box::new(Avro::Null));
    let text =
        |path: &str| json.pointer(path).and_then(Value::as_str).map_or_else(none, |t| some(Avro::String(t.into())));
    let any = |path: &str| some(Avro::String(json.pointer(path).unwrap().to_string()));
    let identity = ["type", "principalId", "arn", "accountId", "userName", "accessKeyId"];
    let plain = |path: &str| Avro::String(json.pointer(path).unwrap().as_str().unwrap().into());
    let value = Avro::Record(
        [
            ("eventVersion", text("/eventVersion")),
            ("userIdentity", Avro::Record(identity.map(|n| (n.into(), text(&format!("/userIdentity/{n}")))).into())),
            ("eventTime", Avro::TimestampMillis(1_688_990_996_000)),
            ("eventSource", plain("/eventSource")),
            ("eventName", plain("/eventName")),
            ("awsRegion", text("/awsRegion")),
            ("sourceIPAddress", none()),
            ("errorCode", none()),
            ("requestParameters", any("/requestParameters")),
            ("responseElements", any("/responseElements")),
            ("eventID", Avro::Uuid(apache_avro::Uuid::parse_str(id).unwrap())),
            ("readOnly", some(Avro::Boolean(false))),
            ("eventType", Avro::Enum(0, "AwsApiCall".into())),
            ("recipientAccountId", text("/recipientAccountId")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
    );
    let mut known = Known::default();
    let avro = known.put(&cloudtrail(), value);
    assert_eq!(event(Some(&known), &avro), event(None, json.to_string().as_bytes()));

    // Nor does it matter where the text of a record is put.
    for schema in [json!("string"), json!(["null", "string"])] {
        let value = Avro::String(json.to_string());
        let value = if schema.is_array() { some(value) } else { value };
        let avro = known.put(&schema, value);
        assert_eq!(event(Some(&known), &avro), event(None, json.to_string().as_bytes()));
    }
}

fn event(schemas: Option<&dyn Schemas>, bytes: &[u8]) -> Event {
    let mut out = Vec::new();
    let each = &mut |piece: Piece<'_>| {
        let Piece::Record { kind, json, .. } = piece else { panic!("{piece:?}") };
        let Ok(Parsed::Event(event)) = parse(kind, json) else { panic!("{}", String::from_utf8_lossy(json)) };
        out.push(event);
    };
    unpack_by(schemas, &Limits::default(), bytes, each).unwrap();
    assert_eq!(out.len(), 1);
    out.remove(0)
}

/// What can't be taken is there as it came, once, however much of it there is.
#[test]
fn refused_avro_is_a_dead_letter_with_its_own_bytes() {
    let mut known = Known::default();
    let no_time = json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "eventVersion": "1.08"});
    let records = known.document(&json!({ "Records": [no_time, {"hello": 1}, no_time] }), false).unwrap();
    let unknown = known.document(&json!({"hello": 1}), true).unwrap();
    let broken = [records.as_slice(), b"x"].concat();
    let nowhere = [0, 9, 9, 9, 9, 0].to_vec();
    let lines = known.put(&json!("string"), Avro::String(format!("{no_time}\n{{}}")));
    let inputs = [records.clone(), unknown.clone(), broken.clone(), nowhere.clone(), lines];
    let own = [no_time.to_string().into_bytes(), b"{}".to_vec()];
    let want = [records, unknown, broken, nowhere].into_iter().chain(own).collect::<Vec<_>>();
    assert_eq!(outcome(&inputs, &fused(known)).dead_letters, want);
    // And without a registry all of it, as it came.
    assert_eq!(outcome(&inputs, &Fused::new(process())).dead_letters, inputs);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é\n]{0,8}".prop_map(Value::from),
    ];
    let key = prop_oneof!["[a-zA-Z_][a-z0-9]{0,3}", "[a-z.:-]{1,4}", Just("requestParameters".to_owned())];
    leaf.prop_recursive(4, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(key.clone(), inner, 0..5).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Any document: what is read is what was written.
    #[test]
    fn any_document_comes_through_avro(json in any_json(), nullable: bool) {
        let mut known = Known::default();
        let document = json!({ "Records": [{ "eventName": "x", "eventSource": "y", "more": json }] });
        let Some(avro) = known.document(&document, nullable) else { return Err(TestCaseError::reject("no types")) };
        prop_assert_eq!(pieces(Some(&known), &avro), pieces(None, document.to_string().as_bytes()));
    }
}
