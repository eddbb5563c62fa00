//! Security Hub's form of a GuardDuty finding, back into GuardDuty's own.

use serde_json::{Map, Value, json};

use super::details::snake_case;
use super::resource::{access_key, moment, tags, text, texts};
use crate::domain::arn::Arn;
use crate::domain::finding::{
    Bucket, Container, DbInstance, EcsCluster, EksCluster, Function, Instance, NetworkInterface, Resource,
    ResourceDetails, Volume,
};
use crate::wire::text::{at, field, many, number, string};

/// Severity as `Normalized` is ten times GuardDuty's.
const NORMALIZED_PER_NATIVE: f64 = 10.0;

/// The finding as GuardDuty would write it. Its id is GuardDuty's: both forms are about one finding.
pub fn native(value: &Value) -> Value {
    let id = string(field(value, "id"));
    json!({
        "id": id.rsplit("/finding/").next(),
        "arn": id,
        "accountId": field(value, "awsAccountId"),
        "region": field(value, "region"),
        "type": kind(value),
        "title": field(value, "title"),
        "description": field(value, "description"),
        "severity": severity(field(value, "severity")),
        "createdAt": field(value, "createdAt"),
        "updatedAt": field(value, "updatedAt"),
        "confidence": field(value, "confidence"),
        "archived": string(field(value, "recordState")) == "ARCHIVED",
        "workflowStatus": workflow_status(value),
        "service": service(value),
        "resource": { "resourceType": resource_type(field(value, "resources")) },
    })
}

/// `WorkflowState` is the older name.
fn workflow_status(value: &Value) -> Value {
    match at(value, &["workflow", "status"]) {
        Value::Null => field(value, "workflowState").clone(),
        status => status.clone(),
    }
}

/// `TTPs/Discovery/Recon:EC2-Portscan` as `Recon:EC2/Portscan`.
fn kind(value: &Value) -> Value {
    let lists = [field(value, "types"), at(value, &["findingProviderFields", "types"])];
    let Some(text) = lists.into_iter().find_map(|l| l.get(0)?.as_str()) else { return Value::Null };
    let own = text.rsplit('/').next().unwrap_or(text);
    match own.split_once(':') {
        Some((purpose, rest)) => format!("{purpose}:{}", rest.replacen('-', "/", 1)).into(),
        None => own.into(),
    }
}

fn severity(value: &Value) -> Value {
    let number = |name| number(field(value, name));
    let native = number("product").or(number("original")).or(number("normalized").map(|n| n / NORMALIZED_PER_NATIVE));
    json!(native)
}

fn service(value: &Value) -> Value {
    let mut root = Map::new();
    for (path, leaf) in field(value, "productFields").as_object().into_iter().flatten() {
        // With and without the prefix: older findings have none.
        let path = path.strip_prefix("aws/guardduty/service/").unwrap_or(path);
        insert(&mut root, path, leaf);
    }
    let sample = string(field(value, "sample")) == "true";
    for (name, seen) in [("eventFirstSeen", "firstObservedAt"), ("eventLastSeen", "lastObservedAt")] {
        if !root.contains_key(name) {
            root.insert(name.to_owned(), field(value, seen).clone());
        }
    }
    if sample {
        root.insert("additionalInfo".to_owned(), json!({ "sample": true }));
    }
    Value::Object(root)
}

/// Puts a leaf at `a/b.0_/c`, making objects and arrays on the way. A path that contradicts an earlier one is left out.
fn insert(object: &mut Map<String, Value>, path: &str, leaf: &Value) {
    let (head, rest) = path.split_once('/').map_or((path, None), |(h, r)| (h, Some(r)));
    let (name, index) = match head.strip_suffix('_').and_then(|h| h.rsplit_once('.')) {
        Some((name, index)) => (name, index.parse::<usize>().ok()),
        None => (head, None),
    };
    let slot = object.entry(name.to_owned()).or_insert(Value::Null);
    let slot = match index {
        None => slot,
        Some(index) => {
            if slot.is_null() {
                *slot = Value::Array(Vec::new());
            }
            let Some(list) = slot.as_array_mut() else { return };
            // Keys come sorted, so that a gap means a foreign spelling (or ten and more, after one): append.
            if index >= list.len() {
                list.push(Value::Null);
            }
            let last = list.len().saturating_sub(1);
            match list.get_mut(index.min(last)) {
                Some(slot) => slot,
                None => return,
            }
        }
    };
    match rest {
        None => *slot = leaf.clone(),
        Some(rest) => {
            if slot.is_null() {
                *slot = Value::Object(Map::new());
            }
            if let Some(inner) = slot.as_object_mut() {
                insert(inner, rest, leaf);
            }
        }
    }
}

/// The type as GuardDuty names it: by the first resource of a type that is known here.
fn resource_type(list: &Value) -> Option<&'static str> {
    const TYPES: &[(&str, &str)] = &[
        ("AwsEc2Instance", "Instance"),
        ("AwsIamAccessKey", "AccessKey"),
        ("AwsS3Bucket", "S3Bucket"),
        ("AwsS3Object", "S3Bucket"),
        ("AwsEksCluster", "EKSCluster"),
        ("AwsEcsCluster", "ECSCluster"),
        ("AwsRdsDbInstance", "RDSDBInstance"),
        ("AwsLambdaFunction", "Lambda"),
        ("Container", "Container"),
        ("AwsEc2Volume", "EBSVolume"),
    ];
    many(list).iter().find_map(|r| {
        let kind = string(field(r, "type"));
        TYPES.iter().find(|(asff, _)| *asff == kind).map(|(_, native)| *native)
    })
}

/// The resources, of which Security Hub's form has a list.
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources.html>
pub fn resources(value: &Value) -> Vec<Resource> {
    many(field(value, "resources")).iter().filter_map(resource).collect()
}

fn resource(value: &Value) -> Option<Resource> {
    let (id, kind) = (text(value, "id"), text(value, "type"));
    let arn = Arn::parse(&id);
    let tail = arn.map_or_else(|| id.rsplit(['/', ':']).next().unwrap_or_default(), |a| a.name()).to_owned();
    let own = at(value, &["details", kind.as_str()]);
    let or_tail = |name: &str| Some(text(own, name)).filter(|n| !n.is_empty()).unwrap_or_else(|| tail.clone());
    let (name, details) = match kind.as_str() {
        "AwsEc2Instance" => (tail, ResourceDetails::Instance(Box::new(instance(own)))),
        "AwsIamAccessKey" => {
            let mut key = access_key(own).unwrap_or_default();
            if key.name.is_empty() {
                key.name = text(own, "principalName");
            }
            if key.user_type.is_empty() {
                key.user_type = text(own, "principalType");
            }
            if key.access_key_id.is_empty() {
                key.access_key_id = tail;
            }
            (key.access_key_id.clone(), ResourceDetails::AccessKey(key))
        }
        "AwsS3Bucket" => {
            let bucket = Bucket {
                owner: text(own, "ownerId"),
                created_at: moment(field(own, "createdAt")),
                ..Bucket::default()
            };
            (tail, ResourceDetails::Bucket(Box::new(bucket)))
        }
        "AwsEksCluster" => (or_tail("name"), ResourceDetails::EksCluster(EksCluster::default())),
        "AwsEcsCluster" => {
            (or_tail("clusterName"), ResourceDetails::EcsCluster(EcsCluster { status: text(own, "status") }))
        }
        "Container" => {
            let container = Container {
                runtime: text(own, "containerRuntime"),
                image: text(own, "imageName"),
                privileged: field(own, "privileged").as_bool(),
                ..Container::default()
            };
            (or_tail("name"), ResourceDetails::Container(container))
        }
        "AwsRdsDbInstance" => {
            let instance = DbInstance {
                cluster: text(own, "dBClusterIdentifier"),
                resource_id: text(own, "dbiResourceId"),
                engine: text(own, "engine"),
                engine_version: text(own, "engineVersion"),
            };
            (or_tail("dBInstanceIdentifier"), ResourceDetails::DbInstance(instance))
        }
        "AwsLambdaFunction" => {
            let function = Function {
                version: text(own, "version"),
                role: text(own, "role"),
                vpc: string(at(own, &["vpcConfig", "vpcId"])),
                subnets: texts(at(own, &["vpcConfig", "subnetIds"])),
                ..Function::default()
            };
            (or_tail("functionName"), ResourceDetails::Function(function))
        }
        "AwsEc2Volume" => (tail, ResourceDetails::Volume(Volume::default())),
        // The account says where, not what.
        "AwsAccount" => return None,
        other => (tail, ResourceDetails::Other(other_kind(other))),
    };
    (!name.is_empty()).then(|| Resource {
        name,
        arn: arn.map(|a| a.to_string()).unwrap_or_default(),
        region: text(value, "region"),
        tags: tags(field(value, "tags")),
        details,
        ..Resource::default()
    })
}

fn instance(own: &Value) -> Instance {
    let addresses = texts(field(own, "ipV4Addresses"));
    let ids: Vec<String> =
        many(field(own, "networkInterfaces")).iter().map(|i| text(i, "networkInterfaceId")).collect();
    // Which of the addresses are public, and of which interface, this form doesn't say.
    let first = NetworkInterface {
        id: ids.first().cloned().unwrap_or_default(),
        private_addresses: addresses,
        ipv6_addresses: texts(field(own, "ipV6Addresses")),
        subnet: text(own, "subnetId"),
        vpc: text(own, "vpcId"),
        ..NetworkInterface::default()
    };
    let others = ids.into_iter().skip(1).map(|id| NetworkInterface { id, ..NetworkInterface::default() });
    let mut interfaces: Vec<NetworkInterface> = std::iter::once(first).chain(others).collect();
    interfaces.retain(|i| *i != NetworkInterface::default());
    Instance {
        image: text(own, "imageId"),
        instance_type: text(own, "type"),
        launch_time: moment(field(own, "launchedAt")),
        profile_arn: text(own, "iamInstanceProfileArn"),
        interfaces,
        ..Instance::default()
    }
}

/// `AwsEc2Vpc` as `vpc`, `AwsDynamoDbTable` as `dynamo_db_table`.
fn other_kind(kind: &str) -> String {
    let kind = snake_case(kind.strip_prefix("Aws").unwrap_or(kind));
    let services = ["ec2_", "iam_", "auto_scaling_auto_scaling_group"];
    match services.iter().find_map(|s| kind.strip_prefix(s)) {
        Some("") => "auto_scaling_group".to_owned(),
        Some(rest) => rest.to_owned(),
        None => kind,
    }
}
