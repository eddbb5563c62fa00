//! The house rules that no compiler checks: who may use whom, what the pure parts may not name, how long a file may get, and that
//! the map shows what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Layers from the ground up. Each uses itself and those before it, never one after it.
const LAYERS: [&str; 5] = ["domain", "wire", "engine", "stages", "runtime"];
/// Layers in which the same input must give the same output.
const PURE: [&str; 4] = ["domain", "wire", "engine", "stages"];
/// Words that would let time, chance, or the world into a pure layer.
/// Addresses (`std::net::IpAddr`) are values, sockets are not.
const IMPURE: [&str; 17] = [
    "SystemTime",
    "Instant",
    "HashMap",
    "HashSet",
    "std::env",
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::thread",
    "tokio",
    "rdkafka",
    "rocksdb",
    "println!",
    "async fn",
];
const LINES_MAX: usize = 600;

struct Source {
    /// `src/domain/time.rs`
    path: String,
    text: String,
}

impl Source {
    fn layer(&self) -> Option<usize> {
        let inside = self.path.strip_prefix("src/")?;
        LAYERS.iter().position(|s| inside.starts_with(&format!("{s}/")) || inside == format!("{s}.rs"))
    }

    /// Lines that are code, numbered, with what follows `//` cut off. A `//` in a string cuts too much, never too little of a `use`.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(n, l)| (n + 1, l.split("//").next().unwrap_or("")))
    }

    /// The same without what only tests see: everything from `#[cfg(test)]` on, which stands at the end of a file.
    fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests_only = self.path.ends_with("tests.rs") || self.path.contains("/tests/");
        self.code().take_while(move |(_, l)| !tests_only && l.trim() != "#[cfg(test)]")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> =
        ["src", "tests", "benches"].iter().map(|d| root().join(d)).filter(|d| d.is_dir()).collect();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source { path: name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 10, "the walk found next to nothing");
    found
}

fn report(what: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{what}:\n  {}", broken.join("\n  "));
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Whether `word` stands in `line` on its own, not as part of a longer name.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !is_word(line[..at].chars().next_back()) && !is_word(line[at + word.len()..].chars().next()))
}

/// The layers a line names behind `crate::`, `crate::{a, b}` included.
fn used(line: &str) -> Vec<usize> {
    let named = |s: &&str| {
        line.match_indices("crate::").any(|(at, found)| {
            let rest = &line[at + found.len()..];
            match rest.strip_prefix('{') {
                Some(list) => list.split([',', '}']).any(|item| item.trim().split("::").next() == Some(*s)),
                None => rest.starts_with(*s) && !is_word(rest[s.len()..].chars().next()),
            }
        })
    };
    LAYERS.iter().enumerate().filter(|(_, s)| named(s)).map(|(i, _)| i).collect()
}

#[test]
fn nobody_uses_what_is_above() {
    let mut broken = Vec::new();
    for source in sources() {
        let Some(own) = source.layer() else { continue };
        for (n, line) in source.code() {
            for other in used(line).into_iter().filter(|other| *other > own) {
                broken.push(format!("{}:{n}: {} uses {}", source.path, LAYERS[own], LAYERS[other]));
            }
        }
    }
    report("a layer uses one above it", broken);
}

#[test]
fn the_rule_sees_every_form_of_use() {
    let engine = 2;
    for line in [
        "use crate::engine::record::Record;",
        "    crate::engine::run()",
        "use crate::{domain::time::Time, engine};",
        "pub use crate::engine;",
    ] {
        assert!(used(line).contains(&engine), "{line}");
    }
    for line in
        ["use crate::domain::engine_room;", "use crate::engines::x;", "use super::engine;", "use other::engine;"]
    {
        assert!(!used(line).contains(&engine), "{line}");
    }
}

#[test]
fn pure_layers_name_nothing_impure() {
    let mut broken = Vec::new();
    for source in sources() {
        let pure = source.layer().is_some_and(|s| PURE.contains(&LAYERS[s]));
        if !pure {
            continue;
        }
        for (n, line) in source.shipped() {
            for word in IMPURE.iter().filter(|w| names(line, w)) {
                broken.push(format!("{}:{n}: {word}", source.path));
            }
        }
    }
    report("time, chance or the world in a pure layer", broken);
}

/// `wire::state` of `src/wire/state/mod.rs`; the crate's root is empty.
fn module(path: &str) -> String {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    match inside {
        "lib" => String::new(),
        inside => inside.trim_end_matches("/mod").replace('/', "::"),
    }
}

/// The paths of a `use` tree: `a::{b, c::d}` is two.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, list)) = tree.strip_suffix('}').and_then(|tree| tree.split_once('{')) else {
        return vec![tree.split(" as ").next().unwrap_or("").trim().to_owned()];
    };
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        items.last_mut().unwrap().push(c);
    }
    let items = items.iter().filter(|item| !item.trim().is_empty());
    items.flat_map(|item| paths(item)).map(|path| format!("{before}{path}")).collect()
}

/// What a module's text imports of this crate, as paths from its root.
fn imports(module: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in text.match_indices("use ") {
        if is_word(text[..at].chars().next_back()) {
            continue;
        }
        let Some((tree, _)) = text[at + word.len()..].split_once(';') else { continue };
        for path in paths(tree) {
            let mut base: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
            let mut parts: Vec<&str> = path.split("::").map(str::trim).collect();
            match parts.first() {
                Some(&"crate") => base.clear(),
                Some(&"self" | &"super") => {}
                _ => continue,
            }
            while let Some(first @ ("crate" | "self" | "super")) = parts.first().copied() {
                if first == "super" {
                    base.pop();
                }
                parts.remove(0);
            }
            found.push([base, parts].concat().join("::"));
        }
    }
    found
}

#[test]
fn no_two_files_import_each_other() {
    let shipped = |s: &Source| s.shipped().map(|(_, line)| format!("{line}\n")).collect::<String>();
    let all: Vec<Source> =
        sources().into_iter().filter(|s| s.path.starts_with("src/") && s.path != "src/main.rs").collect();
    let modules: BTreeMap<String, &Source> = all.iter().map(|s| (module(&s.path), s)).collect();
    // What is imported is in the file of the longest path that is a module.
    let file = |path: &str| {
        let ends = std::iter::successors(Some(path), |path| path.rsplit_once("::").map(|(before, _)| before));
        ends.map(str::to_owned).find(|path| modules.contains_key(path))
    };
    let mut uses: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, source) in &modules {
        let used = imports(name, &shipped(source)).into_iter().filter_map(|path| file(&path));
        uses.extend(used.filter(|used| used != name).map(|used| (name.clone(), used)));
    }
    assert!(uses.len() > 100, "next to nothing is imported");
    let both = uses.iter().filter(|(a, b)| a < b && uses.contains(&(b.clone(), a.clone())));
    report("two files import each other", both.map(|(a, b)| format!("{a} and {b}")).collect());
}

#[test]
fn the_rule_sees_every_form_of_import() {
    let text = "pub use super::a::{B, c::{D as E, self}};\nuse crate::domain::{\n    f,\n};\nuse self::g::H;\nuse std::fmt;\nreuse x;";
    assert_eq!(
        imports("wire::i", text),
        ["wire::a::B", "wire::a::c::D", "wire::a::c::self", "domain::f", "wire::i::g::H"]
    );
}

#[test]
fn files_stay_short() {
    let long = |s: &Source| s.text.lines().count() >= LINES_MAX;
    report("files too long to read in one go", sources().iter().filter(|s| long(s)).map(|s| s.path.clone()).collect());
}

#[test]
fn nothing_is_left_undone() {
    // Written apart, so that this file doesn't name them.
    let words = [concat!("to", "do!"), concat!("unimple", "mented!"), concat!("#[ig", "nore"), concat!("db", "g!(")];
    let mut broken = Vec::new();
    for source in sources() {
        for (n, line) in source.text.lines().enumerate() {
            for word in words.iter().filter(|w| line.contains(**w)) {
                broken.push(format!("{}:{}: {word}", source.path, n + 1));
            }
        }
    }
    report("left undone", broken);
}

#[test]
fn every_module_says_what_it_is() {
    let silent =
        |s: &&Source| s.path.starts_with("src/") && !s.path.ends_with("tests.rs") && !s.text.starts_with("//!");
    report("files without a first line `//! …`", sources().iter().filter(silent).map(|s| s.path.clone()).collect());
}

/// ARCHITECTURE.md is a map: each path it names in backticks must be there, and each folder of the source must be on it.
#[test]
fn the_map_and_the_place_agree() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let quoted: Vec<&str> = map.split('`').skip(1).step_by(2).collect();

    let is_path = |t: &&&str| {
        let plain = t.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        let document = [".md", ".rs", ".toml", ".sh", ".yml"].iter().any(|end| t.ends_with(end));
        plain
            && !t.starts_with('/')
            && (document || t.starts_with("src/") || t.starts_with("tests/") || t.starts_with("tools/"))
    };
    let lost = |t: &&&str| !root().join(**t).exists();
    report(
        "named in ARCHITECTURE.md but not there",
        quoted.iter().filter(is_path).filter(lost).map(|t| (*t).to_string()).collect(),
    );

    let mut unseen = Vec::new();
    for layer in LAYERS {
        for entry in fs::read_dir(root().join("src").join(layer)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            if path.is_dir() && !quoted.iter().any(|t| t.trim_end_matches('/') == name) {
                unseen.push(name);
            }
        }
    }
    report("folders that ARCHITECTURE.md doesn't show", unseen);
}
