//! Records in Avro by the schemas of a registry, which is away for a while.

use std::path::Path;

use super::broker::{Broker, create, fresh, positions, produce, read};
use super::oracle::Result;
use super::registry::Registry;
use super::service::{Service, configuration, said};
use super::settle::run_both;
use crate::common;
use crate::common::made_avro::Known;

#[test]
fn records_in_avro_give_what_their_json_gives() {
    let Some(broker) = Broker::start("avro", 21_392) else { return };
    let dir = fresh("avro-work");
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    let mut want = Result::replayed(&[&scenario], &dir.join("replay"));

    let (registry, mut known, mut records) = (Registry::start(), Known::default(), Vec::new());
    for file in common::files(&scenario, &[".json", ".jsonl"]) {
        let text = std::fs::read(file).unwrap();
        for (n, document) in serde_json::Deserializer::from_slice(&text).into_iter::<serde_json::Value>().enumerate() {
            records.push(known.document(&document.unwrap(), n % 2 == 0).unwrap());
        }
    }
    for (id, schema) in known.texts() {
        registry.hold(id, schema);
    }
    // Of one the registry knows nothing, and one is none of its schema.
    let unknown = [0, 9, 9, 9, 9, 1, 2, 3].to_vec();
    let broken = [records[0].as_slice(), b"x"].concat();
    for bad in [&unknown, &broken, &unknown] {
        records.push(bad.clone());
        want.dead_letters.push(bad.clone());
    }
    want.dead_letters.sort();

    create(&broker, &["cloudtrail", "guardduty"]);
    produce(&broker, "cloudtrail", &records);
    let changes = format!("[schema_registry]\nurl = \"{}\"\n[output]\nencoding = \"json\"\n", registry.url);
    let config = configuration(&broker, &dir, &changes);

    // Without an answer nothing of it is taken, refused or passed over, and whoever looks is told why.
    registry.set_down(true);
    let log = dir.join("away.log");
    assert_eq!(Service::start(&config, "route", &log).end(), Some(1));
    let ended = said(&log, "worker ended");
    let why = "reading the schema: no answer in 5 tries: HTTP 503: no leader";
    assert!(ended.iter().any(|l| l["error"].as_str().unwrap().ends_with(why)), "{ended:?}");
    assert_eq!(positions(&broker, "route", "cloudtrail").iter().sum::<i64>(), 0);
    assert!(read(&broker, "trailgraph.by-account.v1").is_empty());
    assert!(read(&broker, "trailgraph.dead-letters.v1").is_empty());

    registry.set_down(false);
    let before = registry.asked().len();
    run_both(&broker, &config, &dir);
    Result::emitted(&broker).assert_is(&want);
    let asked = registry.asked().split_off(before);
    for (id, _) in known.texts() {
        let line = format!("GET /schemas/ids/{id}");
        assert_eq!(asked.iter().filter(|l| **l == line).count(), 1, "{line}");
    }
}
