//! EC2 fleets. Only one of the type `instant` answers with what it launched; of the others the instances tell themselves.

use serde_json::Value;

use super::effect::{Call, Out, Row};
use super::json::{at, items, text, texts};
use crate::domain::assets::ec2::instance;
use crate::domain::graph::{Kind, Val};

pub const ROWS: &[Row] = &[("CreateFleet", create)];

fn create(c: &Call, out: &mut Out) {
    let launched = items(c.a, "fleetInstanceSet");
    let instant = text(c.q, "type").as_deref() == Some("instant");
    // An instant fleet may launch nothing, and then says why not.
    if instant && launched.is_empty() && items(c.a, "errorSet").is_empty() {
        out.gap("the answer names no instances");
    }
    for l in launched {
        launch(c, l, out);
    }
}

/// Instances launched alike. Whether a RunInstances follows varies; where one does, it says the same and more.
fn launch(c: &Call, l: &Value, out: &mut Out) {
    let ids = texts(l, "instanceIds", "instanceId");
    if ids.is_empty() {
        out.gap("the answer names no instances");
    }
    let from = at(l, "launchTemplateAndOverrides");
    for id in ids {
        let mut on = out.create(Kind::Instance, Some(id));
        on.text(instance::TYPE, l, "instanceType")
            .set(instance::LAUNCH_TEMPLATE, text(from, "launchTemplateSpecification.launchTemplateId").map(Val::Text))
            .text(instance::IMAGE, from, "overrides.imageId")
            .text(instance::SUBNET, from, "overrides.subnetId")
            .text(instance::AVAILABILITY_ZONE, from, "overrides.availabilityZone");
        // The template may bring tags of its own, so these are not all.
        on.tags(&c.asked_tags(&["instance"]).unwrap_or_default());
    }
}
