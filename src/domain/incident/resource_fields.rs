//! What a finding says of a resource, as named values in a fixed order. What is absent is left out.

use super::detail::Detail;
use crate::domain::finding::{NetworkInterface, Resource, ResourceDetails};
use crate::domain::time::Time;

/// Rows kept of one resource: interfaces, objects and tags may be many.
pub const FIELDS_MAX: usize = 300;

struct Rows(Vec<Detail>);

impl Rows {
    fn text(&mut self, name: &str, value: &str) -> &mut Rows {
        if !value.is_empty() && self.0.len() < FIELDS_MAX {
            self.0.push(Detail { name: name.to_owned(), value: value.to_owned() });
        }
        self
    }

    fn list<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a String>) -> &mut Rows {
        for value in values {
            self.text(name, value);
        }
        self
    }

    fn time(&mut self, name: &str, value: Option<Time>) -> &mut Rows {
        self.text(name, &value.map(|t| t.to_string()).unwrap_or_default())
    }

    fn flag(&mut self, name: &str, value: Option<bool>) -> &mut Rows {
        self.text(name, &value.map(|b| b.to_string()).unwrap_or_default())
    }

    fn interface(&mut self, i: &NetworkInterface) -> &mut Rows {
        self.text("interface", &i.id)
            .list("private_ip", &i.private_addresses)
            .text("public_ip", &i.public_address)
            .list("ipv6_address", &i.ipv6_addresses)
            .text("private_dns_name", &i.private_dns_name)
            .text("public_dns_name", &i.public_dns_name)
            .text("subnet", &i.subnet)
            .text("vpc", &i.vpc)
            .list("security_group", i.groups.iter().map(|g| &g.id))
    }
}

/// The rows of one resource.
pub fn fields(resource: &Resource) -> Vec<Detail> {
    let mut rows = Rows(Vec::new());
    match &resource.details {
        ResourceDetails::Instance(i) => {
            rows.text("image", &i.image)
                .text("image_description", &i.image_description)
                .text("instance_type", &i.instance_type)
                .text("state", &i.state)
                .text("platform", &i.platform)
                .text("availability_zone", &i.availability_zone)
                .text("outpost", &i.outpost_arn)
                .time("launch_time", i.launch_time)
                .text("instance_profile", &i.profile_arn)
                .text("instance_profile_id", &i.profile_id)
                .list("product_code", &i.product_codes);
            for interface in &i.interfaces {
                rows.interface(interface);
            }
        }
        ResourceDetails::NetworkInterface(i) => _ = rows.interface(i),
        ResourceDetails::AccessKey(key) => {
            rows.text("user_type", &key.user_type)
                .text("user_name", &key.name)
                .text("principal_id", &key.principal_id)
                .text("access_key_id", &key.access_key_id);
        }
        ResourceDetails::Bucket(b) => {
            rows.text("role", &b.role)
                .text("owner", &b.owner)
                .time("created_at", b.created_at)
                .text("encryption", &b.encryption)
                .text("encryption_key", &b.encryption_key)
                .text("effective_permission", &b.effective_permission);
            for (name, values) in b.permissions.iter() {
                rows.list(name, values);
            }
            for o in &b.objects {
                rows.text("object", if o.key.is_empty() { &o.arn } else { &o.key })
                    .text("object_version", &o.version)
                    .text("object_hash", &o.hash)
                    .text("object_e_tag", &o.e_tag);
            }
        }
        ResourceDetails::EksCluster(c) => {
            rows.text("vpc", &c.vpc).text("status", &c.status).time("created_at", c.created_at);
        }
        ResourceDetails::KubernetesWorkload(w) => {
            rows.text("workload_type", &w.workload_type)
                .text("namespace", &w.namespace)
                .text("uid", &w.uid)
                .text("service_account", &w.service_account)
                .flag("host_network", w.host_network)
                .flag("host_ipc", w.host_ipc)
                .flag("host_pid", w.host_pid);
        }
        ResourceDetails::EcsCluster(c) => _ = rows.text("status", &c.status),
        ResourceDetails::EcsTask(t) => {
            rows.text("definition", &t.definition_arn)
                .text("group", &t.group)
                .text("version", &t.version)
                .text("launch_type", &t.launch_type)
                .text("started_by", &t.started_by)
                .time("created_at", t.created_at)
                .time("started_at", t.started_at);
        }
        ResourceDetails::Container(c) => {
            rows.text("container_id", &c.id)
                .text("image", &c.image)
                .text("runtime", &c.runtime)
                .flag("privileged", c.privileged)
                .flag("privilege_escalation", c.privilege_escalation)
                .list("mount", &c.mounts);
        }
        ResourceDetails::Volume(v) => {
            rows.text("device", &v.device)
                .text("volume_type", &v.volume_type)
                .text("size_gb", &v.size_gb.map(|n| n.to_string()).unwrap_or_default())
                .text("encryption", &v.encryption)
                .text("encryption_key", &v.encryption_key)
                .text("snapshot", &v.snapshot_arn)
                .flag("scanned", Some(v.scanned));
        }
        ResourceDetails::DbInstance(d) => {
            rows.text("cluster", &d.cluster)
                .text("resource_id", &d.resource_id)
                .text("engine", &d.engine)
                .text("engine_version", &d.engine_version);
        }
        ResourceDetails::Function(f) => {
            rows.text("version", &f.version)
                .text("revision", &f.revision)
                .text("description", &f.description)
                .text("role", &f.role)
                .time("modified_at", f.modified_at)
                .text("vpc", &f.vpc)
                .list("subnet", &f.subnets)
                .list("security_group", f.groups.iter().map(|g| &g.id));
        }
        ResourceDetails::Other(_) => {}
    }
    for (key, value) in &resource.tags {
        rows.text("tag", &format!("{key}={value}"));
    }
    rows.0
}
