//! Exposures as they leave: what changes them, and what is sent of them.

use std::sync::Arc;

use crate::common::history::{ACCOUNT, REGION, at, instance, trail};
use crate::common::live::{Live, exposures, record, stage};
use serde_json::{Value, json};
use trailgraph::domain::exposure::Checks;
use trailgraph::engine::record::OutTopic;
use trailgraph::engine::stage::Stage;
use trailgraph::stages::fused::Fused;
use trailgraph::stages::process::Process;
use trailgraph::stages::retention::Retention;

fn ec2(id: &str, second: u16, name: &str, request: Value, response: Value) -> Value {
    trail(id, second, "ec2", name, request, response)
}

fn created(second: u16) -> Value {
    let request = json!({ "groupName": "web", "vpcId": "vpc-1" });
    ec2("created", second, "CreateSecurityGroup", request, json!({ "groupId": "sg-1" }))
}

fn ssh(id: &str, second: u16, name: &str) -> Value {
    let permission = json!({ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": { "items": [{ "cidrIp": "0.0.0.0/0" }] } });
    let request = json!({ "groupId": "sg-1", "ipPermissions": { "items": [permission] } });
    ec2(id, second, name, request, json!({ "_return": true }))
}

fn opened(id: &str, second: u16) -> Value {
    ssh(id, second, "AuthorizeSecurityGroupIngress")
}

fn closed(id: &str, second: u16) -> Value {
    ssh(id, second, "RevokeSecurityGroupIngress")
}

fn launched(second: u16) -> Value {
    let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.1", "eni-1", "eni-attach-1");
    ec2("launched", second, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }))
}

/// Each record a commit of its own.
fn told(stage: &Fused, records: &[Value]) -> Live {
    let mut live = Live::default();
    for (n, value) in records.iter().enumerate() {
        stage.take(&record(n, value), at(1_000), &mut live).unwrap();
        stage.tick(at(2_000), &mut live);
    }
    live
}

fn sent(live: &Live) -> Vec<Value> {
    let exposures = live.sent.iter().filter(|r| r.topic == OutTopic::Exposures);
    exposures.map(|r| serde_json::from_slice(&r.value).unwrap()).collect()
}

fn results(live: &Live) -> Vec<String> {
    sent(live).iter().map(|e| e["result"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_rule_that_is_opened_closed_and_opened_again_is_told_each_time() {
    let records = [created(1), opened("e1", 5), closed("e2", 8), opened("e3", 9)];
    let live = told(&stage(Retention::FOREVER), &records);
    assert_eq!(results(&live), ["pass", "fail", "pass", "fail"]);
    let last = sent(&live).pop().unwrap();
    assert_eq!(last["exposure_id"], format!("{ACCOUNT}:ec2-sg-ingress-ssh:sg-1"));
    assert_eq!(
        (&last["kind"], &last["region"], &last["severity"], &last["attached"]),
        (&json!("security_group"), &json!(REGION), &json!("medium"), &json!(false))
    );
    assert_eq!((&last["first_seen"], &last["changed_at"]), (&json!(at(9).to_string()), &json!(at(9).to_string())));
    assert_eq!(last["introduced_by"]["event_id"], "e3");
    assert_eq!(last["introduced_by"]["principal"], format!("arn:aws:iam::{ACCOUNT}:user/ana"));
    let record = live.sent.iter().rfind(|r| r.topic == OutTopic::Exposures).unwrap();
    assert_eq!(record.key, last["exposure_id"].as_str().unwrap().as_bytes());
    let header = |name: &str| record.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice());
    assert_eq!(header("trailgraph.result"), Some(b"fail".as_slice()));
    assert_eq!(header("trailgraph.account"), Some(ACCOUNT.as_bytes()));
}

#[test]
fn what_uses_the_group_changes_its_severity() {
    let end =
        json!({ "instancesSet": { "items": [{ "instanceId": "i-1", "currentState": { "name": "shutting-down" } }] } });
    let records = [created(1), opened("e1", 2), launched(3), ec2("ended", 9, "TerminateInstances", json!({}), end)];
    let live = told(&stage(Retention::FOREVER), &records);
    let told: Vec<_> = sent(&live).iter().map(|e| (e["severity"].clone(), e["attached"].clone())).collect();
    let (low, high) = ((json!("medium"), json!(false)), (json!("high"), json!(true)));
    assert_eq!(told[1..], [low.clone(), high, low], "{told:?}");
}

#[test]
fn a_group_that_was_never_created_in_sight_is_unknown_until_a_rule_says_enough() {
    let live = told(&stage(Retention::FOREVER), &[launched(1), opened("e1", 2), closed("e2", 3)]);
    assert_eq!(results(&live), ["unknown", "fail", "unknown"]);
    let [first, open, _] = &sent(&live)[..] else { panic!() };
    assert_eq!(first["missing"], json!(["rules from before its first sign of life are unknown"]));
    assert_eq!((&open["missing"], &open["attached"]), (&json!([]), &json!(true)));
}

/// The last content follows from the records, in whichever order they come; times of results follow the order.
#[test]
fn what_comes_late_ends_in_the_same() {
    let records = [created(1), opened("e1", 5), launched(6), closed("e2", 8), opened("e3", 9)];
    let stage = stage(Retention::FOREVER);
    let want = exposures(&told(&stage, &records));
    assert_eq!(want.len(), 1);
    for turn in 0..records.len() {
        let mut late = records.clone();
        late.rotate_left(turn);
        assert_eq!(exposures(&told(&stage, &late)), want, "{turn}");
        late.reverse();
        assert_eq!(exposures(&told(&stage, &late)), want, "{turn} reversed");
    }
}

/// A check that is new, or other than it was, judges what is there, without a record that says anything new.
#[test]
fn other_checks_judge_every_asset_anew() {
    let mut stage = stage(Retention::FOREVER);
    let shipped = stage.process.checks.clone();
    stage.process = Process { checks: Arc::default(), ..stage.process };
    let mut live = told(&stage, &[created(1), opened("e1", 5)]);
    assert!(sent(&live).is_empty());
    stage.process = Process { checks: shipped, ..stage.process };
    stage.tick(at(3_000), &mut live);
    assert_eq!(results(&live), ["fail"]);
    assert_eq!(sent(&live)[0]["changed_at"], at(5).to_string());
    stage.tick(at(4_000), &mut live);
    assert_eq!(results(&live), ["fail"], "they are judged once");
    let rdp = include_str!("../../knowledge/checks/ec2.toml")
        .replace("from_port = 22, to_port = 22", "from_port = 3389, to_port = 3389");
    stage.process = Process { checks: Arc::new(Checks::read(&[("rdp", &rdp)]).unwrap()), ..stage.process };
    stage.tick(at(5_000), &mut live);
    assert_eq!(results(&live), ["fail", "pass"]);
}
