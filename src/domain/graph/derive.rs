//! What an asset is by several calls together: no single one of them says it, and none of their effects may look at another. Derived
//! when the asset is read.

use std::collections::BTreeMap;

use super::{AssetId, AssetState, Attribute, Element, Kind, Stamp, StateView, Val};
use crate::domain::assets::autoscaling::auto_scaling_group;
use crate::domain::assets::ec2::{
    instance, interface_attachment, launch_template, network_interface, route_table, route_table_association,
};
use crate::domain::assets::elasticloadbalancing::load_balancer;
use crate::domain::assets::{Field, List};
use crate::domain::time::Time;

/// How many replacements of route table associations are followed, one replacing the other.
pub const REPLACEMENTS_MAX: usize = 100;

/// Where a route table leads: the gateways that its routes name now. The lists as written only say "has ever led there".
pub(super) fn gateways(state: &mut AssetState) {
    for (list, prefix) in [(route_table::GATEWAYS, "igw-"), (route_table::NAT_GATEWAYS, "nat-")] {
        let mut leads = BTreeMap::new();
        for (destination, route) in state.elements(route_table::ROUTES) {
            if let Some(gateway) = text(route).filter(|to| to.starts_with(prefix)) {
                oldest(&mut leads, gateway, destination, route);
            }
        }
        if !leads.is_empty() || state.list(list).is_some() {
            state.lists.insert(list.id(), leads);
        }
    }
}

/// Where a load balancer forwards: to the target groups in the actions of its listeners and rules, as long as the listener is there.
pub(super) fn target_groups(state: &mut AssetState) {
    let Some(actions) = state.list(load_balancer::ACTIONS) else { return };
    let ended = state.list(load_balancer::ENDED_LISTENERS);
    let mut groups = BTreeMap::new();
    for (of, action) in actions {
        if ended.is_some_and(|ended| ended.contains_key(&listener(of))) {
            continue;
        }
        for group in text(action).into_iter().flat_map(|groups| groups.split(' ')).filter(|g| !g.is_empty()) {
            oldest(&mut groups, group, of, action);
        }
    }
    state.lists.insert(load_balancer::TARGET_GROUPS.id(), groups);
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
pub(super) fn of_either(view: &dyn StateView, asset: &AssetId, state: &mut AssetState, t: Time) {
    let (groups, check) = shared(asset.kind);
    for other in counterparts(view, asset, t) {
        let (their_groups, their_check) = shared(other.kind);
        let Some(mut theirs) = view.state(&other, t) else { continue };
        if set_at(&theirs, their_groups) > set_at(state, groups)
            && let Some(newer) = theirs.lists.remove(&their_groups.id())
        {
            state.lists.insert(groups.id(), newer);
        }
        if let Some(newer) = theirs.fields.remove(&their_check.id())
            && state.field(check).is_none_or(|own| own.by.stamp < newer.by.stamp)
        {
            state.fields.insert(check.id(), newer);
        }
    }
}

/// The facts that an instance and its primary interface share, as either has them.
fn shared(kind: Kind) -> (List, Field) {
    match kind {
        Kind::Instance => (instance::GROUPS, instance::SOURCE_DEST_CHECK),
        _ => (network_interface::GROUPS, network_interface::SOURCE_DEST_CHECK),
    }
}

/// When its groups were set as a whole, in this life of it.
fn set_at(state: &AssetState, groups: List) -> Option<&Stamp> {
    state.resets.get(&groups.id()).map(|by| &by.stamp)
}

/// The primary interface of an instance, or the instance that an interface is the primary one of.
fn counterparts(view: &dyn StateView, asset: &AssetId, t: Time) -> Vec<AssetId> {
    let (own, field, kind) = match asset.kind {
        Kind::Instance => (interface_attachment::INSTANCE, interface_attachment::INTERFACE, Kind::NetworkInterface),
        _ => (interface_attachment::INTERFACE, interface_attachment::INSTANCE, Kind::Instance),
    };
    let attachments = view.referrers(&asset.account, &asset.token(), Kind::InterfaceAttachment, t);
    attachments
        .assets
        .iter()
        .filter_map(|a| {
            let state = view.state(a, t)?;
            let primary = state.field(interface_attachment::DEVICE_INDEX).is_some_and(|i| i.value == Val::Int(0));
            let holds = state.exists && primary && state.text(own) == Some(&asset.name);
            holds.then(|| state.text(field).map(|name| AssetId::new(&asset.account, kind, name)))?
        })
        .collect()
}

/// An association that replaced another took over its subnet, which only the old one's record names.
pub(super) fn replaced(view: &dyn StateView, association: &AssetId, state: &mut AssetState, t: Time) {
    if state.text(route_table_association::SUBNET).is_some() {
        return;
    }
    let Some(by) = state.field(route_table_association::REPLACES).map(|f| f.by.clone()) else { return };
    let mut old = state.text(route_table_association::REPLACES).map(str::to_owned);
    for _ in 0..REPLACEMENTS_MAX {
        let Some(name) = old else { return };
        let Some(before) = view.fields(&AssetId::new(&association.account, association.kind, name), t) else { return };
        if let Some(subnet) = before.field(route_table_association::SUBNET) {
            state.fields.insert(route_table_association::SUBNET.id(), Attribute { value: subnet.value.clone(), by });
            return;
        }
        old = before.text(route_table_association::REPLACES).map(str::to_owned);
    }
}

/// A group may name its launch template by the template's name: its id is unknown to the call, and not to the template.
pub(super) fn template(view: &dyn StateView, group: &AssetId, state: &mut AssetState, t: Time) {
    let by_id = state.text(auto_scaling_group::LAUNCH_TEMPLATE).is_some_and(|id| !id.is_empty());
    let Some(named) = state.field(auto_scaling_group::LAUNCH_TEMPLATE_NAME).filter(|_| !by_id).cloned() else { return };
    let Some(name) = named.value.as_text().filter(|name| !name.is_empty()) else { return };
    let bears = |a: &AssetId| {
        let bearer = view.fields(a, t);
        bearer.is_some_and(|s| {
            s.exists
                && s.text(launch_template::NAME) == Some(name)
                && s.text(Kind::LaunchTemplate.region()) == state.text(group.kind.region())
        })
    };
    let token = super::schema::alias(Kind::LaunchTemplate, name);
    if let Some(bearer) = view.referrers(&group.account, &token, Kind::LaunchTemplate, t).assets.into_iter().find(bears)
    {
        let template = Attribute { value: Val::Text(bearer.name), by: named.by };
        state.fields.insert(auto_scaling_group::LAUNCH_TEMPLATE.id(), template);
    }
}

fn text(of: &Element) -> Option<&str> {
    of.value.as_ref().and_then(Val::as_text)
}
