//! Policies, boundaries and tags of roles, users and instance profiles.

use serde_json::Value;

use crate::domain::assets::{Field, List};
use crate::domain::effects::json::{self, document, given, items, text, texts};
use crate::domain::effects::{Call, Writes};
use crate::domain::graph::{Kind, Rank, Val};

/// A kind, and the parameter that names one of it.
pub type Named = (Kind, &'static str);

pub const ROLE: Named = (Kind::Role, "roleName");
pub const USER: Named = (Kind::User, "userName");
pub const PROFILE: Named = (Kind::InstanceProfile, "instanceProfileName");

/// An identity that has policies: a role or a user.
pub struct Identity {
    pub named: Named,
    pub boundary: Field,
    pub policies: List,
    pub inline_policies: List,
}

/// The tags of a new thing: as answered, else as asked; a request without tags makes one without.
pub fn initial_tags<'v>(c: &Call<'v>, answer: &'v Value) -> Vec<&'v Value> {
    if given(answer, "tags") { items(answer, "tags") } else { items(c.request, "tags") }
}

pub fn put_boundary(c: &Call, of: &Identity, out: &mut Writes) {
    let (kind, name) = of.named;
    let policy = json::val(c.request, "permissionsBoundary").unwrap_or(Val::Unknown);
    out.asset(kind, text(c.request, name), Rank::Set).set(of.boundary, policy);
}

pub fn delete_boundary(c: &Call, of: &Identity, out: &mut Writes) {
    let (kind, name) = of.named;
    out.asset(kind, text(c.request, name), Rank::Removed).set(of.boundary, Val::text(""));
}

pub fn attach(c: &Call, of: &Identity, out: &mut Writes) {
    let (kind, name) = of.named;
    let arn = text(c.request, "policyArn").unwrap_or_default();
    out.asset(kind, text(c.request, name), Rank::Set).element(of.policies, &arn, Val::text(""));
}

pub fn detach(c: &Call, of: &Identity, out: &mut Writes) {
    let (kind, name) = of.named;
    let arn = text(c.request, "policyArn").unwrap_or_default();
    out.asset(kind, text(c.request, name), Rank::Removed).remove(of.policies, &arn);
}

pub fn put_inline(c: &Call, of: &Identity, out: &mut Writes) {
    let (kind, name) = of.named;
    let policy = text(c.request, "policyName").unwrap_or_default();
    let text_of = document(c.request, "policyDocument").unwrap_or(Val::Unknown);
    out.asset(kind, text(c.request, name), Rank::Set).element(of.inline_policies, &policy, text_of);
}

pub fn delete_inline(c: &Call, of: &Identity, out: &mut Writes) {
    let (kind, name) = of.named;
    let policy = text(c.request, "policyName").unwrap_or_default();
    out.asset(kind, text(c.request, name), Rank::Removed).remove(of.inline_policies, &policy);
}

pub fn tag(c: &Call, (kind, name): Named, out: &mut Writes) {
    out.asset(kind, text(c.request, name), Rank::Set).tags(&items(c.request, "tags"));
}

pub fn untag(c: &Call, (kind, name): Named, out: &mut Writes) {
    let mut on = out.asset(kind, text(c.request, name), Rank::Removed);
    for key in texts(c.request, "tagKeys", "key") {
        on.remove_tag(&key);
    }
}
