//! Auto Scaling groups. Which instances are members, the instances' own tags say.

use super::effect::{Call, On, Out, Row};
use super::json::{first, given, items, text, texts};
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("CreateAutoScalingGroup", create),
    ("UpdateAutoScalingGroup", update),
    ("DeleteAutoScalingGroup", delete),
    ("SetDesiredCapacity", capacity),
    ("AttachLoadBalancerTargetGroups", |c, out| attach(c, "targetGroupARNs", "target_groups", out)),
    ("DetachLoadBalancerTargetGroups", |c, out| detach(c, "targetGroupARNs", "target_groups", out)),
    ("AttachLoadBalancers", |c, out| attach(c, "loadBalancerNames", "load_balancers", out)),
    ("DetachLoadBalancers", |c, out| detach(c, "loadBalancerNames", "load_balancers", out)),
    ("AttachInstances", attach_instances),
    ("DetachInstances", detach_instances),
    ("CreateOrUpdateTags", tag),
    ("DeleteTags", untag),
];

/// The paths at which a group names its launch template's id.
const TEMPLATES: &[&str] = &[
    "launchTemplate.launchTemplateId",
    "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId",
];

const TEMPLATE_NAMES: &[&str] = &[
    "launchTemplate.launchTemplateName",
    "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateName",
];

fn name(c: &Call, out: &Out) -> Option<String> {
    text(c.q, "autoScalingGroupName").map(|n| out.regional(&n))
}

fn fields(c: &Call, on: &mut On) {
    on.set("launch_template", first(c.q, TEMPLATES).map(Val::Text))
        .set("launch_template_name", first(c.q, TEMPLATE_NAMES).map(Val::Text))
        .text("launch_configuration", c.q, "launchConfigurationName")
        .int("min", c.q, "minSize")
        .int("max", c.q, "maxSize")
        .int("desired", c.q, "desiredCapacity");
    if let Some(zones) = text(c.q, "vPCZoneIdentifier") {
        let subnets: Vec<String> = zones.split(',').map(|s| s.trim().to_owned()).collect();
        on.replace("subnets", &subnets);
    }
}

fn create(c: &Call, out: &mut Out) {
    let name = name(c, out);
    let balancers: Vec<String> =
        texts(c.q, "loadBalancerNames", "loadBalancerName").iter().map(|n| out.regional(n)).collect();
    let mut on = out.create(Kind::AutoScalingGroup, name);
    fields(c, &mut on);
    on.replace("target_groups", &texts(c.q, "targetGroupARNs", "targetGroupARN"));
    on.replace("load_balancers", &balancers);
    on.reset("tags").tags(&items(c.q, "tags"));
}

fn update(c: &Call, out: &mut Out) {
    let name = name(c, out);
    fields(c, &mut out.on(Kind::AutoScalingGroup, name, Rank::Set));
}

fn delete(c: &Call, out: &mut Out) {
    let name = name(c, out);
    out.delete(Kind::AutoScalingGroup, name);
}

fn capacity(c: &Call, out: &mut Out) {
    let name = name(c, out);
    out.on(Kind::AutoScalingGroup, name, Rank::Set).int("desired", c.q, "desiredCapacity");
}

/// The names of a list: target groups by ARN, classic load balancers as they are named here.
fn names(c: &Call, path: &str, out: &Out) -> Vec<String> {
    let plain = texts(c.q, path, "name");
    if path == "loadBalancerNames" { plain.iter().map(|n| out.regional(n)).collect() } else { plain }
}

fn attach(c: &Call, path: &str, list: &str, out: &mut Out) {
    let (name, names) = (name(c, out), names(c, path, out));
    let mut on = out.on(Kind::AutoScalingGroup, name, Rank::Set);
    for n in names {
        on.element(list, &n, Val::text(""));
    }
}

fn detach(c: &Call, path: &str, list: &str, out: &mut Out) {
    let (name, names) = (name(c, out), names(c, path, out));
    let mut on = out.on(Kind::AutoScalingGroup, name, Rank::Removed);
    for n in names {
        on.remove(list, &n);
    }
}

fn instance_ids(c: &Call) -> Vec<String> {
    let path = ["instanceIds", "instanceIDs"].into_iter().find(|p| given(c.q, p)).unwrap_or("instanceIds");
    texts(c.q, path, "instanceId")
}

fn attach_instances(c: &Call, out: &mut Out) {
    let Some(group) = name(c, out) else { return out.gap("names no auto_scaling_group") };
    for id in instance_ids(c) {
        out.on(Kind::Instance, Some(id), Rank::Set).set("auto_scaling_group", Val::text(group.clone()));
    }
}

fn detach_instances(c: &Call, out: &mut Out) {
    for id in instance_ids(c) {
        out.on(Kind::Instance, Some(id), Rank::Removed).set("auto_scaling_group", Val::text(""));
    }
}

fn tag(c: &Call, out: &mut Out) {
    for t in items(c.q, "tags") {
        let name = text(t, "resourceId").map(|n| out.regional(&n));
        out.on(Kind::AutoScalingGroup, name, Rank::Set).tags(&[t]);
    }
}

fn untag(c: &Call, out: &mut Out) {
    for t in items(c.q, "tags") {
        let name = text(t, "resourceId").map(|n| out.regional(&n));
        let key = text(t, "key").unwrap_or_default();
        out.on(Kind::AutoScalingGroup, name, Rank::Removed).remove("tags", &key);
    }
}
