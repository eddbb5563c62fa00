//! Roles, users, their keys and policies, and instance profiles. Most succeed without an answer: the request says it.

use serde_json::Value;

use super::effect::{Call, On, Out, Row};
use super::json::{self, at, document, given, int, items, text, texts};
use crate::domain::assets::iam::{access_key, instance_profile, role, user};
use crate::domain::assets::{Field, List};
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("CreateRole", create_role),
    ("CreateServiceLinkedRole", create_role),
    ("DeleteRole", |c, out| out.delete(Kind::Role, text(c.q, "roleName"))),
    ("DeleteServiceLinkedRole", |c, out| out.delete(Kind::Role, text(c.q, "roleName"))),
    ("UpdateAssumeRolePolicy", trust),
    ("UpdateRole", update_role),
    ("UpdateRoleDescription", |c, out| describe(c, &mut out.on(Kind::Role, text(c.q, "roleName"), Rank::Set))),
    ("PutRolePermissionsBoundary", |c, out| put_boundary(c, &ROLE_POLICIES, out)),
    ("DeleteRolePermissionsBoundary", |c, out| delete_boundary(c, &ROLE_POLICIES, out)),
    ("CreateUser", create_user),
    ("DeleteUser", |c, out| out.delete(Kind::User, text(c.q, "userName"))),
    ("UpdateUser", update_user),
    ("PutUserPermissionsBoundary", |c, out| put_boundary(c, &USER_POLICIES, out)),
    ("DeleteUserPermissionsBoundary", |c, out| delete_boundary(c, &USER_POLICIES, out)),
    ("CreateLoginProfile", |c, out| login(c, true, out)),
    // Another password: there is one.
    ("UpdateLoginProfile", |c, out| login(c, true, out)),
    ("DeleteLoginProfile", |c, out| login(c, false, out)),
    ("CreateAccessKey", create_key),
    ("UpdateAccessKey", update_key),
    ("DeleteAccessKey", delete_key),
    ("CreateInstanceProfile", create_profile),
    ("DeleteInstanceProfile", |c, out| out.delete(Kind::InstanceProfile, text(c.q, "instanceProfileName"))),
    ("AddRoleToInstanceProfile", add_role),
    ("RemoveRoleFromInstanceProfile", remove_role),
    ("AttachRolePolicy", |c, out| attach(c, &ROLE_POLICIES, out)),
    ("DetachRolePolicy", |c, out| detach(c, &ROLE_POLICIES, out)),
    ("AttachUserPolicy", |c, out| attach(c, &USER_POLICIES, out)),
    ("DetachUserPolicy", |c, out| detach(c, &USER_POLICIES, out)),
    ("PutRolePolicy", |c, out| put_inline(c, &ROLE_POLICIES, out)),
    ("DeleteRolePolicy", |c, out| delete_inline(c, &ROLE_POLICIES, out)),
    ("PutUserPolicy", |c, out| put_inline(c, &USER_POLICIES, out)),
    ("DeleteUserPolicy", |c, out| delete_inline(c, &USER_POLICIES, out)),
    ("TagRole", |c, out| tag(c, ROLE, out)),
    ("UntagRole", |c, out| untag(c, ROLE, out)),
    ("TagUser", |c, out| tag(c, USER, out)),
    ("UntagUser", |c, out| untag(c, USER, out)),
    ("TagInstanceProfile", |c, out| tag(c, PROFILE, out)),
    ("UntagInstanceProfile", |c, out| untag(c, PROFILE, out)),
];

/// A kind, and the parameter that names one of it.
type Named = (Kind, &'static str);

const ROLE: Named = (Kind::Role, "roleName");
const USER: Named = (Kind::User, "userName");
const PROFILE: Named = (Kind::InstanceProfile, "instanceProfileName");

/// An identity that has policies: a role or a user.
struct Identity {
    named: Named,
    boundary: Field,
    policies: List,
    inline_policies: List,
}

const ROLE_POLICIES: Identity = Identity {
    named: ROLE,
    boundary: role::PERMISSIONS_BOUNDARY,
    policies: role::POLICIES,
    inline_policies: role::INLINE_POLICIES,
};

const USER_POLICIES: Identity = Identity {
    named: USER,
    boundary: user::PERMISSIONS_BOUNDARY,
    policies: user::POLICIES,
    inline_policies: user::INLINE_POLICIES,
};

/// The tags of a new thing: as answered, else as asked; a request without tags makes one without.
fn born_tags<'v>(c: &Call<'v>, answer: &'v Value) -> Vec<&'v Value> {
    if given(answer, "tags") { items(answer, "tags") } else { items(c.q, "tags") }
}

fn create_role(c: &Call, out: &mut Out) {
    let r = at(c.a, "role");
    let name = text(r, "roleName").or_else(|| text(c.q, "roleName"));
    let asked = document(c.q, "assumeRolePolicyDocument");
    if r.is_null() {
        out.gap("the answer tells no unique id");
    }
    let mut on = out.create(Kind::Role, name);
    describe(c, &mut on);
    on.text(role::UNIQUE_ID, r, "roleId")
        .text(role::ARN, r, "arn")
        .set(role::PATH, text(r, "path").or_else(|| text(c.q, "path")).map(Val::Text))
        .int(role::MAX_SESSION_DURATION, c.q, "maxSessionDuration")
        .text(role::PERMISSIONS_BOUNDARY, c.q, "permissionsBoundary")
        .set(role::TRUST_POLICY, asked.or_else(|| document(r, "assumeRolePolicyDocument")))
        .reset(role::POLICIES)
        .reset(role::INLINE_POLICIES)
        .reset_tags()
        .tags(&born_tags(c, r));
}

fn trust(c: &Call, out: &mut Out) {
    let policy = document(c.q, "policyDocument").unwrap_or(Val::Unknown);
    out.on(Kind::Role, text(c.q, "roleName"), Rank::Set).set(role::TRUST_POLICY, policy);
}

/// A description that isn't asked for stays. Of a duration that isn't, AWS's reference says that it becomes an hour, which no record shows.
fn update_role(c: &Call, out: &mut Out) {
    let duration = int(c.q, "maxSessionDuration").map_or(Val::Unknown, Val::Int);
    let mut on = out.on(Kind::Role, text(c.q, "roleName"), Rank::Set);
    describe(c, &mut on);
    on.set(role::MAX_SESSION_DURATION, duration);
}

/// An empty description takes one away.
fn describe(c: &Call, on: &mut On) {
    if given(c.q, "description") {
        on.set(role::DESCRIPTION, json::val(c.q, "description").unwrap_or_else(|| Val::text("")));
    }
}

fn put_boundary(c: &Call, of: &Identity, out: &mut Out) {
    let (kind, name) = of.named;
    let policy = json::val(c.q, "permissionsBoundary").unwrap_or(Val::Unknown);
    out.on(kind, text(c.q, name), Rank::Set).set(of.boundary, policy);
}

fn delete_boundary(c: &Call, of: &Identity, out: &mut Out) {
    let (kind, name) = of.named;
    out.on(kind, text(c.q, name), Rank::Removed).set(of.boundary, Val::text(""));
}

fn create_user(c: &Call, out: &mut Out) {
    let u = at(c.a, "user");
    if u.is_null() {
        out.gap("the answer tells no unique id");
    }
    out.create(Kind::User, text(u, "userName").or_else(|| text(c.q, "userName")))
        .text(user::UNIQUE_ID, u, "userId")
        .text(user::ARN, u, "arn")
        .set(user::PATH, text(u, "path").or_else(|| text(c.q, "path")).map(Val::Text))
        .text(user::PERMISSIONS_BOUNDARY, c.q, "permissionsBoundary")
        .reset(user::IAM_GROUPS)
        .reset(user::MFA_DEVICES)
        .reset(user::POLICIES)
        .reset(user::INLINE_POLICIES)
        .reset_tags()
        .tags(&born_tags(c, u));
}

/// A rename ends one name and begins another; what the user was can't be carried over without looking.
fn update_user(c: &Call, out: &mut Out) {
    let Some(new) = text(c.q, "newUserName") else {
        out.on(Kind::User, text(c.q, "userName"), Rank::Set).text(user::PATH, c.q, "newPath");
        return;
    };
    out.gap("a rename: the new name's policies and keys are not known");
    let old = text(c.q, "userName");
    out.create(Kind::User, Some(new)).set(user::RENAMED_FROM, old.clone().map(Val::Text));
    out.delete(Kind::User, old);
}

fn login(c: &Call, has: bool, out: &mut Out) {
    let rank = if has { Rank::Set } else { Rank::Removed };
    let name = text(c.q, "userName").or_else(|| text(c.a, "loginProfile.userName"));
    out.on(Kind::User, name, rank).set(user::LOGIN_PROFILE, Val::Bool(has));
}

fn create_key(c: &Call, out: &mut Out) {
    let k = at(c.a, "accessKey");
    out.create(Kind::AccessKey, text(k, "accessKeyId"))
        .set(access_key::USER, owner(c, k).map(Val::Text))
        .set(access_key::STATUS, text(k, "status").or(Some("Active".to_owned())).map(Val::Text));
}

/// Whose key: without a name it is the caller's own.
pub fn owner(c: &Call, key: &Value) -> Option<String> {
    let own =
        Some(c.event.principal.user_name.clone()).filter(|n| !n.is_empty() && c.event.principal.kind == "IAMUser");
    text(key, "userName").or_else(|| text(c.q, "userName")).or(own)
}

fn update_key(c: &Call, out: &mut Out) {
    out.on(Kind::AccessKey, text(c.q, "accessKeyId"), Rank::Set)
        .text(access_key::STATUS, c.q, "status")
        .set(access_key::USER, owner(c, c.q).map(Val::Text));
}

fn delete_key(c: &Call, out: &mut Out) {
    let id = text(c.q, "accessKeyId");
    out.on(Kind::AccessKey, id.clone(), Rank::Set).set(access_key::USER, owner(c, c.q).map(Val::Text));
    out.delete(Kind::AccessKey, id);
}

fn create_profile(c: &Call, out: &mut Out) {
    let p = at(c.a, "instanceProfile");
    out.create(Kind::InstanceProfile, text(p, "instanceProfileName").or_else(|| text(c.q, "instanceProfileName")))
        .text(instance_profile::UNIQUE_ID, p, "instanceProfileId")
        .text(instance_profile::ARN, p, "arn")
        .replace(instance_profile::ROLES, &texts(p, "roles", "roleName"))
        .reset_tags()
        .tags(&born_tags(c, p));
}

fn add_role(c: &Call, out: &mut Out) {
    let role = text(c.q, "roleName").unwrap_or_default();
    out.on(Kind::InstanceProfile, text(c.q, "instanceProfileName"), Rank::Set).element(
        instance_profile::ROLES,
        &role,
        Val::text(""),
    );
}

fn remove_role(c: &Call, out: &mut Out) {
    let role = text(c.q, "roleName").unwrap_or_default();
    out.on(Kind::InstanceProfile, text(c.q, "instanceProfileName"), Rank::Removed)
        .remove(instance_profile::ROLES, &role);
}

fn attach(c: &Call, of: &Identity, out: &mut Out) {
    let (kind, name) = of.named;
    let arn = text(c.q, "policyArn").unwrap_or_default();
    out.on(kind, text(c.q, name), Rank::Set).element(of.policies, &arn, Val::text(""));
}

fn detach(c: &Call, of: &Identity, out: &mut Out) {
    let (kind, name) = of.named;
    let arn = text(c.q, "policyArn").unwrap_or_default();
    out.on(kind, text(c.q, name), Rank::Removed).remove(of.policies, &arn);
}

fn put_inline(c: &Call, of: &Identity, out: &mut Out) {
    let (kind, name) = of.named;
    let policy = text(c.q, "policyName").unwrap_or_default();
    let text_of = document(c.q, "policyDocument").unwrap_or(Val::Unknown);
    out.on(kind, text(c.q, name), Rank::Set).element(of.inline_policies, &policy, text_of);
}

fn delete_inline(c: &Call, of: &Identity, out: &mut Out) {
    let (kind, name) = of.named;
    let policy = text(c.q, "policyName").unwrap_or_default();
    out.on(kind, text(c.q, name), Rank::Removed).remove(of.inline_policies, &policy);
}

fn tag(c: &Call, (kind, name): Named, out: &mut Out) {
    out.on(kind, text(c.q, name), Rank::Set).tags(&items(c.q, "tags"));
}

fn untag(c: &Call, (kind, name): Named, out: &mut Out) {
    let mut on = out.on(kind, text(c.q, name), Rank::Removed);
    for key in texts(c.q, "tagKeys", "key") {
        on.remove_tag(&key);
    }
}
