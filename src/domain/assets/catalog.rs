//! What is declared of every kind, by kind.

use super::declaration::{AssetDeclaration, Scope};
use super::fact::{FactDeclaration, FactId, Field, List, Reference, Shape};
use super::kind::{Kind, for_each_kind};

macro_rules! declarations {
    ($($code:literal $kind:ident $service:ident::$resource:ident,)*) => {
        impl Kind {
            /// The kind's declaration.
            pub const fn declaration(self) -> &'static AssetDeclaration {
                match self { $(Kind::$kind => &super::$service::$resource::ASSET,)* }
            }
        }

        /// The facts that every kind has, of this kind.
        const fn common(kind: Kind) -> &'static [FactDeclaration] {
            match kind {
                $(Kind::$kind => {
                    const FACTS: &[FactDeclaration] = &of_every_kind(Kind::$kind);
                    FACTS
                })*
            }
        }
    };
}

for_each_kind!(declarations);

/// The code of [`Kind::region`] in every kind.
const REGION: u8 = 1;
/// The code of [`Kind::tags`] in every kind.
const TAGS: u8 = 2;

const fn of_every_kind(kind: Kind) -> [FactDeclaration; 2] {
    let reference: Option<Reference> = None;
    [
        FactDeclaration {
            id: FactId { kind, code: REGION },
            name: "region",
            shape: Shape::Text,
            reference,
            uses: &[],
            doc: "The region that the asset is in.",
        },
        FactDeclaration {
            id: FactId { kind, code: TAGS },
            name: "tags",
            shape: Shape::Map,
            reference,
            uses: &[],
            doc: "The asset's tags: values by key.",
        },
    ]
}

impl Kind {
    /// As on the wire and in `--kind`.
    pub fn text(self) -> &'static str {
        self.declaration().text
    }

    /// The prefix of ids that AWS gives to this kind; empty where it gives none.
    pub fn id_prefix(self) -> &'static str {
        self.declaration().id_prefix
    }

    /// The kind of this name.
    pub fn from_text(text: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|k| k.text() == text)
    }

    /// The kind of an id by its prefix: `i-…`, `sg-…`. The longest prefix wins (`eni-attach-` before `eni-`).
    pub fn of_id(id: &str) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .filter(|k| !k.id_prefix().is_empty() && id.starts_with(k.id_prefix()))
            .max_by_key(|k| k.id_prefix().len())
    }

    /// Whether assets of this kind are in a region. IAM has none, and a bucket's region is not the record's.
    pub fn is_regional(self) -> bool {
        self.declaration().scope == Scope::Regional
    }

    /// All facts of the kind: those that every kind has, then its own.
    pub fn facts(self) -> impl Iterator<Item = &'static FactDeclaration> {
        common(self).iter().chain(self.declaration().facts)
    }

    /// The fact of this name.
    pub fn fact(self, name: &str) -> Option<FactId> {
        self.facts().find(|f| f.name == name).map(|f| f.id)
    }

    /// The region of an asset of this kind.
    pub const fn region(self) -> Field {
        Field::declared(self, REGION)
    }

    /// The tags of an asset of this kind.
    pub const fn tags(self) -> List {
        List::declared(self, TAGS)
    }

    /// The facts of this kind that name assets of another kind.
    pub fn references(self) -> impl Iterator<Item = (FactId, Reference)> {
        self.declaration().facts.iter().filter_map(|f| f.reference.map(|r| (f.id, r)))
    }

    /// The field by which an asset of this kind names one of another kind. `None`: it has no such field.
    pub fn field_to(self, to: Kind) -> Option<FactId> {
        let facts = self.declaration().facts.iter();
        facts.filter(|f| !f.shape.is_list()).find(|f| f.reference.is_some_and(|r| r.to == to)).map(|f| f.id)
    }
}
