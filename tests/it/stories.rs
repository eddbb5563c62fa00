//! Findings whose story is only told in the end: what was late amends what was said.

use crate::common::history;
use crate::common::history::{ACCOUNT, at, finding, trail};
use crate::common::live::{Live, record, stage};
use serde_json::{Value, json};
use trailgraph::engine::stage::Stage;
use trailgraph::stages::retention::Retention;

/// Each record is a commit of its own; the clock stands far beyond every grace.
fn told(records: &[Value]) -> Vec<Value> {
    let (stage, mut live) = (stage(Retention::FOREVER), Live::default());
    for (n, value) in records.iter().enumerate() {
        stage.take(&record(n, value), at(1_000), &mut live).unwrap();
        stage.tick(at(2_000), &mut live);
    }
    live.revisions()
}

fn key_finding(principal: &str, name: &str, access_key: &str, kind: &str) -> Value {
    let key = json!({ "accessKeyId": access_key, "principalId": principal, "userName": name, "userType": kind });
    let resource = json!({ "resourceType": "AccessKey", "accessKeyDetails": key });
    finding("f", 100, 1, "Recon:IAMUser/MaliciousIPCaller", resource)
}

fn iam(id: &str, second: u16, name: &str, q: Value, a: Value) -> Value {
    trail(id, second, "iam", name, q, a)
}

/// Of each revision: why there is one, what the finding is about, whether that is known.
fn targets(revisions: &[Value]) -> Vec<(&str, &str, bool)> {
    let one = |r| -> Option<_> {
        Some((
            Value::get(r, "revision_cause")?.as_str()?,
            r["target"]["asset_id"].as_str()?,
            r["target"]["known"].as_bool()?,
        ))
    };
    revisions.iter().filter_map(one).collect()
}

fn role(name: &str) -> String {
    format!("{ACCOUNT}/role/{name}")
}

#[test]
fn a_role_that_is_told_of_late_is_found_by_its_unique_id() {
    let found = key_finding("AROAX1:session", "", "ASIA1", "AssumedRole");
    let one = json!({ "roleName": "deploy", "roleId": "AROAX1" });
    let created = iam("e1", 10, "CreateRole", json!({ "roleName": "deploy" }), json!({ "role": one }));
    let policy = json!({ "roleName": "deploy", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess" });
    let attached = iam("e2", 20, "AttachRolePolicy", policy, Value::Null);
    let told = told(&[found, created, attached]);
    let deploy = role("deploy");
    assert_eq!(
        targets(&told),
        [("created", "ASIA1", false), ("topology_amended", &*deploy, true), ("topology_amended", &*deploy, true)]
    );
    assert!(told[2]["topology"]["nodes"].to_string().contains("AdministratorAccess"));
}

#[test]
fn a_name_given_by_guardduty_gives_way_to_whoever_bears_the_id() {
    let found = key_finding("AROAX1:session", "deploy", "ASIA1", "AssumedRole");
    // The name was given anew since: to another role, before the finding.
    let (old, new) =
        (json!({ "roleName": "deploy", "roleId": "AROAX2" }), json!({ "roleName": "deploy-2", "roleId": "AROAX1" }));
    let other = iam("e1", 10, "CreateRole", json!({ "roleName": "deploy" }), json!({ "role": old }));
    let bearer = iam("e2", 20, "CreateRole", json!({ "roleName": "deploy-2" }), json!({ "role": new }));
    let told = told(&[found, other, bearer]);
    let (named, bearer) = (role("deploy"), role("deploy-2"));
    assert_eq!(
        targets(&told),
        [("created", &*named, false), ("topology_amended", "ASIA1", false), ("topology_amended", &*bearer, true)]
    );
}

#[test]
fn a_key_whose_user_is_told_of_late_leads_to_the_user() {
    let found = key_finding("AIDAX1", "", "AKIA1", "IAMUser");
    let key = json!({ "accessKeyId": "AKIA1", "userName": "bob", "status": "Active" });
    let created = iam("e1", 10, "CreateAccessKey", json!({ "userName": "bob" }), json!({ "accessKey": key }));
    let user = json!({ "userName": "bob", "userId": "AIDAX1" });
    let born = iam("e2", 5, "CreateUser", json!({ "userName": "bob" }), json!({ "user": user }));
    let told = told(&[found, created, born]);
    let bob = format!("{ACCOUNT}/user/bob");
    assert_eq!(
        targets(&told),
        [("created", "AKIA1", false), ("topology_amended", &*bob, true), ("topology_amended", &*bob, true)]
    );
}

#[test]
fn what_happened_after_the_finding_amends_nothing() {
    let found = key_finding("AROAX1:session", "", "ASIA1", "AssumedRole");
    let one = json!({ "roleName": "deploy", "roleId": "AROAX1" });
    let created = iam("e1", 101, "CreateRole", json!({ "roleName": "deploy" }), json!({ "role": one }));
    assert_eq!(targets(&told(&[found, created])), [("created", "ASIA1", false)]);
}

#[test]
fn an_interface_that_is_told_of_late_leads_to_its_instance() {
    let details = json!({ "networkInterfaces": [{ "networkInterfaceId": "eni-1" }] });
    let resource = json!({ "resourceType": "Instance", "instanceDetails": details });
    let found = finding("f", 100, 1, "CryptoCurrency:EC2/BitcoinTool.B!DNS", resource);
    let one = history::instance("i-1", "subnet-1", "sg-1", "10.0.0.5", "eni-1", "eni-attach-1");
    let ran = trail("e1", 10, "ec2", "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }));
    let told = told(&[found, ran]);
    assert_eq!(targets(&told), [("created", "eni-1", false), ("topology_amended", "i-1", true)]);
}

/// An association that comes to light changes nothing as long as its address is known to be released; that it isn't does.
#[test]
fn what_an_incident_newly_rests_on_amends_it_even_if_it_said_the_same_before() {
    let resource = json!({ "resourceType": "Instance", "instanceDetails": { "instanceId": "i-1" } });
    let found = finding("f", 100, 1, "CryptoCurrency:EC2/BitcoinTool.B!DNS", resource);
    let one = history::instance("i-1", "subnet-1", "sg-1", "10.0.0.5", "eni-1", "eni-attach-1");
    let ec2 = |id: &str, second, name: &str, q, a| trail(id, second, "ec2", name, q, a);
    let ran = ec2("e1", 10, "RunInstances", json!({}), json!({ "instancesSet": { "items": [one] } }));
    let released = ec2("e2", 30, "ReleaseAddress", json!({ "allocationId": "eipalloc-1" }), json!({ "_return": true }));
    let associate = json!({ "allocationId": "eipalloc-1", "instanceId": "i-1" });
    let associated = ec2("e3", 20, "AssociateAddress", associate, json!({ "associationId": "eipassoc-1" }));
    let address = json!({ "allocationId": "eipalloc-1", "publicIp": "198.51.100.1", "domain": "vpc" });
    let allocated = ec2("e4", 40, "AllocateAddress", json!({}), address);
    let told = told(&[ran, released, found, associated, allocated]);
    assert_eq!(targets(&told), [("created", "i-1", true), ("topology_amended", "i-1", true)]);
    assert!(told[1]["topology"]["edges"].to_string().contains("eipalloc-1"));
}
