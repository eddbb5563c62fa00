//! The surroundings of a target at one moment: what it lies in, hangs on, is reached through, and may do.

use std::collections::BTreeSet;

use super::completion::{Known, complete};
use super::hint::Hint;
use super::limits::Limits;
use super::node::Topology;
use super::walk::Walk;
use crate::domain::assets::Field;
use crate::domain::assets::autoscaling::auto_scaling_group;
use crate::domain::assets::ec2::{
    address_association, instance, interface_attachment, internet_gateway, nat_gateway, network_interface,
    profile_association, route_table, route_table_association, subnet, volume,
};
use crate::domain::assets::elasticloadbalancing::{load_balancer, target_group};
use crate::domain::assets::iam::{access_key, instance_profile};
use crate::domain::graph::{AssetId, Kind, StateView};
use crate::domain::time::Time;

/// The surroundings of `target` at `t`, bounded: what was left out is among the gaps.
pub fn topology(view: &dyn StateView, target: &AssetId, t: Time, limits: Limits) -> Topology {
    surroundings(view, std::slice::from_ref(target), Vec::new(), t, limits)
}

/// The surroundings of several assets, of which the first is the target, and the last to be cut.
pub fn surroundings(view: &dyn StateView, assets: &[AssetId], hints: Vec<Hint>, t: Time, limits: Limits) -> Topology {
    let mut walk = Walk::new(view, t, limits).with_hints(hints);
    for asset in assets {
        surround(&mut walk, asset);
    }
    walk.finish()
}

fn surround(walk: &mut Walk, target: &AssetId) {
    if !walk.visit(target) {
        return;
    }
    match target.kind {
        Kind::Instance => instance(walk, target),
        Kind::User => {
            for (key, _, since) in walk.reverse(target, access_key::USER) {
                walk.visit(&key);
                walk.edge(&key, "belongs_to", target, since);
            }
        }
        Kind::Role => {
            for (profile, _, since) in walk.reverse(target, instance_profile::ROLES) {
                walk.visit(&profile);
                walk.edge(&profile, "has", target, since);
                for (host, _, since) in walk.reverse(&profile, instance::INSTANCE_PROFILE) {
                    walk.visit(&host);
                    walk.edge(&host, "uses", &profile, since);
                }
            }
        }
        _ => everything_named(walk, target),
    }
    place(walk, target);
}

fn everything_named(walk: &mut Walk, of: &AssetId) {
    for (fact, _) in of.kind.references() {
        walk.forward(of, fact);
    }
}

fn instance(walk: &mut Walk, target: &AssetId) {
    for fact in [instance::IMAGE, instance::LAUNCH_TEMPLATE] {
        walk.forward(target, fact);
    }
    let mut groups = walk.forward(target, instance::GROUPS).len();
    let mut subnets: BTreeSet<AssetId> = walk.forward(target, instance::SUBNET).into_iter().collect();
    let mut vpcs: BTreeSet<AssetId> = walk.forward(target, instance::VPC).into_iter().collect();

    let attachments = walk.reverse(target, interface_attachment::INSTANCE);
    let interfaces = !attachments.is_empty();
    for (_, attachment, since) in attachments {
        let Some(name) = attachment.text(interface_attachment::INTERFACE) else { continue };
        let interface = AssetId::new(&target.account, Kind::NetworkInterface, name);
        if !walk.visit(&interface) {
            continue;
        }
        walk.edge(&interface, "attached_to", target, since);
        groups += walk.forward(&interface, network_interface::GROUPS).len();
        subnets.extend(walk.forward(&interface, network_interface::SUBNET));
        vpcs.extend(walk.forward(&interface, network_interface::VPC));
        addresses(walk, &interface, address_association::INTERFACE);
    }
    addresses(walk, target, address_association::INSTANCE);
    if let Some(hint) = walk.hint_about(target) {
        let known = Known { interfaces, groups: groups > 0, subnet: !subnets.is_empty(), vpc: !vpcs.is_empty() };
        let added = complete(walk, &hint, known);
        groups += added.groups;
        subnets.extend(added.subnets);
        vpcs.extend(added.vpcs);
    }
    if groups == 0 {
        walk.gap(format!("instance {}: its security groups are unknown", target.name));
    }
    if subnets.is_empty() {
        walk.gap(format!("instance {}: its subnet is unknown", target.name));
    }

    for (volume, _, since) in walk.reverse(target, volume::INSTANCES) {
        walk.visit(&volume);
        walk.edge(&volume, "attached_to", target, since);
    }
    profile(walk, target);
    traffic(walk, target);
    for subnet in subnets {
        vpcs.extend(walk.forward(&subnet, subnet::VPC));
        routes(walk, &subnet);
    }
    for vpc in vpcs {
        place(walk, &vpc);
    }
}

/// Public addresses associated with an interface or an instance.
fn addresses(walk: &mut Walk, holder: &AssetId, by: Field) {
    for (_, association, since) in walk.reverse(holder, by) {
        // Where both are named, the interface is the truer end.
        let interface = association
            .text(address_association::INTERFACE)
            .map(|i| AssetId::new(&holder.account, Kind::NetworkInterface, i));
        if by == address_association::INSTANCE && interface.is_some_and(|i| walk.has(&i)) {
            continue;
        }
        let Some(name) = association.text(address_association::ADDRESS) else { continue };
        let address = AssetId::new(&holder.account, Kind::Address, name);
        walk.visit(&address);
        walk.edge(&address, "associated_with", holder, since);
    }
}

/// What the instance may do: its profile, and the roles in it.
fn profile(walk: &mut Walk, target: &AssetId) {
    let mut profiles: BTreeSet<AssetId> = BTreeSet::new();
    for (_, association, since) in walk.reverse(target, profile_association::INSTANCE) {
        let Some(name) = association.text(profile_association::INSTANCE_PROFILE) else { continue };
        let profile = AssetId::new(&target.account, Kind::InstanceProfile, name);
        walk.visit(&profile);
        walk.edge(target, "uses", &profile, since);
        profiles.insert(profile);
    }
    // An association is newer than what the launch said, and replaces it.
    if profiles.is_empty() {
        profiles.extend(walk.forward(target, instance::INSTANCE_PROFILE));
    }
    for profile in profiles {
        walk.forward(&profile, instance_profile::ROLES);
    }
}

/// Through what it is scaled and reached.
fn traffic(walk: &mut Walk, target: &AssetId) {
    let mut targets: BTreeSet<AssetId> = BTreeSet::new();
    let mut balancers: BTreeSet<AssetId> = BTreeSet::new();
    for group in walk.forward(target, instance::AUTO_SCALING_GROUP) {
        targets.extend(walk.forward(&group, auto_scaling_group::TARGET_GROUPS));
        balancers.extend(walk.forward(&group, auto_scaling_group::LOAD_BALANCERS));
    }
    for (group, _, since) in walk.reverse(target, target_group::INSTANCES) {
        walk.visit(&group);
        walk.edge(&group, "forwards_to", target, since);
        targets.insert(group);
    }
    for group in &targets {
        for (balancer, _, since) in walk.reverse(group, load_balancer::TARGET_GROUPS) {
            walk.visit(&balancer);
            walk.edge(&balancer, "forwards_to", group, since);
            balancers.insert(balancer);
        }
    }
    for (balancer, _, since) in walk.reverse(target, load_balancer::INSTANCES) {
        walk.visit(&balancer);
        walk.edge(&balancer, "forwards_to", target, since);
        balancers.insert(balancer);
    }
    for balancer in balancers {
        walk.forward(&balancer, load_balancer::GROUPS);
    }
}

/// The way out of a subnet: its own route table, else the main one of its VPC.
fn routes(walk: &mut Walk, subnet: &AssetId) {
    let account = &subnet.account;
    let mut tables: Vec<(AssetId, Option<Time>)> = Vec::new();
    for (association, since) in walk.associations(subnet) {
        let table =
            association.text(route_table_association::ROUTE_TABLE).map(|n| AssetId::new(account, Kind::RouteTable, n));
        tables.extend(table.map(|t| (t, since)));
    }
    if tables.is_empty() {
        walk.gap(format!("subnet {}: no route table of its own was seen, and the main one is unknown", subnet.name));
    }
    for (table, since) in tables {
        if !walk.visit(&table) {
            continue;
        }
        walk.edge(&table, "associated_with", subnet, since);
        for gateway in walk.forward(&table, route_table::GATEWAYS) {
            walk.forward(&gateway, internet_gateway::VPC);
        }
        for nat in walk.forward(&table, route_table::NAT_GATEWAYS) {
            walk.forward(&nat, nat_gateway::ADDRESS);
        }
    }
}

/// The region where one is known, and the account around it all.
fn place(walk: &mut Walk, of: &AssetId) {
    let account = AssetId::new(&of.account, Kind::Account, &of.account);
    if of.kind == Kind::Account || !walk.visit(&account) {
        return;
    }
    let state = walk.state(of);
    let begun = state.since.as_ref().map(|s| s.stamp.time);
    match state.text(of.kind.region()).filter(|r| !r.is_empty()) {
        Some(region) => {
            let region = AssetId::new(&of.account, Kind::Region, region);
            walk.visit(&region);
            walk.edge(of, "in", &region, begun);
            // There was no moment at which a region came into an account.
            walk.edge(&region, "in", &account, None);
        }
        None => walk.edge(of, "in", &account, begun),
    }
}
