//! The knowledge packs: descriptions of finding types in plain words, which ship with the program.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::document::{HowSure, WhatHappened};
#[cfg(test)]
use super::finding_type::FindingType;
use super::narrative::Narrative;

const SHIPPED: &[(&str, &str)] = &[
    ("ec2.toml", include_str!("../../../knowledge/findings/ec2.toml")),
    ("iam.toml", include_str!("../../../knowledge/findings/iam.toml")),
    ("s3.toml", include_str!("../../../knowledge/findings/s3.toml")),
];

/// The described finding types: parsed once, passed in, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knowledge {
    by_type: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    finding: Vec<Entry>,
}

/// One finding type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(rename = "type")]
    kind: String,
    /// A short noun phrase; the asset follows it.
    title: String,
    /// `{target}` stands for the asset.
    summary: String,
    explanation: String,
    /// The texts for a finding whose resource role is `ACTOR`. `None`: the role makes no difference.
    as_actor: Option<Side>,
    #[serde(default)]
    raises: Vec<String>,
    #[serde(default)]
    lowers: Vec<String>,
    #[serde(default)]
    tactics: Vec<String>,
    #[serde(default)]
    techniques: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Side {
    title: String,
    summary: String,
    explanation: String,
}

impl Knowledge {
    /// The packs that ship with the program. Fails only if a file that was compiled in is broken.
    pub fn shipped() -> Result<Knowledge, String> {
        let mut by_type = BTreeMap::new();
        for (name, text) in SHIPPED {
            let file: File = toml::from_str(text).map_err(|e| format!("{name}: {e}"))?;
            for entry in file.finding {
                if let Some(twice) = by_type.insert(entry.kind.clone(), entry) {
                    return Err(format!("{name}: {} is there twice", twice.kind));
                }
            }
        }
        Ok(Knowledge { by_type })
    }

    /// The described finding types.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.by_type.keys().map(String::as_str)
    }

    pub(super) fn entry(&self, finding_type: &str) -> Option<&Entry> {
        self.by_type.get(finding_type)
    }
}

impl Entry {
    pub(super) fn narrative(&self, role: &str, asset: &str) -> Narrative {
        let (title, summary, explanation) = match &self.as_actor {
            Some(side) if role == "ACTOR" => (&side.title, &side.summary, &side.explanation),
            _ => (&self.title, &self.summary, &self.explanation),
        };
        Narrative {
            title: format!("{title}: {asset}"),
            what: WhatHappened {
                summary: summary.replace("{target}", asset),
                explanation: explanation.replace("{target}", asset),
                how_sure: HowSure { raises: self.raises.clone(), lowers: self.lowers.clone() },
                tactics: self.tactics.clone(),
                techniques: self.techniques.clone(),
                references: Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_knowledge_is_whole() {
        let knowledge = Knowledge::shipped().unwrap();
        assert!(knowledge.by_type.len() >= 20);
        for (kind, e) in &knowledge.by_type {
            assert!(FindingType::parse(kind).has_known_purpose(), "{kind}");
            assert!(e.summary.contains("{target}"), "{kind}");
            assert!(!e.raises.is_empty() && !e.lowers.is_empty(), "{kind}");
            assert!(e.techniques.iter().all(|t| t.starts_with('T')), "{kind}");
        }
    }
}
