//! Which facts point at other assets: derived from here are the reverse index and the edges.

use serde::{Deserialize, Serialize};

use super::kind::{AssetId, Kind};
use super::write::{Fact, Val, Write};

/// A named edge.
pub type Relation = &'static str;

/// A fact of `from` that names a `to`: the text of a field, or the keys of a list.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    pub from: Kind,
    /// The field's or the list's name.
    pub fact: &'static str,
    pub relation: Relation,
    pub to: Kind,
}

const fn r(from: Kind, fact: &'static str, relation: Relation, to: Kind) -> Reference {
    Reference { from, fact, relation, to }
}

use Kind::*;

/// Every reference there is. A field holds the name of the other asset within its kind.
pub fn references() -> &'static [Reference] {
    REFERENCES
}

const REFERENCES: &[Reference] = &[
    r(Subnet, "vpc", "in", Vpc),
    r(SecurityGroup, "vpc", "in", Vpc),
    r(RouteTable, "vpc", "in", Vpc),
    r(InternetGateway, "vpc", "attached_to", Vpc),
    r(NatGateway, "subnet", "in", Subnet),
    r(NatGateway, "address", "uses", Address),
    r(NatGateway, "secondary_addresses", "uses", Address),
    r(Instance, "subnet", "in", Subnet),
    r(Instance, "vpc", "in", Vpc),
    r(Instance, "image", "launched_from", Image),
    r(Instance, "groups", "protected_by", SecurityGroup),
    r(Instance, "auto_scaling_group", "member_of", AutoScalingGroup),
    r(Instance, "launch_template", "launched_from", LaunchTemplate),
    r(Instance, "instance_profile", "uses", InstanceProfile),
    r(NetworkInterface, "subnet", "in", Subnet),
    r(NetworkInterface, "vpc", "in", Vpc),
    r(NetworkInterface, "groups", "protected_by", SecurityGroup),
    r(InterfaceAttachment, "interface", "attaches", NetworkInterface),
    r(InterfaceAttachment, "instance", "attached_to", Instance),
    r(AddressAssociation, "address", "associates", Address),
    r(AddressAssociation, "interface", "associated_with", NetworkInterface),
    r(AddressAssociation, "instance", "associated_with", Instance),
    r(RouteTable, "gateways", "routes_to", InternetGateway),
    r(RouteTable, "nat_gateways", "routes_to", NatGateway),
    r(RouteTableAssociation, "route_table", "associates", RouteTable),
    r(RouteTableAssociation, "subnet", "associated_with", Subnet),
    r(RouteTableAssociation, "replaces", "replaces", RouteTableAssociation),
    r(Volume, "instances", "attached_to", Instance),
    r(Volume, "snapshot", "made_from", Snapshot),
    r(Snapshot, "volume", "made_from", Volume),
    r(Image, "snapshots", "made_from", Snapshot),
    r(AutoScalingGroup, "launch_template", "launches_from", LaunchTemplate),
    r(AutoScalingGroup, "target_groups", "registers_in", TargetGroup),
    r(AutoScalingGroup, "load_balancers", "registers_in", LoadBalancer),
    r(AutoScalingGroup, "subnets", "in", Subnet),
    r(LoadBalancer, "subnets", "in", Subnet),
    r(LoadBalancer, "vpc", "in", Vpc),
    r(LoadBalancer, "groups", "protected_by", SecurityGroup),
    r(LoadBalancer, "target_groups", "forwards_to", TargetGroup),
    r(LoadBalancer, "instances", "forwards_to", Instance),
    r(TargetGroup, "instances", "forwards_to", Instance),
    r(TargetGroup, "vpc", "in", Vpc),
    r(InstanceProfile, "roles", "has", Role),
    r(ProfileAssociation, "instance", "associated_with", Instance),
    r(ProfileAssociation, "instance_profile", "associates", InstanceProfile),
    r(AccessKey, "user", "belongs_to", User),
    r(Bucket, "logging_target", "logs_to", Bucket),
];

impl AssetId {
    /// How the reverse index names this asset within its account.
    pub fn token(&self) -> String {
        format!("{}/{}", self.kind.text(), self.name)
    }
}

/// Something that can be asked about: an asset, by its token, or who bears a unique id (`uid/AROA…`) or an address (`ip/10.0.1.10`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    pub account: String,
    pub token: String,
}

impl Subject {
    pub fn of(asset: &AssetId) -> Subject {
        Subject { account: asset.account.clone(), token: asset.token() }
    }

    /// What a write is about: its asset, and all that it points at.
    pub fn all(write: &Write) -> impl Iterator<Item = Subject> {
        let account = write.asset.account.clone();
        let pointed = tokens(write.asset.kind, &write.fact).into_iter();
        std::iter::once(write.asset.token())
            .chain(pointed)
            .map(move |token| Subject { account: account.clone(), token })
    }
}

/// How the reverse index names whatever bears this name as a launch template.
pub(super) fn named_template(name: &str) -> String {
    format!("{}/name/{name}", LaunchTemplate.text())
}

/// The tokens that a write of this kind of asset points at: referenced assets, its unique id, its private and public addresses.
pub fn tokens(kind: Kind, fact: &Fact) -> Vec<String> {
    let mut out = Vec::new();
    let mut named = |name: &str, value: &str| {
        out.extend(
            references()
                .iter()
                .filter(|r| r.from == kind && r.fact == name)
                .map(|r| format!("{}/{}", r.to.text(), value)),
        );
        match name {
            "unique_id" => out.push(format!("uid/{value}")),
            "name" if kind == LaunchTemplate => out.push(named_template(value)),
            "private_ip" | "private_ips" | "public_ip" | "ipv6_addresses" => out.push(format!("ip/{value}")),
            _ => {}
        }
    };
    match fact {
        Fact::Set { field, value: Val::Text(value) } => named(field, value),
        Fact::Element { list, key, value: Some(_) } => named(list, key),
        _ => {}
    }
    out
}
