//! The surroundings of a target at one moment: what it lies in, hangs on, is reached through, and may do.

use std::collections::BTreeSet;

use super::limits::Limits;
use super::node::Topology;
use super::walk::Walk;
use crate::domain::graph::{AssetId, Kind, StateView};
use crate::domain::time::Time;

/// The surroundings of `target` at `t`, bounded: what was left out is among the gaps.
pub fn topology(view: &dyn StateView, target: &AssetId, t: Time, limits: Limits) -> Topology {
    let mut walk = Walk::new(view, t, limits);
    walk.visit(target);
    match target.kind {
        Kind::Instance => instance(&mut walk, target),
        Kind::User => {
            for (key, _, since) in walk.reverse(target, Kind::AccessKey, "user") {
                walk.visit(&key);
                walk.edge(&key, "belongs_to", target, since);
            }
        }
        Kind::Role => {
            for (profile, _, since) in walk.reverse(target, Kind::InstanceProfile, "roles") {
                walk.visit(&profile);
                walk.edge(&profile, "has", target, since);
                for (host, _, since) in walk.reverse(&profile, Kind::Instance, "instance_profile") {
                    walk.visit(&host);
                    walk.edge(&host, "uses", &profile, since);
                }
            }
        }
        _ => everything_named(&mut walk, target),
    }
    place(&mut walk, target);
    walk.finish()
}

fn everything_named(walk: &mut Walk, of: &AssetId) {
    let facts: BTreeSet<&str> =
        crate::domain::graph::references().iter().filter(|r| r.from == of.kind).map(|r| r.fact).collect();
    for fact in facts {
        walk.forward(of, fact);
    }
}

fn instance(walk: &mut Walk, target: &AssetId) {
    for fact in ["image", "launch_template"] {
        walk.forward(target, fact);
    }
    let mut groups = walk.forward(target, "groups").len();
    let mut subnets: BTreeSet<AssetId> = walk.forward(target, "subnet").into_iter().collect();
    let mut vpcs: BTreeSet<AssetId> = walk.forward(target, "vpc").into_iter().collect();

    let attachments = walk.reverse(target, Kind::InterfaceAttachment, "instance");
    for (_, attachment, since) in attachments {
        let Some(name) = attachment.text("interface") else { continue };
        let interface = AssetId::new(&target.account, Kind::NetworkInterface, name);
        if !walk.visit(&interface) {
            continue;
        }
        walk.edge(&interface, "attached_to", target, since);
        groups += walk.forward(&interface, "groups").len();
        subnets.extend(walk.forward(&interface, "subnet"));
        vpcs.extend(walk.forward(&interface, "vpc"));
        addresses(walk, &interface, "interface");
    }
    addresses(walk, target, "instance");
    if groups == 0 {
        walk.gap(format!("instance {}: its security groups are unknown", target.name));
    }
    if subnets.is_empty() {
        walk.gap(format!("instance {}: its subnet is unknown", target.name));
    }

    for (volume, _, since) in walk.reverse(target, Kind::Volume, "instances") {
        walk.visit(&volume);
        walk.edge(&volume, "attached_to", target, since);
    }
    profile(walk, target);
    traffic(walk, target);
    for subnet in subnets {
        vpcs.extend(walk.forward(&subnet, "vpc"));
        routes(walk, &subnet);
    }
    for vpc in vpcs {
        place(walk, &vpc);
    }
}

/// Public addresses associated with an interface or an instance.
fn addresses(walk: &mut Walk, holder: &AssetId, by: &str) {
    for (_, association, since) in walk.reverse(holder, Kind::AddressAssociation, by) {
        // Where both are named, the interface is the truer end.
        let interface = association.text("interface").map(|i| AssetId::new(&holder.account, Kind::NetworkInterface, i));
        if by == "instance" && interface.is_some_and(|i| walk.has(&i)) {
            continue;
        }
        let Some(name) = association.text("address") else { continue };
        let address = AssetId::new(&holder.account, Kind::Address, name);
        walk.visit(&address);
        walk.edge(&address, "associated_with", holder, since);
    }
}

/// What the instance may do: its profile, and the roles in it.
fn profile(walk: &mut Walk, target: &AssetId) {
    let mut profiles: BTreeSet<AssetId> = BTreeSet::new();
    for (_, association, since) in walk.reverse(target, Kind::ProfileAssociation, "instance") {
        let Some(name) = association.text("instance_profile") else { continue };
        let profile = AssetId::new(&target.account, Kind::InstanceProfile, name);
        walk.visit(&profile);
        walk.edge(target, "uses", &profile, since);
        profiles.insert(profile);
    }
    // An association is newer than what the launch said, and replaces it.
    if profiles.is_empty() {
        profiles.extend(walk.forward(target, "instance_profile"));
    }
    for profile in profiles {
        walk.forward(&profile, "roles");
    }
}

/// Through what it is scaled and reached.
fn traffic(walk: &mut Walk, target: &AssetId) {
    let mut targets: BTreeSet<AssetId> = BTreeSet::new();
    let mut balancers: BTreeSet<AssetId> = BTreeSet::new();
    for group in walk.forward(target, "auto_scaling_group") {
        targets.extend(walk.forward(&group, "target_groups"));
        balancers.extend(walk.forward(&group, "load_balancers"));
    }
    for (group, _, since) in walk.reverse(target, Kind::TargetGroup, "instances") {
        walk.visit(&group);
        walk.edge(&group, "forwards_to", target, since);
        targets.insert(group);
    }
    for group in &targets {
        for (balancer, _, since) in walk.reverse(group, Kind::LoadBalancer, "target_groups") {
            walk.visit(&balancer);
            walk.edge(&balancer, "forwards_to", group, since);
            balancers.insert(balancer);
        }
    }
    for (balancer, _, since) in walk.reverse(target, Kind::LoadBalancer, "instances") {
        walk.visit(&balancer);
        walk.edge(&balancer, "forwards_to", target, since);
        balancers.insert(balancer);
    }
    for balancer in balancers {
        walk.forward(&balancer, "groups");
    }
}

/// The way out of a subnet: its own route table, else the main one of its VPC.
fn routes(walk: &mut Walk, subnet: &AssetId) {
    let account = &subnet.account;
    let mut tables: Vec<(AssetId, AssetId, Option<Time>, &str)> = Vec::new();
    for (association, since) in walk.associations(subnet) {
        let table = association.text("route_table").map(|n| AssetId::new(account, Kind::RouteTable, n));
        tables.extend(table.map(|t| (t, subnet.clone(), since, "associated_with")));
    }
    let vpc = walk.state(subnet).text("vpc").map(|n| AssetId::new(account, Kind::Vpc, n));
    if let Some(vpc) = vpc.filter(|_| tables.is_empty()) {
        let is_main = crate::domain::graph::Val::Bool(true);
        for (table, state, since) in walk.reverse(&vpc, Kind::RouteTable, "vpc") {
            if state.fields.get("main").is_some_and(|m| m.value == is_main) {
                tables.push((table, vpc.clone(), since, "main_of"));
            }
        }
    }
    if tables.is_empty() {
        walk.gap(format!("subnet {}: no route table of its own was seen, and the main one is unknown", subnet.name));
    }
    for (table, of, since, relation) in tables {
        if !walk.visit(&table) {
            continue;
        }
        walk.edge(&table, relation, &of, since);
        for gateway in walk.forward(&table, "gateways") {
            walk.forward(&gateway, "vpc");
        }
        for nat in walk.forward(&table, "nat_gateways") {
            walk.forward(&nat, "address");
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
    match state.text("region").filter(|r| !r.is_empty()) {
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
