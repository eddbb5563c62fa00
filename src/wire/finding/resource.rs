//! `resource` of a finding: the resources that it names. <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Resource.html>

use std::collections::BTreeMap;

use serde_json::Value;

use super::details::{flatten, snake_case};
use crate::domain::arn::Arn;
use crate::domain::finding::{
    Bucket, Container, DbInstance, Details, EcsCluster, EcsTask, EksCluster, Function, Identity, Instance,
    KubernetesWorkload, NetworkInterface, Resource, ResourceDetails, SecurityGroupName, StoredObject, Volume,
};
use crate::domain::time::Time;
use crate::wire::text::{self, at, field, many, number, string, time};

/// Tags kept of one resource: AWS allows 50.
const TAGS_MAX: usize = 200;
/// Objects kept of one bucket.
const OBJECTS_MAX: usize = 100;

/// All resources in it, in a fixed order: which one the finding is about, its resource type says.
pub fn read(resource: &Value) -> Vec<Resource> {
    let kind = string(field(resource, "resourceType"));
    let mut out = Vec::new();
    out.extend(instance(field(resource, "instanceDetails")));
    if let Some(key) =
        access_key(field(resource, "accessKeyDetails")).filter(|_| kind.is_empty() || kind == "AccessKey")
    {
        out.push(Resource {
            name: key.access_key_id.clone(),
            details: ResourceDetails::AccessKey(key),
            ..Resource::default()
        });
    }
    out.extend(many(field(resource, "s3BucketDetails")).iter().filter_map(bucket));
    let details = |name: &str| field(resource, name);
    let eks = details("eksClusterDetails");
    out.extend(named(eks, "name", "arn", |v| {
        ResourceDetails::EksCluster(EksCluster {
            vpc: text(v, "vpcId"),
            status: text(v, "status"),
            created_at: moment(field(v, "createdAt")),
        })
    }));
    let workload = at(resource, &["kubernetesDetails", "kubernetesWorkloadDetails"]);
    out.extend(named(workload, "name", "", kubernetes_workload));
    out.extend(named(details("ecsClusterDetails"), "name", "arn", |v| {
        ResourceDetails::EcsCluster(EcsCluster { status: text(v, "status") })
    }));
    let task = at(resource, &["ecsClusterDetails", "taskDetails"]);
    out.extend(named(task, "", "arn", ecs_task));
    for list in [details("containerDetails"), field(workload, "containers"), field(task, "containers")] {
        out.extend(many(list).iter().filter_map(|v| named(v, "name", "", container)));
    }
    for (list, scanned) in [("scannedVolumeDetails", true), ("skippedVolumeDetails", false)] {
        let volumes = many(at(resource, &["ebsVolumeDetails", list]));
        out.extend(volumes.iter().filter_map(|v| named(v, "", "volumeArn", |v| volume(v, scanned))));
    }
    out.extend(named(details("rdsDbInstanceDetails"), "dbInstanceIdentifier", "dbInstanceArn", db_instance));
    out.extend(named(details("lambdaDetails"), "functionName", "functionArn", function));
    for (object, name, arn, kind) in OTHERS {
        out.extend(named(details(object), name, arn, |_| ResourceDetails::Other((*kind).to_owned())));
    }
    if out.is_empty() && !kind.is_empty() && kind != "AttackSequence" {
        out.extend(unknown(resource, &kind));
    }
    out
}

/// Resources of which name and ARN are all that is read: details object, name, ARN, kind.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    ("ebsSnapshotDetails", "", "snapshotArn", "snapshot"),
    ("ec2ImageDetails", "", "imageArn", "image"),
    ("recoveryPointDetails", "", "recoveryPointArn", "recovery_point"),
    ("rdsLimitlessDbDetails", "dbShardGroupIdentifier", "dbShardGroupArn", "db_shard_group"),
];

/// A resource by its name and ARN; where only the ARN is given, its last part is the name. `None`: neither is given.
fn named(value: &Value, name: &str, arn: &str, details: impl FnOnce(&Value) -> ResourceDetails) -> Option<Resource> {
    let arn = if arn.is_empty() { String::new() } else { text(value, arn) };
    let mut name = if name.is_empty() { String::new() } else { text(value, name) };
    if name.is_empty() {
        name = Arn::parse(&arn).map_or(arn.as_str(), |a| a.name()).to_owned();
    }
    (!name.is_empty()).then(|| Resource {
        name,
        arn,
        tags: tags(field(value, "tags")),
        details: details(value),
        ..Resource::default()
    })
}

/// A resource type that is not known here: its name and ARN are in the one object beside the type.
fn unknown(resource: &Value, kind: &str) -> Option<Resource> {
    let objects = resource.as_object().into_iter().flatten().map(|(_, v)| v).filter(|v| v.is_object());
    for object in objects {
        let find = |suffix: &str| {
            let fields = object.as_object().into_iter().flatten();
            let named = fields.filter(|(k, _)| snake_case(k).rsplit('_').next() == Some(suffix));
            named.map(|(_, v)| string(v)).find(|s| !s.is_empty()).unwrap_or_default()
        };
        let arn = find("arn");
        let tail = || Arn::parse(&arn).map_or(String::new(), |a| a.name().to_owned());
        let names = [find("name"), find("identifier"), find("id"), tail()];
        if let Some(name) = names.into_iter().find(|n| !n.is_empty()) {
            return Some(Resource {
                name,
                arn,
                tags: tags(field(object, "tags")),
                details: ResourceDetails::Other(snake_case(kind)),
                ..Resource::default()
            });
        }
    }
    None
}

/// `accessKeyDetails`. `None`: absent or empty.
pub fn access_key(value: &Value) -> Option<Identity> {
    let identity = Identity {
        user_type: text(value, "userType"),
        name: text(value, "userName"),
        principal_id: text(value, "principalId"),
        access_key_id: text(value, "accessKeyId"),
        ..Identity::default()
    };
    (!identity.is_empty() || !identity.user_type.is_empty()).then_some(identity)
}

/// `instanceDetails`. An instance without an id is named by its interfaces.
fn instance(value: &Value) -> Option<Resource> {
    let details = Instance {
        image: text(value, "imageId"),
        image_description: text(value, "imageDescription"),
        instance_type: text(value, "instanceType"),
        state: text(value, "instanceState"),
        platform: text(value, "platform"),
        availability_zone: text(value, "availabilityZone"),
        outpost_arn: text(value, "outpostArn"),
        launch_time: moment(field(value, "launchTime")),
        profile_arn: string(at(value, &["iamInstanceProfile", "arn"])),
        profile_id: string(at(value, &["iamInstanceProfile", "id"])),
        product_codes: many(field(value, "productCodes")).iter().map(product_code).collect(),
        interfaces: many(field(value, "networkInterfaces")).iter().map(network_interface).collect(),
    };
    let name = text(value, "instanceId");
    (!name.is_empty() || !details.interfaces.is_empty()).then(|| Resource {
        name,
        tags: tags(field(value, "tags")),
        details: ResourceDetails::Instance(Box::new(details)),
        ..Resource::default()
    })
}

pub fn product_code(value: &Value) -> String {
    [text(value, "code"), text(value, "productCodeId")].into_iter().find(|c| !c.is_empty()).unwrap_or_default()
}

pub fn network_interface(value: &Value) -> NetworkInterface {
    let mut private_addresses: Vec<String> = Vec::new();
    let listed = many(field(value, "privateIpAddresses")).iter().map(|a| text(a, "privateIpAddress"));
    for address in std::iter::once(text(value, "privateIpAddress")).chain(listed) {
        if !address.is_empty() && !private_addresses.contains(&address) {
            private_addresses.push(address);
        }
    }
    NetworkInterface {
        id: text(value, "networkInterfaceId"),
        private_addresses,
        ipv6_addresses: texts(field(value, "ipv6Addresses")),
        public_address: text(value, "publicIp"),
        private_dns_name: text(value, "privateDnsName"),
        public_dns_name: text(value, "publicDnsName"),
        subnet: [text(value, "subnetId"), text(value, "subNetId")]
            .into_iter()
            .find(|s| !s.is_empty())
            .unwrap_or_default(),
        vpc: text(value, "vpcId"),
        groups: groups(field(value, "securityGroups")),
    }
}

fn groups(list: &Value) -> Vec<SecurityGroupName> {
    let group = |v: &Value| SecurityGroupName { id: text(v, "groupId"), name: text(v, "groupName") };
    many(list).iter().map(group).filter(|g| !g.id.is_empty()).collect()
}

fn bucket(value: &Value) -> Option<Resource> {
    let mut permissions = Details::default();
    flatten(at(value, &["publicAccess", "permissionConfiguration"]), "", &mut permissions);
    let object = |v: &Value| StoredObject {
        key: text(v, "key"),
        arn: text(v, "objectArn"),
        version: text(v, "versionId"),
        hash: text(v, "hash"),
        e_tag: text(v, "eTag"),
    };
    named(value, "name", "arn", |v| {
        let encryption = field(v, "defaultServerSideEncryption");
        ResourceDetails::Bucket(Box::new(Bucket {
            role: text(v, "type"),
            owner: string(at(v, &["owner", "id"])),
            created_at: moment(field(v, "createdAt")),
            encryption: text(encryption, "encryptionType"),
            encryption_key: text(encryption, "kmsMasterKeyArn"),
            effective_permission: string(at(v, &["publicAccess", "effectivePermission"])),
            permissions,
            objects: many(field(v, "s3ObjectDetails")).iter().take(OBJECTS_MAX).map(object).collect(),
        }))
    })
}

fn kubernetes_workload(value: &Value) -> ResourceDetails {
    ResourceDetails::KubernetesWorkload(KubernetesWorkload {
        workload_type: text(value, "type"),
        namespace: text(value, "namespace"),
        uid: text(value, "uid"),
        service_account: text(value, "serviceAccountName"),
        host_network: field(value, "hostNetwork").as_bool(),
        host_ipc: field(value, "hostIPC").as_bool(),
        host_pid: field(value, "hostPID").as_bool(),
    })
}

fn ecs_task(value: &Value) -> ResourceDetails {
    ResourceDetails::EcsTask(EcsTask {
        definition_arn: text(value, "definitionArn"),
        group: text(value, "group"),
        version: text(value, "version"),
        launch_type: text(value, "launchType"),
        started_by: text(value, "startedBy"),
        created_at: moment(field(value, "createdAt")),
        started_at: moment(field(value, "startedAt")),
    })
}

fn container(value: &Value) -> ResourceDetails {
    let security = field(value, "securityContext");
    let mount = |v: &Value| format!("{}:{}", text(v, "name"), text(v, "mountPath"));
    ResourceDetails::Container(Container {
        id: text(value, "id"),
        image: text(value, "image"),
        runtime: text(value, "containerRuntime"),
        privileged: field(security, "privileged").as_bool(),
        privilege_escalation: field(security, "allowPrivilegeEscalation").as_bool(),
        mounts: many(field(value, "volumeMounts")).iter().map(mount).collect(),
    })
}

fn volume(value: &Value, scanned: bool) -> ResourceDetails {
    ResourceDetails::Volume(Volume {
        device: text(value, "deviceName"),
        volume_type: text(value, "volumeType"),
        size_gb: whole(field(value, "volumeSizeInGB")),
        encryption: text(value, "encryptionType"),
        encryption_key: text(value, "kmsKeyArn"),
        snapshot_arn: text(value, "snapshotArn"),
        scanned,
    })
}

fn db_instance(value: &Value) -> ResourceDetails {
    ResourceDetails::DbInstance(DbInstance {
        cluster: text(value, "dbClusterIdentifier"),
        resource_id: text(value, "dbiResourceId"),
        engine: text(value, "engine"),
        engine_version: text(value, "engineVersion"),
    })
}

fn function(value: &Value) -> ResourceDetails {
    let network = field(value, "vpcConfig");
    ResourceDetails::Function(Function {
        version: text(value, "functionVersion"),
        revision: text(value, "revisionId"),
        description: text(value, "description"),
        role: text(value, "role"),
        modified_at: moment(field(value, "lastModifiedAt")),
        vpc: text(network, "vpcId"),
        subnets: texts(field(network, "subnetIds")),
        groups: groups(field(network, "securityGroups")),
    })
}

/// A list of `{key, value}`, or an object.
pub fn tags(value: &Value) -> BTreeMap<String, String> {
    let listed = many(value).iter().filter(|t| t.get("key").or(t.get("Key")).is_some());
    let pairs: Vec<(String, String)> = match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), string(v))).collect(),
        _ => listed.map(|t| (text(t, "key"), text(t, "value"))).collect(),
    };
    pairs.into_iter().take(TAGS_MAX).collect()
}

pub fn text(value: &Value, name: &str) -> String {
    string(field(value, name))
}

pub fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(string).filter(|s| !s.is_empty()).collect()
}

/// A time by the way; one that can't be read is left out, since nothing is joined at it.
pub fn moment(value: &Value) -> Option<Time> {
    time(&string(value))
}

/// A number that is not negative, without its fraction.
pub fn whole(value: &Value) -> Option<u64> {
    number(value).and_then(|n| u64::try_from(text::whole(n)).ok())
}
