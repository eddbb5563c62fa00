//! A security group's rules as objects, each with the id that AWS gave it where an event named one.

use std::collections::BTreeMap;

use super::node::RuleView;
use crate::domain::assets::ec2::security_group;
use crate::domain::graph::{AssetId, AssetState, StateView, Val, rules};
use crate::domain::graph::{Element, Sourced};
use crate::domain::time::Time;

/// The rules of `group` at `t`, in the order of their permissions, each with its provenance. `state` is the group's at `t`.
pub fn group_rules(view: &dyn StateView, group: &AssetId, state: &AssetState, t: Time) -> Vec<(RuleView, Sourced)> {
    let ids = ids(state);
    let all = rules(view, group, t);
    all.iter()
        .filter_map(|(permission, element)| Some((rule(permission, element, &ids)?, element.by.clone())))
        .collect()
}

/// Permission to rule id, as the newest event has it.
fn ids(state: &AssetState) -> BTreeMap<String, &str> {
    let text = |e: &Element| e.value.as_ref().and_then(Val::as_text).map(str::to_owned);
    let mut named: Vec<(&Element, String, &str)> = Vec::new();
    for (id, element) in state.elements(security_group::RULE_IDS) {
        let Some(permission) = text(element) else { continue };
        // A change names the new permission without its direction, which stays.
        let changed = state.element(security_group::RULE_CHANGES, id);
        let changed = changed.filter(|change| change.by.stamp >= element.by.stamp);
        match (changed, permission.split_once('|')) {
            (Some(change), Some((direction, _))) => {
                let Some(new) = text(change) else { continue };
                named.push((change, format!("{direction}|{new}"), id));
            }
            _ => named.push((element, permission, id)),
        }
    }
    named.sort_by(|a, b| (&a.0.by.stamp, a.2).cmp(&(&b.0.by.stamp, b.2)));
    named.into_iter().map(|(_, permission, id)| (permission, id)).collect()
}

/// A permission is `direction|protocol|from|to|peer`, with `*` for all ports.
fn rule(permission: &str, element: &Element, ids: &BTreeMap<String, &str>) -> Option<RuleView> {
    let mut parts = permission.splitn(5, '|');
    let mut part = || parts.next().map(str::to_owned);
    let (direction, protocol, from, to, peer) = (part()?, part()?, part()?, part()?, part()?);
    Some(RuleView {
        direction,
        protocol,
        from_port: from.parse().ok(),
        to_port: to.parse().ok(),
        peer,
        description: element.value.as_ref().and_then(Val::as_text).unwrap_or_default().to_owned(),
        rule_id: ids.get(permission).map_or_else(String::new, |id| (*id).to_owned()),
        source: 0,
    })
}
