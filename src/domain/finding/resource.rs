//! The resources that a finding names, each with all that the finding says of it.
//!
//! This is GuardDuty's copy, taken at its own time: it may be newer than the sighting. So it decides which asset a finding is about, and is a hint
//! where the graph knows nothing. <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Resource.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Details, Identity};
use crate::domain::time::Time;

/// One resource of a finding. Empty where absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resource {
    /// AWS's id (`i-…`), or the name.
    pub name: String,
    pub arn: String,
    /// Empty: the account of the finding.
    pub account: String,
    /// Empty: the region of the finding.
    pub region: String,
    pub tags: BTreeMap<String, String>,
    pub details: ResourceDetails,
}

/// A resource by its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ResourceDetails {
    Instance(Box<Instance>),
    NetworkInterface(NetworkInterface),
    AccessKey(Identity),
    Bucket(Box<Bucket>),
    EksCluster(EksCluster),
    KubernetesWorkload(KubernetesWorkload),
    EcsCluster(EcsCluster),
    EcsTask(EcsTask),
    Container(Container),
    Volume(Volume),
    DbInstance(DbInstance),
    Function(Function),
    /// A resource of which only name and ARN are read, with its kind in `snake_case`.
    Other(String),
}

impl Default for ResourceDetails {
    fn default() -> ResourceDetails {
        ResourceDetails::Other(String::new())
    }
}

impl Resource {
    /// The kind as an incident names it.
    pub fn kind(&self) -> &str {
        match &self.details {
            ResourceDetails::Instance(_) => "instance",
            ResourceDetails::NetworkInterface(_) => "network_interface",
            ResourceDetails::AccessKey(_) => "access_key",
            ResourceDetails::Bucket(_) => "bucket",
            ResourceDetails::EksCluster(_) => "eks_cluster",
            ResourceDetails::KubernetesWorkload(_) => "kubernetes_workload",
            ResourceDetails::EcsCluster(_) => "ecs_cluster",
            ResourceDetails::EcsTask(_) => "ecs_task",
            ResourceDetails::Container(_) => "container",
            ResourceDetails::Volume(_) => "volume",
            ResourceDetails::DbInstance(_) => "db_instance",
            ResourceDetails::Function(_) => "lambda_function",
            ResourceDetails::Other(kind) => kind,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Instance {
    pub image: String,
    pub image_description: String,
    pub instance_type: String,
    /// The state at GuardDuty's look: `running`, `stopped`, …
    pub state: String,
    pub platform: String,
    pub availability_zone: String,
    pub outpost_arn: String,
    pub launch_time: Option<Time>,
    pub profile_arn: String,
    pub profile_id: String,
    pub product_codes: Vec<String>,
    /// The primary interface first, as AWS lists them.
    pub interfaces: Vec<NetworkInterface>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// `eni-…`
    pub id: String,
    /// The primary address first.
    pub private_addresses: Vec<String>,
    pub ipv6_addresses: Vec<String>,
    pub public_address: String,
    pub private_dns_name: String,
    pub public_dns_name: String,
    pub subnet: String,
    pub vpc: String,
    pub groups: Vec<SecurityGroupName>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecurityGroupName {
    /// `sg-…`
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bucket {
    /// `Source` or `Destination`.
    pub role: String,
    /// The canonical user id of the owner.
    pub owner: String,
    pub created_at: Option<Time>,
    pub encryption: String,
    pub encryption_key: String,
    /// `PUBLIC` or `NOT_PUBLIC`.
    pub effective_permission: String,
    /// The settings that the effective permission follows from, of the account and of the bucket.
    pub permissions: Details,
    pub objects: Vec<StoredObject>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoredObject {
    pub key: String,
    pub arn: String,
    pub version: String,
    pub hash: String,
    pub e_tag: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EksCluster {
    pub vpc: String,
    pub status: String,
    pub created_at: Option<Time>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KubernetesWorkload {
    /// `pods`, `deployments`, …
    pub workload_type: String,
    pub namespace: String,
    pub uid: String,
    pub service_account: String,
    pub host_network: Option<bool>,
    pub host_ipc: Option<bool>,
    pub host_pid: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EcsCluster {
    pub status: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EcsTask {
    pub definition_arn: String,
    pub group: String,
    pub version: String,
    pub launch_type: String,
    pub started_by: String,
    pub created_at: Option<Time>,
    pub started_at: Option<Time>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Container {
    pub id: String,
    pub image: String,
    pub runtime: String,
    pub privileged: Option<bool>,
    pub privilege_escalation: Option<bool>,
    /// `name:path`
    pub mounts: Vec<String>,
}

/// A volume that a malware scan read or left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Volume {
    pub device: String,
    pub volume_type: String,
    pub size_gb: Option<u64>,
    pub encryption: String,
    pub encryption_key: String,
    pub snapshot_arn: String,
    pub scanned: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DbInstance {
    pub cluster: String,
    /// `db-…`, which never changes.
    pub resource_id: String,
    pub engine: String,
    pub engine_version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Function {
    pub version: String,
    pub revision: String,
    pub description: String,
    /// The ARN of the role that the function runs as.
    pub role: String,
    pub modified_at: Option<Time>,
    pub vpc: String,
    pub subnets: Vec<String>,
    pub groups: Vec<SecurityGroupName>,
}
