use serde_json::json;

use super::*;
use crate::domain::finding::Resource;

fn least() -> Value {
    json!({"id": "f", "accountId": "111122223333", "type": "Recon:EC2/Portscan", "createdAt": "2023-07-10T12:09:56Z"})
}

fn with(name: &str, value: Value) -> Finding {
    let mut json = least();
    json[name] = value;
    parse(&json.to_string()).unwrap()
}

fn kinds(f: &Finding) -> Vec<(&str, &str)> {
    f.latest.resources.iter().map(|r| (r.kind(), r.name.as_str())).collect()
}

/// The same with each key's first letter capital, as `GetFindings` writes it.
fn pascal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let key = |k: &String| {
                let mut chars = k.chars();
                chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect::<String>()
            };
            Value::Object(map.iter().map(|(k, v)| (key(k), pascal(v))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(pascal).collect()),
        other => other.clone(),
    }
}

#[test]
fn what_is_absent_has_its_default() {
    let f = parse(&least().to_string()).unwrap();
    assert_eq!((f.count, f.latest.sample, f.latest.severity), (1, false, Score(0.0)));
    assert_eq!((f.first_seen, f.last_seen, f.latest.updated_at), (f.created_at, f.created_at, f.created_at));
    assert_eq!((f.latest.archived, f.latest.confidence, f.latest.truncated), (false, None, false));
    for (name, reason) in [("id", Reason::MissingField), ("createdAt", Reason::MissingField)] {
        let mut json = least();
        json[name] = Value::Null;
        assert_eq!(parse(&json.to_string()).unwrap_err().reason, reason);
    }
    let mut json = least();
    json["createdAt"] = "yesterday".into();
    assert_eq!(parse(&json.to_string()).unwrap_err().reason, Reason::BadTime);
}

#[test]
fn each_mark_makes_a_sample() {
    for info in [json!({"additionalInfo": {"sample": true}}), json!({"AdditionalInfo": {"Value": "{\"sample\":true}"}})]
    {
        assert!(with("service", info).latest.sample);
    }
    assert!(with("title", "[SAMPLE] x".into()).latest.sample);
    assert!(!with("title", "x".into()).latest.sample);
}

#[test]
fn a_false_positive_and_an_archived_finding_are_marked() {
    assert_eq!(with("confidence", json!(0)).latest.confidence, Some(Score(0.0)));
    assert!(with("service", json!({"archived": true})).latest.archived);
    assert!(with("service", json!({"Archived": "true"})).latest.archived);
}

#[test]
fn partition_and_region_come_from_the_finding_or_its_arn() {
    let arn = "arn:aws-iso:guardduty:us-iso-east-1:111122223333:detector/d/finding/f";
    let f = with("arn", arn.into());
    assert_eq!(
        (f.latest.partition.as_str(), f.latest.region.as_str(), f.latest.arn.as_str()),
        ("aws-iso", "us-iso-east-1", arn)
    );
    assert_eq!(with("partition", "aws-cn".into()).latest.partition, "aws-cn");
}

#[test]
fn every_probe_counts_and_buckets_come_in_both_shapes() {
    let probe = |port: u32, ip: &str| {
        json!({"localPortDetails": {"port": port}, "remoteIpDetails": {"ipAddressV4": ip,
            "country": {"countryName": "X"}, "organization": {"asnOrg": "Y"}}})
    };
    let mut finding = least();
    finding["severity"] = json!(9.5);
    finding["service"] = json!({"action": {"actionType": "PORT_PROBE", "portProbeAction": {"blocked": false,
        "portProbeDetails": [probe(22, "198.51.100.1"), probe(80, "198.51.100.2")]}}});
    for buckets in [json!([{"name": "b"}]), json!({"name": "b"})] {
        finding["resource"] = json!({"s3BucketDetails": buckets});
        let f = parse(&finding.to_string()).unwrap();
        assert_eq!((kinds(&f), f.latest.severity), (vec![("bucket", "b")], Score(9.5)));
        assert_eq!(f.latest.action.local_ports().collect::<Vec<_>>(), [22, 80]);
        assert_eq!(f.latest.action.details.first("blocked"), Some("false"));
        let addresses: Vec<_> = f.actors.iter().map(|a| a.address.as_str()).collect();
        assert_eq!(addresses, ["198.51.100.1", "198.51.100.2"]);
        assert!(f.actors.iter().all(|a| a.country == "X" && a.organization == "Y"));
    }
}

/// Each family with the fields that GuardDuty's API reference gives to it, in both casings.
#[test]
fn every_kind_of_resource_is_read_with_its_fields() {
    let resource = json!({"resourceType": "EKSCluster",
        "instanceDetails": {"instanceId": "i-1", "imageId": "ami-1", "instanceType": "t3.micro", "instanceState": "running",
            "availabilityZone": "eu-west-1a", "launchTime": "2023-07-10T12:00:00Z", "platform": "linux",
            "iamInstanceProfile": {"arn": "arn:aws:iam::111122223333:instance-profile/web", "id": "AIPA1"},
            "tags": [{"key": "Owner", "value": "team-a"}], "productCodes": [{"code": "pc-1"}],
            "networkInterfaces": [{"networkInterfaceId": "eni-1", "privateIpAddress": "10.0.0.7", "publicIp": "203.0.113.7",
                "privateIpAddresses": [{"privateIpAddress": "10.0.0.7"}, {"privateIpAddress": "10.0.0.8"}],
                "ipv6Addresses": ["2001:db8::1"], "subnetId": "subnet-1", "vpcId": "vpc-1",
                "securityGroups": [{"groupId": "sg-1", "groupName": "web"}]}]},
        "eksClusterDetails": {"name": "c1", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/c1", "vpcId": "vpc-1", "status": "ACTIVE"},
        "kubernetesDetails": {"kubernetesUserDetails": {"username": "alice", "uid": "u-1", "groups": ["admins"]},
            "kubernetesWorkloadDetails": {"name": "pod-1", "type": "pods", "namespace": "default", "hostNetwork": true,
                "containers": [{"name": "app", "image": "nginx", "securityContext": {"privileged": true}}]}},
        "ecsClusterDetails": {"name": "e1", "arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/e1", "status": "ACTIVE",
            "taskDetails": {"arn": "arn:aws:ecs:eu-west-1:111122223333:task/e1/t1", "launchType": "FARGATE"}},
        "containerDetails": {"name": "side", "image": "busybox", "containerRuntime": "docker",
            "volumeMounts": [{"name": "root", "mountPath": "/host"}]},
        "ebsVolumeDetails": {"scannedVolumeDetails": [{"volumeArn": "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
            "deviceName": "/dev/xvda", "volumeSizeInGB": 8}]},
        "ebsSnapshotDetails": {"snapshotArn": "arn:aws:ec2:eu-west-1::snapshot/snap-1"},
        "rdsDbInstanceDetails": {"dbInstanceIdentifier": "db1", "dbInstanceArn": "arn:aws:rds:eu-west-1:111122223333:db:db1", "engine": "postgres"},
        "rdsDbUserDetails": {"user": "app", "database": "d", "application": "psql"},
        "lambdaDetails": {"functionName": "fn", "functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:fn", "role": "arn:aws:iam::111122223333:role/fn",
            "vpcConfig": {"subnetIds": ["subnet-1"], "vpcId": "vpc-1", "securityGroups": [{"groupId": "sg-2"}]}},
        "accessKeyDetails": {"accessKeyId": "ASIA1", "principalId": "AROA1:s", "userName": "app", "userType": "AssumedRole"}});
    let mut camel = least();
    camel["resource"] = resource;
    let read = parse(&camel.to_string()).unwrap();
    assert_eq!(parse(&pascal(&camel).to_string()).unwrap(), read);
    assert_eq!(
        kinds(&read),
        [
            ("instance", "i-1"),
            ("eks_cluster", "c1"),
            ("kubernetes_workload", "pod-1"),
            ("ecs_cluster", "e1"),
            ("ecs_task", "t1"),
            ("container", "side"),
            ("container", "app"),
            ("volume", "vol-1"),
            ("db_instance", "db1"),
            ("lambda_function", "fn"),
            ("snapshot", "snap-1"),
        ]
    );
    let named = |name: &str| read.latest.resources.iter().find(|r| r.name == name).unwrap();
    let ResourceDetails::Instance(i) = &named("i-1").details else { panic!("an instance") };
    assert_eq!((i.image.as_str(), i.instance_type.as_str(), i.profile_id.as_str()), ("ami-1", "t3.micro", "AIPA1"));
    assert_eq!(i.launch_time, Time::parse("2023-07-10T12:00:00Z"));
    let eni = i.interfaces.first().unwrap();
    assert_eq!(
        (eni.private_addresses.join(","), eni.public_address.as_str()),
        ("10.0.0.7,10.0.0.8".into(), "203.0.113.7")
    );
    assert_eq!(
        (eni.ipv6_addresses.join(","), eni.groups.first().map(|g| g.id.as_str())),
        ("2001:db8::1".into(), Some("sg-1"))
    );
    assert_eq!(named("i-1").tags.get("Owner").map(String::as_str), Some("team-a"));
    let ResourceDetails::Function(f) = &named("fn").details else { panic!("a function") };
    assert_eq!((f.subnets.join(","), f.role.as_str()), ("subnet-1".into(), "arn:aws:iam::111122223333:role/fn"));
    let who: Vec<_> = read.latest.identities.iter().map(|i| (i.user_type.as_str(), i.name.as_str())).collect();
    assert_eq!(who, [("AssumedRole", "app"), ("KubernetesUser", "alice"), ("DatabaseUser", "app")]);
    assert_eq!(read.latest.identities.get(1).and_then(|i| i.details.first("groups")), Some("admins"));
    assert_eq!(read.latest.identities.get(2).and_then(|i| i.details.first("database")), Some("d"));
}

#[test]
fn a_resource_type_from_tomorrow_keeps_its_name() {
    let f = with(
        "resource",
        json!({"resourceType": "QuantumRing", "quantumRingDetails": {"ringName": "r1",
        "ringArn": "arn:aws:quantum:eu-west-1:111122223333:ring/r1"}}),
    );
    assert_eq!(kinds(&f), [("quantum_ring", "r1")]);
    assert_eq!(
        f.latest.resources.first().map(|r| r.arn.as_str()),
        Some("arn:aws:quantum:eu-west-1:111122223333:ring/r1")
    );
    assert!(with("resource", json!({"resourceType": "QuantumRing"})).latest.resources.is_empty());
}

#[test]
fn who_did_it_and_why_it_is_believed_are_kept_for_a_bucket() {
    let mut json = least();
    json["resource"] = json!({"resourceType": "S3Bucket", "s3BucketDetails": [{"name": "b1", "type": "Destination",
            "publicAccess": {"effectivePermission": "PUBLIC", "permissionConfiguration":
                {"bucketLevelPermissions": {"bucketPolicy": {"allowsPublicReadAccess": true}}}}}],
        "accessKeyDetails": {"accessKeyId": "ASIA1", "principalId": "AROA1:s", "userName": "app", "userType": "AssumedRole"}});
    json["service"] = json!({"evidence": {"threatIntelligenceDetails": [{"threatListName": "TorExit", "threatNames": ["t"]}]},
        "additionalInfo": {"value": "{\"unusualBehavior\":{\"api\":\"GetObject\"}}", "type": "default"},
        "runtimeDetails": {"process": {"executablePath": "/tmp/x", "lineage": [{"executablePath": "/bin/sh"}]}}});
    let f = parse(&json.to_string()).unwrap();
    assert_eq!(f.latest.identities.first().map(|i| i.principal_id.as_str()), Some("AROA1:s"));
    let evidence = |name: &str| f.latest.evidence.first(name);
    assert_eq!((evidence("threat_list_name"), evidence("unusual_behavior_api")), (Some("TorExit"), Some("GetObject")));
    assert_eq!(evidence("process_executable_path"), Some("/tmp/x"));
    let [Resource { details: ResourceDetails::Bucket(b), .. }] = f.latest.resources.as_slice() else { panic!("{f:?}") };
    assert_eq!((b.role.as_str(), b.effective_permission.as_str()), ("Destination", "PUBLIC"));
    assert_eq!(b.permissions.first("bucket_level_permissions_bucket_policy_allows_public_read_access"), Some("true"));
}

#[test]
fn an_attack_sequence_names_its_resources_actors_and_signals() {
    let sequence = json!({"uid": "s1", "description": "d",
        "actors": [{"id": "user:AROA1", "user": {"name": "app", "uid": "AROA1:s", "type": "AssumedRole", "credentialUid": "ASIA1",
            "account": {"uid": "111122223333", "name": "x"}}, "session": {"mfaStatus": "DISABLED"}}],
        "resources": [
            {"uid": "arn:aws:s3:::b1", "name": "b1", "accountId": "111122223333", "resourceType": "S3_BUCKET",
                "data": {"s3Bucket": {"effectivePermission": "NOT_PUBLIC", "publicReadAccess": "BLOCKED"}}},
            {"uid": "ASIA1", "resourceType": "ACCESS_KEY", "data": {"accessKey": {"principalId": "AROA1:s", "userName": "app"}}},
            {"uid": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "name": "web", "resourceType": "EC2_INSTANCE",
                "data": {"ec2Instance": {"ec2NetworkInterfaceUids": ["eni-1"]}}},
            {"uid": "arn:aws:s3:::b2/secret/key", "resourceType": "S3_OBJECT", "data": {"s3Object": {"eTag": "e"}}},
            {"uid": "vpc-1", "resourceType": "EC2_VPC"}],
        "endpoints": [{"ip": "198.51.100.9", "port": 443, "location": {"country": "X"}, "autonomousSystem": {"name": "Y"}}],
        "signals": [{"uid": "arn:aws:guardduty:eu-west-1:111122223333:detector/d/finding/other", "type": "FINDING", "name": "n",
            "severity": 5.0, "count": 3, "firstSeenAt": 1688990000, "lastSeenAt": 1688990996, "resourceUids": ["ASIA1"],
            "signalIndicators": [{"key": "ATTACK_TACTIC", "values": ["Exfiltration"]}]}]});
    let mut finding = least();
    finding["resource"] = json!({"resourceType": "AttackSequence"});
    finding["service"] = json!({"detection": {"sequence": sequence}});
    let f = parse(&finding.to_string()).unwrap();
    assert_eq!(
        kinds(&f),
        [("bucket", "b1"), ("access_key", "ASIA1"), ("instance", "i-1"), ("bucket", "b2"), ("vpc", "vpc-1")]
    );
    let who = f.latest.identities.first().unwrap();
    assert_eq!(
        (who.principal_id.as_str(), who.access_key_id.as_str(), who.account.as_str()),
        ("AROA1:s", "ASIA1", "111122223333")
    );
    assert_eq!(who.details.first("session_mfa_status"), Some("DISABLED"));
    let story = f.latest.sequence.as_ref().unwrap();
    let signal = story.signals.first().unwrap();
    assert_eq!((signal.kind.as_str(), signal.count, signal.severity), ("FINDING", 3, Some(Score(5.0))));
    assert_eq!(signal.last_seen, Time(1_688_990_996_000));
    assert_eq!(signal.indicators.first("ATTACK_TACTIC"), Some("Exfiltration"));
    assert_eq!(f.actors.first().map(|a| (a.address.as_str(), a.port)), Some(("198.51.100.9", Some(443))));
}

#[test]
fn security_hub_speaks_of_the_same_finding() {
    let mut json = json!({"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
        "Id": "arn:aws:guardduty:us-east-1:111122223333:detector/d/finding/f", "AwsAccountId": "111122223333",
        "Types": ["TTPs/Command and Control/UnauthorizedAccess:EC2-SSHBruteForce"],
        "FirstObservedAt": "2019-06-12T15:11:20Z", "CreatedAt": "2019-06-12T15:34:50.346Z",
        "Severity": {"Product": 5, "Normalized": 50}, "Title": "[SAMPLE] t",
        "ProductFields": {"aws/guardduty/service/action/actionType": "PORT_PROBE", "aws/guardduty/service/count": "3",
            "aws/guardduty/service/action/portProbeAction/portProbeDetails.0_/localPortDetails/port": "22",
            "aws/guardduty/service/action/portProbeAction/portProbeDetails.1_/localPortDetails/port": "80",
            "aws/guardduty/service/action/portProbeAction/portProbeDetails.1_/remoteIpDetails/ipAddressV4": "198.51.100.2"},
        "Resources": [
            {"Type": "AwsEc2Instance", "Id": "arn:aws:ec2:us-east-1:111122223333:instance/i-1", "Tags": {"Owner": "team-a"},
                "Details": {"AwsEc2Instance": {"Type": "t3.micro", "ImageId": "ami-1", "SubnetId": "subnet-1", "VpcId": "vpc-1",
                    "IpV4Addresses": ["10.0.1.10"], "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}]}}},
            {"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIA1",
                "Details": {"AwsIamAccessKey": {"PrincipalId": "AIDA1", "PrincipalName": "alice", "PrincipalType": "IAMUser"}}},
            {"Type": "AwsRdsDbInstance", "Id": "arn:aws:rds:us-east-1:111122223333:db:db1"},
            {"Type": "AwsDynamoDbTable", "Id": "arn:aws:dynamodb:us-east-1:111122223333:table/t1"},
            {"Type": "AwsAccount", "Id": "AWS::::Account:111122223333"}]});
    let f = parse(&json.to_string()).unwrap();
    assert_eq!((f.id.as_str(), f.latest.kind.as_str()), ("f", "UnauthorizedAccess:EC2/SSHBruteForce"));
    assert_eq!((f.account.as_str(), f.latest.region.as_str()), ("111122223333", "us-east-1"));
    assert_eq!((f.latest.severity, f.count, f.latest.sample), (Score(5.0), 3, true));
    assert_eq!(f.latest.action.local_ports().collect::<Vec<_>>(), [22, 80]);
    assert_eq!((f.actors.len(), f.latest.form, f.latest.resource_type.as_str()), (1, Form::SecurityHub, "Instance"));
    assert_eq!(
        kinds(&f),
        [("instance", "i-1"), ("access_key", "AKIA1"), ("db_instance", "db1"), ("dynamo_db_table", "t1")]
    );
    let who = f.latest.identities.first().unwrap();
    assert_eq!((who.name.as_str(), who.user_type.as_str(), who.principal_id.as_str()), ("alice", "IAMUser", "AIDA1"));
    let ResourceDetails::Instance(i) = &f.latest.resources.first().unwrap().details else { panic!("an instance") };
    let eni = i.interfaces.first().unwrap();
    assert_eq!(
        (eni.id.as_str(), eni.subnet.as_str(), eni.private_addresses.join(",")),
        ("eni-1", "subnet-1", "10.0.1.10".into())
    );

    assert!(!f.latest.archived);
    json["RecordState"] = "ARCHIVED".into();
    json["Workflow"] = json!({"Status": "RESOLVED"});
    let archived = parse(&json.to_string()).unwrap().latest;
    assert!(archived.archived);
    assert_eq!(archived.workflow_status, "RESOLVED");
}
