//! An asset as it was at a time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::life::Life;
use super::provenance::Provenance;
use super::write::Val;
use crate::domain::assets::{FactId, Field, List};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub value: Val,
    pub by: Provenance,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// `None`: removed.
    pub value: Option<Val>,
    pub by: Provenance,
}

/// An asset as it was at a time, by its own writes alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AssetState {
    pub exists: bool,
    /// No creation was seen: it is there since its first sign of life.
    pub inferred: bool,
    pub since: Option<Provenance>,
    pub ended: Option<Provenance>,
    pub fields: BTreeMap<FactId, Attribute>,
    /// Present elements only. A list that is known to be empty is there and empty.
    pub lists: BTreeMap<FactId, BTreeMap<String, Element>>,
    /// The newest replacement of each list that was replaced as a whole in this life.
    pub resets: BTreeMap<FactId, Provenance>,
    /// Reading stopped at a limit, so that some of this may be missing or out of date.
    pub stopped: bool,
}

impl AssetState {
    /// A state without facts yet.
    pub fn of(life: Life, first: Provenance) -> AssetState {
        AssetState {
            exists: life.exists,
            inferred: life.start.is_none(),
            since: life.start.or(life.after).or(Some(first)),
            ended: life.ended,
            ..AssetState::default()
        }
    }

    /// The field with its source. `None`: it was never set in this life of the asset.
    pub fn field(&self, field: Field) -> Option<&Attribute> {
        self.fields.get(&field.id())
    }

    /// The field's text. `None`: it was never set, or is unknown.
    pub fn text(&self, field: impl Into<FactId>) -> Option<&str> {
        self.fields.get(&field.into()).and_then(|a| a.value.as_text())
    }

    /// Whether the field is known to be true.
    pub fn is(&self, field: Field) -> bool {
        self.field(field).is_some_and(|a| a.value == Val::Bool(true))
    }

    /// The elements that are present. `None`: nothing is known of the list.
    pub fn list(&self, list: List) -> Option<&BTreeMap<String, Element>> {
        self.lists.get(&list.id())
    }

    /// The elements that are present; none where nothing is known of the list.
    pub fn elements(&self, list: List) -> impl Iterator<Item = (&String, &Element)> {
        self.list(list).into_iter().flatten()
    }

    /// One present element.
    pub fn element(&self, list: List, key: &str) -> Option<&Element> {
        self.list(list)?.get(key)
    }

    /// A fact of this name with its value, for texts and tests that name facts as people do.
    pub fn named(&self, field: &str) -> Option<&Attribute> {
        self.fields.iter().find(|(id, _)| id.name() == field).map(|(_, a)| a)
    }

    /// The text of the fact of this name, for texts and tests that name facts as people do.
    pub fn named_text(&self, field: &str) -> Option<&str> {
        self.named(field).and_then(|a| a.value.as_text())
    }

    /// A list of this name, for texts and tests that name facts as people do.
    pub fn named_list(&self, list: &str) -> Option<&BTreeMap<String, Element>> {
        self.lists.iter().find(|(id, _)| id.name() == list).map(|(_, l)| l)
    }
}
