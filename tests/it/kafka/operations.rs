//! What an operator sees: metrics and health, Avro behind a registry, and a worker that stops rather than refuse everything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use trailgraph::wire::avro::INCIDENT;

use super::broker::{Broker, PATIENCE, create, fresh, produce, read};
use super::registry::{ID, Registry};
use super::service::{Service, configuration, said};

const INCIDENTS: &str = "trailgraph.incidents.v1";
const DEAD_LETTERS: &str = "trailgraph.dead-letters.v1";

/// Status and body; none: nobody listens yet.
fn get(port: u16, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Some((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
}

fn wait(what: &str, mut is: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < until, "{what} doesn't come");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The values of all series of a metric whose labels hold all of `labels`.
fn values(metrics: &str, name: &str, labels: &[&str]) -> Vec<f64> {
    let series =
        metrics.lines().filter(|l| l.starts_with(&format!("{name}{{")) && labels.iter().all(|x| l.contains(x)));
    series.map(|l| l.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn metrics_health_and_avro_are_what_they_say() {
    let (broker_port, port) = (20_692, 20_696);
    let Some(broker) = Broker::start("operations", broker_port) else { return };
    create(&broker, &["cloudtrail", "guardduty"]);
    let dir = fresh("operations-work");
    let changes =
        format!("[schema_registry]\nurl = \"{}\"\n[http]\nlisten = \"127.0.0.1:{port}\"\n", Registry::start().url);
    let log = dir.join("both.log");
    let service = Service::start(&configuration(&broker, &dir, &changes), "route,process", &log);
    wait("readiness", || get(port, "/readyz").is_some_and(|(status, _)| status == 200));
    assert_eq!(get(port, "/healthz"), Some((200, "ok\n".into())));

    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    let mut records = Vec::new();
    for file in crate::common::files(&scenario, &[".jsonl"]) {
        records.extend(std::fs::read_to_string(file).unwrap().lines().map(str::to_owned));
    }
    let good = records.len();
    records.push("no json".into());
    produce(&broker, "cloudtrail", &records);

    let mut text = String::new();
    wait("an incident, and no lag", || {
        text = get(port, "/metrics").unwrap().1;
        let sent = values(&text, "trailgraph_output_records_total", &[INCIDENTS]).iter().sum::<f64>();
        let lag = values(&text, "trailgraph_lag_records", &[]);
        // Two topics of route and one of process, four partitions each.
        sent >= 1.0 && lag.len() == 12 && lag.iter().all(|n| *n == 0.0)
    });
    let sum = |name: &str, labels: &[&str]| values(&text, name, labels).iter().sum::<f64>();
    let records = |role: &str| sum("trailgraph_records_total", &[role]);
    assert_eq!(records("role=\"route\""), good as f64 + 1.0);
    assert_eq!(sum("trailgraph_input_records_total", &["role=\"route\""]), good as f64 + 1.0);
    assert_eq!(sum("trailgraph_records_total", &["fate=\"routed\""]), records("role=\"process\""));
    assert_eq!(sum("trailgraph_dead_letters_total", &["reason=\"not_json\""]), 1.0);
    assert_eq!(sum("trailgraph_output_records_total", &[DEAD_LETTERS]), 1.0);
    assert!(sum("trailgraph_commit_duration_seconds_count", &["role=\"process\""]) >= 1.0);
    assert_eq!(values(&text, "trailgraph_state_bytes", &["role=\"process\""]).len(), 4);
    assert!(values(&text, "trailgraph_lag_seconds", &[]).iter().all(|s| *s == 0.0));
    assert_eq!(said(&log, "restored").len(), 12);
    service.stop();

    let schema = Schema::parse_str(INCIDENT).unwrap();
    let incidents = read(&broker, INCIDENTS);
    assert!(!incidents.is_empty());
    for (key, value) in incidents {
        let value = value.unwrap();
        assert_eq!(&value[..5], [&[0], ID.to_be_bytes().as_slice()].concat());
        let reader = GenericDatumReader::builder(&schema).build().unwrap();
        let Avro::Record(fields) = reader.read_value(&mut &value[5..]).unwrap() else { panic!("no record") };
        let (_, id) = fields.iter().find(|(name, _)| name == "incident_id").unwrap();
        let Avro::String(id) = id else { panic!("{id:?}") };
        assert_eq!(id.as_bytes(), key.as_slice());
    }

    // From here on all is refused: once a window is full nothing more of it is committed, and the process ends badly.
    // Each worker has a window of its own, and here there is one.
    let changes = "[roles]\nworkers = 1\n[limits]\nrefused_percent_max = 50\nrefused_window_records = 100\n";
    let before = read(&broker, DEAD_LETTERS).len();
    produce(&broker, "cloudtrail", &vec!["no json"; 200]);
    let log = dir.join("refusing.log");
    let service = Service::start(&configuration(&broker, &dir, changes), "route", &log);
    assert_eq!(service.end(), Some(1));
    let ended = said(&log, "worker ended");
    assert!(ended.iter().any(|l| l["error"].as_str().unwrap().contains("were refused")), "{ended:?}");
    assert!(read(&broker, DEAD_LETTERS).len() - before < 100);
}
