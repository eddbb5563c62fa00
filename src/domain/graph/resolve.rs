//! What no single write says: rules that hold among assets, decided when read. No event tells that an interface went with its
//! instance, that an association ended with one of its ends, or which rule a revoked alias stood for.

use std::collections::{BTreeMap, BTreeSet};

use super::derive;
use super::taken_over;
use super::{AssetId, AssetState, Element, Kind, Sourced, StateView, Val};
use crate::domain::assets::ec2::{
    address_association, instance, interface_attachment, profile_association, route_table_association, security_group,
    subnet, volume,
};
use crate::domain::assets::{FactId, Field, Use};
use crate::domain::time::Time;

/// The asset as it was at `t`, with what other assets imply about it; none: never named until then.
pub fn at(view: &dyn StateView, asset: &AssetId, t: Time) -> Option<AssetState> {
    let mut state = view.state(asset, t)?;
    match asset.kind {
        Kind::Instance => derive::of_either(view, asset, &mut state, t),
        Kind::AutoScalingGroup => derive::template(view, asset, &mut state, t),
        Kind::LoadBalancer => derive::target_groups(&mut state),
        Kind::NetworkInterface => {
            derive::of_either(view, asset, &mut state, t);
            taken_over::drop_moved_private_ips(view, asset, &mut state, t);
            end(&mut state, carried_off(view, asset, t));
            let gone = vpc_end(view, asset, &state, t);
            end(&mut state, gone);
        }
        Kind::Volume => volume_end(view, asset, &mut state, t),
        Kind::InterfaceAttachment => {
            let held = [interface_attachment::INSTANCE, interface_attachment::INTERFACE];
            let ends = ends(view, asset, &state, &held, t);
            end(&mut state, ends);
        }
        Kind::AddressAssociation => {
            let held = [address_association::INSTANCE, address_association::INTERFACE, address_association::ADDRESS];
            let ends = ends(view, asset, &state, &held, t);
            let taken_over = taken_over::association_end(view, asset, &state, t);
            end(&mut state, ends);
            end(&mut state, taken_over);
        }
        Kind::RouteTableAssociation => {
            derive::replaced(view, asset, &mut state, t);
            let held = [route_table_association::SUBNET, route_table_association::ROUTE_TABLE];
            let ends = ends(view, asset, &state, &held, t);
            end(&mut state, ends);
        }
        Kind::ProfileAssociation => {
            let ends = ends(view, asset, &state, &[profile_association::INSTANCE], t);
            end(&mut state, ends);
        }
        // AWS deletes the default group and the main route table with their VPC, and refuses while it holds anything else.
        Kind::SecurityGroup | Kind::RouteTable | Kind::Subnet => {
            if asset.kind == Kind::RouteTable {
                derive::gateways(&mut state);
            }
            let gone = vpc_end(view, asset, &state, t);
            end(&mut state, gone);
        }
        _ => {}
    }
    Some(state)
}

/// The rules of a security group at `t`, by canonical permission (`ingress|tcp|22|22|0.0.0.0/0`): what was granted and not revoked
/// since, be it by permission or by the rule's alias (`sgr-…`). A rule's value is its description.
pub fn rules(view: &dyn StateView, group: &AssetId, t: Time) -> BTreeMap<String, Element> {
    let Some(mut state) = at(view, group, t) else { return BTreeMap::new() };
    let mut rules = state.lists.remove(&security_group::RULES.id()).unwrap_or_default();
    name_default_egress(&rules, &mut state);
    let lists = state.lists;
    let Some(aliases) = lists.get(&security_group::RULE_IDS.id()) else { return rules };
    let mut stands: BTreeMap<&str, String> =
        aliases.iter().filter_map(|(alias, e)| Some((alias.as_str(), text(e)?.to_owned()))).collect();
    changed(&lists, &mut rules, &mut stands);
    for (alias, revoked) in lists.get(&security_group::RULE_REVOKES.id()).into_iter().flatten() {
        if let Some(permission) = stands.get(alias.as_str())
            && !is_granted_anew(aliases, alias, permission)
            && rules.get(permission).is_some_and(|rule| rule.by.stamp < revoked.by.stamp)
        {
            rules.remove(permission);
        }
    }
    rules
}

/// The default egress rule has an id that no event tells. Of a group whose creation was seen, it is the one id that nobody granted.
fn name_default_egress(rules: &BTreeMap<String, Element>, state: &mut AssetState) {
    let default = rules.get(security_group::IMPLIED_EGRESS).filter(|rule| rule.by.source.implied && !state.inferred);
    let Some(default) = default else { return };
    let ids = state.list(security_group::RULE_IDS);
    let by_id = [security_group::RULE_CHANGES, security_group::RULE_REVOKES];
    let named = by_id.into_iter().flat_map(|list| state.elements(list)).map(|(id, _)| id);
    let unknown: BTreeSet<String> = named.filter(|id| !ids.is_some_and(|ids| ids.contains_key(*id))).cloned().collect();
    let Some(id) = unknown.into_iter().next() else { return };
    let value = Some(Val::text(security_group::IMPLIED_EGRESS));
    let ids = state.lists.entry(security_group::RULE_IDS.id()).or_default();
    ids.insert(id, Element { value, by: default.by.clone() });
}

/// Whether the permission was granted under another id since it was granted under this one. AWS rejects a rule that is there already, so
/// that grant shows that this id had left the permission before.
fn is_granted_anew(ids: &BTreeMap<String, Element>, id: &str, permission: &str) -> bool {
    let granted = ids.get(id).map(|first| &first.by.stamp);
    ids.iter().any(|(other, grant)| {
        other != id && text(grant) == Some(permission) && granted.is_none_or(|granted| grant.by.stamp > *granted)
    })
}

/// Rules that were changed by their alias: the call names the new permission without its direction, which stays the old one's.
fn changed(
    lists: &BTreeMap<FactId, BTreeMap<String, Element>>,
    rules: &mut BTreeMap<String, Element>,
    stands: &mut BTreeMap<&str, String>,
) {
    let (aliases, changes) = (security_group::RULE_IDS.id(), security_group::RULE_CHANGES.id());
    let (Some(aliases), Some(changes)) = (lists.get(&aliases), lists.get(&changes)) else { return };
    let mut new = Vec::new();
    for (alias, change) in changes {
        let granted_before = aliases.get(alias).is_some_and(|first| first.by.stamp <= change.by.stamp);
        let Some(stood) = stands.get_mut(alias.as_str()).filter(|_| granted_before) else { continue };
        let (Some((direction, _)), Some(permission)) = (stood.split_once('|'), text(change)) else { continue };
        let permission = format!("{direction}|{permission}");
        if !is_granted_anew(aliases, alias, stood)
            && rules.get(stood.as_str()).is_some_and(|rule| rule.by.stamp <= change.by.stamp)
        {
            rules.remove(stood.as_str());
        }
        let note = lists.get(&security_group::RULE_NOTES.id()).and_then(|notes| notes.get(alias)?.value.clone());
        new.push((permission.clone(), Element { value: note.or(Some(Val::text(""))), by: change.by.clone() }));
        *stood = permission;
    }
    for (permission, rule) in new {
        if rules.get(&permission).is_none_or(|there| there.by.stamp < rule.by.stamp) {
            rules.insert(permission, rule);
        }
    }
}

fn text(of: &Element) -> Option<&str> {
    of.value.as_ref().and_then(Val::as_text)
}

/// Who held an address: the interface, or, where none is known, the instance alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    pub interface: Option<AssetId>,
    pub instance: Option<AssetId>,
}

/// Who held `ip` at `t`, privately or publicly. Private addresses repeat between VPCs: with `vpc` only that one's count. Empty: no known owner.
pub fn address_owner(view: &dyn StateView, account: &str, ip: &str, vpc: Option<&str>, t: Time) -> Vec<Owner> {
    let mut owners = BTreeSet::new();
    let mut hosts = Vec::new();
    for asset in found_by(view, account, &format!("ip/{ip}"), Use::Ip, t) {
        let Some(state) = at(view, &asset, t).filter(|s| s.exists) else { continue };
        if !holds_ip(&state, ip) {
            continue;
        }
        match asset.kind {
            Kind::NetworkInterface if vpc.is_none_or(|v| vpc_of(view, &asset, &state, t).as_deref() == Some(v)) => {
                let instance = instance_of(view, &asset, t);
                owners.insert(Owner { interface: Some(asset), instance });
            }
            Kind::Instance if vpc.is_none_or(|v| vpc_of(view, &asset, &state, t).as_deref() == Some(v)) => {
                hosts.push(asset);
            }
            Kind::Address => {
                for owner in associated(view, &asset, t) {
                    let known = owner.interface.as_ref().or(owner.instance.as_ref());
                    let of = known.and_then(|a| vpc_of(view, a, &at(view, a, t)?, t));
                    // A public address is one of a kind: an unknown VPC doesn't speak against it.
                    if vpc.is_none_or(|v| of.is_none_or(|of| of == v)) {
                        owners.insert(owner);
                    }
                }
            }
            _ => {}
        }
    }
    // An instance says its own address too; it counts where no interface of it did.
    for host in hosts {
        if !owners.iter().any(|o| o.instance.as_ref() == Some(&host)) {
            owners.insert(Owner { interface: sole_interface(view, &host, t), instance: Some(host) });
        }
    }
    owners.into_iter().collect()
}

/// The assets that may be found by a key that is not an asset's own: a unique id, an address, another name.
pub fn found_by(view: &dyn StateView, account: &str, key: &str, used: Use, t: Time) -> Vec<AssetId> {
    let kinds = Kind::ALL.iter().filter(|kind| kind.facts().any(|fact| fact.is(used)));
    kinds.flat_map(|kind| view.referrers(account, key, *kind, t).assets).collect()
}

/// The instance that an interface is attached to at `t`.
pub fn instance_of(view: &dyn StateView, interface: &AssetId, t: Time) -> Option<AssetId> {
    holding(view, interface, interface_attachment::INTERFACE, t).into_iter().find_map(|(_, s)| {
        Some(AssetId::new(&interface.account, Kind::Instance, s.text(interface_attachment::INSTANCE)?))
    })
}

/// The interfaces attached to an instance at `t`.
pub fn interfaces_of(view: &dyn StateView, instance: &AssetId, t: Time) -> Vec<AssetId> {
    holding(view, instance, interface_attachment::INSTANCE, t)
        .into_iter()
        .filter_map(|(_, s)| {
            Some(AssetId::new(&instance.account, Kind::NetworkInterface, s.text(interface_attachment::INTERFACE)?))
        })
        .collect()
}

/// Assets that are there at `t` and whose `fact`, a field or a list, names `asset` then.
pub fn holding(view: &dyn StateView, asset: &AssetId, fact: impl Into<FactId>, t: Time) -> Vec<(AssetId, AssetState)> {
    let fact = fact.into();
    view.referrers(&asset.account, &asset.token(), fact.kind, t)
        .assets
        .into_iter()
        .filter_map(|a| at(view, &a, t).map(|s| (a, s)))
        .filter(|(_, s)| {
            s.exists
                && (s.text(fact) == Some(&asset.name)
                    || s.lists.get(&fact).is_some_and(|l| l.contains_key(&asset.name)))
        })
        .collect()
}

fn raw(view: &dyn StateView, asset: &AssetId, t: Time) -> Option<AssetState> {
    view.state(asset, t)
}

/// Where several things could have ended it, the first did.
fn end(state: &mut AssetState, by: Option<Sourced>) {
    let Some(by) = by else { return };
    if state.exists || state.ended.as_ref().is_some_and(|e| by < *e) {
        state.exists = false;
        state.ended = Some(by);
    }
}

fn has_ended(view: &dyn StateView, account: &str, kind: Kind, name: &str, t: Time) -> Option<Sourced> {
    raw(view, &AssetId::new(account, kind, name), t).filter(|s| !s.exists)?.ended
}

/// The end of an instance that took this interface with it.
fn carried_off(view: &dyn StateView, interface: &AssetId, t: Time) -> Option<Sourced> {
    // Also attachments that have ended: one may have ended after its instance did.
    let attachments = view.referrers(&interface.account, &interface.token(), Kind::InterfaceAttachment, Time(i64::MIN));
    attachments
        .assets
        .iter()
        .filter_map(|a| {
            let state = raw(view, a, t)?;
            let deletes = state.is(interface_attachment::DELETE_ON_TERMINATION);
            if !deletes || state.text(interface_attachment::INTERFACE) != Some(&interface.name) {
                return None;
            }
            let ended = has_ended(view, &a.account, Kind::Instance, state.text(interface_attachment::INSTANCE)?, t)?;
            let detached_before = state.ended.as_ref().is_some_and(|d| d.stamp < ended.stamp);
            (!detached_before).then(|| ended.implied())
        })
        .min()
}

/// A volume leaves the list of an instance that ended, and goes with it where the attachment, or since then the instance, says so.
fn volume_end(view: &dyn StateView, asset: &AssetId, state: &mut AssetState, t: Time) {
    let said = state.list(volume::DELETES_WITH).cloned().unwrap_or_default();
    let Some(instances) = state.lists.get_mut(&volume::INSTANCES.id()) else { return };
    let mut taken: Option<Sourced> = None;
    instances.retain(|name, attached| {
        let instance = raw(view, &AssetId::new(&asset.account, Kind::Instance, name), t).filter(|i| !i.exists);
        let Some(instance) = instance else { return true };
        let Some(ended) = instance.ended.as_ref().filter(|ended| ended.stamp >= attached.by.stamp) else { return true };
        let device = text(attached).and_then(|device| instance.element(instance::DEVICE_DELETES, device));
        let since_attached = device.filter(|d| d.by.stamp >= attached.by.stamp);
        let newest = said.get(name).into_iter().chain(since_attached).max_by_key(|e| &e.by);
        if newest.is_some_and(|e| e.value == Some(Val::Bool(true))) {
            let by = ended.implied();
            taken = Some(taken.take().map_or(by.clone(), |o| o.min(by)));
        }
        false
    });
    end(state, taken);
}

/// The first end of the things that an association holds together.
fn ends(view: &dyn StateView, of: &AssetId, state: &AssetState, fields: &[Field], t: Time) -> Option<Sourced> {
    fields
        .iter()
        .filter_map(|field| {
            let kind = field.id().declaration()?.reference?.to;
            let other = AssetId::new(&of.account, kind, state.text(*field)?);
            let mut ended = has_ended(view, &of.account, kind, &other.name, t);
            // An attachment asks only about its instance itself: asking the interface what the attachments imply would turn in a circle.
            if kind == Kind::NetworkInterface && of.kind != Kind::InterfaceAttachment {
                ended = at(view, &other, t).filter(|s| !s.exists).and_then(|s| s.ended);
            }
            ended.map(|e| e.implied())
        })
        .min()
}

fn vpc_end(view: &dyn StateView, of: &AssetId, state: &AssetState, t: Time) -> Option<Sourced> {
    has_ended(view, &of.account, Kind::Vpc, state.text(of.kind.field_to(Kind::Vpc)?)?, t).map(|e| e.implied())
}

fn holds_ip(state: &AssetState, ip: &str) -> bool {
    let is_address = |fact: &FactId| fact.declaration().is_some_and(|f| f.is(Use::Ip));
    let field = state.fields.iter().any(|(f, a)| a.value.as_text() == Some(ip) && is_address(f));
    field || state.lists.iter().any(|(f, l)| l.contains_key(ip) && is_address(f))
}

fn vpc_of(view: &dyn StateView, asset: &AssetId, state: &AssetState, t: Time) -> Option<String> {
    if let Some(vpc) = asset.kind.field_to(Kind::Vpc).and_then(|f| state.text(f)) {
        return Some(vpc.to_owned());
    }
    let subnet = AssetId::new(&asset.account, Kind::Subnet, state.text(asset.kind.field_to(Kind::Subnet)?)?);
    raw(view, &subnet, t)?.text(subnet::VPC).map(str::to_owned)
}

fn associated(view: &dyn StateView, address: &AssetId, t: Time) -> Vec<Owner> {
    let to = |field: Field, kind: Kind, s: &AssetState| s.text(field).map(|n| AssetId::new(&address.account, kind, n));
    holding(view, address, address_association::ADDRESS, t)
        .into_iter()
        .map(|(_, s)| {
            let named = to(address_association::INSTANCE, Kind::Instance, &s);
            let interface = to(address_association::INTERFACE, Kind::NetworkInterface, &s)
                .or_else(|| named.as_ref().and_then(|i| sole_interface(view, i, t)));
            let instance = named.or_else(|| interface.as_ref().and_then(|i| instance_of(view, i, t)));
            Owner { interface, instance }
        })
        .filter(|o| o.interface.is_some() || o.instance.is_some())
        .collect()
}

/// Which of several interfaces was meant can't be told; of one it can.
fn sole_interface(view: &dyn StateView, instance: &AssetId, t: Time) -> Option<AssetId> {
    match interfaces_of(view, instance, t).as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}
