//! EBS volumes.

use crate::asset;
use crate::domain::effects::json::{at, flag, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An EBS volume.
    Volume "volume", Regional, id "vol-", arn "arn:{partition}:ec2:{region}:{account}:volume/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The size in GiB.
        10 SIZE: Int "size" [Summary];
        /// The Availability Zone.
        11 AVAILABILITY_ZONE: Text "availability_zone";
        /// The volume type.
        12 TYPE: Text "type" [Summary];
        /// Whether it is encrypted.
        13 ENCRYPTED: Flag "encrypted";
        /// The snapshot that it was made from.
        14 SNAPSHOT: Text "snapshot" -> Snapshot as "made_from";
        /// The instances that it is attached to, with the device on each.
        15 INSTANCES: Map "instances" -> Instance as "attached_to";
        /// Whether it goes with the instance, as said when it was attached.
        16 DELETES_WITH: FlagMap "deletes_with" [Internal];
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateVolume", create),
    ("DeleteVolume", |c, out| out.delete(Kind::Volume, text(c.request, "volumeId"))),
    ("AttachVolume", attach),
    ("DetachVolume", detach),
    ("ModifyVolume", modify),
];

fn create(c: &Call, out: &mut Writes) {
    let zone = c.either("zone", "zone").or_else(|| c.either("availabilityZone", "availabilityZone"));
    out.create(Kind::Volume, text(c.response, "volumeId"))
        .int(SIZE, c.response, "size")
        .set(AVAILABILITY_ZONE, zone.map(Val::Text))
        .text(TYPE, c.response, "volumeType")
        .flag(ENCRYPTED, c.response, "encrypted")
        .set(SNAPSHOT, c.either("snapshotId", "snapshotId").map(Val::Text))
        .initial_tags(c.response, c.requested_tags(&["volume"]));
}

fn attach(c: &Call, out: &mut Writes) {
    let Some(instance) = c.either("instanceId", "instanceId") else { return out.gap("names no instance") };
    let device = c.either("device", "device").unwrap_or_default();
    let mut on = out.asset(Kind::Volume, c.either("volumeId", "volumeId"), Rank::Set);
    on.element(INSTANCES, &instance, Val::Text(device));
    if let Some(deletes) = flag(c.response, "deleteOnTermination") {
        on.element(DELETES_WITH, &instance, Val::Bool(deletes));
    }
}

fn detach(c: &Call, out: &mut Writes) {
    // A volume named without its instance is on one only.
    let instance = c.either("instanceId", "instanceId");
    let mut on = out.asset(Kind::Volume, c.either("volumeId", "volumeId"), Rank::Removed);
    match instance {
        Some(i) => on.remove(INSTANCES, &i),
        None => on.reset(INSTANCES),
    };
}

fn modify(c: &Call, out: &mut Writes) {
    let m = at(c.response, "volumeModification");
    let size = text(m, "targetSize").or_else(|| text(c.request, "size")).and_then(|s| s.parse().ok());
    let kind = text(m, "targetVolumeType").or_else(|| text(c.request, "volumeType"));
    let id = text(m, "volumeId").or_else(|| text(c.request, "volumeId"));
    out.asset(Kind::Volume, id, Rank::Set).set(SIZE, size.map(Val::Int)).set(TYPE, kind.map(Val::Text));
}
