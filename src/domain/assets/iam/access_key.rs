//! Access keys of IAM users.

use serde_json::Value;

use crate::asset;
use crate::domain::effects::json::{at, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An access key.
    AccessKey "access_key", Unique, id "", arn "";
    unseen until USER "its user is unknown";
    facts {
        /// The user that it belongs to.
        10 USER: Text "user" -> User as "belongs_to";
        /// `Active` or `Inactive`.
        11 STATUS: Text "status" [Summary];
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] =
    &[("CreateAccessKey", create_key), ("UpdateAccessKey", update_key), ("DeleteAccessKey", delete_key)];

fn create_key(c: &Call, out: &mut Writes) {
    let k = at(c.response, "accessKey");
    out.create(Kind::AccessKey, text(k, "accessKeyId"))
        .set(USER, owner(c, k).map(Val::Text))
        .set(STATUS, text(k, "status").or(Some("Active".to_owned())).map(Val::Text));
}

/// Whose key: without a name it is the caller's own.
pub fn owner(c: &Call, key: &Value) -> Option<String> {
    let own =
        Some(c.event.principal.user_name.clone()).filter(|n| !n.is_empty() && c.event.principal.kind == "IAMUser");
    text(key, "userName").or_else(|| text(c.request, "userName")).or(own)
}

fn update_key(c: &Call, out: &mut Writes) {
    out.asset(Kind::AccessKey, text(c.request, "accessKeyId"), Rank::Set)
        .text(STATUS, c.request, "status")
        .set(USER, owner(c, c.request).map(Val::Text));
}

fn delete_key(c: &Call, out: &mut Writes) {
    let id = text(c.request, "accessKeyId");
    out.asset(Kind::AccessKey, id.clone(), Rank::Set).set(USER, owner(c, c.request).map(Val::Text));
    out.delete(Kind::AccessKey, id);
}
