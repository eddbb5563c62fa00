//! What a user has besides policies and keys: groups and MFA devices.

use super::effect::{Call, Out, Row};
use super::iam::owner;
use super::json::text;
use crate::domain::assets::List;
use crate::domain::assets::account::account;
use crate::domain::assets::iam::user;
use crate::domain::graph::{Kind, Rank, Val};

pub const ROWS: &[Row] = &[
    ("AddUserToGroup", join),
    ("RemoveUserFromGroup", leave),
    ("EnableMFADevice", enable_mfa),
    ("DeactivateMFADevice", deactivate_mfa),
];

/// How a request names the account's root, which is no user of IAM.
const ROOT_NAME: &str = "AWS ROOT USER";

fn join(c: &Call, out: &mut Out) {
    let group = text(c.q, "groupName").unwrap_or_default();
    out.on(Kind::User, text(c.q, "userName"), Rank::Set).element(user::IAM_GROUPS, &group, Val::text(""));
}

fn leave(c: &Call, out: &mut Out) {
    let group = text(c.q, "groupName").unwrap_or_default();
    out.on(Kind::User, text(c.q, "userName"), Rank::Removed).remove(user::IAM_GROUPS, &group);
}

/// Whose device, and the list it is in. Without a name it is the caller's own; root's is the account's.
fn holder(c: &Call, out: &Out) -> (Kind, Option<String>, List) {
    let named = text(c.q, "userName");
    let root = named.as_deref().map_or(c.event.principal.kind == "Root", |n| n == ROOT_NAME);
    if root {
        return (Kind::Account, Some(out.account().to_owned()), account::ROOT_MFA_DEVICES);
    }
    (Kind::User, owner(c, c.q), user::MFA_DEVICES)
}

fn enable_mfa(c: &Call, out: &mut Out) {
    let (kind, name, list) = holder(c, out);
    let device = text(c.q, "serialNumber").unwrap_or_default();
    out.on(kind, name, Rank::Set).element(list, &device, Val::text(""));
}

fn deactivate_mfa(c: &Call, out: &mut Out) {
    let (kind, name, list) = holder(c, out);
    let device = text(c.q, "serialNumber").unwrap_or_default();
    out.on(kind, name, Rank::Removed).remove(list, &device);
}
