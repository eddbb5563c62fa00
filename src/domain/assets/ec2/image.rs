//! Images (AMIs).

use crate::asset;
use crate::domain::assets::ec2::sharing;
use crate::domain::effects::json::{items, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An Amazon machine image.
    Image "image", Regional, id "ami-", arn "arn:{partition}:ec2:{region}::image/{name}";
    facts {
        /// The image's name.
        10 NAME: Text "name";
        /// The accounts that may launch it; `all` is everybody.
        11 SHARED_WITH: Set "shared_with";
        /// The snapshots of its devices, with the device of each.
        12 SNAPSHOTS: Map "snapshots" -> Snapshot as "made_from";
        /// The instance that it was made from.
        13 MADE_FROM_INSTANCE: Text "made_from_instance";
        /// The image that it was copied from.
        14 COPIED_FROM: Text "copied_from";
        /// The region that it was copied from.
        15 COPIED_FROM_REGION: Text "copied_from_region";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("RegisterImage", register),
    ("CreateImage", create),
    ("CopyImage", copy),
    ("DeregisterImage", |c, out| out.delete(Kind::Image, text(c.request, "imageId"))),
    ("ModifyImageAttribute", |c, out| sharing::share(c, SHARED_WITH, "imageId", "launchPermission", out)),
    ("ResetImageAttribute", reset),
];

fn register(c: &Call, out: &mut Writes) {
    let mut on = out.create(Kind::Image, text(c.response, "imageId"));
    on.text(NAME, c.request, "name").reset(SHARED_WITH).reset(SNAPSHOTS);
    for b in items(c.request, "blockDeviceMapping") {
        let device = text(b, "deviceName").unwrap_or_default();
        on.element(SNAPSHOTS, &text(b, "ebs.snapshotId").unwrap_or_default(), Val::Text(device));
    }
    on.initial_tags(c.response, c.requested_tags(&["image"]));
}

fn create(c: &Call, out: &mut Writes) {
    out.create(Kind::Image, text(c.response, "imageId"))
        .text(NAME, c.request, "name")
        .text(MADE_FROM_INSTANCE, c.request, "instanceId")
        .reset(SHARED_WITH)
        .initial_tags(c.response, c.requested_tags(&["image"]));
}

fn copy(c: &Call, out: &mut Writes) {
    out.create(Kind::Image, text(c.response, "imageId"))
        .text(NAME, c.request, "name")
        .text(COPIED_FROM, c.request, "sourceImageId")
        .text(COPIED_FROM_REGION, c.request, "sourceRegion")
        .reset(SHARED_WITH);
}

fn reset(c: &Call, out: &mut Writes) {
    out.asset(Kind::Image, text(c.request, "imageId"), Rank::Removed).reset(SHARED_WITH);
}
