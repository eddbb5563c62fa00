//! Auto Scaling groups. Which instances are members, the instances' own tags say.

use super::effect::{Call, On, Out, Row};
use super::json::{first, flag, given, items, text, texts};
use crate::domain::assets::List;
use crate::domain::assets::autoscaling::auto_scaling_group;
use crate::domain::assets::ec2::instance;
use crate::domain::graph::{Fact, Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("CreateAutoScalingGroup", create),
    ("UpdateAutoScalingGroup", update),
    ("DeleteAutoScalingGroup", delete),
    ("SetDesiredCapacity", capacity),
    ("AttachLoadBalancerTargetGroups", |c, out| attach(c, "targetGroupARNs", auto_scaling_group::TARGET_GROUPS, out)),
    ("DetachLoadBalancerTargetGroups", |c, out| detach(c, "targetGroupARNs", auto_scaling_group::TARGET_GROUPS, out)),
    ("AttachLoadBalancers", |c, out| attach(c, "loadBalancerNames", auto_scaling_group::LOAD_BALANCERS, out)),
    ("DetachLoadBalancers", |c, out| detach(c, "loadBalancerNames", auto_scaling_group::LOAD_BALANCERS, out)),
    ("AttachTrafficSources", attach_sources),
    ("DetachTrafficSources", detach_sources),
    ("AttachInstances", attach_instances),
    ("DetachInstances", detach_instances),
    ("EnterStandby", enter_standby),
    ("ExitStandby", grow),
    ("TerminateInstanceInAutoScalingGroup", terminate),
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
    launches_from(c, on);
    on.int(auto_scaling_group::MIN, c.q, "minSize").int(auto_scaling_group::MAX, c.q, "maxSize").int(
        auto_scaling_group::DESIRED,
        c.q,
        "desiredCapacity",
    );
    if let Some(zones) = text(c.q, "vPCZoneIdentifier") {
        let subnets: Vec<String> = zones.split(',').map(|s| s.trim().to_owned()).collect();
        on.replace(auto_scaling_group::SUBNETS, &subnets);
    }
}

/// A template, by its id or by its name, or a configuration: naming one takes the place of what it was before.
fn launches_from(c: &Call, on: &mut On) {
    let (id, name) = (first(c.q, TEMPLATES), first(c.q, TEMPLATE_NAMES));
    if id.is_some() || name.is_some() {
        on.set(auto_scaling_group::LAUNCH_TEMPLATE, id.map_or(Val::Unknown, Val::Text))
            .set(auto_scaling_group::LAUNCH_TEMPLATE_NAME, name.map_or(Val::Unknown, Val::Text))
            .set(auto_scaling_group::LAUNCH_CONFIGURATION, Val::text(""));
    } else if let Some(configuration) = text(c.q, "launchConfigurationName") {
        on.set(auto_scaling_group::LAUNCH_TEMPLATE, Val::text(""))
            .set(auto_scaling_group::LAUNCH_TEMPLATE_NAME, Val::text(""))
            .set(auto_scaling_group::LAUNCH_CONFIGURATION, Val::Text(configuration));
    }
}

fn create(c: &Call, out: &mut Out) {
    let name = name(c, out);
    let balancers: Vec<String> =
        texts(c.q, "loadBalancerNames", "loadBalancerName").iter().map(|n| out.regional(n)).collect();
    let sources = sources(c, out);
    let mut on = out.create(Kind::AutoScalingGroup, name);
    fields(c, &mut on);
    on.replace(auto_scaling_group::TARGET_GROUPS, &texts(c.q, "targetGroupARNs", "targetGroupARN"));
    on.replace(auto_scaling_group::LOAD_BALANCERS, &balancers);
    for (list, source) in sources {
        on.element(list, &source, Val::text(""));
    }
    on.reset_tags().tags(&items(c.q, "tags"));
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
    out.on(Kind::AutoScalingGroup, name, Rank::Set).int(auto_scaling_group::DESIRED, c.q, "desiredCapacity");
}

/// The names of a list: target groups by ARN, classic load balancers as they are named here.
fn names(c: &Call, path: &str, out: &Out) -> Vec<String> {
    let plain = texts(c.q, path, "name");
    if path == "loadBalancerNames" { plain.iter().map(|n| out.regional(n)).collect() } else { plain }
}

fn attach(c: &Call, path: &str, list: List, out: &mut Out) {
    let (name, names) = (name(c, out), names(c, path, out));
    let mut on = out.on(Kind::AutoScalingGroup, name, Rank::Set);
    for n in names {
        on.element(list, &n, Val::text(""));
    }
}

fn detach(c: &Call, path: &str, list: List, out: &mut Out) {
    let (name, names) = (name(c, out), names(c, path, out));
    let mut on = out.on(Kind::AutoScalingGroup, name, Rank::Removed);
    for n in names {
        on.remove(list, &n);
    }
}

/// Traffic sources are the newer form of both: each with the list that it is in.
fn sources(c: &Call, out: &mut Out) -> Vec<(List, String)> {
    let mut known = Vec::new();
    for s in items(c.q, "trafficSources") {
        let id = text(s, "identifier").unwrap_or_default();
        match text(s, "type").as_deref() {
            Some("elb") if !id.is_empty() => known.push((auto_scaling_group::LOAD_BALANCERS, out.regional(&id))),
            _ if id.contains(":targetgroup/") && id.contains(":elasticloadbalancing:") => {
                known.push((auto_scaling_group::TARGET_GROUPS, id));
            }
            _ => out.gap("a traffic source of a kind that is not followed"),
        }
    }
    known
}

fn attach_sources(c: &Call, out: &mut Out) {
    let (name, sources) = (name(c, out), sources(c, out));
    let mut on = out.on(Kind::AutoScalingGroup, name, Rank::Set);
    for (list, source) in sources {
        on.element(list, &source, Val::text(""));
    }
}

fn detach_sources(c: &Call, out: &mut Out) {
    let (name, sources) = (name(c, out), sources(c, out));
    let mut on = out.on(Kind::AutoScalingGroup, name, Rank::Removed);
    for (list, source) in sources {
        on.remove(list, &source);
    }
}

fn instance_ids(c: &Call) -> Vec<String> {
    let path = ["instanceIds", "instanceIDs"].into_iter().find(|p| given(c.q, p)).unwrap_or("instanceIds");
    texts(c.q, path, "instanceId")
}

fn attach_instances(c: &Call, out: &mut Out) {
    let Some(group) = name(c, out) else { return out.gap("names no auto_scaling_group") };
    for id in instance_ids(c) {
        out.on(Kind::Instance, Some(id), Rank::Set).set(instance::AUTO_SCALING_GROUP, Val::text(group.clone()));
    }
    grow(c, out);
}

fn detach_instances(c: &Call, out: &mut Out) {
    for id in instance_ids(c) {
        out.on(Kind::Instance, Some(id), Rank::Removed).set(instance::AUTO_SCALING_GROUP, Val::text(""));
    }
    let group = name(c, out);
    shrink(c, group, out);
}

/// The capacity grows by as many as are named; to how many, isn't told.
fn grow(c: &Call, out: &mut Out) {
    let name = name(c, out);
    out.on(Kind::AutoScalingGroup, name, Rank::Set).set(auto_scaling_group::DESIRED, Val::Unknown);
}

/// The same the other way, where it is asked for; else another instance takes the place.
fn shrink(c: &Call, group: Option<String>, out: &mut Out) {
    if flag(c.q, "shouldDecrementDesiredCapacity") == Some(true) {
        out.on(Kind::AutoScalingGroup, group, Rank::Set).set(auto_scaling_group::DESIRED, Val::Unknown);
    }
}

fn enter_standby(c: &Call, out: &mut Out) {
    let group = name(c, out);
    shrink(c, group, out);
}

/// A lifecycle hook may hold the instance for hours: its end is told by EC2.
fn terminate(c: &Call, out: &mut Out) {
    let group = text(c.a, "activity.autoScalingGroupName").map(|n| out.regional(&n));
    out.on(Kind::Instance, text(c.q, "instanceId"), Rank::Set)
        .fact(Fact::Seen)
        .set(instance::AUTO_SCALING_GROUP, group.clone().map(Val::Text));
    shrink(c, group, out);
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
        out.on(Kind::AutoScalingGroup, name, Rank::Removed).remove_tag(&key);
    }
}
