//! How an asset is named.

use serde::{Deserialize, Serialize};

use crate::domain::assets::{Kind, Scope};

/// An asset: account, kind, and its name within the kind.
///
/// The name is AWS's id where there is one (`i-…`), the ARN for load balancers and target groups (version 2), `region/name` for Auto
/// Scaling groups and classic load balancers, the plain name for IAM things and buckets, the region's name for a region, and the account's id for an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AssetId {
    pub account: String,
    pub kind: Kind,
    pub name: String,
}

impl AssetId {
    pub fn new(account: impl Into<String>, kind: Kind, name: impl Into<String>) -> AssetId {
        AssetId { account: account.into(), kind, name: name.into() }
    }

    /// As on the wire: AWS's own id, ARN or bucket name where that is unique in itself; else `account/kind/name`.
    pub fn text(&self) -> String {
        let declared = self.kind.declaration();
        if !declared.id_prefix.is_empty() || declared.scope == Scope::Unique || self.name.starts_with("arn:") {
            self.name.clone()
        } else {
            format!("{}/{}/{}", self.account, declared.text, self.name)
        }
    }

    /// The ARN that follows from the id; empty where none does, as for access keys.
    pub fn arn(&self, partition: &str, region: &str) -> String {
        let arn = self.kind.declaration().arn;
        let named = arn.replace("{partition}", partition).replace("{region}", region);
        named.replace("{account}", &self.account).replace("{name}", &self.name)
    }
}
