//! Which asset a finding is about, and how the incident names it.

use super::*;

/// `families`: the finding names the thing, so the incident does, too, though the graph has no such kind.
#[test]
fn a_resource_that_the_graph_does_not_have_is_named() {
    let arn = "arn:aws:rds:eu-west-1:111122223333:db:db1";
    let db = Resource {
        name: "db1".into(),
        arn: arn.into(),
        details: ResourceDetails::DbInstance(DbInstance::default()),
        ..Resource::default()
    };
    let f = about("CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin", "RDSDBInstance", vec![db]);
    let i = joined(&web(), &f).incident;
    assert_eq!((i.target.kind.as_str(), i.target.name.as_str(), i.target.arn.as_str()), ("db_instance", "db1", arn));
    assert_eq!((i.target.asset_id.as_str(), i.target.known), (arn, false));
    assert!(i.title.contains("db instance db1") && i.what_happened.summary.contains("db1"), "{}", i.title);
    assert_eq!(i.topology.gaps, ["db_instance db1: resources of this kind are not followed"]);

    let unnamed = joined(&web(), &about("X:Y/Z", "EKSCluster", Vec::new())).incident;
    assert_eq!(unnamed.topology.gaps, ["the finding names no resource"]);
}

/// The machine on which a cluster's workload ran can be looked at; the cluster can't.
#[test]
fn a_cluster_with_an_instance_is_about_the_instance() {
    let cluster = Resource {
        name: "c1".into(),
        details: ResourceDetails::EksCluster(EksCluster::default()),
        ..Resource::default()
    };
    let f = about("Execution:Runtime/NewBinaryExecuted", "EKSCluster", vec![cluster.clone(), instance_named("i-1")]);
    assert_eq!(target(&web().set, &FindingRecord::new(&f)), Some(id(Kind::Instance, "i-1")));
    let mut f = about("Discovery:Kubernetes/MaliciousIPCaller", "EKSCluster", vec![cluster]);
    f.latest.identities = vec![identity("AROAWEB:s", "web-role", "ASIA1", "AssumedRole")];
    assert_eq!(joined(&web(), &f).incident.target.asset_id, "111122223333/eks_cluster/c1");
}

/// `attack-sequence`: the sequence's type says which of its resources is the primary target.
#[test]
fn an_attack_sequence_has_a_primary_target() {
    let mut g = web();
    g.create(0, &id(Kind::Bucket, "b1"));
    let key = identity("AROAWEB:s", "web-role", "ASIA1", "AssumedRole");
    let resources = || {
        let key =
            Resource { name: "ASIA1".into(), details: ResourceDetails::AccessKey(key.clone()), ..Resource::default() };
        let bucket = ResourceDetails::Bucket(Box::default());
        let bucket = Resource { name: "b1".into(), details: bucket, ..Resource::default() };
        vec![bucket, key, instance_named("i-1")]
    };
    for (kind, asset) in [
        ("AttackSequence:IAM/CompromisedCredentials", id(Kind::Role, "web-role")),
        ("AttackSequence:S3/CompromisedData", id(Kind::Bucket, "b1")),
        ("AttackSequence:EC2/CompromisedInstanceGroup", id(Kind::Instance, "i-1")),
    ] {
        let f = about(kind, "AttackSequence", resources());
        assert_eq!(target(&g.set, &FindingRecord::new(&f)), Some(asset.clone()), "{kind}");
        let i = joined(&g, &f).incident;
        assert!(i.target.known && i.topology.nodes.iter().any(|n| n.asset_id == asset.text()), "{kind}");
    }
}

/// `cred-types`, `sso-role`, `partitions`: no ARN is better than one that may be another's.
#[test]
fn an_arn_is_given_only_where_it_follows() {
    let arn = |f: &Finding| joined(&Graph::default(), f).incident.target;
    let federated = arn(&about_key(identity("111122223333:fred", "fred", "ASIA1", "FederatedUser"), 50));
    assert_eq!(
        (federated.kind.as_str(), federated.name.as_str(), federated.arn.as_str()),
        ("federated_user", "fred", "")
    );
    let sso = arn(&about_key(identity("AROAX:me", "AWSReservedSSO_Admin_0a1b", "ASIAX", "AssumedRole"), 50));
    assert_eq!((sso.kind.as_str(), sso.arn.as_str()), ("role", ""));
    for (region, partition, expected) in [
        ("us-iso-east-1", "aws-iso", "aws-iso"),
        ("us-isob-east-1", "", "aws-iso-b"),
        ("eusc-de-east-1", "", "aws-eusc"),
        ("eu-west-1", "", "aws"),
    ] {
        let mut f = finding(SSH, 1, 2);
        f.latest.region = region.into();
        f.latest.partition = partition.into();
        assert_eq!(arn(&f).arn, format!("arn:{expected}:ec2:{region}:{ACCOUNT}:instance/i-1"));
    }
}

/// `user-newpath`: the path is part of the ARN.
#[test]
fn the_arn_of_a_user_has_its_path() {
    let mut g = Graph::default();
    let user = id(Kind::User, "alice");
    g.create(0, &user).set(0, &user, "unique_id", "AIDA1").set(10, &user, "path", "/ops/");
    let i = joined(&g, &about_key(identity("AIDA1", "alice", "AKIA1", "IAMUser"), 50)).incident;
    assert_eq!(i.target.arn, "arn:aws:iam::111122223333:user/ops/alice");
}

/// `role-recreate-1s`: a unique id leads to the role that bore it, though the name is another's since.
#[test]
fn a_unique_id_leads_to_the_role_that_had_it() {
    let mut g = Graph::default();
    let role = id(Kind::Role, "app");
    g.create(0, &role).set(0, &role, "unique_id", "AROA1").end(100, &role);
    g.create(101, &role).set(101, &role, "unique_id", "AROA2");
    for (uid, last) in [("AROA1:s", 50), ("AROA1:s", 200), ("AROA2:s", 200)] {
        let f = about_key(identity(uid, "app", "ASIA1", "AssumedRole"), last);
        assert_eq!(target(&g.set, &FindingRecord::new(&f)), Some(role.clone()), "{uid} {last}");
    }
}

/// `user-rename`: the finding knows the new name, the graph knows the unique id under the old one.
#[test]
fn a_renamed_user_is_found_by_the_name_of_the_finding() {
    let mut g = Graph::default();
    let (alice, bob, key) = (id(Kind::User, "alice"), id(Kind::User, "bob"), id(Kind::AccessKey, "AKIA1"));
    g.create(0, &alice).set(0, &alice, "unique_id", "AIDA1").create(0, &key).set(0, &key, "user", "alice");
    g.end(100, &alice).create(100, &bob).set(100, &bob, "renamed_from", "alice");
    let found = |name: &str, uid: &str, last| {
        target(&g.set, &FindingRecord::new(&about_key(identity(uid, name, "AKIA1", "IAMUser"), last)))
    };
    assert_eq!(found("bob", "AIDA1", 200), Some(bob.clone()));
    assert_eq!(found("bob", "", 200), Some(bob));
    assert_eq!(found("alice", "AIDA1", 50), Some(alice.clone()));
    assert_eq!(found("carol", "AIDA1", 200), Some(alice), "nobody of that name is known");
}

#[test]
fn an_interface_leads_to_the_instance_that_it_was_attached_to() {
    let interface = NetworkInterface { id: "eni-1".into(), ..NetworkInterface::default() };
    let details = Instance { interfaces: vec![interface], ..Instance::default() };
    let only = Resource { details: ResourceDetails::Instance(Box::new(details)), ..Resource::default() };
    let f = about(SSH, "Instance", vec![only]);
    assert_eq!(target(&web().set, &FindingRecord::new(&f)), Some(id(Kind::Instance, "i-1")));
    assert_eq!(target(&Graph::default().set, &FindingRecord::new(&f)), Some(id(Kind::NetworkInterface, "eni-1")));
}
