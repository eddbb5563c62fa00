//! EBS snapshots.

use crate::asset;
use crate::domain::assets::ec2::sharing;
use crate::domain::effects::json::{given, items, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An EBS snapshot.
    Snapshot "snapshot", Regional, id "snap-", arn "arn:{partition}:ec2:{region}::snapshot/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The volume that it was made from.
        10 VOLUME: Text "volume" -> Volume as "made_from";
        /// The size in GiB.
        11 SIZE: Int "size" [Summary];
        /// Whether it is encrypted.
        12 ENCRYPTED: Flag "encrypted";
        /// The description.
        13 DESCRIPTION: Text "description";
        /// The accounts that may use it; `all` is everybody.
        14 SHARED_WITH: Set "shared_with";
        /// The snapshot that it was copied from.
        15 COPIED_FROM: Text "copied_from";
        /// The region that it was copied from.
        16 COPIED_FROM_REGION: Text "copied_from_region";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateSnapshot", create_snapshot),
    ("CopySnapshot", copy_snapshot),
    ("DeleteSnapshot", |c, out| out.delete(Kind::Snapshot, text(c.request, "snapshotId"))),
    ("ModifySnapshotAttribute", share_snapshot),
    ("ResetSnapshotAttribute", reset_snapshot),
    ("CreateSnapshots", create),
];

fn create_snapshot(c: &Call, out: &mut Writes) {
    out.create(Kind::Snapshot, text(c.response, "snapshotId"))
        .set(VOLUME, c.either("volumeId", "volumeId").map(Val::Text))
        .int(SIZE, c.response, "volumeSize")
        .flag(ENCRYPTED, c.response, "encrypted")
        .text(DESCRIPTION, c.request, "description")
        .reset(SHARED_WITH)
        .initial_tags(c.response, c.requested_tags(&["snapshot"]));
}

fn copy_snapshot(c: &Call, out: &mut Writes) {
    out.create(Kind::Snapshot, text(c.response, "snapshotId"))
        .text(COPIED_FROM, c.request, "sourceSnapshotId")
        .text(COPIED_FROM_REGION, c.request, "sourceRegion")
        .flag(ENCRYPTED, c.request, "encrypted")
        .reset(SHARED_WITH)
        .initial_tags(c.response, c.requested_tags(&["snapshot"]));
}

fn share_snapshot(c: &Call, out: &mut Writes) {
    sharing::share(c, SHARED_WITH, "snapshotId", "createVolumePermission", out);
}

fn reset_snapshot(c: &Call, out: &mut Writes) {
    out.asset(Kind::Snapshot, text(c.request, "snapshotId"), Rank::Removed).reset(SHARED_WITH);
}

fn create(c: &Call, out: &mut Writes) {
    let snapshots = items(c.response, "snapshotSet");
    if snapshots.is_empty() {
        out.gap("the answer names no snapshots");
    }
    // Where each takes over its volume's tags, those asked for are not all.
    let asked = c.requested_tags(&["snapshot"]).filter(|_| !given(c.request, "copyTagsFromSource"));
    for s in snapshots {
        out.create(Kind::Snapshot, text(s, "snapshotId"))
            .text(VOLUME, s, "volumeId")
            .int(SIZE, s, "volumeSize")
            .flag(ENCRYPTED, s, "encrypted")
            .text(DESCRIPTION, c.request, "description")
            .reset(SHARED_WITH)
            .initial_tags(s, asked.clone());
    }
}
