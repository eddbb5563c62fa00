//! The files that users read: appended at each commit, cut back to what was committed when opened.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::engine::record::{OutRecord, OutTopic};

pub use crate::runtime::config::topics::file as name;

/// A file that only grows, of which `len` bytes are committed.
pub struct Appended {
    file: File,
    len: u64,
}

impl Appended {
    /// Opens it and cuts away what a commit that never was left behind.
    pub fn open(path: &Path, len: u64) -> io::Result<Appended> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let there = file.metadata()?.len();
        if there < len {
            let why = format!("{}: {there} bytes, but {len} were committed", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if there > len {
            file.set_len(len)?;
        }
        file.seek(SeekFrom::Start(len))?;
        Ok(Appended { file, len })
    }

    /// Appends durably and gives the new length, which counts once `settle`d.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        self.file.set_len(self.len)?;
        self.file.seek(SeekFrom::Start(self.len))?;
        self.file.write_all(bytes)?;
        self.file.sync_all()?;
        Ok(self.len + bytes.len() as u64)
    }

    /// The manifest says so: this is the length now.
    pub fn settle(&mut self, len: u64) {
        self.len = len;
    }
}

/// A dead letter as a line.
#[derive(Serialize)]
struct DeadLetter<'a> {
    reason: &'a str,
    detail: &'a str,
    topic: &'a str,
    offset: Option<i64>,
    value_base64: String,
}

/// The text of one output record as a line, its newline included.
pub fn line(record: &OutRecord, to: &mut Vec<u8>) -> io::Result<()> {
    if record.topic == OutTopic::DeadLetters {
        let headers: BTreeMap<&str, String> =
            record.headers.iter().map(|(k, v)| (short(k), String::from_utf8_lossy(v).into_owned())).collect();
        let text = |name: &str| headers.get(name).map_or("", String::as_str);
        let letter = DeadLetter {
            reason: text("reason"),
            detail: text("detail"),
            topic: text("topic"),
            offset: text("offset").parse().ok(),
            value_base64: STANDARD.encode(&record.value),
        };
        serde_json::to_writer(&mut *to, &letter)?;
    } else {
        // Values are one JSON line each; a line break inside one (between tokens) would make two of it.
        to.extend(record.value.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }));
    }
    to.push(b'\n');
    Ok(())
}

/// A header's name without what it is prefixed by: `trailgraph.reason` -> `reason`.
fn short(name: &str) -> &str {
    name.rsplit(['.', '-', '_']).next().unwrap_or(name)
}
