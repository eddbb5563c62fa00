//! Answers that were once wrong: each the shortest story that showed it, as the records that AWS would write.

use serde_json::{Value, json};
use trailgraph::domain::graph::{Kind, Owner, address_owner, rules};
use trailgraph::stages::graph_view::GraphView;
use trailgraph::stages::retention::Retention;

use crate::common::history::{ACCOUNT, at, trail};
use crate::common::live::{Live, run};
use crate::joins::{done, id, ran, state, story};

type Call = (&'static str, &'static str, Value, Value);

const SSH: &str = "ingress|tcp|22|22|0.0.0.0/0";

fn open_rules(live: &Live, second: i64) -> Vec<String> {
    rules(&GraphView(live), &id(Kind::SecurityGroup, "sg-1"), at(second)).into_keys().collect()
}

fn create_group() -> Call {
    ("ec2", "CreateSecurityGroup", json!({ "groupName": "web", "vpcId": "vpc-0" }), json!({ "groupId": "sg-1" }))
}

fn grant_ssh(rule_id: &str) -> Call {
    let rule = json!({ "groupId": "sg-1", "securityGroupRuleId": rule_id, "isEgress": false, "ipProtocol": "tcp", "fromPort": 22,
        "toPort": 22, "cidrIpv4": "0.0.0.0/0" });
    let permission = json!({ "items": [{ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {}, "ipv6Ranges": {},
        "prefixListIds": {}, "ipRanges": { "items": [{ "cidrIp": "0.0.0.0/0" }] } }] });
    let request = json!({ "groupId": "sg-1", "ipPermissions": permission });
    ("ec2", "AuthorizeSecurityGroupIngress", request, json!({ "securityGroupRuleSet": { "items": [rule] } }))
}

fn change(rule_id: &str, protocol: &str, port: i64, cidr: &str) -> Call {
    let rule = json!({ "ipProtocol": protocol, "fromPort": port, "toPort": port, "cidrIpv4": cidr });
    let rules = json!([{ "securityGroupRuleId": rule_id, "securityGroupRule": rule }]);
    ("ec2", "ModifySecurityGroupRules", json!({ "groupId": "sg-1", "securityGroupRules": rules }), done())
}

/// A rule that was changed twice by its id does not hide the same permission granted under another id between.
#[test]
fn sg_modify_twice() {
    let told = story(&[
        create_group(),
        grant_ssh("sgr-1"),
        change("sgr-1", "tcp", 22, "10.0.0.0/8"),
        grant_ssh("sgr-2"),
        change("sgr-1", "tcp", 22, "192.168.0.0/16"),
    ]);
    let egress = "egress|all|*|*|0.0.0.0/0";
    assert_eq!(open_rules(&told, 3), [egress, "ingress|tcp|22|22|10.0.0.0/8"]);
    assert_eq!(open_rules(&told, 4), [egress, SSH, "ingress|tcp|22|22|10.0.0.0/8"]);
    assert_eq!(open_rules(&told, 5), [egress, SSH, "ingress|tcp|22|22|192.168.0.0/16"]);
}

/// A permission revoked under one id and granted under another within one second is open: AWS rejects a rule that is there already.
#[test]
fn sg_same_second() {
    let ids = json!({ "items": [{ "securityGroupRuleId": "sgr-1" }] });
    let permission = grant_ssh("sgr-1").2["ipPermissions"].clone();
    let revoke = json!({ "groupId": "sg-1", "ipPermissions": permission, "securityGroupRuleIds": ids });
    let one = |n: usize, second: u16, (service, name, q, a): Call| trail(&format!("e{n}"), second, service, name, q, a);
    let records = [
        one(0, 1, create_group()),
        one(1, 2, grant_ssh("sgr-1")),
        one(2, 9, ("ec2", "RevokeSecurityGroupIngress", revoke, done())),
        one(3, 9, grant_ssh("sgr-2")),
    ];
    let backwards: Vec<Value> = records.iter().rev().cloned().collect();
    for records in [records.to_vec(), backwards] {
        let told = run(&records, 1, Retention::FOREVER);
        assert_eq!(open_rules(&told, 9), ["egress|all|*|*|0.0.0.0/0", SSH]);
    }
}

/// The default egress rule is the one rule of a group seen from its creation whose id nobody granted.
#[test]
fn sg_default_egress_modified_and_revoked_by_its_id() {
    let told = story(&[create_group(), change("sgr-9", "tcp", 443, "10.0.0.0/8")]);
    assert_eq!(open_rules(&told, 1), ["egress|all|*|*|0.0.0.0/0"]);
    assert_eq!(open_rules(&told, 2), ["egress|tcp|443|443|10.0.0.0/8"]);
    let revoke =
        json!({ "groupId": "sg-1", "securityGroupRuleIds": { "items": [{ "securityGroupRuleId": "sgr-9" }] } });
    let told = story(&[create_group(), ("ec2", "RevokeSecurityGroupEgress", revoke, done())]);
    assert_eq!(open_rules(&told, 2), Vec::<String>::new());
}

fn allocate(name: &str, ip: &str) -> Call {
    ("ec2", "AllocateAddress", json!({}), json!({ "allocationId": name, "publicIp": ip, "domain": "vpc" }))
}

fn associate(address: &str, interface: &str, association: &str) -> Call {
    let request = json!({ "allocationId": address, "networkInterfaceId": interface });
    let response = json!({ "associationId": association });
    ("ec2", "AssociateAddress", request, response)
}

fn owners(live: &Live, ip: &str, second: i64) -> Vec<String> {
    let owners = address_owner(&GraphView(live), ACCOUNT, ip, None, at(second));
    owners.into_iter().filter_map(|o: Owner| o.interface).map(|i| i.name).collect()
}

/// An Elastic IP address that is associated anew leaves its former interface.
#[test]
fn eip_reassociation() {
    let told = story(&[
        allocate("eipalloc-1", "203.0.113.10"),
        associate("eipalloc-1", "eni-1", "eipassoc-1"),
        associate("eipalloc-1", "eni-2", "eipassoc-2"),
    ]);
    assert_eq!(owners(&told, "203.0.113.10", 2), ["eni-1"]);
    assert_eq!(owners(&told, "203.0.113.10", 3), ["eni-2"]);
    let before = state(&told, Kind::AddressAssociation, "eipassoc-1", 3);
    assert!(!before.exists && before.ended.is_some_and(|end| end.source.implied));
}

/// An interface given another Elastic IP address for its primary address loses the first.
#[test]
fn eip_replaced_on_eni() {
    let told = story(&[
        allocate("eipalloc-1", "203.0.113.10"),
        allocate("eipalloc-2", "203.0.113.11"),
        associate("eipalloc-1", "eni-1", "eipassoc-1"),
        associate("eipalloc-2", "eni-1", "eipassoc-2"),
    ]);
    assert_eq!(owners(&told, "203.0.113.10", 3), ["eni-1"]);
    assert_eq!(owners(&told, "203.0.113.10", 4), Vec::<String>::new());
    assert_eq!(owners(&told, "203.0.113.11", 4), ["eni-1"]);
}

/// A secondary private address that another interface of the VPC was assigned has left the first.
#[test]
fn secondary_ip_move() {
    let assign = |interface: &str| -> Call {
        let ips = json!({ "items": [{ "privateIpAddress": "10.0.1.99" }] });
        let request =
            json!({ "networkInterfaceId": interface, "privateIpAddressesSet": ips, "allowReassignment": true });
        ("ec2", "AssignPrivateIpAddresses", request, done())
    };
    let create = |name: &str, ip: &str| -> Call {
        let interface =
            json!({ "networkInterfaceId": name, "subnetId": "subnet-1", "vpcId": "vpc-0", "privateIpAddress": ip });
        ("ec2", "CreateNetworkInterface", json!({}), json!({ "networkInterface": interface }))
    };
    let told = story(&[ran(), create("eni-7", "10.0.1.7"), assign("eni-1"), assign("eni-7")]);
    assert_eq!(owners(&told, "10.0.1.99", 3), ["eni-1"]);
    assert_eq!(owners(&told, "10.0.1.99", 4), ["eni-7"]);
}
