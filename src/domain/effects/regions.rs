//! What is set for a whole region: whether its images and snapshots may be shared with everybody.

use super::effect::{Call, Out, Row};
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("EnableImageBlockPublicAccess", |c, out| block(c, IMAGES, out)),
    ("DisableImageBlockPublicAccess", |c, out| block(c, IMAGES, out)),
    ("EnableSnapshotBlockPublicAccess", |c, out| block(c, SNAPSHOTS, out)),
    ("DisableSnapshotBlockPublicAccess", |c, out| block(c, SNAPSHOTS, out)),
];

/// A field, and the parameter that tells it.
type Told = (&'static str, &'static str);

const IMAGES: Told = ("image_block_public_access", "imageBlockPublicAccessState");
const SNAPSHOTS: Told = ("snapshot_block_public_access", "state");

/// `block-new-sharing`, `unblocked`: switched on or off, the answer says what it is now.
fn block(c: &Call, (field, parameter): Told, out: &mut Out) {
    let state = c.either(parameter, parameter);
    if state.is_none() {
        out.gap("tells no state");
    }
    let region = out.region().to_owned();
    out.on(Kind::Region, Some(region), Rank::Set).set(field, state.map_or(Val::Unknown, Val::Text));
}
