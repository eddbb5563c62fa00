//! Target groups.

use crate::asset;
use crate::domain::assets::List;
use crate::domain::effects::json::{items, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// A target group.
    TargetGroup "target_group", Regional, id "", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The name.
        10 NAME: Text "name";
        /// The VPC.
        11 VPC: Text "vpc" -> Vpc as "in";
        /// The protocol.
        12 PROTOCOL: Text "protocol" [Summary];
        /// The port.
        13 PORT: Int "port" [Summary];
        /// `instance`, `ip`, `lambda`, `alb`.
        14 TARGET_TYPE: Text "target_type";
        /// Registered instances, with their ports.
        15 INSTANCES: Map "instances" -> Instance as "forwards_to";
        /// Registered addresses, functions and load balancers, with their ports.
        16 TARGETS: Map "targets";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateTargetGroup", create_target_group),
    ("DeleteTargetGroup", |c, out| out.delete(Kind::TargetGroup, text(c.request, "targetGroupArn"))),
    ("RegisterTargets", register),
    ("DeregisterTargets", deregister),
];

fn create_target_group(c: &Call, out: &mut Writes) {
    let groups = items(c.response, "targetGroups");
    if groups.is_empty() {
        out.gap("the answer names no target group");
    }
    for g in groups {
        out.create(Kind::TargetGroup, text(g, "targetGroupArn"))
            .text(NAME, g, "targetGroupName")
            .text(VPC, g, "vpcId")
            .text(PROTOCOL, g, "protocol")
            .int(PORT, g, "port")
            .text(TARGET_TYPE, g, "targetType")
            .reset(INSTANCES)
            .reset(TARGETS)
            .reset_tags()
            .tags(&items(c.request, "tags"));
    }
}

/// Instances are references; addresses, functions and balancers behind a target group are kept by name only.
fn list_of(target: &str) -> List {
    if target.starts_with("i-") { INSTANCES } else { TARGETS }
}

fn register(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::TargetGroup, text(c.request, "targetGroupArn"), Rank::Set);
    for t in items(c.request, "targets") {
        let id = text(t, "id").unwrap_or_default();
        on.element(list_of(&id), &id, Val::Text(text(t, "port").unwrap_or_default()));
    }
}

fn deregister(c: &Call, out: &mut Writes) {
    let mut on = out.asset(Kind::TargetGroup, text(c.request, "targetGroupArn"), Rank::Removed);
    for t in items(c.request, "targets") {
        let id = text(t, "id").unwrap_or_default();
        on.remove(list_of(&id), &id);
    }
}
