//! Associations of instance profiles: assets with an id and an end of their own.

use crate::asset;
use crate::domain::assets::ec2::instance;
use crate::domain::effects::json::{at, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// The association of an instance profile with an instance.
    ProfileAssociation "profile_association", Regional, id "iip-assoc-", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The instance.
        10 INSTANCE: Text "instance" -> Instance as "associated_with";
        /// The instance profile.
        11 INSTANCE_PROFILE: Text "instance_profile" -> InstanceProfile as "associates";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AssociateIamInstanceProfile", associate_profile),
    ("ReplaceIamInstanceProfileAssociation", replace_profile),
    ("DisassociateIamInstanceProfile", disassociate_profile),
];

fn associate_profile(c: &Call, out: &mut Writes) {
    let answer = at(c.response, "iamInstanceProfileAssociation");
    let of = |path: &str| text(answer, path);
    let instance = of("instanceId").or_else(|| text(c.request, "instanceId"));
    let name = instance::profile(at(answer, "iamInstanceProfile"))
        .or_else(|| instance::profile(at(c.request, "iamInstanceProfile")));
    out.create(Kind::ProfileAssociation, of("associationId"))
        .set(INSTANCE, instance.clone().map(Val::Text))
        .set(INSTANCE_PROFILE, name.clone().map(Val::Text));
    out.asset(Kind::Instance, instance, Rank::Set).set(instance::INSTANCE_PROFILE, name.map(Val::Text));
}

fn replace_profile(c: &Call, out: &mut Writes) {
    let (old, new) =
        (text(c.request, "associationId"), text(c.response, "iamInstanceProfileAssociation.associationId"));
    if old != new {
        out.end_association(Kind::ProfileAssociation, old);
    }
    associate_profile(c, out);
}

fn disassociate_profile(c: &Call, out: &mut Writes) {
    let id = c.either("iamInstanceProfileAssociation.associationId", "associationId");
    out.end_association(Kind::ProfileAssociation, id);
    if let Some(instance) = text(c.response, "iamInstanceProfileAssociation.instanceId") {
        out.asset(Kind::Instance, Some(instance), Rank::Removed).set(instance::INSTANCE_PROFILE, Val::text(""));
    }
}
