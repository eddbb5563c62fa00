//! The state as it is stored: its format, what happens to a value of another format, and what a change costs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::common::history::{ACCOUNT, at, finding, instance, trail};
use crate::common::live::{Live, record, run, stage};
use serde_json::{Value, json};
use trailgraph::domain::graph::{AssetId, Kind, StateView, address_owner, at as state_as_of, rules};
use trailgraph::domain::time::Time;
use trailgraph::engine::counts::Count;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::overlay::{Overlay, View};
use trailgraph::engine::record::{OutRecord, OutTopic};
use trailgraph::engine::stage::{Context, Logged, Stage};
use trailgraph::engine::store::{Applied, Store};
use trailgraph::stages::graph_view::GraphView;
use trailgraph::stages::loaded::Loaded;
use trailgraph::stages::process::Process;
use trailgraph::stages::retention::Retention;
use trailgraph::wire::state::{FORMAT, Unreadable, keys};

fn ec2(id: &str, second: u16, name: &str, request: Value, response: Value) -> Value {
    trail(id, second, "ec2", name, request, response)
}

fn iam(id: &str, second: u16, name: &str, request: Value, response: Value) -> Value {
    trail(id, second, "iam", name, request, response)
}

fn id(kind: Kind, name: &str) -> AssetId {
    AssetId::new(ACCOUNT, kind, name)
}

/// Families whose values are golden. Findings and incidents are documents of their own.
const GOLDEN: [u8; 9] = [
    keys::HISTORY,
    keys::HEAD,
    keys::ELEMENT,
    keys::GONE,
    keys::HIDDEN,
    keys::VERSION,
    keys::EXISTS,
    keys::REFERENCE,
    keys::ENDED_REFERENCE,
];

/// A history that leaves a key in every family.
fn every_family() -> Vec<Value> {
    let role = |n: u16| json!({ "role": { "roleName": "app", "roleId": format!("AROA{n}") } });
    let name = json!({ "roleName": "app" });
    let tags = |n: u16| json!({ "bucketName": "logs", "Tagging": { "TagSet": { "Tag": { "Key": format!("k{n}"), "Value": "v" } } } });
    let end =
        json!({ "instancesSet": { "items": [{ "instanceId": "i-1", "currentState": { "name": "shutting-down" } }] } });
    let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.1", "eni-1", "eni-attach-1");
    let mut records = vec![
        ec2("e1", 1, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } })),
        ec2("e2", 2, "TerminateInstances", json!({}), end),
        trail("e3", 3, "s3", "PutBucketTagging", tags(1), Value::Null),
        trail("e4", 4, "s3", "PutBucketTagging", tags(2), Value::Null),
    ];
    for n in 0..3 {
        records.push(iam(&format!("c{n}"), 10 + 2 * n, "CreateRole", name.clone(), role(n)));
        records.push(iam(&format!("d{n}"), 11 + 2 * n, "DeleteRole", name.clone(), Value::Null));
    }
    records
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        _ = write!(text, "{b:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap());
    pairs.collect()
}

fn dump(cx: &dyn Context) -> String {
    let pairs = GOLDEN.into_iter().flat_map(|family| cx.scan(&[family], &[family], usize::MAX));
    pairs.map(|(key, value)| format!("{} {}\n", hex(&key), hex(&value))).collect()
}

/// A changed byte is a new format: raise `FORMAT`, say so in CHANGELOG.md, and write the file anew with `BLESS=1`.
#[test]
fn the_stored_bytes_are_those_of_this_format() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/state/format-{FORMAT}.txt"));
    let live = dump(&run(&every_family(), 1, Retention::FOREVER));
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &live).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(live, golden);
    // Its own records, read back, give the same again.
    let mut loaded = Loaded::default();
    let pairs: Vec<(Vec<u8>, Vec<u8>)> =
        golden.lines().filter_map(|l| l.split_once(' ')).map(|(k, v)| (unhex(k), unhex(v))).collect();
    for (key, value) in pairs.iter().filter(|(key, _)| key[0] == keys::HISTORY) {
        loaded.load(key, Some(value));
    }
    assert_eq!(dump(&loaded), golden);
    for family in GOLDEN {
        assert!(pairs.iter().any(|(key, _)| key[0] == family), "{} has no example", char::from(family));
    }
}

#[test]
fn a_changelog_of_another_format_is_refused_by_name() {
    let mut loaded = Loaded::default();
    loaded.load(b"f111122223333\0\x06i-1\0", Some(&[1, 0]));
    assert_eq!(loaded.take_unreadable(), Some(Unreadable::Family('f')));
    let known = run(&every_family(), 1, Retention::FOREVER);
    let (key, value) = known.scan(&[keys::HISTORY], &[keys::HISTORY], 1).pop().unwrap();
    let mut loaded = Loaded::default();
    loaded.load(&key, Some(&[&[1], &value[1..]].concat()));
    assert_eq!(loaded.take_unreadable(), Some(Unreadable::Format { found: 1 }));
    let mut loaded = Loaded::default();
    loaded.load(&key, Some(&value[..value.len() - 1]));
    assert!(matches!(loaded.take_unreadable(), Some(Unreadable::Damaged(_))));
}

/// A store whose heads cannot be read fails the task, and never looks like one in which nothing is known.
#[test]
fn a_value_that_cannot_be_read_stops_the_task() {
    let known = run(&every_family(), 1, Retention::FOREVER);
    let applied = Applied { position: 0, changelog_end: 0, token: None };
    for (what, damage) in [("format 1", vec![1, 0]), ("damaged", vec![FORMAT])] {
        let mut store = MemoryStore::new();
        let head = |(key, value): (Vec<u8>, Vec<u8>)| {
            let value = if key[0] == keys::HEAD { damage.clone() } else { value };
            (key, Some(value))
        };
        store
            .apply(&known.scan(&[], &[], usize::MAX).into_iter().map(head).collect::<Vec<_>>(), applied.clone())
            .unwrap();
        let mut overlay = Overlay::default();
        let mut view = View::new(&store, &mut overlay);
        let tag =
            json!({ "resourcesSet": { "items": [{ "resourceId": "i-1" }] }, "tagSet": { "items": [{ "key": "k" }] } });
        let tagged = ec2("e9", 9, "CreateTags", tag, json!({ "_return": true }));
        stage(Retention::FOREVER).take(&record(0, &tagged), at(10), &mut view).unwrap();
        let error = view.finish().unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn a_record_with_too_many_facts_is_a_dead_letter() {
    let knowledge = std::sync::Arc::new(trailgraph::domain::incident::Knowledge::shipped().unwrap());
    let stage =
        trailgraph::stages::fused::Fused::new(Process { facts_per_record_max: 20, ..Process::new(knowledge, 5_000) });
    let resources: Vec<Value> = (0..20).map(|n| json!({ "resourceId": format!("i-{n}") })).collect();
    let tagging = |items: &[Value]| {
        let request =
            json!({ "resourcesSet": { "items": items }, "tagSet": { "items": [{ "key": "Owner", "value": "ana" }] } });
        ec2("e1", 1, "CreateTags", request, json!({ "_return": true }))
    };
    let mut live = Live::default();
    stage.take(&record(0, &tagging(&resources)), at(10), &mut live).unwrap();
    let [letter] = live.sent.as_slice() else { panic!("{:?}", live.sent) };
    assert_eq!(letter.topic, OutTopic::DeadLetters);
    let reason = letter.headers.iter().find(|(name, _)| name == "trailgraph.reason").map(|(_, value)| value.clone());
    assert_eq!(reason, Some(b"too_many_facts".to_vec()));
    assert!(live.state.scan(&[keys::HEAD], &[keys::HEAD], 1).is_empty());
    stage.take(&record(1, &tagging(&resources[..3])), at(10), &mut live).unwrap();
    assert_eq!((live.sent.len(), live.state.scan(&[keys::HISTORY], &[keys::HISTORY], 9).len()), (1, 5));
}

/// Counts what a stage asks of its context: keys read and written.
#[derive(Default)]
struct Counted {
    state: Loaded,
    keys: Cell<usize>,
}

impl Counted {
    fn add(&self, n: usize) {
        self.keys.set(self.keys.get() + n);
    }
}

impl Context for Counted {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.add(1);
        self.state.get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let found = self.state.scan(prefix, from, limit);
        self.add(1 + found.len());
        found
    }

    fn unreadable(&self, key: &[u8], why: &Unreadable) {
        panic!("{}: {why}", key.escape_ascii());
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, logged: Logged) {
        self.add(1);
        self.state.put(key, value, logged);
    }

    fn send(&mut self, _record: OutRecord) {}

    fn count(&mut self, _what: Count) {}

    fn happened(&mut self, _at: Time) {}
}

/// The most keys that one of the changes `from..to` reads and writes.
fn keys_touched(changes: &[Value], from: usize, to: usize) -> usize {
    let (stage, mut cx) = (stage(Retention::FOREVER), Counted::default());
    let mut most = 0;
    for (n, change) in changes.iter().enumerate() {
        cx.keys.set(0);
        stage.take(&record(n, change), at(100_000), &mut cx).unwrap();
        if (from..to).contains(&n) {
            most = most.max(cx.keys.get());
        }
    }
    most
}

#[test]
fn a_change_touches_as_many_keys_after_two_thousand_others_as_after_ten() {
    let targets = |n: u16| {
        let name = if n < 500 || n.is_multiple_of(2) { "RegisterTargets" } else { "DeregisterTargets" };
        let arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web/0123456789abcdef";
        let request = json!({ "targetGroupArn": arn, "targets": [{ "id": format!("i-{}", n / 2), "port": 80 }] });
        trail(&format!("t{n}"), n, "elasticloadbalancing", name, request, Value::Null)
    };
    let rule = |n: u16| {
        let name = if n.is_multiple_of(2) { "AuthorizeSecurityGroupIngress" } else { "RevokeSecurityGroupIngress" };
        let cidr = json!({ "items": [{ "cidrIp": format!("10.0.{}.{}/32", n / 512, n / 2 % 256) }] });
        let permission = json!({ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": cidr });
        let request = json!({ "groupId": "sg-1", "ipPermissions": { "items": [permission] } });
        ec2(&format!("r{n}"), n, name, request, json!({ "_return": true }))
    };
    let tag = |n: u16| {
        let set = json!({ "TagSet": { "Tag": [{ "Key": "Run", "Value": format!("{n}") }, { "Key": format!("k{}", n % 50), "Value": "" }] } });
        trail(
            &format!("b{n}"),
            n,
            "s3",
            "PutBucketTagging",
            json!({ "bucketName": "logs", "Tagging": set }),
            Value::Null,
        )
    };
    // A damaged export: one instance is launched again and again.
    let launch = |n: u16| {
        let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.1", "eni-1", "eni-attach-1");
        ec2(&format!("l{n}"), n, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }))
    };
    let role = |n: u16| {
        let one = json!({ "roleName": "ci", "roleId": format!("AROA{n}") });
        match n % 2 {
            0 => iam(&format!("c{n}"), n, "CreateRole", json!({ "roleName": "ci" }), json!({ "role": one })),
            _ => iam(&format!("d{n}"), n, "DeleteRole", json!({ "roleName": "ci" }), Value::Null),
        }
    };
    let series: [(&str, &dyn Fn(u16) -> Value); 5] =
        [("targets", &targets), ("rules", &rule), ("tags", &tag), ("launches", &launch), ("roles", &role)];
    for (name, change) in series {
        let changes: Vec<Value> = (0..2_000).map(change).collect();
        let (early, late) = (keys_touched(&changes[..30], 10, 30), keys_touched(&changes, 1_960, 2_000));
        assert!(late <= early + early / 2, "{name}: {early} keys, then {late}");
    }
}

#[test]
fn restoring_touches_as_many_keys_as_the_records_have() {
    let launch = |n: u16| {
        let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.1", "eni-1", "eni-attach-1");
        ec2(&format!("l{n}"), n, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }))
    };
    let live = run(&(0..600).map(launch).collect::<Vec<_>>(), 10, Retention::FOREVER);
    let last: BTreeMap<_, _> = live.log.iter().map(|(k, v)| (k, v.as_ref())).collect();
    let (stage, mut cx) = (stage(Retention::FOREVER), Counted::default());
    for (key, value) in last.iter().rev() {
        stage.restored(key, value.map(Vec::as_slice), &mut cx);
        cx.put((*key).clone(), value.cloned(), Logged::No);
    }
    let each = cx.keys.get() / last.len();
    assert!(each < 60, "{each} keys for each record");
}

/// A subnet in which instances came and went, one after the other.
fn churn(launches: u16) -> Vec<Value> {
    let association = json!({ "routeTableId": "rtb-1", "subnetId": "subnet-1" });
    let mut records = vec![ec2("a", 1, "AssociateRouteTable", association, json!({ "associationId": "rtbassoc-1" }))];
    for n in 0..launches {
        let one = instance(
            &format!("i-{n}"),
            "subnet-1",
            "sg-1",
            "10.0.0.1",
            &format!("eni-{n}"),
            &format!("eni-attach-{n}"),
        );
        let ended = json!({ "instanceId": format!("i-{n}"), "currentState": { "name": "shutting-down" } });
        records.push(ec2(
            &format!("l{n}"),
            2 + 2 * n,
            "RunInstances",
            json!({}),
            json!({ "instancesSet": { "items": [one] } }),
        ));
        if n + 1 < launches {
            let response = json!({ "instancesSet": { "items": [ended] } });
            records.push(ec2(&format!("t{n}"), 3 + 2 * n, "TerminateInstances", json!({}), response));
        }
    }
    records
}

#[test]
fn a_subnet_that_held_many_instances_keeps_its_route_table() {
    let mut records = churn(520);
    let resource = json!({ "resourceType": "Instance", "instanceDetails": { "instanceId": "i-519" } });
    records.push(finding("f", 1_100, 1, "CryptoCurrency:EC2/BitcoinTool.B!DNS", resource));
    let live = run(&records, 100, Retention::FOREVER);
    let incident = live.revisions().pop().unwrap();
    assert!(incident["topology"]["nodes"].to_string().contains("rtb-1"), "{}", incident["topology"]);
    assert!(!incident["topology"]["gaps"].to_string().contains("no route table"), "{}", incident["topology"]["gaps"]);
}

#[test]
fn an_address_that_many_instances_had_is_found_at_every_time() {
    let launches = 1_100;
    let live = run(&churn(launches), 100, Retention::FOREVER);
    let view = GraphView(&live);
    let owner = |second: i64| {
        let owners = address_owner(&view, ACCOUNT, "10.0.0.1", None, at(second));
        owners.into_iter().filter_map(|o| o.instance).map(|i| i.name).collect::<Vec<_>>()
    };
    for n in [0, 500, 1_050, i64::from(launches) - 1] {
        assert_eq!(owner(2 + 2 * n), [format!("i-{n}")]);
    }
    // Readings at the end do not wade through the instances that had ended by then.
    let ended = view.referrers(ACCOUNT, "ip/10.0.0.1", Kind::Instance, Time::MAX);
    assert_eq!((ended.assets.len(), ended.stopped), (1, false));
    let ever = view.referrers(ACCOUNT, "ip/10.0.0.1", Kind::Instance, Time(i64::MIN));
    assert_eq!((ever.assets.len(), ever.stopped), (usize::from(launches), false));
}

/// The same records in both orders: the answer must be one.
fn told<T: PartialEq + std::fmt::Debug>(records: &[Value], question: impl Fn(&Live) -> T) -> T {
    let answer = question(&run(records, 1, Retention::FOREVER));
    let backwards: Vec<Value> = records.iter().rev().cloned().collect();
    assert_eq!(question(&run(&backwards, 2, Retention::FOREVER)), answer);
    answer
}

#[test]
fn a_rule_revoked_and_granted_again_in_one_second_is_there() {
    let ssh = json!({ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": { "items": [{ "cidrIp": "0.0.0.0/0" }] } });
    let request = json!({ "groupId": "sg-1", "ipPermissions": { "items": [ssh] } });
    let call = |id: &str, second, name: &str| ec2(id, second, name, request.clone(), json!({ "_return": true }));
    let (grant, revoke) = ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress");
    let open = |live: &Live| {
        let rules = rules(&GraphView(live), &id(Kind::SecurityGroup, "sg-1"), Time::MAX);
        rules.contains_key("ingress|tcp|22|22|0.0.0.0/0")
    };
    assert!(told(&[call("e1", 1, grant), call("e2", 5, revoke), call("e3", 5, grant)], open));
    assert!(!told(&[call("e2", 5, revoke), call("e3", 5, grant)], open));
    assert!(!told(&[call("e1", 1, grant), call("e2", 5, revoke), call("e3", 5, grant), call("e4", 5, revoke)], open));
}

#[test]
fn a_gateway_detached_and_attached_in_one_second_is_attached() {
    let call = |id: &str, second, name: &str, vpc: &str| {
        ec2(id, second, name, json!({ "internetGatewayId": "igw-1", "vpcId": vpc }), json!({ "_return": true }))
    };
    let records = [
        call("e1", 1, "AttachInternetGateway", "vpc-1"),
        call("e2", 5, "DetachInternetGateway", "vpc-1"),
        call("e3", 5, "AttachInternetGateway", "vpc-2"),
    ];
    let vpc = |live: &Live| {
        let state = GraphView(live).state(&id(Kind::InternetGateway, "igw-1"), Time::MAX)?;
        state.named_text("vpc").map(str::to_owned)
    };
    assert_eq!(told(&records, vpc), Some("vpc-2".into()));
}

#[test]
fn a_name_deleted_and_created_in_one_second_is_the_new_thing() {
    let create = |id: &str, second, uid: &str| {
        let role = json!({ "roleName": "app", "roleId": uid });
        iam(id, second, "CreateRole", json!({ "roleName": "app" }), json!({ "role": role }))
    };
    let attach = |id: &str, second, arn: &str| {
        iam(id, second, "AttachRolePolicy", json!({ "roleName": "app", "policyArn": arn }), Value::Null)
    };
    let delete = |id: &str, second| iam(id, second, "DeleteRole", json!({ "roleName": "app" }), Value::Null);
    let is = |live: &Live| {
        let state = state_as_of(&GraphView(live), &id(Kind::Role, "app"), Time::MAX).unwrap();
        let policies = state.named_list("policies").map(|l| l.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        (state.exists, policies)
    };
    let again = [create("e1", 1, "AROA1"), attach("e2", 2, "old"), delete("e3", 5), create("e4", 5, "AROA2")];
    assert_eq!(told(&again, is), (true, vec![]));
    let used = [&again[..], &[attach("e5", 7, "new")]].concat();
    assert_eq!(told(&used, is), (true, vec!["new".to_owned()]));
    // Whoever can attach a policy later has a role to attach it to, though nobody saw it come.
    let unseen = [create("e1", 1, "AROA1"), attach("e2", 2, "old"), delete("e3", 5), attach("e5", 7, "new")];
    assert_eq!(told(&unseen, is), (true, vec!["new".to_owned()]));
    assert!(!told(&[create("e1", 5, "AROA1"), delete("e2", 5)], is).0);
}

#[test]
fn a_spot_instance_that_was_interrupted_and_runs_again_is_there() {
    use crate::common::history::state_change;
    let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.1", "eni-1", "eni-attach-1");
    let evicted = json!({ "instanceIdSet": ["i-1"] });
    let mut interrupted = ec2("e2", 10, "BidEvictedEvent", Value::Null, Value::Null);
    interrupted["serviceEventDetails"] = evicted;
    let records = [
        ec2("e1", 1, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } })),
        interrupted,
        state_change("e3", 12, "i-1", "stopped"),
        state_change("e4", 90, "i-1", "running"),
    ];
    let is = |live: &Live| {
        let state = state_as_of(&GraphView(live), &id(Kind::Instance, "i-1"), Time::MAX).unwrap();
        (state.exists, state.named_text("subnet").map(str::to_owned))
    };
    assert!(!told(&records[..2], is).0);
    assert_eq!(told(&records, is), (true, Some("subnet-1".into())));
    let ended = [&records[..], &[state_change("e5", 99, "i-1", "terminated")]].concat();
    assert!(!told(&ended, is).0);
}

/// A correction has an id of its own and names that of the record it corrects.
fn correction(of: &str, mut record: Value) -> Value {
    record["eventID"] = json!(format!("{of}-corrected"));
    record["addendum"] = json!({ "reason": "UPDATED_DATA", "originalEventID": of });
    record
}

#[test]
fn a_correction_takes_the_place_of_its_original() {
    let tag = |id: &str, tags: Value| {
        let request = json!({ "resourcesSet": { "items": [{ "resourceId": "i-1" }] }, "tagSet": { "items": tags } });
        ec2(id, 5, "CreateTags", request, json!({ "_return": true }))
    };
    let original = tag("e2", json!([{ "key": "Owner", "value": "zed" }, { "key": "Extra", "value": "1" }]));
    let corrected = correction("e2", tag("e2", json!([{ "key": "Owner", "value": "amy" }])));
    let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.1", "eni-1", "eni-attach-1");
    let launched = ec2("e1", 1, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }));
    let tags = |live: &Live| {
        let state = GraphView(live).state(&id(Kind::Instance, "i-1"), Time::MAX).unwrap();
        let tags = state.named_list("tags").cloned().unwrap_or_default();
        let text =
            |e: &trailgraph::domain::graph::Element| e.value.as_ref().and_then(|v| v.as_text()).map(str::to_owned);
        tags.iter().map(|(key, e)| (key.clone(), text(e))).collect::<BTreeMap<_, _>>()
    };
    let owner = tags(&run(&[launched.clone(), corrected.clone()], 1, Retention::FOREVER));
    assert_eq!(owner.get("Owner"), Some(&Some("amy".into())));
    assert_eq!(told(&[launched.clone(), original.clone(), corrected.clone()], tags), owner);
    assert_eq!(told(&[launched.clone(), corrected.clone(), original.clone(), corrected], tags), owner);
    assert!(tags(&run(&[launched, original], 1, Retention::FOREVER)).contains_key("Extra"));
}

#[test]
fn a_call_that_is_corrected_to_an_error_did_nothing() {
    let ended = json!({ "instanceId": "i-1", "currentState": { "name": "shutting-down" } });
    let instances = json!({ "instancesSet": { "items": [{ "instanceId": "i-1" }] } });
    let end = ec2("e2", 5, "TerminateInstances", instances.clone(), json!({ "instancesSet": { "items": [ended] } }));
    let mut refused = correction("e2", ec2("e2", 5, "TerminateInstances", instances, Value::Null));
    refused["errorCode"] = json!("Client.UnauthorizedOperation");
    let one = instance("i-1", "subnet-1", "sg-1", "10.0.0.1", "eni-1", "eni-attach-1");
    let launched = ec2("e1", 1, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }));
    let is = |live: &Live| {
        let state = GraphView(live).state(&id(Kind::Instance, "i-1"), Time::MAX).unwrap();
        (state.exists, state.named_text("state").map(str::to_owned))
    };
    assert!(!told(&[launched.clone(), end.clone()], is).0);
    assert_eq!(told(&[launched, end, refused], is), (true, Some("pending".into())));
}
