//! Auto Scaling groups. The tags of an instance tell which group it is a member of.

use crate::asset;
use crate::domain::assets::List;
use crate::domain::assets::ec2::instance;
use crate::domain::effects::json::{first, flag, given, items, text, texts};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Fact, Kind, Rank, Val};

asset! {
    /// An Auto Scaling group.
    AutoScalingGroup "auto_scaling_group", Regional, id "", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The launch template, by id.
        10 LAUNCH_TEMPLATE: Text "launch_template" -> LaunchTemplate as "launches_from";
        /// The launch template, by name.
        11 LAUNCH_TEMPLATE_NAME: Text "launch_template_name";
        /// The launch configuration.
        12 LAUNCH_CONFIGURATION: Text "launch_configuration";
        /// The smallest size.
        13 MIN: Int "min";
        /// The largest size.
        14 MAX: Int "max";
        /// The size that is wanted.
        15 DESIRED: Int "desired" [Summary];
        /// The subnets that it launches into.
        16 SUBNETS: Set "subnets" -> Subnet as "in";
        /// The target groups that its instances are registered in.
        17 TARGET_GROUPS: Set "target_groups" -> TargetGroup as "registers_in";
        /// The classic load balancers that its instances are registered with.
        18 LOAD_BALANCERS: Set "load_balancers" -> LoadBalancer as "registers_in";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateAutoScalingGroup", create),
    ("UpdateAutoScalingGroup", update),
    ("DeleteAutoScalingGroup", delete),
    ("SetDesiredCapacity", capacity),
    ("AttachLoadBalancerTargetGroups", |c, out| attach(c, "targetGroupARNs", TARGET_GROUPS, out)),
    ("DetachLoadBalancerTargetGroups", |c, out| detach(c, "targetGroupARNs", TARGET_GROUPS, out)),
    ("AttachLoadBalancers", |c, out| attach(c, "loadBalancerNames", LOAD_BALANCERS, out)),
    ("DetachLoadBalancers", |c, out| detach(c, "loadBalancerNames", LOAD_BALANCERS, out)),
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

fn name(c: &Call, out: &Writes) -> Option<String> {
    text(c.request, "autoScalingGroupName").map(|n| out.regional(&n))
}

fn fields(c: &Call, on: &mut AssetWriter) {
    launches_from(c, on);
    on.int(MIN, c.request, "minSize").int(MAX, c.request, "maxSize").int(DESIRED, c.request, "desiredCapacity");
    if let Some(zones) = text(c.request, "vPCZoneIdentifier") {
        let subnets: Vec<String> = zones.split(',').map(|s| s.trim().to_owned()).collect();
        on.replace(SUBNETS, &subnets);
    }
}

/// A template, by its id or by its name, or a configuration: naming one takes the place of what it was before.
fn launches_from(c: &Call, on: &mut AssetWriter) {
    let (id, name) = (first(c.request, TEMPLATES), first(c.request, TEMPLATE_NAMES));
    if id.is_some() || name.is_some() {
        on.set(LAUNCH_TEMPLATE, id.map_or(Val::Unknown, Val::Text))
            .set(LAUNCH_TEMPLATE_NAME, name.map_or(Val::Unknown, Val::Text))
            .set(LAUNCH_CONFIGURATION, Val::text(""));
    } else if let Some(configuration) = text(c.request, "launchConfigurationName") {
        on.set(LAUNCH_TEMPLATE, Val::text(""))
            .set(LAUNCH_TEMPLATE_NAME, Val::text(""))
            .set(LAUNCH_CONFIGURATION, Val::Text(configuration));
    }
}

fn create(c: &Call, out: &mut Writes) {
    let name = name(c, out);
    let balancers: Vec<String> =
        texts(c.request, "loadBalancerNames", "loadBalancerName").iter().map(|n| out.regional(n)).collect();
    let sources = sources(c, out);
    let mut on = out.create(Kind::AutoScalingGroup, name);
    fields(c, &mut on);
    on.replace(TARGET_GROUPS, &texts(c.request, "targetGroupARNs", "targetGroupARN"));
    on.replace(LOAD_BALANCERS, &balancers);
    for (list, source) in sources {
        on.element(list, &source, Val::text(""));
    }
    on.reset_tags().tags(&items(c.request, "tags"));
}

fn update(c: &Call, out: &mut Writes) {
    let name = name(c, out);
    fields(c, &mut out.asset(Kind::AutoScalingGroup, name, Rank::Set));
}

fn delete(c: &Call, out: &mut Writes) {
    let name = name(c, out);
    out.delete(Kind::AutoScalingGroup, name);
}

fn capacity(c: &Call, out: &mut Writes) {
    let name = name(c, out);
    out.asset(Kind::AutoScalingGroup, name, Rank::Set).int(DESIRED, c.request, "desiredCapacity");
}

/// The names of a list: target groups by ARN, classic load balancers as they are named here.
fn names(c: &Call, path: &str, out: &Writes) -> Vec<String> {
    let plain = texts(c.request, path, "name");
    if path == "loadBalancerNames" { plain.iter().map(|n| out.regional(n)).collect() } else { plain }
}

fn attach(c: &Call, path: &str, list: List, out: &mut Writes) {
    let (name, names) = (name(c, out), names(c, path, out));
    let mut on = out.asset(Kind::AutoScalingGroup, name, Rank::Set);
    for n in names {
        on.element(list, &n, Val::text(""));
    }
}

fn detach(c: &Call, path: &str, list: List, out: &mut Writes) {
    let (name, names) = (name(c, out), names(c, path, out));
    let mut on = out.asset(Kind::AutoScalingGroup, name, Rank::Removed);
    for n in names {
        on.remove(list, &n);
    }
}

/// Traffic sources are the newer form of both: each with the list that it is in.
fn sources(c: &Call, out: &mut Writes) -> Vec<(List, String)> {
    let mut known = Vec::new();
    for s in items(c.request, "trafficSources") {
        let id = text(s, "identifier").unwrap_or_default();
        match text(s, "type").as_deref() {
            Some("elb") if !id.is_empty() => known.push((LOAD_BALANCERS, out.regional(&id))),
            _ if id.contains(":targetgroup/") && id.contains(":elasticloadbalancing:") => {
                known.push((TARGET_GROUPS, id));
            }
            _ => out.gap("a traffic source of a kind that is not followed"),
        }
    }
    known
}

fn attach_sources(c: &Call, out: &mut Writes) {
    let (name, sources) = (name(c, out), sources(c, out));
    let mut on = out.asset(Kind::AutoScalingGroup, name, Rank::Set);
    for (list, source) in sources {
        on.element(list, &source, Val::text(""));
    }
}

fn detach_sources(c: &Call, out: &mut Writes) {
    let (name, sources) = (name(c, out), sources(c, out));
    let mut on = out.asset(Kind::AutoScalingGroup, name, Rank::Removed);
    for (list, source) in sources {
        on.remove(list, &source);
    }
}

fn instance_ids(c: &Call) -> Vec<String> {
    let path = ["instanceIds", "instanceIDs"].into_iter().find(|p| given(c.request, p)).unwrap_or("instanceIds");
    texts(c.request, path, "instanceId")
}

fn attach_instances(c: &Call, out: &mut Writes) {
    let Some(group) = name(c, out) else { return out.gap("names no auto_scaling_group") };
    for id in instance_ids(c) {
        out.asset(Kind::Instance, Some(id), Rank::Set).set(instance::AUTO_SCALING_GROUP, Val::text(group.clone()));
    }
    grow(c, out);
}

fn detach_instances(c: &Call, out: &mut Writes) {
    for id in instance_ids(c) {
        out.asset(Kind::Instance, Some(id), Rank::Removed).set(instance::AUTO_SCALING_GROUP, Val::text(""));
    }
    let group = name(c, out);
    shrink(c, group, out);
}

/// The capacity grows by as many as are named; to how many, isn't told.
fn grow(c: &Call, out: &mut Writes) {
    let name = name(c, out);
    out.asset(Kind::AutoScalingGroup, name, Rank::Set).set(DESIRED, Val::Unknown);
}

/// The same the other way, where it is asked for; else another instance takes the place.
fn shrink(c: &Call, group: Option<String>, out: &mut Writes) {
    if flag(c.request, "shouldDecrementDesiredCapacity") == Some(true) {
        out.asset(Kind::AutoScalingGroup, group, Rank::Set).set(DESIRED, Val::Unknown);
    }
}

fn enter_standby(c: &Call, out: &mut Writes) {
    let group = name(c, out);
    shrink(c, group, out);
}

/// A lifecycle hook may hold the instance for hours: its end is told by EC2.
fn terminate(c: &Call, out: &mut Writes) {
    let group = text(c.response, "activity.autoScalingGroupName").map(|n| out.regional(&n));
    out.asset(Kind::Instance, text(c.request, "instanceId"), Rank::Set)
        .fact(Fact::Seen)
        .set(instance::AUTO_SCALING_GROUP, group.clone().map(Val::Text));
    shrink(c, group, out);
}

fn tag(c: &Call, out: &mut Writes) {
    for t in items(c.request, "tags") {
        let name = text(t, "resourceId").map(|n| out.regional(&n));
        out.asset(Kind::AutoScalingGroup, name, Rank::Set).tags(&[t]);
    }
}

fn untag(c: &Call, out: &mut Writes) {
    for t in items(c.request, "tags") {
        let name = text(t, "resourceId").map(|n| out.regional(&n));
        let key = text(t, "key").unwrap_or_default();
        out.asset(Kind::AutoScalingGroup, name, Rank::Removed).remove_tag(&key);
    }
}
