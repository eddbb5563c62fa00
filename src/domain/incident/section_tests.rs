//! What the incident tells of the finding itself, of its first sighting, and of an asset that only the finding knows.

use super::*;
use crate::domain::finding::{
    Action, Actor, AffectedResource, Bucket, Details, SecurityGroupName, Sequence, Signal, StoredObject,
};
use crate::domain::incident::Origin;

fn lowers(f: &Finding) -> Vec<String> {
    joined(&web(), f).incident.what_happened.how_sure.lowers
}

/// `odd`: AWS sends a confidence only for a false positive.
#[test]
fn a_false_positive_is_told_first() {
    let mut f = finding(SSH, 100, 200);
    assert!(!lowers(&f).iter().any(|l| l.contains("false positive")));
    f.latest.confidence = Some(Score(0.0));
    assert_eq!(
        lowers(&f).first().map(String::as_str),
        Some("AWS marked this finding as a false positive (confidence 0).")
    );
    assert_eq!(joined(&web(), &f).incident.finding.confidence, Some(0.0));
}

/// `archived`, `asff-archived`.
#[test]
fn an_archived_finding_closes_its_incident() {
    let mut f = finding(SSH, 100, 200);
    let open = joined(&web(), &f).incident;
    assert_eq!((open.status, open.finding.archived), (Status::Open, false));
    f.latest.archived = true;
    f.latest.workflow_status = "RESOLVED".into();
    let closed = joined(&web(), &f).incident;
    assert_eq!((closed.status, closed.finding.archived), (Status::Closed, true));
    assert_eq!(
        lowers(&f).get(..2).map(<[String]>::to_vec),
        Some(vec![
            "The finding is archived: by a user, or by a suppression rule.".to_owned(),
            "The workflow status of the finding in Security Hub is resolved.".to_owned(),
        ])
    );
}

/// `families` (eks) and `probe-ports`: an address is one actor, and every probed port stays.
#[test]
fn an_address_is_one_actor_and_every_local_port_is_kept() {
    let actor = |port, country: &str| Actor {
        address: "198.51.100.6".into(),
        port,
        country: country.into(),
        ..Actor::default()
    };
    let mut f = finding("Recon:EC2/PortProbeUnprotectedPort", 100, 200);
    f.actors = vec![actor(None, ""), actor(Some(40_001), "X"), actor(Some(40_000), "X")];
    f.latest.action = Action { details: Details::from_iter([("local_port", "22")]), ..Action::default() };
    let mut record = FindingRecord::new(&f);
    f.latest.updated_at = s(900);
    f.latest.action.details = Details::from_iter([("local_port", "80")]);
    record.merge(&f);
    let knowledge = Knowledge::shipped().unwrap();
    let section = join(&web().set, &record, &knowledge, Limits::default(), None).incident.finding;
    let actors: Vec<_> =
        section.actors.iter().map(|a| (a.address.as_str(), a.ports.clone(), a.country.as_str())).collect();
    assert_eq!(actors, [("198.51.100.6", vec![40_000, 40_001], "X")]);
    assert_eq!(section.local_ports, [22, 80]);
}

/// `s3-principal`.
#[test]
fn who_did_it_to_what_is_in_the_incident() {
    let object = StoredObject { key: "secret".into(), ..StoredObject::default() };
    let bucket = Bucket { role: "Destination".into(), objects: vec![object], ..Bucket::default() };
    let details = ResourceDetails::Bucket(Box::new(bucket));
    let bucket = Resource { name: "b1".into(), arn: "arn:aws:s3:::b1".into(), details, ..Resource::default() };
    let mut f = about("Exfiltration:S3/AnomalousBehavior", "S3Bucket", vec![bucket]);
    f.latest.identities = vec![identity("AROAWEB:s", "web-role", "ASIA1", "AssumedRole")];
    let affected = AffectedResource { kind: "AWS::S3::Object".into(), name: "arn:aws:s3:::b1/secret".into() };
    f.latest.action.affected = vec![affected];
    f.latest.evidence = Details::from_iter([("threat_list_name", "TorExit")]);
    let section = joined(&web(), &f).incident.finding;
    let [who] = section.principals.as_slice() else { panic!("{:?}", section.principals) };
    assert_eq!((who.asset_id.as_str(), who.access_key_id.as_str()), ("111122223333/role/web-role", "ASIA1"));
    assert_eq!((who.kind.as_str(), who.principal_id.as_str()), ("AssumedRole", "AROAWEB:s"));
    let [resource] = section.resources.as_slice() else { panic!("{:?}", section.resources) };
    assert!(resource.primary);
    let rows: Vec<_> = resource.details.iter().map(|d| (d.name.as_str(), d.value.as_str())).collect();
    assert_eq!(rows, [("role", "Destination"), ("object", "secret")]);
    assert_eq!(section.action.affected_resources.first().map(|a| a.name.as_str()), Some("arn:aws:s3:::b1/secret"));
    assert_eq!(section.evidence.first().map(|d| d.value.as_str()), Some("TorExit"));
}

#[test]
fn the_findings_in_a_sequence_are_related_incidents() {
    let signal = |kind: &str, uid: &str| Signal { kind: kind.into(), uid: uid.into(), ..Signal::default() };
    let mut f = about("AttackSequence:EC2/CompromisedInstanceGroup", "AttackSequence", vec![instance_named("i-1")]);
    let arn = "arn:aws:guardduty:eu-west-1:111122223333:detector/d/finding/f7";
    let signals = vec![signal("FINDING", arn), signal("CLOUD_TRAIL", "s1")];
    f.latest.sequence = Some(Sequence { signals, ..Sequence::default() });
    let i = joined(&web(), &f).incident;
    assert_eq!(i.related_incidents, ["111122223333:f7"]);
    assert_eq!(i.finding.signals.len(), 2);
}

/// `asof-moves`: the port was open when the finding began, and closed at its last notification.
#[test]
fn the_state_at_the_first_sighting_stays_beside_the_last() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    g.add(50, &group, "rules", OPEN, "sgr-1").remove(150, &group, "rules", OPEN);
    let topology = joined(&g, &finding(SSH, 100, 200)).incident.topology;
    assert_eq!(topology.as_of, s(200));
    let first = topology.at_first_sighting.unwrap();
    assert_eq!(first.as_of, s(100));
    let changes: Vec<_> =
        first.changes.iter().map(|c| (c.asset_id.as_str(), c.name.as_str(), c.key.as_str())).collect();
    assert_eq!(changes, [("sg-1", "rule", "ingress tcp 22 0.0.0.0/0")]);
    assert!(first.changes.iter().all(|c| c.first.is_some() && c.last.is_none()));

    let same = joined(&g, &finding(SSH, 60, 120)).incident.topology;
    assert_eq!(same.at_first_sighting, None, "nothing changed between");
}

/// `asof-moves`: the port was opened after the first sighting, and closed before the last notification.
#[test]
fn the_state_when_it_was_first_reported_is_kept_where_the_first_sighting_tells_nothing() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    g.add(110, &group, "rules", OPEN, "sgr-1").remove(150, &group, "rules", OPEN);
    let mut record = FindingRecord::new(&finding(SSH, 100, 120));
    record.merge(&finding(SSH, 100, 200));
    let i = join(&g.set, &record, &Knowledge::shipped().unwrap(), Limits::default(), None).incident;
    let first = i.topology.at_first_sighting.unwrap();
    assert_eq!(first.as_of, s(120));
    assert_eq!(first.changes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["rule"]);
}

#[test]
fn before_the_horizon_no_first_sighting_is_told() {
    let mut g = web();
    let group = id(Kind::SecurityGroup, "sg-1");
    g.add(50, &group, "rules", OPEN, "sgr-1").remove(150, &group, "rules", OPEN);
    let record = FindingRecord::new(&finding(SSH, 100, 200));
    let knowledge = Knowledge::shipped().unwrap();
    let of = |horizon| join(&g.set, &record, &knowledge, Limits::default(), Some(s(horizon)));
    assert!(of(100).incident.topology.at_first_sighting.is_some());
    let later = of(101);
    assert_eq!(later.incident.topology.at_first_sighting, None);
    assert_eq!(later.before_horizon, Before { last: false, first: true });
    assert_eq!(of(201).before_horizon, Before { last: true, first: true });
}

fn described_instance(name: &str) -> Resource {
    let interface = NetworkInterface {
        id: "eni-7".into(),
        private_addresses: vec!["10.0.0.7".into()],
        public_address: "203.0.113.77".into(),
        subnet: "subnet-1".into(),
        vpc: "vpc-1".into(),
        groups: vec![SecurityGroupName { id: "sg-1".into(), name: "web".into() }],
        ..NetworkInterface::default()
    };
    let instance = Instance {
        image: "ami-7".into(),
        instance_type: "t3.micro".into(),
        profile_arn: "arn:aws:iam::111122223333:instance-profile/web".into(),
        interfaces: vec![interface],
        ..Instance::default()
    };
    let mut resource = instance_named(name);
    resource.details = ResourceDetails::Instance(Box::new(instance));
    resource.tags.insert("Owner".into(), "team-b".into());
    resource
}

/// `no-baseline`: no record ever named the instance, so the finding's own words are a hint, marked as one.
#[test]
fn an_instance_that_no_record_names_is_shown_as_the_finding_describes_it() {
    let mut f = finding(SSH, 100, 200);
    f.latest.resources = vec![described_instance("i-77")];
    let mut g = web();
    g.add(50, &id(Kind::SecurityGroup, "sg-1"), "rules", OPEN, "sgr-1");
    let topology = joined(&g, &f).incident.topology;
    let node = |name: &str| topology.nodes.iter().find(|n| n.asset_id == name).unwrap();
    let attribute = |node_name: &str, name: &str, key: &str| {
        let found = node(node_name).attributes.iter().find(|a| a.name == name && a.key == key);
        let found = found.unwrap_or_else(|| panic!("{node_name} {name} {key}"));
        (found.value.clone(), topology.source(found.source).unwrap().clone())
    };
    let (image, source) = attribute("i-77", "image", "");
    assert_eq!((image, source.origin, source.time), (AttributeValue::Text("ami-7".into()), Origin::Finding, s(260)));
    assert_eq!(attribute("i-77", "tags", "Owner").0, AttributeValue::Text("team-b".into()));
    assert_eq!(attribute("i-77", "instance_profile", "").0, AttributeValue::Text("web".into()));
    assert_eq!(attribute("eni-7", "public_ip", "").0, AttributeValue::Text("203.0.113.77".into()));
    let has = |from: &str, relation: &str, to: &str| {
        topology.edges.iter().any(|e| (&*e.from, &*e.relation, &*e.to, e.since) == (from, relation, to, None))
    };
    assert!(
        has("eni-7", "attached_to", "i-77") && has("eni-7", "protected_by", "sg-1") && has("eni-7", "in", "subnet-1")
    );
    assert!(
        has("i-77", "uses", "111122223333/instance_profile/web") && topology.nodes.iter().any(|n| n.kind == "role")
    );
    assert_eq!(node("sg-1").rules.len(), 1, "what the graph knows of the group is shown");
    assert!(topology.edges.iter().any(|e| e.from == "rtb-1"), "the way out is walked from the hint's subnet");
    assert!(
        topology.gaps.iter().any(|g| g.starts_with("instance i-77: in part only known as the finding describes it"))
    );
}

/// A record wins over the finding's copy, whichever is newer.
#[test]
fn a_hint_loses_against_what_the_graph_knows() {
    let mut f = finding(SSH, 100, 200);
    f.latest.resources = vec![described_instance("i-1")];
    let topology = joined(&web(), &f).incident.topology;
    let node = topology.nodes.iter().find(|n| n.asset_id == "i-1").unwrap();
    assert_eq!(node.text("image", ""), Some("ami-1"));
    assert_eq!(node.text("tags", "Owner"), Some("team-a"));
    assert_eq!(node.text("type", ""), Some("t3.micro"), "no record names the type");
    assert!(!topology.nodes.iter().any(|n| n.asset_id == "eni-7"), "its interfaces are known");
}
