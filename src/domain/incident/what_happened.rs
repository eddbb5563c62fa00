//! What a finding type means, in plain words: from the knowledge that ships, else from the grammar of the type's name,
//! `ThreatPurpose:Resource/Family.Mechanism!Artifact`. Types come and go: none is ever unknown altogether.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::document::{HowSure, Target, WhatHappened};
use super::finding_record::FindingRecord;
use super::join::{as_of, first_sighting};

const SHIPPED: &[(&str, &str)] = &[
    ("ec2.toml", include_str!("../../../knowledge/findings/ec2.toml")),
    ("iam.toml", include_str!("../../../knowledge/findings/iam.toml")),
    ("s3.toml", include_str!("../../../knowledge/findings/s3.toml")),
];
const DOCS: &str = "https://docs.aws.amazon.com/guardduty/latest/ug/";

/// What is known of finding types: parsed once, passed in, never changed.
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
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    /// A short noun phrase; the asset is put behind it.
    title: String,
    /// `{target}` stands for the asset.
    summary: String,
    explanation: String,
    /// Where the role turns the story round: what it is when the asset is the one that acts.
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

/// A story with its headline.
pub(super) struct Told {
    pub title: String,
    pub what: WhatHappened,
}

impl Knowledge {
    /// What ships with the program. Fails only if a file that was compiled in is broken.
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

    /// The finding types with words of their own.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.by_type.keys().map(String::as_str)
    }

    pub(super) fn tell(&self, record: &FindingRecord, target: &Target, complete: bool) -> Told {
        let said = &record.said;
        let grammar = Grammar::parse(&said.kind);
        let asset = called(target);
        let mut told = match self.by_type.get(&said.kind) {
            Some(entry) => entry.tell(&said.resource_role, &asset),
            None => grammar.tell(&said.resource_role, &asset),
        };
        let what = &mut told.what;
        what.references.push(format!("{DOCS}{}", grammar.page()));
        what.references.extend(what.techniques.iter().map(|t| {
            let path = t.replace('.', "/");
            format!("https://attack.mitre.org/techniques/{path}/")
        }));
        let sure = &mut what.how_sure;
        if record.count > 1 {
            sure.raises.push(format!(
                "It was seen {} times between {} and {}.",
                record.count,
                first_sighting(record),
                as_of(record)
            ));
        }
        if said.details.get("blocked").is_some_and(|b| b == "true") {
            sure.lowers.push("The traffic was blocked: by a security group or a network ACL.".into());
        }
        if said.sample {
            sure.lowers.insert(0, "This is a sample that somebody asked GuardDuty for: nothing happened.".into());
        } else if !target.known {
            sure.lowers.push(
                "The asset was never seen in the account's records, so nothing here could be checked against it."
                    .into(),
            );
        } else if !complete {
            sure.lowers.push("The surroundings are known only in part; see the topology's gaps.".into());
        }
        told
    }
}

fn called(target: &Target) -> String {
    let kind = target.kind.replace('_', " ");
    match (target.asset_id.as_str(), target.name.as_str()) {
        ("", _) => "an asset that the finding does not name".into(),
        (id, name) if name == id || id.ends_with(&format!("/{name}")) => format!("{kind} {name}"),
        (id, name) => format!("{kind} {name} ({id})"),
    }
}

impl Entry {
    fn tell(&self, role: &str, asset: &str) -> Told {
        let acts = role == "ACTOR";
        let (title, summary, explanation) = match &self.as_actor {
            Some(side) if acts => (&side.title, &side.summary, &side.explanation),
            _ => (&self.title, &self.summary, &self.explanation),
        };
        Told {
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

/// The parts of a type's name; empty where absent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grammar<'a> {
    purpose: &'a str,
    resource: &'a str,
    family: &'a str,
    mechanism: &'a str,
    artifact: &'a str,
}

/// Threat purpose: what it is called here, what it means, and the tactic where the purpose is one.
const PURPOSES: &[(&str, &str, &str, &str)] = &[
    (
        "AttackSequence",
        "Attack in several steps",
        "Several signals, each weak, fit together as the steps of one attack.",
        "",
    ),
    (
        "Backdoor",
        "Sign of a remote control",
        "The asset talks as one does that somebody else steers.",
        "TA0011 Command and Control",
    ),
    ("Behavior", "Unusual behaviour", "The asset does what it has not done before.", ""),
    (
        "CredentialAccess",
        "Reach for credentials",
        "Somebody tries to get at passwords, keys or secrets.",
        "TA0006 Credential Access",
    ),
    (
        "CryptoCurrency",
        "Mining of cryptocurrency",
        "The asset deals with a cryptocurrency's network, which usually means that somebody mines at your cost.",
        "TA0040 Impact",
    ),
    (
        "DefenseEvasion",
        "Attempt to stay unseen",
        "Somebody acts in a way that keeps watchers from noticing.",
        "TA0005 Defense Evasion",
    ),
    ("Discovery", "Looking around", "Somebody learns what there is, often ahead of the next step.", "TA0007 Discovery"),
    ("Execution", "Unwanted code", "Code that does not belong there was run or is ready to be.", "TA0002 Execution"),
    ("Exfiltration", "Data on its way out", "Data is read or moved in a way that fits theft.", "TA0010 Exfiltration"),
    (
        "Impact",
        "Damage or abuse",
        "Somebody harms data or services, or uses your means against others.",
        "TA0040 Impact",
    ),
    ("InitialAccess", "Attempt to get in", "Somebody tries to gain a first foothold.", "TA0001 Initial Access"),
    ("Object", "Malicious object", "A stored object contains something harmful.", ""),
    (
        "PenTest",
        "Tools of an attacker",
        "The caller uses a system that is made for attacks, be they ordered or not.",
        "",
    ),
    ("Persistence", "Attempt to stay", "Somebody sets things up so as to come back.", "TA0003 Persistence"),
    ("Policy", "Breach of good practice", "Something was set or used in a way that leaves the account weaker.", ""),
    (
        "PrivilegeEscalation",
        "Reach for more rights",
        "Somebody tries to be allowed more than before.",
        "TA0004 Privilege Escalation",
    ),
    ("Recon", "Reconnaissance", "Somebody looks for ways in.", "TA0043 Reconnaissance"),
    ("ResourceConsumption", "Unusual use of resources", "More was started than is usual here.", "TA0040 Impact"),
    ("S3Object", "Malicious object", "A stored object contains something harmful.", ""),
    ("Stealth", "Hiding of tracks", "Something that records or protects was weakened.", "TA0005 Defense Evasion"),
    (
        "Trojan",
        "Sign of a trojan",
        "The asset behaves like one on which hidden malware runs.",
        "TA0011 Command and Control",
    ),
    ("UnauthorizedAccess", "Suspicious access", "The access comes from where, or happens how, it should not.", ""),
];

impl<'a> Grammar<'a> {
    fn parse(kind: &'a str) -> Grammar<'a> {
        let (purpose, rest) = kind.split_once(':').unwrap_or(("", kind));
        let (resource, rest) = rest.split_once('/').unwrap_or(("", rest));
        let (rest, artifact) = rest.split_once('!').unwrap_or((rest, ""));
        let (family, mechanism) = rest.split_once('.').unwrap_or((rest, ""));
        Grammar { purpose, resource, family, mechanism, artifact }
    }

    fn tell(&self, role: &str, asset: &str) -> Told {
        let known = PURPOSES.iter().find(|(p, ..)| *p == self.purpose);
        let (phrase, meaning, tactic) = known.map_or(
            ("Suspicious activity", "The kind of threat is not one that is known here.", ""),
            |(_, phrase, meaning, tactic)| (*phrase, *meaning, *tactic),
        );
        let family = match self.family {
            "" => "no further detail".to_owned(),
            f => spaced(f),
        };
        let side = match role {
            "TARGET" => " It was done to the asset.",
            "ACTOR" => " The asset itself did it.",
            _ => "",
        };
        let mut explanation = format!("{meaning}{side}");
        if !self.mechanism.is_empty() {
            explanation.push_str(&format!(" Recognised by, or variant: {}.", spaced(self.mechanism)));
        }
        if !self.artifact.is_empty() {
            explanation.push_str(&format!(" What was observed: {}.", spaced(self.artifact)));
        }
        Told {
            title: format!("{phrase} ({family}): {asset}"),
            what: WhatHappened {
                summary: format!("GuardDuty reports {family} on {asset}.{side}"),
                explanation,
                how_sure: HowSure {
                    raises: Vec::new(),
                    lowers: vec![
                        "There is no description of this finding type here: this was read from its name.".into(),
                    ],
                },
                tactics: if tactic.is_empty() { Vec::new() } else { vec![tactic.to_owned()] },
                techniques: Vec::new(),
                references: Vec::new(),
            },
        }
    }

    fn page(&self) -> &'static str {
        match self.resource {
            "EC2" => "guardduty_finding-types-ec2.html",
            "IAMUser" => "guardduty_finding-types-iam.html",
            "S3" => "guardduty_finding-types-s3.html",
            _ => "guardduty_finding-types-active.html",
        }
    }
}

/// `SuspiciousDomainRequest` -> `suspicious domain request`; abbreviations (`DNS`) stay.
fn spaced(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|p| chars.get(p)).copied();
        let lower = |c: Option<char>| c.is_some_and(char::is_lowercase);
        let next = chars.get(i + 1).copied();
        let starts = c.is_uppercase() && (lower(before) || (before.is_some_and(char::is_uppercase) && lower(next)));
        if starts {
            out.push(' ');
        }
        // Of a word the capital goes; of an abbreviation it stays.
        if c.is_uppercase() && lower(next) { out.extend(c.to_lowercase()) } else { out.push(*c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_knowledge_is_whole() {
        let knowledge = Knowledge::shipped().unwrap();
        assert!(knowledge.by_type.len() >= 20);
        for (kind, e) in &knowledge.by_type {
            let g = Grammar::parse(kind);
            assert!(PURPOSES.iter().any(|(p, ..)| *p == g.purpose), "{kind}");
            assert!(e.summary.contains("{target}"), "{kind}");
            assert!(!e.raises.is_empty() && !e.lowers.is_empty(), "{kind}");
            assert!(e.techniques.iter().all(|t| t.starts_with('T')), "{kind}");
        }
    }

    #[test]
    fn reads_the_grammar_of_a_type() {
        let g = Grammar::parse("Impact:EC2/AbusedDomainRequest.Reputation");
        assert_eq!(
            (g.purpose, g.resource, g.family, g.mechanism),
            ("Impact", "EC2", "AbusedDomainRequest", "Reputation")
        );
        assert_eq!(Grammar::parse("Trojan:EC2/DropPoint!DNS").artifact, "DNS");
        assert_eq!(Grammar::parse("nonsense").family, "nonsense");
        assert_eq!(spaced("DGADomainRequest"), "DGA domain request");
        assert_eq!(spaced("DNS"), "DNS");
    }

    /// Types known only by name get their story from it, and never an empty one.
    #[test]
    fn no_type_is_without_words() {
        for kind in ["Foo:Bar/BazQux.A!B", "", "Execution:ECS/MaliciousFile", ":/.!"] {
            let told = Grammar::parse(kind).tell("", "instance i-1");
            assert!(told.title.ends_with(": instance i-1"), "{kind}");
            assert!(!told.what.summary.is_empty() && !told.what.explanation.is_empty(), "{kind}");
        }
    }
}
