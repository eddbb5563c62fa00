//! Instance profiles.

use crate::asset;
use crate::domain::assets::iam::identity;
use crate::domain::effects::json::{at, text, texts};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An instance profile.
    InstanceProfile "instance_profile", Global, id "", arn "";
    unseen one of ROLES "its role is unknown";
    facts {
        /// The unique id (`AIPA…`).
        10 UNIQUE_ID: Text "unique_id" [UniqueId];
        /// The ARN, with its path.
        11 ARN: Text "arn";
        /// The role in it.
        12 ROLES: Set "roles" -> Role as "has";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateInstanceProfile", create_profile),
    ("DeleteInstanceProfile", |c, out| out.delete(Kind::InstanceProfile, text(c.request, "instanceProfileName"))),
    ("AddRoleToInstanceProfile", add_role),
    ("RemoveRoleFromInstanceProfile", remove_role),
    ("TagInstanceProfile", |c, out| identity::tag(c, identity::PROFILE, out)),
    ("UntagInstanceProfile", |c, out| identity::untag(c, identity::PROFILE, out)),
];

fn create_profile(c: &Call, out: &mut Writes) {
    let p = at(c.response, "instanceProfile");
    out.create(
        Kind::InstanceProfile,
        text(p, "instanceProfileName").or_else(|| text(c.request, "instanceProfileName")),
    )
    .text(UNIQUE_ID, p, "instanceProfileId")
    .text(ARN, p, "arn")
    .replace(ROLES, &texts(p, "roles", "roleName"))
    .reset_tags()
    .tags(&identity::initial_tags(c, p));
}

fn add_role(c: &Call, out: &mut Writes) {
    let role = text(c.request, "roleName").unwrap_or_default();
    out.asset(Kind::InstanceProfile, text(c.request, "instanceProfileName"), Rank::Set).element(
        ROLES,
        &role,
        Val::text(""),
    );
}

fn remove_role(c: &Call, out: &mut Writes) {
    let role = text(c.request, "roleName").unwrap_or_default();
    out.asset(Kind::InstanceProfile, text(c.request, "instanceProfileName"), Rank::Removed).remove(ROLES, &role);
}
