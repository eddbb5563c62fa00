//! EC2 instances.

use serde_json::Value;

use crate::asset;
use crate::domain::assets::ec2::interface_attachment;
use crate::domain::assets::ec2::network_interface;
use crate::domain::assets::ec2::volume;
use crate::domain::effects::json::{self, at, first, flag, given, items, tail, text, texts};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Fact, Kind, Rank, Val};

asset! {
    /// An EC2 instance.
    Instance "instance", Regional, id "i-", arn "arn:{partition}:ec2:{region}:{account}:instance/{name}";
    unseen until IMAGE "its image, interfaces and groups are unknown";
    facts {
        /// The image that it was launched from.
        10 IMAGE: Text "image" -> Image as "launched_from";
        /// The instance type.
        11 TYPE: Text "type" [Summary];
        /// The state that was told last: `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`.
        12 STATE: Text "state" [Summary];
        /// The Availability Zone.
        13 AVAILABILITY_ZONE: Text "availability_zone";
        /// The subnet of its primary interface.
        14 SUBNET: Text "subnet" -> Subnet as "in";
        /// The VPC.
        15 VPC: Text "vpc" -> Vpc as "in";
        /// The primary private IPv4 address.
        16 PRIVATE_IP: Text "private_ip" [Ip];
        /// The private host name.
        17 PRIVATE_DNS: Text "private_dns";
        /// When it was launched, as the response tells it: epoch milliseconds.
        18 LAUNCH_TIME: Text "launch_time";
        /// The key pair.
        19 KEY_NAME: Text "key_name";
        /// Whether traffic is dropped that is neither from nor to the instance itself.
        20 SOURCE_DEST_CHECK: Flag "source_dest_check";
        /// Whether the API refuses to terminate it.
        21 DISABLE_API_TERMINATION: Flag "disable_api_termination";
        /// The instance profile.
        22 INSTANCE_PROFILE: Text "instance_profile" -> InstanceProfile as "uses";
        /// The Auto Scaling group that it is a member of.
        23 AUTO_SCALING_GROUP: Text "auto_scaling_group" -> AutoScalingGroup as "member_of";
        /// The launch template that it was launched from.
        24 LAUNCH_TEMPLATE: Text "launch_template" -> LaunchTemplate as "launched_from";
        /// Whether the metadata service requires a session token (IMDSv2): `required`, `optional`.
        25 IMDS_TOKENS: Text "imds_tokens";
        /// How many network hops a metadata response may take.
        26 IMDS_HOP_LIMIT: Int "imds_hop_limit";
        /// Whether the metadata service is on: `enabled`, `disabled`.
        27 IMDS_ENDPOINT: Text "imds_endpoint";
        /// User data was given. CloudTrail masks its content.
        28 USER_DATA: Text "user_data";
        /// The security groups of its primary interface.
        29 GROUPS: Set "groups" -> SecurityGroup as "protected_by";
        /// Whether a public IPv4 address was asked for at launch.
        30 ASSOCIATE_PUBLIC_IP: Flag "associate_public_ip";
        /// What a shutdown from inside does: `stop`, `terminate`.
        31 SHUTDOWN_BEHAVIOR: Text "shutdown_behavior";
        /// Whether the volume on a device goes with the instance, as changed since it was attached.
        32 DEVICE_DELETES: FlagMap "device_deletes" [Internal];
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("RunInstances", run),
    ("StartInstances", change_state),
    ("StopInstances", change_state),
    ("RebootInstances", reboot),
    ("TerminateInstances", terminate),
    ("BidEvictedEvent", evict),
    ("ModifyInstanceAttribute", modify_attribute),
    ("ModifyInstanceMetadataOptions", modify_metadata),
];

/// The tag by which an instance says which Auto Scaling group launched it.
const GROUP_TAG: &str = "aws:autoscaling:groupName";
/// The tag by which an instance says which launch template it is from.
const TEMPLATE_TAG: &str = "aws:ec2launchtemplate:id";

/// Which of two states of one second is the later one: that which the other leads to.
pub fn state_rank(state: &str) -> Rank {
    match state {
        "pending" => Rank::Created,
        "stopping" | "shutting-down" => Rank::Removed,
        "stopped" | "terminated" => Rank::Deleted,
        _ => Rank::Set,
    }
}

fn run(c: &Call, out: &mut Writes) {
    let instances = items(c.response, "instancesSet");
    if instances.is_empty() {
        out.gap("the answer names no instances");
    }
    for i in instances {
        instance(c, i, out);
    }
}

fn instance(c: &Call, i: &Value, out: &mut Writes) {
    let id = text(i, "instanceId");
    let region = out.region().to_owned();
    let tags = items(i, "tagSet");
    let tagged =
        |key: &str| tags.iter().find(|t| text(t, "key").as_deref() == Some(key)).and_then(|t| text(t, "value"));
    let mut on = out.create(Kind::Instance, id.clone());
    on.text(IMAGE, i, "imageId")
        .text(TYPE, i, "instanceType")
        .text(STATE, i, "instanceState.name")
        .text(AVAILABILITY_ZONE, i, "placement.availabilityZone")
        .text(SUBNET, i, "subnetId")
        .text(VPC, i, "vpcId")
        .text(PRIVATE_IP, i, "privateIpAddress")
        .text(PRIVATE_DNS, i, "privateDnsName")
        .text(LAUNCH_TIME, i, "launchTime")
        .text(KEY_NAME, i, "keyName")
        .flag(SOURCE_DEST_CHECK, i, "sourceDestCheck")
        .flag(DISABLE_API_TERMINATION, c.request, "disableApiTermination")
        .set(INSTANCE_PROFILE, profile(at(i, "iamInstanceProfile")).map(Val::Text))
        .set(AUTO_SCALING_GROUP, tagged(GROUP_TAG).map(|n| Val::Text(format!("{region}/{n}"))))
        .set(LAUNCH_TEMPLATE, tagged(TEMPLATE_TAG).map(Val::Text))
        .text(IMDS_TOKENS, i, "metadataOptions.httpTokens")
        .int(IMDS_HOP_LIMIT, i, "metadataOptions.httpPutResponseHopLimit")
        .text(IMDS_ENDPOINT, i, "metadataOptions.httpEndpoint")
        .set(USER_DATA, given(c.request, "userData").then_some(Val::Unknown))
        .initial_tags(i, c.requested_tags(&["instance"]));
    if given(i, "groupSet") {
        on.replace(GROUPS, &texts(i, "groupSet", "groupId"));
    }
    let asked = items(c.request, "networkInterfaceSet");
    on.set(ASSOCIATE_PUBLIC_IP, asked.iter().find_map(|n| flag(n, "associatePublicIpAddress")).map(Val::Bool));
    for n in items(i, "networkInterfaceSet") {
        let name = text(n, "networkInterfaceId");
        // Named in the request: it was there before, and this is not its creation.
        let born = !asked.iter().any(|a| text(a, "networkInterfaceId") == name);
        network_interface::interface(n, born, out);
        interface_attachment::attachment(at(n, "attachment"), name, id.clone(), out);
    }
    for b in items(i, "blockDeviceMapping") {
        if let (Some(volume), Some(id)) = (text(b, "ebs.volumeId"), &id) {
            let device = text(b, "deviceName").unwrap_or_default();
            let mut on = out.asset(Kind::Volume, Some(volume), Rank::Set);
            on.element(volume::INSTANCES, id, Val::Text(device));
            if let Some(deletes) = flag(b, "ebs.deleteOnTermination") {
                on.element(volume::DELETES_WITH, id, Val::Bool(deletes));
            }
        }
    }
}

/// The profile's name: the end of its ARN, or the name itself.
pub fn profile(of: &Value) -> Option<String> {
    text(of, "arn").map(|a| tail(&a).to_owned()).or_else(|| text(of, "name"))
}

/// Each instance of the answer, else of the request: its id, and its state where that is told.
fn instances(c: &Call, out: &mut Writes) -> Vec<(Option<String>, Option<String>)> {
    let answered = items(c.response, "instancesSet");
    let list = if answered.is_empty() { items(c.request, "instancesSet") } else { answered };
    if list.is_empty() {
        out.gap("names no instances");
    }
    list.into_iter().map(|i| (first(i, &["instanceId"]), text(i, "currentState.name"))).collect()
}

fn change_state(c: &Call, out: &mut Writes) {
    for (id, state) in instances(c, out) {
        match state {
            Some(state) => {
                out.asset(Kind::Instance, id, state_rank(&state)).set(STATE, Val::Text(state));
            }
            None => {
                out.gap("the answer tells no state");
                out.asset(Kind::Instance, id, Rank::Set).fact(Fact::Seen);
            }
        }
    }
}

fn reboot(c: &Call, out: &mut Writes) {
    for (id, _) in instances(c, out) {
        out.asset(Kind::Instance, id, Rank::Set).fact(Fact::Seen);
    }
}

fn terminate(c: &Call, out: &mut Writes) {
    for (id, state) in instances(c, out) {
        // Terminating again what is terminated tells nothing new of when it ended; the first end counts when read.
        let state = state.unwrap_or_else(|| "shutting-down".to_owned());
        out.asset(Kind::Instance, id.clone(), state_rank(&state)).set(STATE, Val::Text(state));
        out.delete(Kind::Instance, id);
    }
}

/// A spot instance taken back: no call, and no ids but in the service's details.
fn evict(c: &Call, out: &mut Writes) {
    let ids = texts(&c.event.service_details, "instanceIdSet", "instanceId");
    if ids.is_empty() {
        out.gap("names no instances");
    }
    for id in ids {
        out.delete(Kind::Instance, Some(id));
    }
}

fn modify_attribute(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::Instance, text(c.request, "instanceId"), Rank::Set);
    on.text(TYPE, c.request, "instanceType")
        .flag(DISABLE_API_TERMINATION, c.request, "disableApiTermination")
        .flag(SOURCE_DEST_CHECK, c.request, "sourceDestCheck")
        .text(SHUTDOWN_BEHAVIOR, c.request, "instanceInitiatedShutdownBehavior")
        .set(USER_DATA, given(c.request, "userData").then_some(Val::Unknown));
    // An empty set can't be asked for: a group set without groups is one that isn't given.
    let groups = texts(c.request, "groupSet", "groupId");
    if !groups.is_empty() {
        on.replace(GROUPS, &groups);
    }
    // By device: which volume that is, the volume's attachment says.
    for b in items(c.request, "blockDeviceMapping") {
        if let (Some(device), Some(deletes)) = (text(b, "deviceName"), flag(b, "ebs.deleteOnTermination")) {
            on.element(DEVICE_DELETES, &device, Val::Bool(deletes));
        }
    }
    // The older form names the attribute beside one value.
    match text(c.request, "attribute").as_deref() {
        Some("instanceType") => on.text(TYPE, c.request, "value"),
        Some("disableApiTermination") => on.flag(DISABLE_API_TERMINATION, c.request, "value"),
        Some("sourceDestCheck") => on.flag(SOURCE_DEST_CHECK, c.request, "value"),
        Some("instanceInitiatedShutdownBehavior") => on.text(SHUTDOWN_BEHAVIOR, c.request, "value"),
        Some("userData") => on.set(USER_DATA, Val::Unknown),
        _ => &mut on,
    };
}

fn modify_metadata(c: &Call, out: &mut Writes) {
    let answer = at(c.response, "instanceMetadataOptions");
    let mut on = out.asset(Kind::Instance, c.either("instanceId", "instanceId"), Rank::Set);
    for (field, name) in [(IMDS_TOKENS, "httpTokens"), (IMDS_ENDPOINT, "httpEndpoint")] {
        on.set(field, json::val(answer, name).or_else(|| json::val(c.request, name)));
    }
    let limit = "httpPutResponseHopLimit";
    on.set(IMDS_HOP_LIMIT, json::int(answer, limit).or_else(|| json::int(c.request, limit)).map(Val::Int));
}
