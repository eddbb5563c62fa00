//! Which route tables a subnet is associated with.

use std::collections::BTreeSet;

use super::derive::REPLACEMENTS_MAX;
use super::resolve::at;
use super::{AssetId, AssetState, Kind, StateView};
use crate::domain::assets::ec2::route_table_association;
use crate::domain::time::Time;

/// The associations of a subnet with route tables at `t`, also those that came to it by replacing another.
pub fn route_table_associations(view: &dyn StateView, subnet: &AssetId, t: Time) -> Vec<(AssetId, AssetState)> {
    let (mut found, mut open) = (BTreeSet::new(), vec![subnet.clone()]);
    while let Some(of) = open.pop() {
        // Also those that have ended: another may have replaced them.
        let referrers = view.referrers(&of.account, &of.token(), Kind::RouteTableAssociation, Time(i64::MIN));
        for next in referrers.assets {
            let is_new = !found.contains(&next);
            if is_new && found.len() < REPLACEMENTS_MAX {
                found.insert(next.clone());
                open.push(next);
            }
        }
    }
    let holds = |s: &AssetState| s.exists && s.text(route_table_association::SUBNET) == Some(&subnet.name);
    found.into_iter().filter_map(|a| at(view, &a, t).filter(holds).map(|s| (a, s))).collect()
}
