//! EC2 instances, their tags, profiles and metadata options.

use serde_json::Value;

use super::effect::{Call, Out, Row};
use super::interfaces;
use super::json::{self, at, first, flag, given, items, tail, text, texts};
use crate::domain::graph::{Fact, Kind, Rank, Val};

/// The tag by which an instance says which Auto Scaling group launched it.
const GROUP_TAG: &str = "aws:autoscaling:groupName";
/// The tag by which an instance says which launch template it is from.
const TEMPLATE_TAG: &str = "aws:ec2launchtemplate:id";

pub const ROWS: &[Row] = &[
    ("RunInstances", run),
    ("StartInstances", change_state),
    ("StopInstances", change_state),
    ("RebootInstances", reboot),
    ("TerminateInstances", terminate),
    ("BidEvictedEvent", evict),
    ("ModifyInstanceAttribute", modify_attribute),
    ("ModifyInstanceMetadataOptions", modify_metadata),
    ("CreateTags", create_tags),
    ("DeleteTags", delete_tags),
    ("AssociateIamInstanceProfile", associate_profile),
    ("ReplaceIamInstanceProfileAssociation", replace_profile),
    ("DisassociateIamInstanceProfile", disassociate_profile),
];

/// Which of two states of one second is the later one: that which the other leads to.
pub fn state_rank(state: &str) -> Rank {
    match state {
        "pending" => Rank::Created,
        "stopping" | "shutting-down" => Rank::Removed,
        "stopped" | "terminated" => Rank::Deleted,
        _ => Rank::Set,
    }
}

fn run(c: &Call, out: &mut Out) {
    let instances = items(c.a, "instancesSet");
    if instances.is_empty() {
        out.gap("the answer names no instances");
    }
    for i in instances {
        instance(c, i, out);
    }
}

fn instance(c: &Call, i: &Value, out: &mut Out) {
    let id = text(i, "instanceId");
    let region = out.region().to_owned();
    let tags = items(i, "tagSet");
    let tagged =
        |key: &str| tags.iter().find(|t| text(t, "key").as_deref() == Some(key)).and_then(|t| text(t, "value"));
    let mut on = out.create(Kind::Instance, id.clone());
    on.text("image", i, "imageId")
        .text("type", i, "instanceType")
        .text("state", i, "instanceState.name")
        .text("availability_zone", i, "placement.availabilityZone")
        .text("subnet", i, "subnetId")
        .text("vpc", i, "vpcId")
        .text("private_ip", i, "privateIpAddress")
        .text("private_dns", i, "privateDnsName")
        .text("launch_time", i, "launchTime")
        .text("key_name", i, "keyName")
        .flag("source_dest_check", i, "sourceDestCheck")
        .flag("disable_api_termination", c.q, "disableApiTermination")
        .set("instance_profile", profile(at(i, "iamInstanceProfile")).map(Val::Text))
        .set("auto_scaling_group", tagged(GROUP_TAG).map(|n| Val::Text(format!("{region}/{n}"))))
        .set("launch_template", tagged(TEMPLATE_TAG).map(Val::Text))
        .text("imds_tokens", i, "metadataOptions.httpTokens")
        .int("imds_hop_limit", i, "metadataOptions.httpPutResponseHopLimit")
        .text("imds_endpoint", i, "metadataOptions.httpEndpoint")
        .set("user_data", given(c.q, "userData").then_some(Val::Unknown))
        .born_tags(i, c.asked_tags(&["instance"]));
    if given(i, "groupSet") {
        on.replace("groups", &texts(i, "groupSet", "groupId"));
    }
    let asked = items(c.q, "networkInterfaceSet");
    on.set("associate_public_ip", asked.iter().find_map(|n| flag(n, "associatePublicIpAddress")).map(Val::Bool));
    for n in items(i, "networkInterfaceSet") {
        let name = text(n, "networkInterfaceId");
        // Named in the request: it was there before, and this is not its creation.
        let born = !asked.iter().any(|a| text(a, "networkInterfaceId") == name);
        interfaces::interface(n, born, out);
        interfaces::attachment(at(n, "attachment"), name, id.clone(), out);
    }
    for b in items(i, "blockDeviceMapping") {
        if let (Some(volume), Some(id)) = (text(b, "ebs.volumeId"), &id) {
            let device = text(b, "deviceName").unwrap_or_default();
            let mut on = out.on(Kind::Volume, Some(volume), Rank::Set);
            on.element("instances", id, Val::Text(device));
            if let Some(deletes) = flag(b, "ebs.deleteOnTermination") {
                on.element("deletes_with", id, Val::Bool(deletes));
            }
        }
    }
}

/// The profile's name: the end of its ARN, or the name itself.
fn profile(of: &Value) -> Option<String> {
    text(of, "arn").map(|a| tail(&a).to_owned()).or_else(|| text(of, "name"))
}

/// Each instance of the answer, else of the request: its id, and its state where that is told.
fn instances(c: &Call, out: &mut Out) -> Vec<(Option<String>, Option<String>)> {
    let answered = items(c.a, "instancesSet");
    let list = if answered.is_empty() { items(c.q, "instancesSet") } else { answered };
    if list.is_empty() {
        out.gap("names no instances");
    }
    list.into_iter().map(|i| (first(i, &["instanceId"]), text(i, "currentState.name"))).collect()
}

fn change_state(c: &Call, out: &mut Out) {
    for (id, state) in instances(c, out) {
        match state {
            Some(state) => {
                out.on(Kind::Instance, id, state_rank(&state)).set("state", Val::Text(state));
            }
            None => {
                out.gap("the answer tells no state");
                out.on(Kind::Instance, id, Rank::Set).fact(Fact::Seen);
            }
        }
    }
}

fn reboot(c: &Call, out: &mut Out) {
    for (id, _) in instances(c, out) {
        out.on(Kind::Instance, id, Rank::Set).fact(Fact::Seen);
    }
}

fn terminate(c: &Call, out: &mut Out) {
    for (id, state) in instances(c, out) {
        // Terminating again what is terminated tells nothing new of when it ended; the first end counts when read.
        let state = state.unwrap_or_else(|| "shutting-down".to_owned());
        out.on(Kind::Instance, id.clone(), state_rank(&state)).set("state", Val::Text(state));
        out.delete(Kind::Instance, id);
    }
}

/// A spot instance taken back: no call, and no ids but in the service's details.
fn evict(c: &Call, out: &mut Out) {
    let ids = texts(&c.event.service_details, "instanceIdSet", "instanceId");
    if ids.is_empty() {
        out.gap("names no instances");
    }
    for id in ids {
        out.delete(Kind::Instance, Some(id));
    }
}

fn modify_attribute(c: &Call, out: &mut Out) {
    let mut on = out.on(Kind::Instance, text(c.q, "instanceId"), Rank::Set);
    on.text("type", c.q, "instanceType")
        .flag("disable_api_termination", c.q, "disableApiTermination")
        .flag("source_dest_check", c.q, "sourceDestCheck")
        .text("shutdown_behavior", c.q, "instanceInitiatedShutdownBehavior")
        .set("user_data", given(c.q, "userData").then_some(Val::Unknown));
    // An empty set can't be asked for: a group set without groups is one that isn't given.
    let groups = texts(c.q, "groupSet", "groupId");
    if !groups.is_empty() {
        on.replace("groups", &groups);
    }
    // By device: which volume that is, the volume's attachment says.
    for b in items(c.q, "blockDeviceMapping") {
        if let (Some(device), Some(deletes)) = (text(b, "deviceName"), flag(b, "ebs.deleteOnTermination")) {
            on.element("device_deletes", &device, Val::Bool(deletes));
        }
    }
    // The older form names the attribute beside one value.
    match text(c.q, "attribute").as_deref() {
        Some("instanceType") => on.text("type", c.q, "value"),
        Some("disableApiTermination") => on.flag("disable_api_termination", c.q, "value"),
        Some("sourceDestCheck") => on.flag("source_dest_check", c.q, "value"),
        Some("instanceInitiatedShutdownBehavior") => on.text("shutdown_behavior", c.q, "value"),
        Some("userData") => on.set("user_data", Val::Unknown),
        _ => &mut on,
    };
}

fn modify_metadata(c: &Call, out: &mut Out) {
    let answer = at(c.a, "instanceMetadataOptions");
    let mut on = out.on(Kind::Instance, c.either("instanceId", "instanceId"), Rank::Set);
    for (field, name) in [("imds_tokens", "httpTokens"), ("imds_endpoint", "httpEndpoint")] {
        on.set(field, json::val(answer, name).or_else(|| json::val(c.q, name)));
    }
    let limit = "httpPutResponseHopLimit";
    on.set("imds_hop_limit", json::int(answer, limit).or_else(|| json::int(c.q, limit)).map(Val::Int));
}

/// The resources of a tag call whose kind is known by their prefix.
fn tagged(c: &Call, out: &mut Out) -> Vec<(Kind, String)> {
    let paths = ["resourcesSet", "resourceId", "resources"];
    let ids: Vec<String> = paths.iter().flat_map(|p| texts(c.q, p, "resourceId")).collect();
    if ids.is_empty() {
        out.gap("names no resources");
    }
    let mut known = Vec::new();
    for id in ids {
        match Kind::of_id(&id) {
            Some(kind) => known.push((kind, id)),
            None => out.gap(&format!("a resource of a kind that is not followed ({})", prefix(&id))),
        }
    }
    known
}

/// What stands before the number of an id: gaps are few kinds, not one for each id.
fn prefix(id: &str) -> &str {
    id.rsplit_once('-').map_or("no prefix", |(p, _)| p)
}

fn tag_list<'v>(c: &Call<'v>) -> Vec<&'v Value> {
    if given(c.q, "tagSet") { items(c.q, "tagSet") } else { items(c.q, "tag") }
}

fn create_tags(c: &Call, out: &mut Out) {
    for (kind, id) in tagged(c, out) {
        out.on(kind, Some(id), Rank::Set).tags(&tag_list(c));
    }
}

fn delete_tags(c: &Call, out: &mut Out) {
    let keys: Vec<String> = tag_list(c).into_iter().filter_map(|t| text(t, "key")).collect();
    for (kind, id) in tagged(c, out) {
        let mut on = out.on(kind, Some(id), Rank::Removed);
        // Without keys all tags go.
        if keys.is_empty() {
            on.reset("tags");
        }
        for key in &keys {
            on.remove("tags", key);
        }
    }
}

fn associate_profile(c: &Call, out: &mut Out) {
    let answer = at(c.a, "iamInstanceProfileAssociation");
    let of = |path: &str| text(answer, path);
    let instance = of("instanceId").or_else(|| text(c.q, "instanceId"));
    let name = profile(at(answer, "iamInstanceProfile")).or_else(|| profile(at(c.q, "iamInstanceProfile")));
    out.create(Kind::ProfileAssociation, of("associationId"))
        .set("instance", instance.clone().map(Val::Text))
        .set("instance_profile", name.clone().map(Val::Text));
    out.on(Kind::Instance, instance, Rank::Set).set("instance_profile", name.map(Val::Text));
}

fn replace_profile(c: &Call, out: &mut Out) {
    let (old, new) = (text(c.q, "associationId"), text(c.a, "iamInstanceProfileAssociation.associationId"));
    if old != new {
        out.dissolve(Kind::ProfileAssociation, old);
    }
    associate_profile(c, out);
}

fn disassociate_profile(c: &Call, out: &mut Out) {
    let id = c.either("iamInstanceProfileAssociation.associationId", "associationId");
    out.dissolve(Kind::ProfileAssociation, id);
    if let Some(instance) = text(c.a, "iamInstanceProfileAssociation.instanceId") {
        out.on(Kind::Instance, Some(instance), Rank::Removed).set("instance_profile", Val::text(""));
    }
}
