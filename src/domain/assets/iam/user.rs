//! IAM users.

use crate::asset;
use crate::domain::assets::List;
use crate::domain::assets::account::account;
use crate::domain::assets::iam::access_key;
use crate::domain::assets::iam::identity::{self, Identity};
use crate::domain::effects::json::{at, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An IAM user.
    User "user", Global, id "", arn "arn:{partition}:iam::{account}:user/{name}";
    unseen until UNIQUE_ID "policies from before its first sign of life are unknown";
    facts {
        /// The unique id (`AIDA…`).
        10 UNIQUE_ID: Text "unique_id" [UniqueId];
        /// The ARN, with its path.
        11 ARN: Text "arn";
        /// The path.
        12 PATH: Text "path";
        /// The policy that bounds its permissions.
        13 PERMISSIONS_BOUNDARY: Text "permissions_boundary";
        /// The groups that it is in.
        14 IAM_GROUPS: Set "iam_groups";
        /// The MFA devices, by serial number.
        15 MFA_DEVICES: Set "mfa_devices";
        /// The attached managed policies, by ARN.
        16 POLICIES: Set "policies";
        /// The inline policies: documents by name.
        17 INLINE_POLICIES: Map "inline_policies";
        /// The name that it had before.
        18 RENAMED_FROM: Text "renamed_from";
        /// Whether it has a password for the console.
        19 LOGIN_PROFILE: Flag "login_profile";
    }
}

/// How calls about policies name it, and the facts that they change.
const IDENTITY: Identity = Identity {
    named: identity::USER,
    boundary: PERMISSIONS_BOUNDARY,
    policies: POLICIES,
    inline_policies: INLINE_POLICIES,
};

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AddUserToGroup", join),
    ("RemoveUserFromGroup", leave),
    ("EnableMFADevice", enable_mfa),
    ("DeactivateMFADevice", deactivate_mfa),
    ("CreateUser", create_user),
    ("DeleteUser", |c, out| out.delete(Kind::User, text(c.request, "userName"))),
    ("UpdateUser", update_user),
    ("PutUserPermissionsBoundary", |c, out| identity::put_boundary(c, &IDENTITY, out)),
    ("DeleteUserPermissionsBoundary", |c, out| identity::delete_boundary(c, &IDENTITY, out)),
    ("CreateLoginProfile", |c, out| login(c, true, out)),
    // Another password: there is one.
    ("UpdateLoginProfile", |c, out| login(c, true, out)),
    ("DeleteLoginProfile", |c, out| login(c, false, out)),
    ("AttachUserPolicy", |c, out| identity::attach(c, &IDENTITY, out)),
    ("DetachUserPolicy", |c, out| identity::detach(c, &IDENTITY, out)),
    ("PutUserPolicy", |c, out| identity::put_inline(c, &IDENTITY, out)),
    ("DeleteUserPolicy", |c, out| identity::delete_inline(c, &IDENTITY, out)),
    ("TagUser", |c, out| identity::tag(c, identity::USER, out)),
    ("UntagUser", |c, out| identity::untag(c, identity::USER, out)),
];

/// How a request names the account's root, which is no user of IAM.
const ROOT_NAME: &str = "AWS ROOT USER";

fn join(c: &Call, out: &mut Writes) {
    let group = text(c.request, "groupName").unwrap_or_default();
    out.asset(Kind::User, text(c.request, "userName"), Rank::Set).element(IAM_GROUPS, &group, Val::text(""));
}

fn leave(c: &Call, out: &mut Writes) {
    let group = text(c.request, "groupName").unwrap_or_default();
    out.asset(Kind::User, text(c.request, "userName"), Rank::Removed).remove(IAM_GROUPS, &group);
}

/// Whose device, and the list it is in. Without a name it is the caller's own; root's is the account's.
fn holder(c: &Call, out: &Writes) -> (Kind, Option<String>, List) {
    let named = text(c.request, "userName");
    let root = named.as_deref().map_or(c.event.principal.kind == "Root", |n| n == ROOT_NAME);
    if root {
        return (Kind::Account, Some(out.account().to_owned()), account::ROOT_MFA_DEVICES);
    }
    (Kind::User, access_key::owner(c, c.request), MFA_DEVICES)
}

fn enable_mfa(c: &Call, out: &mut Writes) {
    let (kind, name, list) = holder(c, out);
    let device = text(c.request, "serialNumber").unwrap_or_default();
    out.asset(kind, name, Rank::Set).element(list, &device, Val::text(""));
}

fn deactivate_mfa(c: &Call, out: &mut Writes) {
    let (kind, name, list) = holder(c, out);
    let device = text(c.request, "serialNumber").unwrap_or_default();
    out.asset(kind, name, Rank::Removed).remove(list, &device);
}

fn create_user(c: &Call, out: &mut Writes) {
    let u = at(c.response, "user");
    if u.is_null() {
        out.gap("the answer tells no unique id");
    }
    out.create(Kind::User, text(u, "userName").or_else(|| text(c.request, "userName")))
        .text(UNIQUE_ID, u, "userId")
        .text(ARN, u, "arn")
        .set(PATH, text(u, "path").or_else(|| text(c.request, "path")).map(Val::Text))
        .text(PERMISSIONS_BOUNDARY, c.request, "permissionsBoundary")
        .reset(IAM_GROUPS)
        .reset(MFA_DEVICES)
        .reset(POLICIES)
        .reset(INLINE_POLICIES)
        .reset_tags()
        .tags(&identity::initial_tags(c, u));
}

/// A rename ends one name and begins another; what the user was can't be carried over without looking.
fn update_user(c: &Call, out: &mut Writes) {
    let Some(new) = text(c.request, "newUserName") else {
        out.asset(Kind::User, text(c.request, "userName"), Rank::Set).text(PATH, c.request, "newPath");
        return;
    };
    out.gap("a rename: the new name's policies and keys are not known");
    let old = text(c.request, "userName");
    out.create(Kind::User, Some(new)).set(RENAMED_FROM, old.clone().map(Val::Text));
    out.delete(Kind::User, old);
}

fn login(c: &Call, has: bool, out: &mut Writes) {
    let rank = if has { Rank::Set } else { Rank::Removed };
    let name = text(c.request, "userName").or_else(|| text(c.response, "loginProfile.userName"));
    out.asset(Kind::User, name, rank).set(LOGIN_PROFILE, Val::Bool(has));
}
