//! The declarations of assets, held against the fixtures: each fact is written by some call, in the shape that it declares. The
//! documents that derive from them are kept current; `BLESS=1` writes them again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use trailgraph::domain::assets::{FactDeclaration, FactId, Kind, Scope, Shape, Use};
use trailgraph::domain::effects::{calls, effects};
use trailgraph::domain::graph::{Fact, Val, Write};

use crate::fixtures::Fixture;

/// Codes that a kind once had, as (kind, code): never declared again.
const RETIRED: [(u8, u8); 0] = [];

fn all_facts() -> impl Iterator<Item = &'static FactDeclaration> {
    Kind::ALL.iter().flat_map(|k| k.declaration().facts)
}

fn fixture_writes() -> Vec<Write> {
    Fixture::all("trail").iter().flat_map(|f| effects(&f.trail()).0).collect()
}

/// The fact that a write is about, with its value. `None`: it says that the asset exists, ended or was seen.
fn written(write: &Write) -> Option<(FactId, Option<&Val>)> {
    match &write.fact {
        Fact::Set { field, value } => Some((*field, Some(value))),
        Fact::Element { list, value, .. } => Some((*list, value.as_ref())),
        Fact::Reset { list } => Some((*list, None)),
        Fact::Exists(_) | Fact::Seen => None,
    }
}

#[test]
fn names_and_codes_of_a_kind_are_its_own_and_no_retired_code_comes_again() {
    for kind in Kind::ALL {
        let (mut names, mut codes) = (BTreeSet::new(), BTreeSet::new());
        for fact in kind.facts() {
            assert!(names.insert(fact.name), "{} {}: the name is there twice", kind.text(), fact.name);
            assert!(codes.insert(fact.id.code), "{} {}: the code is there twice", kind.text(), fact.name);
            assert_eq!(fact.id.kind, *kind, "{}", fact.name);
            assert_eq!(kind.fact(fact.name), Some(fact.id));
            assert!(!RETIRED.contains(&(*kind as u8, fact.id.code)), "{} {}: retired", kind.text(), fact.name);
        }
    }
}

#[test]
fn every_declared_fact_is_written_by_some_call() {
    let writes = fixture_writes();
    let known: BTreeSet<FactId> = writes.iter().filter_map(|w| Some(written(w)?.0)).collect();
    let missing: Vec<String> =
        all_facts().filter(|f| !known.contains(&f.id)).map(|f| format!("{} {}", f.id.kind.text(), f.name)).collect();
    assert_eq!(missing, Vec::<String>::new(), "declared, and written by no fixture");
}

#[test]
fn a_write_has_the_kind_and_the_shape_of_its_declaration() {
    for write in fixture_writes() {
        let Some((id, value)) = written(&write) else { continue };
        let declared = id.declaration().unwrap();
        let name = declared.name;
        assert_eq!(id.kind, write.asset.kind, "{name}");
        assert_eq!(declared.shape.is_list(), !matches!(write.fact, Fact::Set { .. }), "{name}");
        let fits = match (declared.shape, value) {
            (_, None | Some(Val::Unknown)) => true,
            (Shape::Text | Shape::Map, Some(Val::Text(_))) => true,
            (Shape::Flag | Shape::FlagMap, Some(Val::Bool(_))) => true,
            (Shape::Int | Shape::Map, Some(Val::Int(_))) => true,
            (Shape::Set, Some(value)) => *value == Val::text(""),
            _ => false,
        };
        assert!(fits, "{} {name}: {value:?} is no {:?}", write.asset.kind.text(), declared.shape);
    }
}

/// What AWS names and where it is shown: `docs/assets.md`.
fn assets_document() -> String {
    let mut text = "# Assets\n\nThe kinds of assets, their facts, and the assets that facts refer to. Generated from the declarations in \
                    `src/domain/assets`.\n\nEvery kind also has `tags`, and every regional kind has `region`.\n"
        .to_owned();
    for kind in Kind::ALL {
        let of = kind.declaration();
        let scope = match of.scope {
            Scope::Regional => "Regional",
            Scope::Global => "Without a region",
            Scope::Unique => "Without a region; its name is unique in itself",
        };
        write!(text, "\n## {}\n\n{} {scope}.", of.text, of.doc.trim()).unwrap();
        if !of.id_prefix.is_empty() {
            write!(text, " Its id begins with `{}`.", of.id_prefix).unwrap();
        }
        if let Some(unseen) = of.unseen {
            write!(text, " If its creation was not seen, {}.", unseen.text).unwrap();
        }
        text.push_str("\n\n");
        if of.facts.is_empty() {
            continue;
        }
        text.push_str("| fact | holds | meaning |\n|---|---|---|\n");
        for fact in of.facts {
            let holds = match fact.shape {
                Shape::Text => "text",
                Shape::Flag => "true or false",
                Shape::Int => "a whole number",
                Shape::Set => "keys",
                Shape::Map => "texts by key",
                Shape::FlagMap => "true or false by key",
            };
            let edge = fact.reference.map_or_else(String::new, |r| format!(" {} → {}.", r.relation, r.to.text()));
            let hidden = if fact.is(Use::Internal) { " Internal: shown only in its result." } else { "" };
            writeln!(text, "| `{}` | {holds} | {}{edge}{hidden} |", fact.name, fact.doc.trim()).unwrap();
        }
    }
    text
}

/// The calls that are followed, each with the facts that its fixtures write: `docs/calls.md`.
fn calls_document() -> String {
    let mut facts: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for event in Fixture::all("trail").iter().map(Fixture::trail) {
        let of = facts.entry((event.source.clone(), event.name.clone())).or_default();
        for write in effects(&event).0 {
            let kind = write.asset.kind.text();
            match &write.fact {
                Fact::Exists(true) => _ = of.insert(format!("{kind} exists")),
                Fact::Exists(false) => _ = of.insert(format!("{kind} ends")),
                Fact::Seen => {}
                _ => of.extend(
                    written(&write)
                        .filter(|(id, _)| id.name() != "region")
                        .map(|(id, _)| format!("{kind}.{}", id.name())),
                ),
            }
        }
    }
    let mut text =
        "# Calls\n\nThe API calls that change the graph, with the facts that each writes. A call that failed writes \
                    nothing. Generated from the fixtures in `tests/fixtures/trail`.\n"
            .to_owned();
    let mut service = "";
    let mut rows: Vec<(&str, &str)> = calls().collect();
    rows.sort_unstable();
    for (source, name) in rows {
        if source != service {
            service = source;
            write!(text, "\n## {source}\n\n| call | facts |\n|---|---|\n").unwrap();
        }
        let written = facts.get(&(source.to_owned(), name.to_owned())).into_iter().flatten();
        let written: Vec<String> = written.map(|f| format!("`{f}`")).collect();
        writeln!(text, "| `{name}` | {} |", written.join(", ")).unwrap();
    }
    text
}

#[test]
fn the_documents_say_what_is_declared() {
    for (name, text) in [("assets.md", assets_document()), ("calls.md", calls_document())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let is = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(is == text, "docs/{name} is not current (BLESS=1 writes it)");
    }
}
