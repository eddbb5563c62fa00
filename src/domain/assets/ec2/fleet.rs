//! EC2 fleets. Only a fleet of the type `instant` responds with the instances that it launched.

use serde_json::Value;

use crate::domain::assets::ec2::instance;
use crate::domain::effects::json::{at, items, text, texts};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Val};

/// The API calls that change it.
pub const CALLS: &[Row] = &[("CreateFleet", create)];

fn create(c: &Call, out: &mut Writes) {
    let launched = items(c.response, "fleetInstanceSet");
    let instant = text(c.request, "type").as_deref() == Some("instant");
    // An instant fleet may launch nothing, and then says why not.
    if instant && launched.is_empty() && items(c.response, "errorSet").is_empty() {
        out.gap("the answer names no instances");
    }
    for l in launched {
        launch(c, l, out);
    }
}

/// Instances launched alike. Whether a RunInstances follows varies; where one does, it says the same and more.
fn launch(c: &Call, l: &Value, out: &mut Writes) {
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
        on.tags(&c.requested_tags(&["instance"]).unwrap_or_default());
    }
}
