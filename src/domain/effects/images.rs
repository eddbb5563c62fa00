//! Images and launch templates.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{at, given, items, text, texts};
use super::volumes::share;
use crate::domain::assets::ec2::{image, launch_template};
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("RegisterImage", register),
    ("CreateImage", create),
    ("CopyImage", copy),
    ("DeregisterImage", |c, out| out.delete(Kind::Image, text(c.q, "imageId"))),
    ("ModifyImageAttribute", |c, out| share(c, image::SHARED_WITH, "imageId", "launchPermission", out)),
    ("ResetImageAttribute", reset),
    ("CreateLaunchTemplate", create_template),
    ("CreateLaunchTemplateVersion", create_version),
    ("ModifyLaunchTemplate", modify_template),
    ("DeleteLaunchTemplate", delete_template),
];

fn register(c: &Call, out: &mut Out) {
    let mut on = out.create(Kind::Image, text(c.a, "imageId"));
    on.text(image::NAME, c.q, "name").reset(image::SHARED_WITH).reset(image::SNAPSHOTS);
    for b in items(c.q, "blockDeviceMapping") {
        let device = text(b, "deviceName").unwrap_or_default();
        on.element(image::SNAPSHOTS, &text(b, "ebs.snapshotId").unwrap_or_default(), Val::Text(device));
    }
    on.born_tags(c.a, c.asked_tags(&["image"]));
}

fn create(c: &Call, out: &mut Out) {
    out.create(Kind::Image, text(c.a, "imageId"))
        .text(image::NAME, c.q, "name")
        .text(image::MADE_FROM_INSTANCE, c.q, "instanceId")
        .reset(image::SHARED_WITH)
        .born_tags(c.a, c.asked_tags(&["image"]));
}

fn copy(c: &Call, out: &mut Out) {
    out.create(Kind::Image, text(c.a, "imageId"))
        .text(image::NAME, c.q, "name")
        .text(image::COPIED_FROM, c.q, "sourceImageId")
        .text(image::COPIED_FROM_REGION, c.q, "sourceRegion")
        .reset(image::SHARED_WITH);
}

fn reset(c: &Call, out: &mut Out) {
    out.on(Kind::Image, text(c.q, "imageId"), Rank::Removed).reset(image::SHARED_WITH);
}

/// What a template's newest version launches. What a version doesn't say it doesn't keep from the one before, unless it names it.
fn data(on: &mut On, d: &Value) {
    on.text(launch_template::IMAGE, d, "imageId")
        .text(launch_template::TYPE, d, "instanceType")
        .text(launch_template::IMDS_TOKENS, d, "metadataOptions.httpTokens")
        .int(launch_template::IMDS_HOP_LIMIT, d, "metadataOptions.httpPutResponseHopLimit")
        .set(launch_template::USER_DATA, given(d, "userData").then_some(Val::Unknown));
    let lists = ["securityGroupIdSet", "securityGroupId", "securityGroupIds"];
    if let Some(list) = lists.iter().find(|l| given(d, l)) {
        on.replace(launch_template::GROUPS, &texts(d, list, "groupId"));
    }
}

fn create_template(c: &Call, out: &mut Out) {
    let t = at(c.a, "launchTemplate");
    let mut on = out.create(Kind::LaunchTemplate, text(t, "launchTemplateId"));
    on.set(
        launch_template::NAME,
        text(t, "launchTemplateName").or_else(|| text(c.q, "launchTemplateName")).map(Val::Text),
    )
    .int(launch_template::LATEST_VERSION, t, "latestVersionNumber")
    .int(launch_template::DEFAULT_VERSION, t, "defaultVersionNumber")
    .born_tags(t, c.asked_tags(&["launch-template"]));
    data(&mut on, at(c.q, "launchTemplateData"));
}

fn create_version(c: &Call, out: &mut Out) {
    let v = at(c.a, "launchTemplateVersion");
    let id = text(v, "launchTemplateId").or_else(|| text(c.q, "launchTemplateId"));
    let mut on = out.on(Kind::LaunchTemplate, id, Rank::Set);
    on.text(launch_template::NAME, v, "launchTemplateName").int(launch_template::LATEST_VERSION, v, "versionNumber");
    let answered = at(v, "launchTemplateData");
    data(&mut on, if answered.is_null() { at(c.q, "launchTemplateData") } else { answered });
}

fn modify_template(c: &Call, out: &mut Out) {
    let id = c.either("launchTemplate.launchTemplateId", "launchTemplateId");
    out.on(Kind::LaunchTemplate, id, Rank::Set).int(
        launch_template::DEFAULT_VERSION,
        c.a,
        "launchTemplate.defaultVersionNumber",
    );
}

fn delete_template(c: &Call, out: &mut Out) {
    out.delete(Kind::LaunchTemplate, c.either("launchTemplate.launchTemplateId", "launchTemplateId"));
}
