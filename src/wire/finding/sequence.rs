//! `service.detection.sequence` of a finding: an attack in several steps, with resources and actors of its own form.
//! <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Sequence.html>

use serde_json::Value;

use super::details::{flatten, snake_case};
use super::resource::{access_key, moment, network_interface, product_code, tags, text, texts, whole};
use crate::domain::arn::Arn;
use crate::domain::finding::{
    Bucket, Container, Details, EcsCluster, EcsTask, EksCluster, Identity, Instance, KubernetesWorkload,
    NetworkInterface, Resource, ResourceDetails, Score, Sequence, Signal, StoredObject,
};
use crate::wire::text::{at, field, many, number, string};

/// Signals kept; AWS sends up to 100.
const SIGNALS_MAX: usize = 200;

/// The sequence itself, and whether a bound left something out. `None`: the finding is no sequence.
pub fn read(sequence: &Value) -> Option<(Sequence, bool)> {
    sequence.as_object()?;
    let signals = many(field(sequence, "signals"));
    let read = Sequence {
        uid: text(sequence, "uid"),
        description: text(sequence, "description"),
        signals: signals.iter().take(SIGNALS_MAX).map(signal).collect(),
        indicators: indicators(field(sequence, "sequenceIndicators")),
    };
    Some((read, signals.len() > SIGNALS_MAX))
}

fn signal(value: &Value) -> Signal {
    Signal {
        uid: text(value, "uid"),
        kind: text(value, "type"),
        name: text(value, "name"),
        description: text(value, "description"),
        severity: number(field(value, "severity")).map(Score),
        count: whole(field(value, "count")).unwrap_or(1),
        first_seen: moment(field(value, "firstSeenAt")).unwrap_or_default(),
        last_seen: moment(field(value, "lastSeenAt")).unwrap_or_default(),
        resources: texts(field(value, "resourceUids")),
        actors: texts(field(value, "actorIds")),
        endpoints: texts(field(value, "endpointIds")),
        indicators: indicators(field(value, "signalIndicators")),
    }
}

/// A list of `{key, values}`.
fn indicators(list: &Value) -> Details {
    let mut out = Details::default();
    for one in many(list) {
        let key = text(one, "key");
        let values = texts(field(one, "values"));
        // The key alone says something, too.
        if values.is_empty() {
            out.add(&key, &text(one, "title"));
        }
        for value in values {
            out.add(&key, &value);
        }
    }
    out
}

/// Who acted. An actor without a user (a process on a host) has only details, and is none here.
pub fn identities(sequence: &Value) -> Vec<Identity> {
    let read = |actor: &Value| {
        let user = field(actor, "user");
        let mut details = Details::default();
        for (part, prefix) in [("session", "session"), ("process", "process")] {
            flatten(field(actor, part), prefix, &mut details);
        }
        details.add("account_name", &string(at(user, &["account", "name"])));
        Identity {
            user_type: text(user, "type"),
            name: text(user, "name"),
            principal_id: text(user, "uid"),
            access_key_id: text(user, "credentialUid"),
            account: string(at(user, &["account", "uid"])),
            details,
        }
    };
    many(field(sequence, "actors")).iter().map(read).filter(|i| !i.is_empty()).collect()
}

pub fn resources(sequence: &Value) -> Vec<Resource> {
    many(field(sequence, "resources")).iter().filter_map(resource).collect()
}

fn resource(value: &Value) -> Option<Resource> {
    let (uid, given) = (text(value, "uid"), text(value, "name"));
    let kind = text(value, "resourceType");
    let arn = Arn::parse(&uid);
    let id = arn.map_or(uid.as_str(), |a| a.name()).to_owned();
    let data = |name: &str| at(value, &["data", name]);
    let (name, details) = match kind.as_str() {
        // The names of EC2's resources are tags; ids are in the uid.
        "EC2_INSTANCE" => (id, ResourceDetails::Instance(Box::new(instance(data("ec2Instance"))))),
        "EC2_NETWORK_INTERFACE" => {
            let interface = NetworkInterface { id: id.clone(), ..network_interface(data("ec2NetworkInterface")) };
            (id, ResourceDetails::NetworkInterface(interface))
        }
        "ACCESS_KEY" => {
            let mut key = access_key(data("accessKey")).unwrap_or_default();
            key.access_key_id.clone_from(&id);
            (id, ResourceDetails::AccessKey(key))
        }
        "S3_BUCKET" => (or(given, id), ResourceDetails::Bucket(Box::new(bucket(data("s3Bucket"))))),
        // An object is in its bucket, and the bucket is the asset.
        "S3_OBJECT" => {
            let path = arn.map_or(uid.as_str(), |a| a.resource);
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            let object = data("s3Object");
            let object = StoredObject {
                key: or(text(object, "key"), key.to_owned()),
                arn: uid.clone(),
                version: text(object, "versionId"),
                e_tag: text(object, "eTag"),
                ..StoredObject::default()
            };
            let details = Bucket { objects: vec![object], ..Bucket::default() };
            let bucket_arn = arn.map(|a| Arn { resource: bucket, ..a }.to_string()).unwrap_or_default();
            let resource = Resource {
                arn: bucket_arn,
                details: ResourceDetails::Bucket(Box::new(details)),
                ..common(value, bucket.to_owned())
            };
            return (!bucket.is_empty()).then_some(resource);
        }
        "EKS_CLUSTER" => {
            let cluster = data("eksCluster");
            let details = EksCluster {
                vpc: text(cluster, "vpcId"),
                status: text(cluster, "status"),
                created_at: moment(field(cluster, "createdAt")),
            };
            (or(given, id), ResourceDetails::EksCluster(details))
        }
        "KUBERNETES_WORKLOAD" => {
            let workload = data("kubernetesWorkload");
            let details = KubernetesWorkload {
                workload_type: text(workload, "type"),
                namespace: text(workload, "namespace"),
                ..KubernetesWorkload::default()
            };
            (or(given, id), ResourceDetails::KubernetesWorkload(details))
        }
        "ECS_CLUSTER" => {
            (or(given, id), ResourceDetails::EcsCluster(EcsCluster { status: text(data("ecsCluster"), "status") }))
        }
        "ECS_TASK" => {
            let task = data("ecsTask");
            let details = EcsTask {
                definition_arn: text(task, "taskDefinitionArn"),
                launch_type: text(task, "launchType"),
                created_at: moment(field(task, "createdAt")),
                ..EcsTask::default()
            };
            (or(given, id), ResourceDetails::EcsTask(details))
        }
        "CONTAINER" => {
            let container = data("container");
            let details = Container { id: id.clone(), image: text(container, "image"), ..Container::default() };
            (or(given, id), ResourceDetails::Container(details))
        }
        other => {
            (if other.starts_with("EC2_") { id } else { or(given, id) }, ResourceDetails::Other(other_kind(other)))
        }
    };
    (!name.is_empty()).then(|| Resource {
        arn: arn.map(|a| a.to_string()).unwrap_or_default(),
        details,
        ..common(value, name)
    })
}

/// `EC2_VPC` as `vpc`: the graph's kinds have no service in their names.
fn other_kind(kind: &str) -> String {
    let kind = snake_case(kind);
    let services = ["ec2_", "iam_", "autoscaling_"];
    services.iter().find_map(|s| kind.strip_prefix(s)).unwrap_or(&kind).to_owned()
}

fn common(value: &Value, name: String) -> Resource {
    Resource {
        name,
        account: text(value, "accountId"),
        region: text(value, "region"),
        tags: tags(field(value, "tags")),
        ..Resource::default()
    }
}

fn or(first: String, second: String) -> String {
    if first.is_empty() { second } else { first }
}

fn instance(value: &Value) -> Instance {
    let interface = |id: String| NetworkInterface { id, ..NetworkInterface::default() };
    Instance {
        image_description: text(value, "imageDescription"),
        instance_type: text(value, "instanceType"),
        state: text(value, "instanceState"),
        platform: text(value, "platform"),
        availability_zone: text(value, "availabilityZone"),
        outpost_arn: text(value, "outpostArn"),
        profile_arn: string(at(value, &["iamInstanceProfile", "arn"])),
        profile_id: string(at(value, &["iamInstanceProfile", "id"])),
        product_codes: many(field(value, "productCodes")).iter().map(product_code).collect(),
        interfaces: texts(field(value, "ec2NetworkInterfaceUids")).into_iter().map(interface).collect(),
        ..Instance::default()
    }
}

fn bucket(value: &Value) -> Bucket {
    let mut permissions = Details::default();
    for (name, prefix) in
        [("accountPublicAccess", "account_public_access"), ("bucketPublicAccess", "bucket_public_access")]
    {
        flatten(field(value, name), prefix, &mut permissions);
    }
    for name in ["publicReadAccess", "publicWriteAccess"] {
        permissions.add(&snake_case(name), &text(value, name));
    }
    let object = |arn: String| StoredObject { arn, ..StoredObject::default() };
    Bucket {
        owner: text(value, "ownerId"),
        created_at: moment(field(value, "createdAt")),
        encryption: text(value, "encryptionType"),
        encryption_key: text(value, "encryptionKeyArn"),
        effective_permission: text(value, "effectivePermission"),
        permissions,
        objects: texts(field(value, "s3ObjectUids")).into_iter().map(object).collect(),
        ..Bucket::default()
    }
}
