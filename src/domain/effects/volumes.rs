//! Volumes and snapshots.

use serde_json::Value;

use super::effect::{Call, Out, Row};
use super::json::{at, flag, items, text};
use crate::domain::assets::List;
use crate::domain::assets::ec2::{snapshot, volume};
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("CreateVolume", create),
    ("DeleteVolume", |c, out| out.delete(Kind::Volume, text(c.q, "volumeId"))),
    ("AttachVolume", attach),
    ("DetachVolume", detach),
    ("ModifyVolume", modify),
    ("CreateSnapshot", create_snapshot),
    ("CopySnapshot", copy_snapshot),
    ("DeleteSnapshot", |c, out| out.delete(Kind::Snapshot, text(c.q, "snapshotId"))),
    ("ModifySnapshotAttribute", share_snapshot),
    ("ResetSnapshotAttribute", reset_snapshot),
];

/// The key of `shared_with` for everybody.
const EVERYBODY: &str = "all";

fn create(c: &Call, out: &mut Out) {
    let zone = c.either("zone", "zone").or_else(|| c.either("availabilityZone", "availabilityZone"));
    out.create(Kind::Volume, text(c.a, "volumeId"))
        .int(volume::SIZE, c.a, "size")
        .set(volume::AVAILABILITY_ZONE, zone.map(Val::Text))
        .text(volume::TYPE, c.a, "volumeType")
        .flag(volume::ENCRYPTED, c.a, "encrypted")
        .set(volume::SNAPSHOT, c.either("snapshotId", "snapshotId").map(Val::Text))
        .born_tags(c.a, c.asked_tags(&["volume"]));
}

fn attach(c: &Call, out: &mut Out) {
    let Some(instance) = c.either("instanceId", "instanceId") else { return out.gap("names no instance") };
    let device = c.either("device", "device").unwrap_or_default();
    let mut on = out.on(Kind::Volume, c.either("volumeId", "volumeId"), Rank::Set);
    on.element(volume::INSTANCES, &instance, Val::Text(device));
    if let Some(deletes) = flag(c.a, "deleteOnTermination") {
        on.element(volume::DELETES_WITH, &instance, Val::Bool(deletes));
    }
}

fn detach(c: &Call, out: &mut Out) {
    // A volume named without its instance is on one only.
    let instance = c.either("instanceId", "instanceId");
    let mut on = out.on(Kind::Volume, c.either("volumeId", "volumeId"), Rank::Removed);
    match instance {
        Some(i) => on.remove(volume::INSTANCES, &i),
        None => on.reset(volume::INSTANCES),
    };
}

fn modify(c: &Call, out: &mut Out) {
    let m = at(c.a, "volumeModification");
    let size = text(m, "targetSize").or_else(|| text(c.q, "size")).and_then(|s| s.parse().ok());
    let kind = text(m, "targetVolumeType").or_else(|| text(c.q, "volumeType"));
    let id = text(m, "volumeId").or_else(|| text(c.q, "volumeId"));
    out.on(Kind::Volume, id, Rank::Set).set(volume::SIZE, size.map(Val::Int)).set(volume::TYPE, kind.map(Val::Text));
}

fn create_snapshot(c: &Call, out: &mut Out) {
    out.create(Kind::Snapshot, text(c.a, "snapshotId"))
        .set(snapshot::VOLUME, c.either("volumeId", "volumeId").map(Val::Text))
        .int(snapshot::SIZE, c.a, "volumeSize")
        .flag(snapshot::ENCRYPTED, c.a, "encrypted")
        .text(snapshot::DESCRIPTION, c.q, "description")
        .reset(snapshot::SHARED_WITH)
        .born_tags(c.a, c.asked_tags(&["snapshot"]));
}

fn copy_snapshot(c: &Call, out: &mut Out) {
    out.create(Kind::Snapshot, text(c.a, "snapshotId"))
        .text(snapshot::COPIED_FROM, c.q, "sourceSnapshotId")
        .text(snapshot::COPIED_FROM_REGION, c.q, "sourceRegion")
        .flag(snapshot::ENCRYPTED, c.q, "encrypted")
        .reset(snapshot::SHARED_WITH)
        .born_tags(c.a, c.asked_tags(&["snapshot"]));
}

fn share_snapshot(c: &Call, out: &mut Out) {
    share(c, snapshot::SHARED_WITH, "snapshotId", "createVolumePermission", out);
}

fn reset_snapshot(c: &Call, out: &mut Out) {
    out.on(Kind::Snapshot, text(c.q, "snapshotId"), Rank::Removed).reset(snapshot::SHARED_WITH);
}

/// Shares and takes back: `add` and `remove` of accounts, or of everybody.
pub fn share(c: &Call, shared_with: List, id: &str, permission: &str, out: &mut Out) {
    let of =
        |change: &str| -> Vec<String> { items(at(c.q, permission), change).into_iter().filter_map(with).collect() };
    let (kind, id) = (shared_with.id().kind, text(c.q, id));
    let mut on = out.on(kind, id.clone(), Rank::Set);
    for who in of("add") {
        on.element(shared_with, &who, Val::text(""));
    }
    let removed = of("remove");
    if !removed.is_empty() {
        let mut on = out.on(kind, id, Rank::Removed);
        for who in removed {
            on.remove(shared_with, &who);
        }
    }
}

fn with(v: &Value) -> Option<String> {
    match text(v, "group") {
        Some(_) => Some(EVERYBODY.to_owned()),
        None => ["userId", "organizationArn", "organizationalUnitArn"].iter().find_map(|p| text(v, p)),
    }
}
