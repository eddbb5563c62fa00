//! The interface through which decisions read the graph.

use super::AssetId;
use super::value::{AssetState, Element};
use crate::domain::assets::{FactId, Kind};
use crate::domain::time::Time;

/// Assets that refer to something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referrers {
    pub assets: Vec<AssetId>,
    /// The lookup stopped at its limit: there are more.
    pub stopped: bool,
}

/// Reads of one partition's graph: committed facts with those of the open commit on top.
pub trait StateView {
    /// The asset as its writes with a time at or before `t` make it. `None`: it was never named until then.
    fn state(&self, asset: &AssetId, t: Time) -> Option<AssetState>;

    /// The same without its lists: its life and its fields, at a cost that does not depend on the length of any list.
    fn fields(&self, asset: &AssetId, t: Time) -> Option<AssetState>;

    /// One present element of a list of the asset at `t`.
    fn element(&self, asset: &AssetId, list: FactId, key: &str, t: Time) -> Option<Element>;

    /// The assets of one kind that may refer to `key` (an asset's key, `uid/AROA…`, `ip/10.0.1.10`) at `t` or later, in order. The result
    /// may contain assets that no longer refer to it, and misses none: check each at your time. With the least time it contains
    /// every asset that ever did.
    fn referrers(&self, account: &str, key: &str, kind: Kind, t: Time) -> Referrers;
}
