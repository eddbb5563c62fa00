//! The one door through which decisions read the graph.

use super::{AssetId, AssetValue};
use crate::domain::time::Time;

/// Reads of one partition's graph: committed facts with the open commit's on top.
pub trait StateView {
    /// What is known of an asset from its writes with time <= `until`; none: never named until then.
    fn value(&self, asset: &AssetId, until: Time) -> Option<AssetValue>;

    /// Assets that have ever pointed at `token` (an `AssetId`'s token, `uid/AROA…`, `ip/10.0.1.10`), in order, at most `limit`.
    /// Says too much and never too little: ask each whether it holds at your time.
    fn pointing(&self, account: &str, token: &str, limit: usize) -> Vec<AssetId>;
}
