//! The one file whose rename is the commit: how far inputs were read and how long outputs are.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Written by this version; another one is refused rather than guessed at.
pub const VERSION: u32 = 1;

/// Its name below `OUT/state`.
pub const NAME: &str = "manifest.json";
const NEW: &str = "manifest.json.new";

/// What is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// Commits so far.
    pub seq: u64,
    /// Input records so far, over all files and runs: the next record's offset.
    pub position: i64,
    /// The engine's token of this commit, as text.
    pub token: Option<String>,
    /// The log's clock, milliseconds.
    pub now: i64,
    /// By path.
    pub files: BTreeMap<String, FilePosition>,
    /// Length in bytes by file name; a file not named here is empty.
    pub outputs: BTreeMap<String, u64>,
    /// Changelog records and bytes.
    pub changelog_records: i64,
    pub changelog_bytes: u64,
}

/// How far one input file was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePosition {
    pub records: u64,
}

impl Manifest {
    /// Reads it; one that was never written is empty.
    pub fn read(dir: &Path) -> io::Result<Manifest> {
        let path = dir.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Ok(Manifest { version: VERSION, ..Manifest::default() });
            }
            Err(e) => return Err(e),
        };
        let bad = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()));
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
        if manifest.version != VERSION {
            return Err(bad(format!("written by version {}, this is {VERSION}", manifest.version)));
        }
        Ok(manifest)
    }

    /// Writes it beside and renames: there is always a whole one. Durable when this returns.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let new = dir.join(NEW);
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(self).map_err(io::Error::other)?)?;
        file.sync_all()?;
        fs::rename(&new, dir.join(NAME))?;
        File::open(dir)?.sync_all()
    }
}
