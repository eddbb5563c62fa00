//! An instance as the finding describes it: GuardDuty's copy, taken at its own time. Where the graph knows nothing, the copy is shown as a hint, with the
//! finding as its source. Whatever a record says wins over it.

use std::sync::Arc;

use crate::domain::finding::{Instance, Resource, ResourceDetails};
use crate::domain::graph::{AssetId, Rank, Source, Sourced, Stamp};
use crate::domain::time::Time;

/// The call that a hint's source names: no API call of CloudTrail has a blank in its name.
pub const FINDING_SOURCE: &str = "GuardDuty finding";

/// The finding's words about one instance.
#[derive(Clone, Debug)]
pub struct Hint {
    pub asset: AssetId,
    pub instance: Instance,
    pub tags: Vec<(String, String)>,
    pub by: Sourced,
}

impl Hint {
    /// `None`: the resource is no instance.
    pub fn new(asset: &AssetId, resource: &Resource, finding_id: &str, time: Time) -> Option<Hint> {
        let ResourceDetails::Instance(instance) = &resource.details else { return None };
        let source = Source { call: FINDING_SOURCE.into(), principal: String::new(), implied: false };
        let stamp = Stamp { time, rank: Rank::Set, event: finding_id.into() };
        Some(Hint {
            asset: asset.clone(),
            instance: (**instance).clone(),
            tags: resource.tags.clone().into_iter().collect(),
            by: Sourced { stamp, source: Arc::new(source) },
        })
    }

    pub fn is_about(&self, asset: &AssetId) -> bool {
        self.asset == *asset
    }
}
