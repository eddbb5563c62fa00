//! What is set for a whole region: whether its images and snapshots may be shared with everybody.

use super::effect::{Call, Out, Row};
use crate::domain::assets::Field;
use crate::domain::assets::account::region;
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("EnableImageBlockPublicAccess", |c, out| block(c, IMAGES, out)),
    ("DisableImageBlockPublicAccess", |c, out| block(c, IMAGES, out)),
    ("EnableSnapshotBlockPublicAccess", |c, out| block(c, SNAPSHOTS, out)),
    ("DisableSnapshotBlockPublicAccess", |c, out| block(c, SNAPSHOTS, out)),
];

/// A field, and the parameter that tells it.
type Told = (Field, &'static str);

const IMAGES: Told = (region::IMAGE_BLOCK_PUBLIC_ACCESS, "imageBlockPublicAccessState");
const SNAPSHOTS: Told = (region::SNAPSHOT_BLOCK_PUBLIC_ACCESS, "state");

/// `block-new-sharing`, `unblocked`: switched on or off, the answer says what it is now.
fn block(c: &Call, (field, parameter): Told, out: &mut Out) {
    let state = c.either(parameter, parameter);
    if state.is_none() {
        out.gap("tells no state");
    }
    let name = out.region().to_owned();
    out.on(Kind::Region, Some(name), Rank::Set).set(field, state.map_or(Val::Unknown, Val::Text));
}
