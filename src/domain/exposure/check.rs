//! Checks: what is looked for, and how bad it is. They ship as data, in a closed vocabulary of conditions.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::document::Framework;
use crate::domain::graph::Kind;
use crate::domain::incident::Severity;

const SHIPPED: &[(&str, &str)] = &[("ec2.toml", include_str!("../../../knowledge/checks/ec2.toml"))];

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub id: String,
    pub title: String,
    /// The kind of asset that it looks at.
    pub kind: Kind,
    pub severity: Severity,
    pub condition: Condition,
    pub frameworks: Vec<Framework>,
}

/// What fails a check.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The rules of a security group let every address of the internet in, to at least one of these ports.
    IngressFromInternet { protocol: String, from_port: u16, to_port: u16 },
}

/// The checks that ship, by id: parsed once, passed in, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    by_id: BTreeMap<String, Check>,
    /// The hash of the text that they were read from.
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    check: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    kind: String,
    severity: Severity,
    condition: Condition,
    #[serde(default)]
    frameworks: Vec<Framework>,
}

impl Checks {
    /// The checks that ship. Fails only if a file that was compiled in is broken.
    pub fn shipped() -> Result<Checks, String> {
        Checks::read(SHIPPED)
    }

    /// Checks from files, each with its name.
    pub fn read(files: &[(&str, &str)]) -> Result<Checks, String> {
        let mut checks = Checks::default();
        let mut hash = Sha256::new();
        for (name, text) in files {
            let file: File = toml::from_str(text).map_err(|e| format!("{name}: {e}"))?;
            hash.update(text);
            for row in file.check {
                let kind = Kind::from_text(&row.kind);
                let kind = kind.ok_or_else(|| format!("{name}: {}: no such kind: {}", row.id, row.kind))?;
                let Row { id, title, severity, condition, frameworks, .. } = row;
                let check = Check { id, title, kind, severity, condition, frameworks };
                if let Some(twice) = checks.by_id.insert(check.id.clone(), check) {
                    return Err(format!("{name}: {} is there twice", twice.id));
                }
            }
        }
        checks.version = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(checks)
    }

    /// All checks, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Check> {
        self.by_id.values()
    }

    /// The checks that look at assets of this kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Check> {
        self.by_id.values().filter(move |check| check.kind == kind)
    }

    /// The check of this id.
    pub fn get(&self, id: &str) -> Option<&Check> {
        self.by_id.get(id)
    }

    /// What tells these checks from others: whatever was judged by others is to be judged anew.
    pub fn version(&self) -> &str {
        &self.version
    }
}
