//! Images and launch templates.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{at, given, items, text, texts};
use super::volumes::share;
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("RegisterImage", register),
    ("CreateImage", create),
    ("CopyImage", copy),
    ("DeregisterImage", |c, out| out.delete(Kind::Image, text(c.q, "imageId"))),
    ("ModifyImageAttribute", |c, out| share(c, Kind::Image, "imageId", "launchPermission", out)),
    ("ResetImageAttribute", reset),
    ("CreateLaunchTemplate", create_template),
    ("CreateLaunchTemplateVersion", create_version),
    ("ModifyLaunchTemplate", modify_template),
    ("DeleteLaunchTemplate", delete_template),
];

fn register(c: &Call, out: &mut Out) {
    let mut on = out.create(Kind::Image, text(c.a, "imageId"));
    on.text("name", c.q, "name").reset("shared_with").reset("snapshots");
    for b in items(c.q, "blockDeviceMapping") {
        let device = text(b, "deviceName").unwrap_or_default();
        on.element("snapshots", &text(b, "ebs.snapshotId").unwrap_or_default(), Val::Text(device));
    }
    on.born_tags(c.a, c.asked_tags(&["image"]));
}

fn create(c: &Call, out: &mut Out) {
    out.create(Kind::Image, text(c.a, "imageId"))
        .text("name", c.q, "name")
        .text("made_from_instance", c.q, "instanceId")
        .reset("shared_with")
        .born_tags(c.a, c.asked_tags(&["image"]));
}

fn copy(c: &Call, out: &mut Out) {
    out.create(Kind::Image, text(c.a, "imageId"))
        .text("name", c.q, "name")
        .text("copied_from", c.q, "sourceImageId")
        .text("copied_from_region", c.q, "sourceRegion")
        .reset("shared_with");
}

fn reset(c: &Call, out: &mut Out) {
    out.on(Kind::Image, text(c.q, "imageId"), Rank::Removed).reset("shared_with");
}

/// What a template's newest version launches. What a version doesn't say it doesn't keep from the one before, unless it names it.
fn data(on: &mut On, d: &Value) {
    on.text("image", d, "imageId")
        .text("type", d, "instanceType")
        .text("imds_tokens", d, "metadataOptions.httpTokens")
        .int("imds_hop_limit", d, "metadataOptions.httpPutResponseHopLimit")
        .set("user_data", given(d, "userData").then_some(Val::Unknown));
    let lists = ["securityGroupIdSet", "securityGroupId", "securityGroupIds"];
    if let Some(list) = lists.iter().find(|l| given(d, l)) {
        on.replace("groups", &texts(d, list, "groupId"));
    }
}

fn create_template(c: &Call, out: &mut Out) {
    let t = at(c.a, "launchTemplate");
    let mut on = out.create(Kind::LaunchTemplate, text(t, "launchTemplateId"));
    on.set("name", text(t, "launchTemplateName").or_else(|| text(c.q, "launchTemplateName")).map(Val::Text))
        .int("latest_version", t, "latestVersionNumber")
        .int("default_version", t, "defaultVersionNumber")
        .born_tags(t, c.asked_tags(&["launch-template"]));
    data(&mut on, at(c.q, "launchTemplateData"));
}

fn create_version(c: &Call, out: &mut Out) {
    let v = at(c.a, "launchTemplateVersion");
    let id = text(v, "launchTemplateId").or_else(|| text(c.q, "launchTemplateId"));
    let mut on = out.on(Kind::LaunchTemplate, id, Rank::Set);
    on.text("name", v, "launchTemplateName").int("latest_version", v, "versionNumber");
    let answered = at(v, "launchTemplateData");
    data(&mut on, if answered.is_null() { at(c.q, "launchTemplateData") } else { answered });
}

fn modify_template(c: &Call, out: &mut Out) {
    let id = c.either("launchTemplate.launchTemplateId", "launchTemplateId");
    out.on(Kind::LaunchTemplate, id, Rank::Set).int("default_version", c.a, "launchTemplate.defaultVersionNumber");
}

fn delete_template(c: &Call, out: &mut Out) {
    out.delete(Kind::LaunchTemplate, c.either("launchTemplate.launchTemplateId", "launchTemplateId"));
}
