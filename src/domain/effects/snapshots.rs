//! Snapshots of all volumes of an instance at once.

use super::effect::{Call, Out, Row};
use super::json::{given, items, text};
use crate::domain::assets::ec2::snapshot;
use crate::domain::graph::Kind;

pub const ROWS: &[Row] = &[("CreateSnapshots", create)];

fn create(c: &Call, out: &mut Out) {
    let snapshots = items(c.a, "snapshotSet");
    if snapshots.is_empty() {
        out.gap("the answer names no snapshots");
    }
    // Where each takes over its volume's tags, those asked for are not all.
    let asked = c.asked_tags(&["snapshot"]).filter(|_| !given(c.q, "copyTagsFromSource"));
    for s in snapshots {
        out.create(Kind::Snapshot, text(s, "snapshotId"))
            .text(snapshot::VOLUME, s, "volumeId")
            .int(snapshot::SIZE, s, "volumeSize")
            .flag(snapshot::ENCRYPTED, s, "encrypted")
            .text(snapshot::DESCRIPTION, c.q, "description")
            .reset(snapshot::SHARED_WITH)
            .born_tags(s, asked.clone());
    }
}
