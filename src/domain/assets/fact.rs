//! The facts of an asset as items with names: a misspelt one does not compile.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::kind::Kind;

/// One declared fact of one kind of asset. The code is stored and never reused within its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId {
    pub kind: Kind,
    pub code: u8,
}

/// The fact's name where people read it, its kind and code elsewhere.
impl Serialize for FactId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.serialize_str(self.name()) } else { (self.kind, self.code).serialize(to) }
    }
}

/// A name alone does not tell the kind, so facts are only read back from kind and code.
impl<'de> Deserialize<'de> for FactId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<FactId, D::Error> {
        if from.is_human_readable() {
            return Err(D::Error::custom("a fact's name does not tell its kind"));
        }
        let (kind, code) = Deserialize::deserialize(from)?;
        Ok(FactId { kind, code })
    }
}

/// A fact with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(FactId);

/// A fact with any number of elements, each under a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List(FactId);

impl Field {
    /// For declarations only: [`asset!`](crate::asset) calls it.
    pub const fn declared(kind: Kind, code: u8) -> Field {
        Field(FactId { kind, code })
    }

    pub const fn id(self) -> FactId {
        self.0
    }
}

impl List {
    /// For declarations only: [`asset!`](crate::asset) calls it.
    pub const fn declared(kind: Kind, code: u8) -> List {
        List(FactId { kind, code })
    }

    pub const fn id(self) -> FactId {
        self.0
    }
}

impl From<Field> for FactId {
    fn from(field: Field) -> FactId {
        field.0
    }
}

impl From<List> for FactId {
    fn from(list: List) -> FactId {
        list.0
    }
}

/// How a fact holds its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One text.
    Text,
    /// One boolean.
    Flag,
    /// One whole number.
    Int,
    /// Keys without values.
    Set,
    /// A text under each key.
    Map,
    /// A boolean under each key.
    FlagMap,
}

impl Shape {
    /// Whether the fact has elements.
    pub const fn is_list(self) -> bool {
        matches!(self, Shape::Set | Shape::Map | Shape::FlagMap)
    }
}

/// A fact that names other assets of the same account: by the text of a field, or by the keys of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name of the edge.
    pub relation: &'static str,
    pub to: Kind,
}

/// What a fact is used for beside being shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Read together with other facts; the result is shown instead.
    Internal,
    /// Part of the one line that sums up the asset.
    Summary,
    /// A unique id (`AROA…`) by which the asset is found.
    UniqueId,
    /// An IP address by which the asset is found.
    Ip,
    /// A name, beside the asset's own, by which the asset is found.
    Alias,
}

/// The declaration of one fact.
#[derive(Clone, Copy, Debug)]
pub struct FactDeclaration {
    pub id: FactId,
    /// As on the wire.
    pub name: &'static str,
    pub shape: Shape,
    pub reference: Option<Reference>,
    pub uses: &'static [Use],
    /// One line of documentation.
    pub doc: &'static str,
}

impl FactDeclaration {
    pub fn is(&self, what: Use) -> bool {
        self.uses.contains(&what)
    }
}

impl FactId {
    /// The fact's declaration. `None`: a code that nothing declares, read from a newer state.
    pub fn declaration(self) -> Option<&'static FactDeclaration> {
        self.kind.facts().find(|f| f.id.code == self.code)
    }

    /// As on the wire; empty for a code that nothing declares.
    pub fn name(self) -> &'static str {
        self.declaration().map_or("", |d| d.name)
    }
}
