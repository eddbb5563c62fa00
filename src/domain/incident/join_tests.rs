//! Findings joined to small graphs, made by hand.

use std::sync::Arc;

use super::*;
use crate::domain::finding::{
    DbInstance, EksCluster, Finding, Identity, Instance, LatestNotification, NetworkInterface, Resource,
    ResourceDetails, Score,
};
use crate::domain::graph::{Fact, Kind, Owner, Rank, Source, Stamp, Val, Write, WriteSet, address_owner, rules};
use crate::domain::incident::{AttributeValue, Limits, target};

const ACCOUNT: &str = "111122223333";

fn id(kind: Kind, name: &str) -> AssetId {
    AssetId::new(ACCOUNT, kind, name)
}

/// Seconds of a day, as times.
fn s(seconds: i64) -> Time {
    Time(1_700_000_000_000 + seconds * 1000)
}

#[derive(Default)]
struct Graph {
    set: WriteSet,
    events: u32,
}

impl Graph {
    fn put(&mut self, at: i64, rank: Rank, asset: &AssetId, fact: Fact) -> &mut Graph {
        self.events += 1;
        let stamp = Stamp { time: s(at), rank, event: format!("event-{}", self.events).into() };
        let source = Arc::new(Source { call: "Call".into(), principal: "arn:p".into(), implied: false });
        self.set.insert(Write { asset: asset.clone(), fact, stamp, source });
        self
    }

    fn create(&mut self, at: i64, asset: &AssetId) -> &mut Graph {
        self.put(at, Rank::Created, asset, Fact::Exists(true))
    }

    fn end(&mut self, at: i64, asset: &AssetId) -> &mut Graph {
        self.put(at, Rank::Deleted, asset, Fact::Exists(false))
    }

    fn set(&mut self, at: i64, asset: &AssetId, field: &str, value: &str) -> &mut Graph {
        self.put(at, Rank::Set, asset, Fact::Set { field: asset.kind.fact(field).unwrap(), value: Val::text(value) })
    }

    fn flag(&mut self, at: i64, asset: &AssetId, field: &str) -> &mut Graph {
        self.put(at, Rank::Set, asset, Fact::Set { field: asset.kind.fact(field).unwrap(), value: Val::Bool(true) })
    }

    fn add(&mut self, at: i64, asset: &AssetId, list: &str, key: &str, value: &str) -> &mut Graph {
        let value = Some(Val::text(value));
        self.put(at, Rank::Set, asset, Fact::Element { list: asset.kind.fact(list).unwrap(), key: key.into(), value })
    }

    fn remove(&mut self, at: i64, asset: &AssetId, list: &str, key: &str) -> &mut Graph {
        self.put(
            at,
            Rank::Removed,
            asset,
            Fact::Element { list: asset.kind.fact(list).unwrap(), key: key.into(), value: None },
        )
    }
}

/// A web server with all that belongs to one, made at 0.
fn web() -> Graph {
    let mut g = Graph::default();
    let (vpc, subnet, group) = (id(Kind::Vpc, "vpc-1"), id(Kind::Subnet, "subnet-1"), id(Kind::SecurityGroup, "sg-1"));
    let (host, eni, attach) =
        (id(Kind::Instance, "i-1"), id(Kind::NetworkInterface, "eni-1"), id(Kind::InterfaceAttachment, "eni-attach-1"));
    let (table, association, igw) = (
        id(Kind::RouteTable, "rtb-1"),
        id(Kind::RouteTableAssociation, "rtbassoc-1"),
        id(Kind::InternetGateway, "igw-1"),
    );
    let (profile, role) = (id(Kind::InstanceProfile, "web"), id(Kind::Role, "web-role"));
    for a in [&vpc, &subnet, &group, &host, &eni, &attach, &table, &association, &igw, &profile, &role] {
        g.create(0, a);
    }
    g.set(0, &vpc, "region", "eu-west-1");
    g.set(0, &subnet, "vpc", "vpc-1").set(0, &group, "vpc", "vpc-1").set(0, &table, "vpc", "vpc-1");
    g.set(0, &igw, "vpc", "vpc-1").add(0, &table, "gateways", "igw-1", "0.0.0.0/0");
    g.add(0, &table, "routes", "0.0.0.0/0", "igw-1");
    g.set(0, &association, "subnet", "subnet-1").set(0, &association, "route_table", "rtb-1");
    g.set(0, &host, "subnet", "subnet-1").set(0, &host, "vpc", "vpc-1").set(0, &host, "region", "eu-west-1");
    g.set(0, &host, "image", "ami-1").set(0, &host, "state", "running").set(0, &host, "instance_profile", "web");
    g.add(0, &host, "groups", "sg-1", "")
        .add(0, &host, "tags", "Name", "web-1")
        .add(0, &host, "tags", "Owner", "team-a");
    g.set(0, &eni, "subnet", "subnet-1").set(0, &eni, "vpc", "vpc-1").set(0, &eni, "private_ip", "10.0.1.10");
    g.add(0, &eni, "groups", "sg-1", "");
    g.set(0, &attach, "instance", "i-1").set(0, &attach, "interface", "eni-1").flag(
        0,
        &attach,
        "delete_on_termination",
    );
    g.add(0, &profile, "roles", "web-role", "").set(0, &role, "unique_id", "AROAWEB");
    g
}

fn instance_named(name: &str) -> Resource {
    let details = ResourceDetails::Instance(Box::default());
    Resource { name: name.into(), details, ..Resource::default() }
}

fn finding(kind: &str, first: i64, last: i64) -> Finding {
    Finding {
        id: "f1".into(),
        account: ACCOUNT.into(),
        created_at: s(first),
        first_seen: s(first),
        last_seen: s(last),
        count: 2,
        actors: Vec::new(),
        latest: LatestNotification {
            updated_at: s(last + 60),
            region: "eu-west-1".into(),
            kind: kind.into(),
            severity: Score(8.0),
            resource_type: "Instance".into(),
            resources: vec![instance_named("i-1")],
            ..LatestNotification::default()
        },
    }
}

fn identity(principal_id: &str, name: &str, access_key_id: &str, user_type: &str) -> Identity {
    Identity {
        user_type: user_type.into(),
        name: name.into(),
        principal_id: principal_id.into(),
        access_key_id: access_key_id.into(),
        ..Identity::default()
    }
}

/// A finding about a credential.
fn about_key(key: Identity, last: i64) -> Finding {
    let mut f = finding("UnauthorizedAccess:IAMUser/MaliciousIPCaller", last, last);
    f.latest.resource_type = "AccessKey".into();
    f.latest.identities = vec![key.clone()];
    f.latest.resources = vec![Resource {
        name: key.access_key_id.clone(),
        details: ResourceDetails::AccessKey(key),
        ..Resource::default()
    }];
    f
}

/// A finding about resources of other kinds.
fn about(kind: &str, resource_type: &str, resources: Vec<Resource>) -> Finding {
    let mut f = finding(kind, 100, 200);
    f.latest.resource_type = resource_type.into();
    f.latest.resources = resources;
    f
}

fn joined_within(g: &Graph, f: &Finding, limits: Limits) -> Joined {
    join(&g.set, &FindingRecord::new(f), &Knowledge::shipped().unwrap(), limits, None)
}

fn joined(g: &Graph, f: &Finding) -> Joined {
    joined_within(g, f, Limits::default())
}

const SSH: &str = "UnauthorizedAccess:EC2/SSHBruteForce";
const OPEN: &str = "ingress|tcp|22|22|0.0.0.0/0";

#[test]
fn an_instance_is_found_with_all_that_surrounds_it() {
    let i = joined(&web(), &finding(SSH, 100, 200)).incident;
    assert_eq!(i.topology.gaps, Vec::<String>::new());
    assert!(i.topology.complete && i.target.known);
    assert_eq!(
        (i.target.name.as_str(), i.target.owner.as_str(), i.target.state_at_finding.as_str()),
        ("web-1", "team-a", "running")
    );
    assert_eq!(i.target.arn, "arn:aws:ec2:eu-west-1:111122223333:instance/i-1");
    let has =
        |f: &str, r: &str, t: &str| i.topology.edges.iter().any(|e| (&*e.from, &*e.relation, &*e.to) == (f, r, t));
    for (from, relation, to) in [
        ("i-1", "in", "subnet-1"),
        ("subnet-1", "in", "vpc-1"),
        ("vpc-1", "in", "111122223333/region/eu-west-1"),
        ("111122223333/region/eu-west-1", "in", ACCOUNT),
        ("eni-1", "attached_to", "i-1"),
        ("eni-1", "protected_by", "sg-1"),
        ("rtb-1", "associated_with", "subnet-1"),
        ("rtb-1", "routes_to", "igw-1"),
        ("i-1", "uses", "111122223333/instance_profile/web"),
        ("111122223333/instance_profile/web", "has", "111122223333/role/web-role"),
        ("i-1", "launched_from", "ami-1"),
    ] {
        assert!(has(from, relation, to), "{from} {relation} {to}");
    }
    let host = i.topology.nodes.iter().find(|n| n.asset_id == "i-1").unwrap();
    assert_eq!((host.account_id.as_str(), host.summary.as_str()), (ACCOUNT, "running"));
    let image = host.attributes.iter().find(|a| a.name == "image").unwrap();
    let source = i.topology.source(image.source).unwrap();
    assert_eq!(image.value, AttributeValue::Text("ami-1".into()));
    assert_eq!((source.time, source.principal.as_str()), (s(0), "arn:p"));
    let region = i.topology.edges.iter().find(|e| e.to == ACCOUNT).unwrap();
    assert_eq!(region.since, None, "no event tells since when a region is in an account");
}

#[test]
fn a_group_counts_as_it_was_at_the_last_sighting() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    g.add(50, &group, "rules", OPEN, "sgr-1").remove(150, &group, "rules", OPEN);
    g.add(300, &group, "rules", "ingress|tcp|443|443|0.0.0.0/0", "sgr-2");
    let open_at = |last| {
        let j = joined(&g, &finding(SSH, 100, last));
        assert!(j.read_set.contains(&Subject::of(&group)));
        let node = j.incident.topology.nodes.iter().find(|n| n.asset_id == "sg-1").unwrap();
        node.rules.iter().map(|r| (r.traffic(), r.peer.clone())).collect::<Vec<_>>()
    };
    let from_anywhere = |traffic: &str| [(traffic.to_owned(), "0.0.0.0/0".to_owned())];
    assert_eq!(open_at(120), from_anywhere("tcp 22"));
    assert_eq!(open_at(200), []);
    assert_eq!(open_at(400), from_anywhere("tcp 443"));
}

#[test]
fn a_rule_goes_with_its_alias_and_comes_again() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    g.add(10, &group, "rules", OPEN, "sgr-1").add(10, &group, "rule_ids", "sgr-1", OPEN);
    g.add(20, &group, "rule_revokes", "sgr-1", "");
    g.add(30, &group, "rules", OPEN, "sgr-2").add(30, &group, "rule_ids", "sgr-2", OPEN);
    let open = |t| rules(&g.set, &group, s(t)).contains_key(OPEN);
    assert_eq!([5, 15, 25, 35].map(open), [false, true, false, true]);
}

#[test]
fn a_rule_granted_and_revoked_by_its_alias_within_one_second_is_gone() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    let revoke = Fact::Element {
        list: group.kind.fact("rule_revokes").unwrap(),
        key: "sgr-1".into(),
        value: Some(Val::text("")),
    };
    g.put(10, Rank::Removed, &group, revoke)
        .add(10, &group, "rule_ids", "sgr-1", OPEN)
        .add(10, &group, "rules", OPEN, "");
    assert!(!rules(&g.set, &group, s(10)).contains_key(OPEN));
}

#[test]
fn a_rule_changed_by_its_alias_is_another_and_goes_by_the_same_alias() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    g.add(10, &group, "rules", OPEN, "").add(10, &group, "rule_ids", "sgr-1", OPEN);
    g.add(20, &group, "rule_changes", "sgr-1", "tcp|22|22|198.51.100.0/24");
    g.add(30, &group, "rule_revokes", "sgr-1", "");
    let held = |t| rules(&g.set, &group, s(t)).into_keys().collect::<Vec<_>>();
    assert_eq!([15, 25, 35].map(held), [vec![OPEN], vec!["ingress|tcp|22|22|198.51.100.0/24"], vec![]]);
}

#[test]
fn an_instance_that_is_gone_was_there_at_the_finding() {
    let mut g = web();
    g.end(250, &id(Kind::Instance, "i-1")).set(250, &id(Kind::Instance, "i-1"), "state", "terminated");
    let before = joined(&g, &finding(SSH, 100, 200)).incident;
    assert_eq!(before.target.state_at_finding, "running");
    assert!(before.topology.nodes.iter().any(|n| n.asset_id == "eni-1"));
    // Its interface went with it, though no event says so.
    let eni = id(Kind::NetworkInterface, "eni-1");
    assert!(at(&g.set, &eni, s(249)).unwrap().exists);
    let after = at(&g.set, &eni, s(251)).unwrap();
    assert!(!after.exists && after.ended.unwrap().source.implied);
    // The finding outlives its instance: the last moment at which it was there is shown.
    let late = joined(&g, &finding(SSH, 100, 300)).incident;
    assert_eq!(late.target.state_at_finding, "terminated");
    assert!(late.target.known && late.topology.nodes.iter().any(|n| n.asset_id == "eni-1"));
    assert_eq!(late.topology.as_of, s(250).plus_ms(-1));
    let told = "instance i-1: had ended by 2023-11-14T22:18:20.000Z; its surroundings are shown as of the last moment before its end";
    assert!(late.topology.gaps.contains(&told.to_owned()), "{:?}", late.topology.gaps);
}

#[test]
fn an_interface_that_was_detached_before_stays() {
    let mut g = web();
    g.end(100, &id(Kind::InterfaceAttachment, "eni-attach-1")).end(250, &id(Kind::Instance, "i-1"));
    assert!(at(&g.set, &id(Kind::NetworkInterface, "eni-1"), s(300)).unwrap().exists);
}

#[test]
fn a_public_address_that_moved_belongs_to_whoever_held_it() {
    let mut g = web();
    let (eip, old, new) = (
        id(Kind::Address, "eipalloc-1"),
        id(Kind::AddressAssociation, "eipassoc-1"),
        id(Kind::AddressAssociation, "eipassoc-2"),
    );
    g.create(5, &eip).set(5, &eip, "public_ip", "198.51.100.7");
    g.create(10, &old).set(10, &old, "address", "eipalloc-1").set(10, &old, "interface", "eni-1");
    g.end(100, &old);
    let other = id(Kind::Instance, "i-2");
    g.create(50, &other);
    g.create(110, &new).set(110, &new, "address", "eipalloc-1").set(110, &new, "instance", "i-2");
    let who = |t| address_owner(&g.set, ACCOUNT, "198.51.100.7", None, s(t));
    assert_eq!(who(7), []);
    let first =
        Owner { interface: Some(id(Kind::NetworkInterface, "eni-1")), instance: Some(id(Kind::Instance, "i-1")) };
    assert_eq!(who(50), [first]);
    assert_eq!(who(105), []);
    assert_eq!(who(120), [Owner { interface: None, instance: Some(other.clone()) }]);
    g.end(200, &other);
    assert_eq!(
        address_owner(&g.set, ACCOUNT, "198.51.100.7", None, s(210)),
        [],
        "the association ended with its instance"
    );
    let shown = joined(&g, &finding(SSH, 20, 60)).incident.topology;
    assert!(shown.edges.iter().any(|e| e.from == "eipalloc-1" && e.to == "eni-1" && e.since == Some(s(10))));
}

#[test]
fn one_private_address_in_two_vpcs_has_two_owners() {
    let mut g = web();
    let twin = id(Kind::NetworkInterface, "eni-2");
    g.create(0, &twin).set(0, &twin, "private_ip", "10.0.1.10").set(0, &twin, "vpc", "vpc-2");
    let who = |vpc| {
        let owners = address_owner(&g.set, ACCOUNT, "10.0.1.10", vpc, s(10));
        owners.into_iter().filter_map(|o| o.interface).map(|i| i.name).collect::<Vec<_>>()
    };
    assert_eq!(who(None), ["eni-1", "eni-2"]);
    assert_eq!(who(Some("vpc-1")), ["eni-1"]);
    assert_eq!(who(Some("vpc-2")), ["eni-2"]);
    assert_eq!(who(Some("vpc-3")), Vec::<String>::new());
}

#[test]
fn a_target_and_an_actor_have_different_stories() {
    let tell = |role: &str| {
        let mut f = finding(SSH, 1, 2);
        f.latest.resource_role = role.into();
        joined(&web(), &f).incident
    };
    let (target, actor, neither) = (tell("TARGET"), tell("ACTOR"), tell(""));
    assert_ne!(target.title, actor.title);
    assert_ne!(target.what_happened.explanation, actor.what_happened.explanation);
    assert_eq!(target.title, neither.title);
    assert!(actor.what_happened.summary.contains("web-1 (i-1)"));
    assert_eq!(target.what_happened.techniques, ["T1110"]);
}

#[test]
fn a_sample_has_no_surroundings() {
    let mut f = finding(SSH, 1, 2);
    f.latest.sample = true;
    let i = joined(&web(), &f).incident;
    assert!(i.sample && !i.target.known && !i.topology.complete);
    assert!(i.topology.nodes.is_empty() && i.topology.edges.is_empty());
}

#[test]
fn an_unknown_type_and_asset_still_give_an_incident() {
    let mut f = finding("Wild:EC2/NeverHeardOf.X!Y", 1, 2);
    f.latest.resources = vec![instance_named("i-9")];
    let i = joined(&Graph::default(), &f).incident;
    assert_eq!(i.severity, Severity::High);
    assert!(i.title.contains("never heard of") && i.title.contains("i-9"), "{}", i.title);
    assert!(!i.target.known && !i.topology.complete);
    assert!(i.topology.gaps.iter().any(|g| g.starts_with("instance i-9: never seen being created")));
}

#[test]
fn a_missing_subnet_is_a_gap() {
    let mut g = Graph::default();
    let host = id(Kind::Instance, "i-1");
    g.create(0, &host).set(0, &host, "subnet", "subnet-1");
    let t = joined(&g, &finding(SSH, 1, 2)).incident.topology;
    assert!(
        t.gaps.contains(&"subnet subnet-1: never seen being created; its CIDR and route table are unknown".to_owned())
    );
}

#[test]
fn credentials_lead_to_whoever_bore_them_then() {
    let mut g = web();
    let role = id(Kind::Role, "deploy");
    g.create(0, &role).set(0, &role, "unique_id", "AROAOLD").end(100, &role);
    g.create(200, &role).set(200, &role, "unique_id", "AROANEW");
    let key = id(Kind::AccessKey, "AKIA1");
    g.create(0, &key).set(0, &key, "user", "alice");
    let of = |principal: &str, name: &str, access_key: &str, kind: &str, last| {
        let key = identity(principal, name, access_key, kind);
        target(&g.set, &FindingRecord::new(&about_key(key, last)))
    };
    assert_eq!(of("AROAOLD:s", "deploy", "ASIA1", "AssumedRole", 50), Some(role.clone()));
    assert_eq!(of("AROANEW:s", "", "ASIA1", "AssumedRole", 250), Some(role.clone()));
    assert_eq!(of("AROAOLD:s", "deploy", "ASIA1", "AssumedRole", 250), Some(role.clone()), "though it has ended");
    assert_eq!(of("AROAWEB:i-1", "web-role", "ASIA2", "AssumedRole", 50), Some(id(Kind::Instance, "i-1")));
    assert_eq!(of("AIDAX", "", "AKIA1", "IAMUser", 50), Some(id(Kind::User, "alice")));
    assert_eq!(of("AIDAY", "bob", "AKIA2", "IAMUser", 50), Some(id(Kind::User, "bob")));
    assert_eq!(of(ACCOUNT, "Root", "", "Root", 50), Some(id(Kind::Account, ACCOUNT)));
    assert_eq!(of("", "", "", "", 50), None);
}

#[test]
fn a_hub_is_cut_and_says_so() {
    let mut g = web();
    for n in 0..300 {
        let volume = id(Kind::Volume, &format!("vol-{n:04}"));
        g.create(1, &volume).add(1, &volume, "instances", "i-1", "");
    }
    let t = joined(&g, &finding(SSH, 100, 200)).incident.topology;
    assert!(t.nodes.len() <= Limits::default().topology_nodes_max && !t.complete);
    assert!(t.gaps.iter().any(|gap| gap.contains("50 of 300 shown")), "{:?}", t.gaps);
}

#[test]
fn a_topology_has_as_many_assets_as_are_allowed_and_names_the_rest_as_missing() {
    let of = |topology_nodes_max| {
        joined_within(&web(), &finding(SSH, 100, 200), Limits { topology_nodes_max }).incident.topology
    };
    let whole = of(200);
    assert!(whole.nodes.len() > 4);
    assert_eq!(of(whole.nodes.len()), whole);
    let cut = of(whole.nodes.len() - 1);
    assert_eq!((cut.nodes.len(), cut.complete), (whole.nodes.len() - 1, false));
    assert!(
        cut.gaps.iter().any(|g| g.starts_with(&format!("stopped at {} assets", cut.nodes.len()))),
        "{:?}",
        cut.gaps
    );
    assert!(cut.nodes.iter().any(|n| n.asset_id == "i-1"), "the target is the last to go");
}

#[test]
fn a_rule_is_an_object_with_the_id_that_it_has_now() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    g.add(10, &group, "rules", OPEN, "ops").add(10, &group, "rule_ids", "sgr-1", OPEN);
    g.add(10, &group, "rules", "egress|all|*|*|0.0.0.0/0", "");
    g.add(20, &group, "rule_changes", "sgr-1", "tcp|2222|2222|198.51.100.0/24");
    let rules = |last| {
        let topology = joined(&g, &finding(SSH, 5, last)).incident.topology;
        let node = topology.nodes.into_iter().find(|n| n.asset_id == "sg-1").unwrap();
        assert!(!node.attributes.iter().any(|a| a.name.starts_with("rule")), "{:?}", node.attributes);
        node.rules.into_iter().map(|r| (r.traffic(), r.peer, r.description, r.rule_id)).collect::<Vec<_>>()
    };
    let row = |a: &str, b: &str, c: &str, d: &str| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned());
    let egress = row("all traffic", "0.0.0.0/0", "", "");
    assert_eq!(rules(15), [egress.clone(), row("tcp 22", "0.0.0.0/0", "ops", "sgr-1")]);
    assert_eq!(rules(25), [egress, row("tcp 2222", "198.51.100.0/24", "", "sgr-1")]);
}

#[test]
fn each_event_is_named_once_and_in_order() {
    let topology = joined(&web(), &finding(SSH, 100, 200)).incident.topology;
    let sources = &topology.sources;
    assert!(sources.len() > 10 && sources.is_sorted(), "{sources:?}");
    let mut distinct = sources.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), sources.len());
    let used: BTreeSet<u32> = topology.nodes.iter().flat_map(|n| &n.attributes).map(|a| a.source).collect();
    assert_eq!(used.len(), sources.len(), "every source is used, and none is missing");
    assert!(used.iter().all(|index| topology.source(*index).is_some()));
}

#[test]
fn values_keep_their_types_and_no_time_is_made_up() {
    let mut f = finding(SSH, 100, 200);
    (f.created_at, f.first_seen) = (Time(0), Time(0));
    f.latest.action.details.add("blocked", "false");
    let i = joined(&web(), &f).incident;
    let json = serde_json::to_string(&i).unwrap();
    assert!(json.contains("\"last_seen\":\"2023-11-14T22:16:40.000Z\""), "{json}");
    assert!(!json.contains("1970-"), "{json}");
    assert!(json.contains(r#""details":[{"name":"blocked","value":"false"}]"#), "{json}");
    assert_eq!(serde_json::from_str::<Incident>(&json).unwrap(), i);
}

#[test]
fn what_is_depended_on_is_bounded_and_says_so() {
    let g = web();
    let recorder = TrackedView::new(&g.set, 2);
    for name in ["i-1", "i-2"] {
        recorder.fields(&id(Kind::Instance, name), s(10));
    }
    recorder.fields(&id(Kind::Instance, "i-1"), s(10));
    assert!(!recorder.is_full());
    recorder.referrers(ACCOUNT, "uid/AROAWEB", Kind::Role, s(10));
    assert!(recorder.is_full());
    assert_eq!(recorder.into_read_set().len(), 2);
}

mod revisions {
    use super::*;
    use crate::domain::incident::{Cause, HISTORY_MAX, Revision, revise};

    fn next(last: Option<&Incident>, joined: Joined, at: i64) -> Option<Revision> {
        revise(last, joined, s(at))
    }

    #[test]
    fn the_first_is_created_and_the_same_again_is_no_revision() {
        let first = next(None, joined(&web(), &finding(SSH, 100, 200)), 260).unwrap().incident;
        assert_eq!((first.revision, first.revision_cause), (1, Cause::Created));
        assert_eq!(first.history.iter().map(|h| (h.time, h.revision)).collect::<Vec<_>>(), [(s(260), 1)]);
        assert_eq!(next(Some(&first), joined(&web(), &finding(SSH, 100, 200)), 300), None);
    }

    #[test]
    fn the_cause_is_what_differs_and_the_time_is_the_causing_records() {
        let first = next(None, joined(&web(), &finding(SSH, 100, 200)), 260).unwrap().incident;
        let mut g = web();
        g.add(150, &id(Kind::SecurityGroup, "sg-1"), "rules", OPEN, "");
        let amended = next(Some(&first), joined(&g, &finding(SSH, 100, 200)), 150).unwrap().incident;
        assert_eq!((amended.revision, amended.revision_cause), (2, Cause::TopologyAmended));
        let updated = next(Some(&amended), joined(&g, &finding(SSH, 100, 400)), 460).unwrap().incident;
        assert_eq!((updated.revision, updated.revision_cause), (3, Cause::FindingUpdated));
        let history: Vec<_> = updated.history.iter().map(|h| (h.time, h.revision, h.cause)).collect();
        let want =
            [(s(260), 1, Cause::Created), (s(150), 2, Cause::TopologyAmended), (s(460), 3, Cause::FindingUpdated)];
        assert_eq!(history, want);
    }

    #[test]
    fn before_the_horizon_the_surroundings_are_kept_and_the_finding_is_not() {
        let first = next(None, joined(&web(), &finding(SSH, 100, 200)), 260).unwrap().incident;
        let later = |g: &Graph, count| Joined {
            before_horizon: Before { last: true, first: true },
            ..joined(g, &Finding { count, ..finding(SSH, 100, 200) })
        };
        assert_eq!(next(Some(&first), later(&Graph::default(), 2), 300), None, "the graph alone changes nothing");
        let Revision { incident, kept } = next(Some(&first), later(&Graph::default(), 9), 300).unwrap();
        assert!(kept);
        assert_eq!((incident.finding.count, &incident.topology), (9, &first.topology));
        assert_eq!((&incident.target, &incident.title), (&first.target, &first.title));
        assert!(!next(None, later(&web(), 2), 300).unwrap().kept, "there is nothing to keep");
    }

    #[test]
    fn history_drops_the_oldest() {
        let mut last = next(None, joined(&web(), &finding(SSH, 100, 200)), 0).unwrap().incident;
        for count in 0..HISTORY_MAX {
            let f = Finding { count: 3 + u64::try_from(count).unwrap(), ..finding(SSH, 100, 200) };
            last = next(Some(&last), joined(&web(), &f), 0).unwrap().incident;
        }
        assert_eq!(last.history.len(), HISTORY_MAX);
        assert_eq!(last.history.first().map(|h| h.revision), Some(2));
        assert_eq!(last.history.last().map(|h| h.revision), Some(last.revision));
    }
}

#[path = "target_tests.rs"]
mod targets;

#[path = "section_tests.rs"]
mod sections;
