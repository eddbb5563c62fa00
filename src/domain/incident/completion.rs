//! A hint put beside what the graph knows of an instance.

use super::hint::Hint;
use super::walk::Walk;
use crate::domain::arn::Arn;
use crate::domain::assets::iam::instance_profile;
use crate::domain::finding::NetworkInterface;
use crate::domain::graph::{AssetId, Kind};

/// What the graph knows around the instance already.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub interfaces: bool,
    pub groups: bool,
    pub subnet: bool,
    pub vpc: bool,
}

/// What the hint added.
#[derive(Clone, Debug, Default)]
pub struct Added {
    pub groups: usize,
    pub subnets: Vec<AssetId>,
    pub vpcs: Vec<AssetId>,
}

/// Adds to a visited instance whatever the graph does not know of it.
pub fn complete(walk: &mut Walk, hint: &Hint, known: Known) -> Added {
    let (asset, i) = (&hint.asset, &hint.instance);
    let launched = i.launch_time.map(|t| t.to_string()).unwrap_or_default();
    let profile = Arn::parse(&i.profile_arn).map_or("", |a| a.name());
    let mut taken = false;
    for (name, value) in [
        ("image", i.image.as_str()),
        ("type", &i.instance_type),
        ("platform", &i.platform),
        ("availability_zone", &i.availability_zone),
        ("launch_time", &launched),
    ] {
        taken |= walk.hint(asset, name, "", value, &hint.by);
    }
    if walk.hint(asset, "instance_profile", "", profile, &hint.by) {
        let profile = AssetId::new(&asset.account, Kind::InstanceProfile, profile);
        if walk.visit(&profile) {
            walk.edge(asset, "uses", &profile, None);
            walk.forward(&profile, instance_profile::ROLES);
        }
        taken = true;
    }
    for (key, value) in &hint.tags {
        taken |= walk.hint(asset, "tags", key, value, &hint.by);
    }
    let mut added = Added::default();
    for interface in &i.interfaces {
        taken |= complete_interface(walk, hint, interface, known, &mut added);
    }
    if taken {
        let time = hint.by.stamp.time;
        walk.gap(format!("instance {}: in part only known as the finding describes it at {time}", asset.name));
    }
    added
}

fn complete_interface(
    walk: &mut Walk,
    hint: &Hint,
    interface: &NetworkInterface,
    known: Known,
    added: &mut Added,
) -> bool {
    let account = &hint.asset.account;
    let id = |kind, name: &str| Some(AssetId::new(account, kind, name)).filter(|_| !name.is_empty());
    // An interface that can't be shown leaves its addresses with the instance.
    let own = id(Kind::NetworkInterface, &interface.id).filter(|_| !known.interfaces);
    let shown = own.filter(|eni| walk.visit(eni));
    if let Some(eni) = &shown {
        walk.edge(eni, "attached_to", &hint.asset, None);
    }
    let holder = shown.as_ref().unwrap_or(&hint.asset);
    let mut taken = shown.is_some();
    if !known.interfaces {
        for (name, values) in
            [("private_ips", &interface.private_addresses), ("ipv6_addresses", &interface.ipv6_addresses)]
        {
            for value in values {
                taken |= walk.hint(holder, name, value, "", &hint.by);
            }
        }
        let primary = interface.private_addresses.first().map_or("", String::as_str);
        taken |= walk.hint(holder, "private_ip", "", primary, &hint.by);
        taken |= walk.hint(holder, "public_ip", "", &interface.public_address, &hint.by);
    }
    for group in interface.groups.iter().filter(|_| !known.groups) {
        let Some(group) = id(Kind::SecurityGroup, &group.id).filter(|g| walk.visit(g)) else { continue };
        walk.edge(holder, "protected_by", &group, None);
        added.groups += 1;
        taken = true;
    }
    for (name, kind, is_known, list) in [
        (&interface.subnet, Kind::Subnet, known.subnet, &mut added.subnets),
        (&interface.vpc, Kind::Vpc, known.vpc, &mut added.vpcs),
    ] {
        let Some(place) = id(kind, name).filter(|p| !is_known && walk.visit(p)) else { continue };
        walk.edge(holder, "in", &place, None);
        list.push(place);
        taken = true;
    }
    taken
}
