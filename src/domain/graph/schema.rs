//! What a write refers to: derived from the declarations are the reverse index and the edges.

use serde::{Deserialize, Serialize};

use super::kind::AssetId;
use super::write::{Fact, Val, Write};
use crate::domain::assets::{FactId, Kind, Use};

impl AssetId {
    /// How the reverse index names this asset within its account.
    pub fn token(&self) -> String {
        format!("{}/{}", self.kind.text(), self.name)
    }
}

/// Something that can be asked about: an asset, by its token, or who bears a unique id (`uid/AROA…`) or an address (`ip/10.0.1.10`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    pub account: String,
    pub token: String,
}

impl Subject {
    pub fn of(asset: &AssetId) -> Subject {
        Subject { account: asset.account.clone(), token: asset.token() }
    }

    /// What a write is about: its asset, and all that it points at.
    pub fn all(write: &Write) -> impl Iterator<Item = Subject> {
        let account = write.asset.account.clone();
        let pointed = tokens(&write.fact).into_iter();
        std::iter::once(write.asset.token())
            .chain(pointed)
            .map(move |token| Subject { account: account.clone(), token })
    }
}

/// How the reverse index names whatever has this name beside its id.
pub(super) fn alias(kind: Kind, name: &str) -> String {
    format!("{}/name/{name}", kind.text())
}

/// The tokens that a write points at: referenced assets, its unique id, its private and public addresses.
pub fn tokens(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Set { field, value: Val::Text(value) } => reference_keys(*field, value),
        Fact::Element { list, key, value: Some(_) } => reference_keys(*list, key),
        _ => Vec::new(),
    }
}

/// The keys under which a fact with this value, or with an element of this key, is found.
pub fn reference_keys(fact: FactId, value: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let Some(declared) = fact.declaration() else { return tokens };
    tokens.extend(declared.reference.map(|r| format!("{}/{value}", r.to.text())));
    for used in declared.uses {
        match used {
            Use::UniqueId => tokens.push(format!("uid/{value}")),
            Use::Ip => tokens.push(format!("ip/{value}")),
            Use::Alias => tokens.push(alias(fact.kind, value)),
            Use::Internal | Use::Summary => {}
        }
    }
    tokens
}
