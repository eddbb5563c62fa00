//! The scenario that ships: what it promises to those who replay it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use trailgraph::domain::time::Time;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo").join(name)).unwrap()
}

fn lines(name: &str) -> Vec<Value> {
    file(name).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Every CloudTrail record as delivered, in all three forms.
fn trail() -> Vec<Value> {
    let whole: Value = serde_json::from_str(&file("cloudtrail-1.json")).unwrap();
    let mut records = whole["Records"].as_array().unwrap().clone();
    records.extend(lines("cloudtrail-2.jsonl"));
    records.extend(lines("cloudtrail-eventbridge.jsonl").iter().map(|e| e["detail"].clone()));
    records
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn launches(records: &[Value]) -> BTreeMap<&str, &Value> {
    let ran = records.iter().filter(|r| r["eventName"] == "RunInstances" && r.get("errorCode").is_none());
    ran.map(|r| (text(r, "/responseElements/instancesSet/items/0/instanceId"), r)).collect()
}

#[test]
fn a_repeated_event_id_is_a_true_duplicate() {
    let records = trail();
    let mut seen: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut duplicates = 0;
    for record in &records {
        let id = text(record, "/eventID");
        assert_eq!(id.len(), 36, "{record}");
        if let Some(before) = seen.insert(id, record) {
            assert_eq!(before, record);
            duplicates += 1;
        }
    }
    assert!(duplicates > 5 && seen.len() > 150, "{duplicates} of {}", seen.len());
}

#[test]
fn everything_happens_within_the_two_days() {
    let (from, to) = (Time::parse("2026-03-02T00:00:00Z").unwrap(), Time::parse("2026-03-04T00:00:00Z").unwrap());
    let mut times: Vec<String> = trail().iter().map(|r| text(r, "/eventTime").to_owned()).collect();
    for name in ["instance-states.jsonl", "guardduty.jsonl", "cloudtrail-eventbridge.jsonl"] {
        times.extend(lines(name).iter().map(|e| text(e, "/time").to_owned()));
    }
    for time in times {
        let at = Time::parse(&time).unwrap();
        assert!(from <= at && at < to, "{time}");
    }
}

#[test]
fn lines_are_out_of_order() {
    let times: Vec<Time> =
        lines("cloudtrail-2.jsonl").iter().filter_map(|r| Time::parse(text(r, "/eventTime"))).collect();
    assert!(times.windows(2).any(|pair| matches!(pair, [a, b] if a > b)));
}

#[test]
fn only_accounts_and_addresses_for_documentation_occur() {
    for record in trail() {
        let account = text(&record, "/recipientAccountId");
        assert!(["111122223333", "444455556666", "123456789012"].contains(&account), "{account}");
        let address = text(&record, "/sourceIPAddress");
        assert!(["198.51.100.", "203.0.113.", "autoscaling."].iter().any(|p| address.starts_with(p)), "{address}");
    }
}

#[test]
fn the_attacked_host_has_the_address_of_the_one_it_replaced() {
    let (records, findings) = (trail(), lines("guardduty.jsonl"));
    let launches = launches(&records);
    let attacked = text(&findings[0], "/detail/resource/instanceDetails/instanceId");
    let address = |id: &str| text(launches[id], "/responseElements/instancesSet/items/0/privateIpAddress").to_owned();
    let ended: BTreeSet<&str> = records
        .iter()
        .filter(|r| r["eventName"] == "TerminateInstances")
        .map(|r| text(r, "/requestParameters/instancesSet/items/0/instanceId"))
        .collect();
    assert!(!ended.contains(attacked));
    assert_eq!(ended.iter().filter(|id| address(id) == address(attacked)).count(), 1);
    assert_eq!(launches.len(), 4);
}

#[test]
fn the_finding_comes_three_times_once_to_the_administrator() {
    let findings = lines("guardduty.jsonl");
    assert_eq!(findings.iter().map(|f| text(f, "/detail/id")).collect::<BTreeSet<_>>().len(), 1);
    assert!(findings.iter().all(|f| text(f, "/detail/accountId") == "111122223333"));
    assert_eq!(findings.iter().filter(|f| text(f, "/account") == "123456789012").count(), 1);
    let counts: Vec<u64> = findings.iter().filter_map(|f| f.pointer("/detail/service/count")?.as_u64()).collect();
    assert_eq!(counts, [1, 1, 7]);
}

#[test]
fn some_calls_changed_nothing() {
    let errors: BTreeSet<String> = trail().iter().map(|r| text(r, "/errorCode").to_owned()).collect();
    assert!(errors.contains("Client.DryRunOperation") && errors.contains("Client.UnauthorizedOperation"));
}
