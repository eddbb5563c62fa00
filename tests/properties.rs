//! What must hold of the graph, whatever the order, repetition and batching of the input: the last state is the same at every
//! moment, a fast read equals the fold of the facts, and facts loaded from the changelog give what the live run had.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use trailgraph::domain::graph::StateView;
use trailgraph::domain::incident::Knowledge;
use trailgraph::domain::time::Time;
use trailgraph::engine::fused::Fused;
use trailgraph::engine::graph_view::{GraphView, fold};
use trailgraph::engine::loaded::Loaded;
use trailgraph::engine::process::Process;
use trailgraph::engine::record::{Record, TaskId};
use trailgraph::engine::stage::{Context, Stage};
use trailgraph::wire::state::{keys, values};

const ACCOUNT: &str = "111122223333";
/// 2026-03-02T10:00:00Z
const START: i64 = 1_772_445_600_000;

fn time(second: u8) -> String {
    Time(START + i64::from(second) * 1000).to_string()
}

fn trail(n: usize, second: u8, name: &str, request: Value, response: Value) -> Value {
    json!({
        "eventVersion": "1.09", "eventID": format!("event-{n:03}"), "eventTime": time(second), "eventSource": "ec2.amazonaws.com",
        "eventName": name, "awsRegion": "eu-central-1", "recipientAccountId": ACCOUNT, "readOnly": false,
        "userIdentity": { "type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/ana"), "accountId": ACCOUNT },
        "sourceIPAddress": "198.51.100.7", "userAgent": "t", "requestParameters": request, "responseElements": response,
    })
}

fn finding(n: usize, second: u8, instance: u8, count: u8) -> Value {
    json!({
        "schemaVersion": "2.0", "accountId": ACCOUNT, "region": "eu-central-1", "id": format!("finding-{instance}"),
        "arn": format!("arn:aws:guardduty:eu-central-1:{ACCOUNT}:detector/d/finding/finding-{instance}"),
        "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS", "severity": 8,
        "resource": { "resourceType": "Instance", "instanceDetails": { "instanceId": format!("i-{instance}") } },
        "service": {
            "serviceName": "guardduty", "resourceRole": "ACTOR", "count": count,
            "action": { "actionType": "DNS_REQUEST", "dnsRequestAction": { "domain": format!("pool{n}.example") } },
            "eventFirstSeen": time(0), "eventLastSeen": time(second), "archived": false,
        },
        "createdAt": time(0), "updatedAt": time(second), "title": "t", "description": "d",
    })
}

/// One call, failed or not, on a world of two instances, groups and subnets.
fn record() -> impl Strategy<Value = (u8, u8, u8, u8, bool)> {
    (0u8..14, 0u8..12, 0u8..2, 0u8..2, prop::bool::weighted(0.1))
}

fn build(n: usize, (what, second, a, b, failed): (u8, u8, u8, u8, bool)) -> Value {
    let (instance, group, subnet, eni) =
        (format!("i-{a}"), format!("sg-{b}"), format!("subnet-{b}"), format!("eni-{a}"));
    let permission = json!({ "items": [{ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {},
        "ipRanges": { "items": [{ "cidrIp": format!("203.0.113.{b}/32") }] }, "ipv6Ranges": {}, "prefixListIds": {} }] });
    let ok = json!({ "_return": true });
    let mut event = match what {
        0 | 1 => trail(
            n,
            second,
            "RunInstances",
            json!({}),
            json!({ "ownerId": ACCOUNT, "instancesSet": { "items": [{
            "instanceId": instance, "imageId": "ami-1", "instanceType": "t3.micro", "subnetId": subnet, "vpcId": "vpc-1",
            "privateIpAddress": "10.0.0.5", "instanceState": { "code": 0, "name": "pending" },
            "groupSet": { "items": [{ "groupId": group }] },
            "networkInterfaceSet": { "items": [{ "networkInterfaceId": eni, "subnetId": subnet, "vpcId": "vpc-1",
                "privateIpAddress": "10.0.0.5", "groupSet": { "items": [{ "groupId": group }] },
                "attachment": { "attachmentId": format!("eni-attach-{a}"), "deviceIndex": 0, "deleteOnTermination": true } }] },
        }] } }),
        ),
        2 => trail(
            n,
            second,
            "TerminateInstances",
            json!({ "instancesSet": { "items": [{ "instanceId": instance }] } }),
            json!({ "instancesSet": { "items": [{ "instanceId": instance,
                "currentState": { "code": 32, "name": "shutting-down" }, "previousState": { "code": 16, "name": "running" } }] } }),
        ),
        3 => trail(
            n,
            second,
            "CreateSecurityGroup",
            json!({ "groupName": group, "groupDescription": "d", "vpcId": "vpc-1" }),
            json!({ "_return": true, "groupId": group }),
        ),
        4 => trail(n, second, "DeleteSecurityGroup", json!({ "groupId": group }), ok),
        5 | 6 => trail(
            n,
            second,
            "AuthorizeSecurityGroupIngress",
            json!({ "groupId": group, "ipPermissions": permission }),
            ok,
        ),
        7 => {
            trail(n, second, "RevokeSecurityGroupIngress", json!({ "groupId": group, "ipPermissions": permission }), ok)
        }
        8 => trail(
            n,
            second,
            "ModifyInstanceAttribute",
            json!({ "instanceId": instance,
            "groupSet": { "items": [{ "groupId": group }] } }),
            ok,
        ),
        9 => trail(
            n,
            second,
            "CreateTags",
            json!({ "resourcesSet": { "items": [{ "resourceId": instance }] },
            "tagSet": { "items": [{ "key": "Name", "value": format!("n{b}") }] } }),
            ok,
        ),
        10 => {
            trail(n, second, "CreateVpc", json!({}), json!({ "vpc": { "vpcId": "vpc-1", "cidrBlock": "10.0.0.0/16" } }))
        }
        11 => trail(
            n,
            second,
            "CreateSubnet",
            json!({}),
            json!({ "subnet": { "subnetId": subnet, "vpcId": "vpc-1", "cidrBlock": format!("10.0.{b}.0/24") } }),
        ),
        12 => trail(n, second, "DeleteSubnet", json!({ "subnetId": subnet }), ok),
        _ => return finding(n, second, a, b + 1),
    };
    if failed && let Some(map) = event.as_object_mut() {
        map.insert("errorCode".into(), json!("Client.UnauthorizedOperation"));
    }
    event
}

fn stage() -> Fused {
    Fused { process: Process { knowledge: Arc::new(Knowledge::shipped().unwrap()), grace_ms: 5_000 } }
}

fn run(records: &[Value], batch: usize) -> Loaded {
    let (stage, mut state) = (stage(), Loaded::default());
    for (n, value) in records.iter().enumerate() {
        let record = Record {
            task: TaskId { topic: "t".into(), partition: 0 },
            offset: n as i64,
            key: None,
            value: value.to_string().into_bytes(),
            headers: Vec::new(),
        };
        stage.take(&record, Time(n as i64), &mut state);
        if n % batch == 0 {
            stage.tick(Time(n as i64), &mut state);
        }
    }
    stage.tick(Time(1_000_000), &mut state);
    state
}

fn times() -> Vec<Time> {
    (0..14).map(|s| Time(START + s * 1000)).chain([Time(START - 1), Time(START + 500), Time::MAX]).collect()
}

/// Every asset as it was at each time.
fn export(state: &Loaded) -> Vec<String> {
    let view = GraphView(state);
    let mut out = Vec::new();
    for asset in state.keys(&[keys::ASSET]).filter_map(keys::read_asset) {
        for at in times() {
            let read = view.value(&asset, at).map(|v| v.state());
            out.push(format!("{} {} {at} {}", asset.account, asset.text(), serde_json::to_string(&read).unwrap()));
        }
    }
    out
}

/// The last content of every incident: all but the number of the revision and how it came to be.
fn incidents(state: &Loaded) -> BTreeMap<Vec<u8>, Value> {
    let stored = state.scan(&[keys::INCIDENT], &[keys::INCIDENT], usize::MAX);
    stored
        .into_iter()
        .map(|(key, bytes)| {
            let stored: values::StoredIncident = values::decode(&bytes).unwrap();
            let mut document: Value = serde_json::from_str(&stored.document).unwrap();
            for own in ["revision", "revision_cause", "history"] {
                document.as_object_mut().unwrap().remove(own);
            }
            (key, document)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_repetition_and_batches_do_not_matter(
        history in prop::collection::vec(record(), 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 80),
        batches in (1usize..9, 1usize..9),
    ) {
        let records: Vec<_> = history.into_iter().enumerate().map(|(n, r)| build(n, r)).collect();
        // A shuffle in which some come twice and none is missing.
        let mut other: Vec<_> = records.clone();
        for (n, index) in order.iter().enumerate() {
            let pick = index.get(&records).clone();
            if n % 4 == 0 { other.push(pick) } else {
                let (i, j) = (index.index(other.len()), n % other.len());
                other.swap(i, j);
            }
        }
        let (first, second) = (run(&records, batches.0), run(&other, batches.1));
        prop_assert_eq!(export(&first), export(&second));
        prop_assert_eq!(incidents(&first), incidents(&second));
    }

    #[test]
    fn a_fast_read_equals_the_fold_and_the_changelog_restores_what_was_there(history in prop::collection::vec(record(), 1..40)) {
        let records: Vec<_> = history.into_iter().enumerate().map(|(n, r)| build(n, r)).collect();
        let state = run(&records, 3);
        let view = GraphView(&state);
        for asset in state.keys(&[keys::ASSET]).filter_map(keys::read_asset) {
            for at in times() {
                let folded = fold(&state, &asset, at);
                let folded = folded.first.is_some().then(|| folded.state());
                prop_assert_eq!(view.value(&asset, at).map(|v| v.state()), folded, "{:?} at {}", asset, at);
            }
        }
        // The changelog holds what isn't derived; backwards is as good an order as any.
        let mut restored = Loaded::default();
        let logged = |key: &[u8]| [keys::FACT, keys::FINDING, keys::INCIDENT, keys::PENDING].contains(&key[0]);
        let all = state.scan(&[], &[], usize::MAX);
        for (key, value) in all.iter().rev().filter(|(key, _)| logged(key)) {
            restored.put(key.clone(), Some(value.clone()), trailgraph::engine::stage::Logged::Yes);
            stage().restored(key, Some(value), &mut restored);
        }
        prop_assert_eq!(restored.scan(&[], &[], usize::MAX), all);
    }
}

mod common;

/// The real records that touch the graph, and the real findings, each as a record of its own.
fn real() -> Option<Vec<Value>> {
    use trailgraph::wire::{Piece, RecordKind, Verdict, prescan, unpack};
    let data = common::data()?;
    let mut out = Vec::new();
    for path in common::files(&data, &[".json", ".jsonl", ".json.gz", ".jsonl.gz"]) {
        unpack(&std::fs::read(&path).unwrap(), &mut |piece| {
            let Piece::Record { kind, json } = piece else { return };
            let relevant = &trailgraph::domain::effects::is_effect;
            if kind == RecordKind::Finding || (kind == RecordKind::Trail && prescan(json, relevant) == Verdict::Keep) {
                out.push(serde_json::from_slice(json).unwrap());
            }
        });
    }
    Some(out)
}

/// Every asset at the times of its own facts, and now.
fn export_whole(state: &Loaded) -> Vec<String> {
    let view = GraphView(state);
    let mut out = Vec::new();
    for asset in state.keys(&[keys::ASSET]).filter_map(keys::read_asset) {
        let value = view.value(&asset, Time::MAX).unwrap();
        let stamps = value.fields.values().map(|f| f.by.stamp.time).chain(value.exists.keys().map(|s| s.time));
        for at in stamps.chain([Time::MAX]) {
            let read = view.value(&asset, at).map(|v| v.state());
            out.push(format!("{} {} {at} {}", asset.account, asset.text(), serde_json::to_string(&read).unwrap()));
        }
    }
    out
}

#[test]
fn real_records_shuffled_reversed_and_repeated_give_the_same_graph_and_incidents() {
    let Some(records) = real() else { return };
    let first = run(&records, 50);
    let (want, want_incidents) = (export_whole(&first), incidents(&first));
    assert!(want.len() > 200 && want_incidents.len() > 10, "{} {}", want.len(), want_incidents.len());
    let reversed: Vec<_> = records.iter().rev().cloned().collect();
    let repeated: Vec<_> = records.iter().chain(records.iter().step_by(5)).cloned().collect();
    // A fixed shuffle: every record goes to its number times a prime, modulo the count.
    let prime = 7_919;
    let shuffled: Vec<_> = (0..records.len()).map(|n| records[(n * prime) % records.len()].clone()).collect();
    for (name, other) in [("reversed", reversed), ("repeated", repeated), ("shuffled", shuffled)] {
        let state = run(&other, 7);
        assert!(export_whole(&state) == want, "{name}: the graph differs");
        assert!(incidents(&state) == want_incidents, "{name}: the incidents differ");
    }
}
