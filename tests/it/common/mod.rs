//! What several tests need: the real records beside the checkout.
#![allow(dead_code, unused_imports, reason = "each program uses its own part")]

pub mod history;
pub mod live;
pub mod lives;
#[cfg(feature = "avro")]
pub mod made_avro;
pub mod parallel;
pub mod records;
pub mod strategy;

use std::path::{Path, PathBuf};

/// The folder of real records. They stay outside this repository. A test that finds none says so and ends: `fixtures` has a record of
/// our own for each call.
pub fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no real records at {}", path.display());
    None
}

/// The folder of our own records of CloudTrail: `<service>/<Call>[.<variant>].json`.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trail")
}

/// Every file below `dir` whose name ends in one of `endings`, in order.
pub fn files(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if endings.iter().any(|e| name.ends_with(e)) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}
