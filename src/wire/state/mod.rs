//! The one encoding of state, for the store and the changelog alike.

pub mod keys;
pub mod values;
