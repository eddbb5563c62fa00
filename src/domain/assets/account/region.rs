//! What is set for a whole region of an account.

use crate::asset;
use crate::domain::assets::Field;
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// A region of an account.
    Region "region", Global, id "", arn "";
    facts {
        /// Whether images may be shared with everybody: `block-new-sharing`, `unblocked`.
        10 IMAGE_BLOCK_PUBLIC_ACCESS: Text "image_block_public_access";
        /// Whether snapshots may be shared with everybody: `block-all-sharing`, `block-new-sharing`, `unblocked`.
        11 SNAPSHOT_BLOCK_PUBLIC_ACCESS: Text "snapshot_block_public_access";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("EnableImageBlockPublicAccess", |c, out| block(c, IMAGES, out)),
    ("DisableImageBlockPublicAccess", |c, out| block(c, IMAGES, out)),
    ("EnableSnapshotBlockPublicAccess", |c, out| block(c, SNAPSHOTS, out)),
    ("DisableSnapshotBlockPublicAccess", |c, out| block(c, SNAPSHOTS, out)),
];

/// A field, and the parameter that tells it.
type Told = (Field, &'static str);

const IMAGES: Told = (IMAGE_BLOCK_PUBLIC_ACCESS, "imageBlockPublicAccessState");
const SNAPSHOTS: Told = (SNAPSHOT_BLOCK_PUBLIC_ACCESS, "state");

/// `block-new-sharing`, `unblocked`: switched on or off, the answer says what it is now.
fn block(c: &Call, (field, parameter): Told, out: &mut Writes) {
    let state = c.either(parameter, parameter);
    if state.is_none() {
        out.gap("tells no state");
    }
    let name = out.region().to_owned();
    out.asset(Kind::Region, Some(name), Rank::Set).set(field, state.map_or(Val::Unknown, Val::Text));
}
