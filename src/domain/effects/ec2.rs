//! EC2 instances, their tags, profiles and metadata options.

use serde_json::Value;

use super::effect::{Call, Out, Row};
use super::interfaces;
use super::json::{self, at, first, flag, given, items, tail, text, texts};
use crate::domain::assets::ec2::{instance, profile_association, volume};
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
    on.text(instance::IMAGE, i, "imageId")
        .text(instance::TYPE, i, "instanceType")
        .text(instance::STATE, i, "instanceState.name")
        .text(instance::AVAILABILITY_ZONE, i, "placement.availabilityZone")
        .text(instance::SUBNET, i, "subnetId")
        .text(instance::VPC, i, "vpcId")
        .text(instance::PRIVATE_IP, i, "privateIpAddress")
        .text(instance::PRIVATE_DNS, i, "privateDnsName")
        .text(instance::LAUNCH_TIME, i, "launchTime")
        .text(instance::KEY_NAME, i, "keyName")
        .flag(instance::SOURCE_DEST_CHECK, i, "sourceDestCheck")
        .flag(instance::DISABLE_API_TERMINATION, c.q, "disableApiTermination")
        .set(instance::INSTANCE_PROFILE, profile(at(i, "iamInstanceProfile")).map(Val::Text))
        .set(instance::AUTO_SCALING_GROUP, tagged(GROUP_TAG).map(|n| Val::Text(format!("{region}/{n}"))))
        .set(instance::LAUNCH_TEMPLATE, tagged(TEMPLATE_TAG).map(Val::Text))
        .text(instance::IMDS_TOKENS, i, "metadataOptions.httpTokens")
        .int(instance::IMDS_HOP_LIMIT, i, "metadataOptions.httpPutResponseHopLimit")
        .text(instance::IMDS_ENDPOINT, i, "metadataOptions.httpEndpoint")
        .set(instance::USER_DATA, given(c.q, "userData").then_some(Val::Unknown))
        .born_tags(i, c.asked_tags(&["instance"]));
    if given(i, "groupSet") {
        on.replace(instance::GROUPS, &texts(i, "groupSet", "groupId"));
    }
    let asked = items(c.q, "networkInterfaceSet");
    on.set(
        instance::ASSOCIATE_PUBLIC_IP,
        asked.iter().find_map(|n| flag(n, "associatePublicIpAddress")).map(Val::Bool),
    );
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
            on.element(volume::INSTANCES, id, Val::Text(device));
            if let Some(deletes) = flag(b, "ebs.deleteOnTermination") {
                on.element(volume::DELETES_WITH, id, Val::Bool(deletes));
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
                out.on(Kind::Instance, id, state_rank(&state)).set(instance::STATE, Val::Text(state));
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
        out.on(Kind::Instance, id.clone(), state_rank(&state)).set(instance::STATE, Val::Text(state));
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
    on.text(instance::TYPE, c.q, "instanceType")
        .flag(instance::DISABLE_API_TERMINATION, c.q, "disableApiTermination")
        .flag(instance::SOURCE_DEST_CHECK, c.q, "sourceDestCheck")
        .text(instance::SHUTDOWN_BEHAVIOR, c.q, "instanceInitiatedShutdownBehavior")
        .set(instance::USER_DATA, given(c.q, "userData").then_some(Val::Unknown));
    // An empty set can't be asked for: a group set without groups is one that isn't given.
    let groups = texts(c.q, "groupSet", "groupId");
    if !groups.is_empty() {
        on.replace(instance::GROUPS, &groups);
    }
    // By device: which volume that is, the volume's attachment says.
    for b in items(c.q, "blockDeviceMapping") {
        if let (Some(device), Some(deletes)) = (text(b, "deviceName"), flag(b, "ebs.deleteOnTermination")) {
            on.element(instance::DEVICE_DELETES, &device, Val::Bool(deletes));
        }
    }
    // The older form names the attribute beside one value.
    match text(c.q, "attribute").as_deref() {
        Some("instanceType") => on.text(instance::TYPE, c.q, "value"),
        Some("disableApiTermination") => on.flag(instance::DISABLE_API_TERMINATION, c.q, "value"),
        Some("sourceDestCheck") => on.flag(instance::SOURCE_DEST_CHECK, c.q, "value"),
        Some("instanceInitiatedShutdownBehavior") => on.text(instance::SHUTDOWN_BEHAVIOR, c.q, "value"),
        Some("userData") => on.set(instance::USER_DATA, Val::Unknown),
        _ => &mut on,
    };
}

fn modify_metadata(c: &Call, out: &mut Out) {
    let answer = at(c.a, "instanceMetadataOptions");
    let mut on = out.on(Kind::Instance, c.either("instanceId", "instanceId"), Rank::Set);
    for (field, name) in [(instance::IMDS_TOKENS, "httpTokens"), (instance::IMDS_ENDPOINT, "httpEndpoint")] {
        on.set(field, json::val(answer, name).or_else(|| json::val(c.q, name)));
    }
    let limit = "httpPutResponseHopLimit";
    on.set(instance::IMDS_HOP_LIMIT, json::int(answer, limit).or_else(|| json::int(c.q, limit)).map(Val::Int));
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
            on.reset_tags();
        }
        for key in &keys {
            on.remove_tag(key);
        }
    }
}

fn associate_profile(c: &Call, out: &mut Out) {
    let answer = at(c.a, "iamInstanceProfileAssociation");
    let of = |path: &str| text(answer, path);
    let instance = of("instanceId").or_else(|| text(c.q, "instanceId"));
    let name = profile(at(answer, "iamInstanceProfile")).or_else(|| profile(at(c.q, "iamInstanceProfile")));
    out.create(Kind::ProfileAssociation, of("associationId"))
        .set(profile_association::INSTANCE, instance.clone().map(Val::Text))
        .set(profile_association::INSTANCE_PROFILE, name.clone().map(Val::Text));
    out.on(Kind::Instance, instance, Rank::Set).set(instance::INSTANCE_PROFILE, name.map(Val::Text));
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
        out.on(Kind::Instance, Some(instance), Rank::Removed).set(instance::INSTANCE_PROFILE, Val::text(""));
    }
}
