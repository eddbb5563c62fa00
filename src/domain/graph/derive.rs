//! What an asset is by several calls together: no single one of them says it, and none of their effects may look at another. Derived
//! when the asset is read.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{POINTING_MAX, at};
use super::{AssetId, AssetState, AssetValue, Attribute, Element, Kind, Stamp, StateView, Val};
use crate::domain::time::Time;

/// How many replacements of route table associations are followed, one replacing the other.
pub const REPLACEMENTS_MAX: usize = 100;

/// Where a route table leads: the gateways that its routes name now. The lists as written only say "has ever led there".
pub(super) fn gateways(state: &mut AssetState) {
    for (list, prefix) in [("gateways", "igw-"), ("nat_gateways", "nat-")] {
        let mut leads = BTreeMap::new();
        for (destination, route) in state.lists.get("routes").into_iter().flatten() {
            if let Some(gateway) = text(route).filter(|to| to.starts_with(prefix)) {
                oldest(&mut leads, gateway, destination, route);
            }
        }
        if !leads.is_empty() || state.lists.contains_key(list) {
            state.lists.insert(list.to_owned(), leads);
        }
    }
}

/// Where a load balancer forwards: to the target groups in the actions of its listeners and rules, as long as the listener is there.
pub(super) fn target_groups(state: &mut AssetState) {
    let Some(actions) = state.lists.get("actions") else { return };
    let ended = state.lists.get("ended_listeners");
    let mut groups = BTreeMap::new();
    for (of, action) in actions {
        if ended.is_some_and(|ended| ended.contains_key(&listener(of))) {
            continue;
        }
        for group in text(action).into_iter().flat_map(|groups| groups.split(' ')).filter(|g| !g.is_empty()) {
            oldest(&mut groups, group, of, action);
        }
    }
    state.lists.insert("target_groups".to_owned(), groups);
}

/// The listener that a rule belongs to, by the rule's ARN; a listener's own ARN is its own.
fn listener(of: &str) -> String {
    match of.split_once(":listener-rule/").and_then(|(head, path)| Some((head, path.rsplit_once('/')?.0))) {
        Some((head, path)) => format!("{head}:listener/{path}"),
        None => of.to_owned(),
    }
}

/// Of several that say the same the oldest tells since when.
fn oldest(to: &mut BTreeMap<String, Element>, key: &str, value: &str, by: &Element) {
    if to.get(key).is_none_or(|known| by.by < known.by) {
        to.insert(key.to_owned(), Element { value: Some(Val::text(value)), by: by.by.clone() });
    }
}

/// An instance and its primary interface are one to the calls that change their groups: what was last said of either holds for both.
pub(super) fn of_either(view: &dyn StateView, asset: &AssetId, value: &AssetValue, state: &mut AssetState, t: Time) {
    for other in counterparts(view, asset, t) {
        let Some(their_value) = view.value(&other, t) else { continue };
        let mut theirs = their_value.state();
        if set_at(&their_value, &theirs) > set_at(value, state)
            && let Some(groups) = theirs.lists.remove("groups")
        {
            state.lists.insert("groups".to_owned(), groups);
        }
        let check = "source_dest_check";
        if let Some(newer) = theirs.fields.remove(check)
            && state.fields.get(check).is_none_or(|own| own.by.stamp < newer.by.stamp)
        {
            state.fields.insert(check.to_owned(), newer);
        }
    }
}

/// When its groups were set as a whole, in this life of it.
fn set_at<'v>(value: &'v AssetValue, state: &AssetState) -> Option<&'v Stamp> {
    value.resets.get("groups").filter(|_| state.lists.contains_key("groups")).map(|by| &by.stamp)
}

/// The primary interface of an instance, or the instance that an interface is the primary one of.
fn counterparts(view: &dyn StateView, asset: &AssetId, t: Time) -> Vec<AssetId> {
    let (own, field, kind) = match asset.kind {
        Kind::Instance => ("instance", "interface", Kind::NetworkInterface),
        _ => ("interface", "instance", Kind::Instance),
    };
    let pointing = view.pointing(&asset.account, &asset.token(), POINTING_MAX);
    let attachments = pointing.iter().filter(|a| a.kind == Kind::InterfaceAttachment);
    attachments
        .filter_map(|a| {
            let state = view.value(a, t)?.state();
            let primary = state.fields.get("device_index").is_some_and(|i| i.value == Val::Int(0));
            let holds = state.exists && primary && state.text(own) == Some(&asset.name);
            holds.then(|| state.text(field).map(|name| AssetId::new(&asset.account, kind, name)))?
        })
        .collect()
}

/// An association that replaced another took over its subnet, which only the old one's record names.
pub(super) fn replaced(view: &dyn StateView, association: &AssetId, state: &mut AssetState, t: Time) {
    if state.text("subnet").is_some() {
        return;
    }
    let Some(by) = state.fields.get("replaces").map(|f| f.by.clone()) else { return };
    let mut old = state.text("replaces").map(str::to_owned);
    for _ in 0..REPLACEMENTS_MAX {
        let Some(name) = old else { return };
        let Some(value) = view.value(&AssetId::new(&association.account, association.kind, name), t) else { return };
        let before = value.state();
        if let Some(subnet) = before.fields.get("subnet") {
            state.fields.insert("subnet".to_owned(), Attribute { value: subnet.value.clone(), by });
            return;
        }
        old = before.text("replaces").map(str::to_owned);
    }
}

/// The associations of a subnet with route tables at `t`, also those that came to it by replacing another.
pub fn route_table_associations(view: &dyn StateView, subnet: &AssetId, t: Time) -> Vec<(AssetId, AssetState)> {
    let (mut found, mut open) = (BTreeSet::new(), vec![subnet.clone()]);
    while let Some(of) = open.pop() {
        for next in view.pointing(&of.account, &of.token(), POINTING_MAX) {
            let is_new = next.kind == Kind::RouteTableAssociation && !found.contains(&next);
            if is_new && found.len() < REPLACEMENTS_MAX {
                found.insert(next.clone());
                open.push(next);
            }
        }
    }
    let holds = |s: &AssetState| s.exists && s.text("subnet") == Some(&subnet.name);
    found.into_iter().filter_map(|a| at(view, &a, t).filter(holds).map(|s| (a, s))).collect()
}

/// A group may name its launch template by the template's name: its id is unknown to the call, and not to the template.
pub(super) fn template(view: &dyn StateView, group: &AssetId, state: &mut AssetState, t: Time) {
    let by_id = state.text("launch_template").is_some_and(|id| !id.is_empty());
    let Some(named) = state.fields.get("launch_template_name").filter(|_| !by_id).cloned() else { return };
    let Some(name) = named.value.as_text().filter(|name| !name.is_empty()) else { return };
    let bears = |a: &AssetId| {
        let bearer = view.value(a, t).map(|v| v.state());
        bearer.is_some_and(|s| s.exists && s.text("name") == Some(name) && s.text("region") == state.text("region"))
    };
    let token = super::schema::named_template(name);
    if let Some(bearer) = view.pointing(&group.account, &token, POINTING_MAX).into_iter().find(bears) {
        let template = Attribute { value: Val::Text(bearer.name), by: named.by };
        state.fields.insert("launch_template".to_owned(), template);
    }
}

fn text(of: &Element) -> Option<&str> {
    of.value.as_ref().and_then(Val::as_text)
}
