//! What is set for a whole region of an account.

use crate::asset;

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
