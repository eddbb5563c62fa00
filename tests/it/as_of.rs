//! The graph as it was at a moment, from the records that AWS would write, whichever comes first.

use crate::common::history::{ACCOUNT, at, finding, instance, state_change, trail};
use crate::common::live;
use crate::common::live::{Live, run};
use serde_json::{Value, json};
use trailgraph::domain::graph::{AssetId, Kind, Owner, address_owner};
use trailgraph::stages::graph_view::GraphView;
use trailgraph::stages::retention::Retention;

/// The same records forwards, backwards, and those in the middle first: the question must have one answer.
fn told<T: PartialEq + std::fmt::Debug>(records: &[Value], question: impl Fn(&Live) -> T) -> T {
    let ask = |records: &[Value]| question(&run(records, 1, Retention::FOREVER));
    let answer = ask(records);
    let backwards: Vec<Value> = records.iter().rev().cloned().collect();
    let mut turned = records.to_vec();
    turned.rotate_left(records.len() / 2);
    for other in [backwards, turned] {
        assert_eq!(ask(&other), answer);
    }
    answer
}

fn ec2(id: &str, second: u16, name: &str, q: Value, a: Value) -> Value {
    trail(id, second, "ec2", name, q, a)
}

fn ran(id: &str, second: u16, one: &Value) -> Value {
    ec2(id, second, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }))
}

fn web(n: u8) -> Value {
    instance(
        &format!("i-{n}"),
        "subnet-1",
        "sg-old",
        &format!("10.0.0.{n}"),
        &format!("eni-{n}"),
        &format!("eni-attach-{n}"),
    )
}

/// A finding about an instance, last seen then.
fn about(id: &str, instance: &str, last_seen: u16) -> Value {
    let resource = json!({ "resourceType": "Instance", "instanceDetails": { "instanceId": instance } });
    finding(id, last_seen, 1, "CryptoCurrency:EC2/BitcoinTool.B!DNS", resource)
}

/// The last content of the incident of a finding.
fn incident(live: &Live, finding: &str) -> Value {
    let of = |(_, (_, document)): (_, (_, Value))| Some(document).filter(|d| d["finding"]["id"] == finding);
    live::incidents(live).into_iter().find_map(of).unwrap()
}

/// What the edges of one relation from or to an asset have at their other end.
fn beside(incident: &Value, asset: &str, relation: &str) -> Vec<String> {
    let edges = incident["topology"]["edges"].as_array().into_iter().flatten();
    let related = edges.filter(|e| e["relation"] == relation && (e["from"] == asset || e["to"] == asset));
    related
        .filter_map(|e| [&e["from"], &e["to"]].into_iter().find(|end| **end != asset)?.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn groups_that_were_changed_between_the_sightings_count_as_of_the_last() {
    let change = json!({ "instanceId": "i-1", "groupSet": { "items": [{ "groupId": "sg-new" }] } });
    let changed = ec2("e2", 30, "ModifyInstanceAttribute", change, json!({ "_return": true }));
    let records = [
        ran("e1", 10, &web(1)),
        about("early", "i-1", 29),
        changed,
        about("late", "i-1", 30),
        about("later", "i-1", 99),
    ];
    let groups = |live: &Live| ["early", "late", "later"].map(|f| beside(&incident(live, f), "i-1", "protected_by"));
    assert_eq!(told(&records, groups), [["sg-old"], ["sg-new"], ["sg-new"]]);
}

/// GuardDuty sends a finding again with a later sighting: the picture moves on with it.
#[test]
fn a_finding_seen_again_is_shown_as_of_its_new_last_sighting() {
    let change = json!({ "instanceId": "i-1", "groupSet": { "items": [{ "groupId": "sg-new" }] } });
    let changed = ec2("e2", 30, "ModifyInstanceAttribute", change, json!({ "_return": true }));
    let groups = |live: &Live| beside(&incident(live, "f"), "i-1", "protected_by");
    let first = [ran("e1", 10, &web(1)), about("f", "i-1", 20), changed.clone()];
    assert_eq!(told(&first, groups), ["sg-old"]);
    let again = [ran("e1", 10, &web(1)), about("f", "i-1", 20), changed, about("f", "i-1", 40)];
    assert_eq!(told(&again, groups), ["sg-new"]);
}

#[test]
fn an_instance_that_is_gone_was_there_when_it_was_seen() {
    let ended = json!({ "instanceId": "i-1", "currentState": { "name": "shutting-down" } });
    let records = [
        ran("e1", 10, &web(1)),
        state_change("e2", 12, "i-1", "running"),
        about("before", "i-1", 20),
        ec2("e3", 30, "TerminateInstances", json!({}), json!({ "instancesSet": { "items": [ended] } })),
        state_change("e4", 40, "i-1", "terminated"),
        about("between", "i-1", 35),
        about("after", "i-1", 50),
    ];
    let seen = |live: &Live| {
        ["before", "between", "after"].map(|f| {
            let incident = incident(live, f);
            let state = incident["target"]["state_at_finding"].as_str().unwrap().to_owned();
            (state, incident["target"]["known"] == true, beside(&incident, "i-1", "attached_to"))
        })
    };
    let is = |state: &str, interfaces: &[&str]| {
        (state.to_owned(), true, interfaces.iter().map(|s| (*s).to_owned()).collect())
    };
    // Its interface goes with it, and no record says so. A finding is about the instance as it was while it was there.
    let there = ["eni-1"];
    assert_eq!(told(&records, seen), [is("running", &there), is("ended", &there), is("terminated", &there)]);
}

fn owner(n: u8) -> Owner {
    let id = |kind, name: String| Some(AssetId::new(ACCOUNT, kind, name));
    Owner { interface: id(Kind::NetworkInterface, format!("eni-{n}")), instance: id(Kind::Instance, format!("i-{n}")) }
}

#[test]
fn an_address_that_moved_belongs_to_whoever_held_it_then() {
    let allocated = json!({ "allocationId": "eipalloc-1", "publicIp": "198.51.100.1", "domain": "vpc" });
    let associate = |id: &str, second, n: u8| {
        let q = json!({ "allocationId": "eipalloc-1", "networkInterfaceId": format!("eni-{n}") });
        ec2(id, second, "AssociateAddress", q, json!({ "associationId": format!("eipassoc-{n}") }))
    };
    let records = [
        ran("e1", 10, &web(1)),
        ran("e2", 10, &web(2)),
        ec2("e3", 11, "AllocateAddress", json!({}), allocated),
        associate("e4", 20, 1),
        about("first", "i-1", 25),
        ec2("e5", 30, "DisassociateAddress", json!({ "associationId": "eipassoc-1" }), json!({ "_return": true })),
        associate("e6", 40, 2),
        about("second", "i-1", 45),
        about("other", "i-2", 45),
    ];
    let holder =
        |live: &Live| [15, 25, 35, 45].map(|t| address_owner(&GraphView(live), ACCOUNT, "198.51.100.1", None, at(t)));
    assert_eq!(told(&records, holder), [vec![], vec![owner(1)], vec![], vec![owner(2)]]);
    let shown = |live: &Live| {
        [("first", "eni-1"), ("second", "eni-1"), ("other", "eni-2")]
            .map(|(f, eni)| beside(&incident(live, f), eni, "associated_with"))
    };
    assert_eq!(told(&records, shown), [vec!["eipalloc-1"], vec![], vec!["eipalloc-1"]]);
}

#[test]
fn the_same_address_in_two_vpcs_is_two() {
    let (mut one, mut two) = (web(1), web(2));
    for (host, vpc) in [(&mut one, "vpc-1"), (&mut two, "vpc-2")] {
        let address = json!({ "privateIpAddress": "10.0.0.9", "primary": true });
        host["privateIpAddress"] = json!("10.0.0.9");
        host["vpcId"] = json!(vpc);
        let interface = &mut host["networkInterfaceSet"]["items"][0];
        interface["privateIpAddress"] = json!("10.0.0.9");
        interface["vpcId"] = json!(vpc);
        interface["privateIpAddressesSet"] = json!({ "item": [address] });
    }
    let ended = json!({ "instanceId": "i-1", "currentState": { "name": "shutting-down" } });
    let terminated = ec2("e3", 30, "TerminateInstances", json!({}), json!({ "instancesSet": { "items": [ended] } }));
    let records = [ran("e1", 10, &one), ran("e2", 20, &two), terminated];
    let holders = |live: &Live| {
        [15, 25, 35].map(|t| {
            [None, Some("vpc-1"), Some("vpc-2")]
                .map(|vpc| address_owner(&GraphView(live), ACCOUNT, "10.0.0.9", vpc, at(t)))
        })
    };
    let (one, two) = (vec![owner(1)], vec![owner(2)]);
    let both = vec![owner(1), owner(2)];
    assert_eq!(
        told(&records, holders),
        [[one.clone(), one.clone(), vec![]], [both, one, two.clone()], [two.clone(), vec![], two]]
    );
}
