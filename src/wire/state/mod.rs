//! The one encoding of state, for the store and the changelog alike.

mod codec;
mod head;
mod history;
pub mod keys;
pub mod values;

pub use codec::{FORMAT, Unreadable};
pub use head::{EXISTS_INLINE_MAX, Head, Newest};
pub use history::{History, Recorded};
pub use keys::DocumentId;
