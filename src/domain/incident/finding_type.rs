//! The grammar of a finding type, `ThreatPurpose:Resource/Family.Mechanism!Artifact`, and a narrative that follows from it alone. AWS adds types and
//! retires them, so a type without an entry in the knowledge packs is ordinary.
//! <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html>

use super::document::{HowSure, WhatHappened};
use super::narrative::Narrative;

/// The parts of a type's name; empty where absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingType<'a> {
    pub purpose: &'a str,
    pub resource: &'a str,
    pub family: &'a str,
    pub mechanism: &'a str,
    pub artifact: &'a str,
}

/// A threat purpose: its name in GuardDuty, its title here, its meaning, and the ATT&CK tactic if there is one.
const PURPOSES: &[(&str, &str, &str, &str)] = &[
    (
        "AttackSequence",
        "Attack in several steps",
        "GuardDuty correlated several signals as the steps of one attack. Each signal alone may be weak.",
        "",
    ),
    (
        "Backdoor",
        "Sign of remote control",
        "The asset behaves as if it were remotely controlled.",
        "TA0011 Command and Control",
    ),
    ("Behavior", "Unusual behavior", "The activity differs from the asset's usual activity.", ""),
    (
        "CredentialAccess",
        "Attempt to obtain credentials",
        "Someone tries to obtain passwords, keys or secrets.",
        "TA0006 Credential Access",
    ),
    (
        "CryptoCurrency",
        "Cryptocurrency mining",
        "The asset communicates with a cryptocurrency network. Usually, someone is mining at your cost.",
        "TA0040 Impact",
    ),
    (
        "DefenseEvasion",
        "Attempt to avoid detection",
        "Someone acts in a way that avoids detection.",
        "TA0005 Defense Evasion",
    ),
    (
        "Discovery",
        "Discovery of resources",
        "Someone lists resources and permissions. Often this precedes the next step of an attack.",
        "TA0007 Discovery",
    ),
    ("Execution", "Suspicious code", "Suspicious code was run, or was found where it can be run.", "TA0002 Execution"),
    (
        "Exfiltration",
        "Possible theft of data",
        "Data is read or transferred in a way that fits theft.",
        "TA0010 Exfiltration",
    ),
    (
        "Impact",
        "Damage or abuse",
        "Someone damages data or services, or uses your resources against others.",
        "TA0040 Impact",
    ),
    ("InitialAccess", "Attempt to get in", "Someone tries to gain a first foothold.", "TA0001 Initial Access"),
    ("Object", "Malicious object", "A stored object contains malware.", ""),
    (
        "PenTest",
        "Penetration testing tools",
        "The caller uses a system that is made for penetration tests. The test may or may not be authorized.",
        "",
    ),
    (
        "Persistence",
        "Attempt to keep access",
        "Someone changes settings so that they can come back later.",
        "TA0003 Persistence",
    ),
    ("Policy", "Deviation from good practice", "A setting or an action leaves the account less secure.", ""),
    (
        "PrivilegeEscalation",
        "Attempt to gain permissions",
        "Someone tries to gain more permissions.",
        "TA0004 Privilege Escalation",
    ),
    ("Recon", "Reconnaissance", "Someone looks for ways in.", "TA0043 Reconnaissance"),
    (
        "ResourceConsumption",
        "Unusual use of resources",
        "More resources were started than is usual for this account.",
        "TA0040 Impact",
    ),
    ("S3Object", "Malicious object", "A stored object contains malware.", ""),
    ("Stealth", "Hidden tracks", "Logging or a protection was weakened or turned off.", "TA0005 Defense Evasion"),
    (
        "Trojan",
        "Sign of a trojan",
        "The asset behaves as if hidden malware were running on it.",
        "TA0011 Command and Control",
    ),
    (
        "UnauthorizedAccess",
        "Suspicious access",
        "The access comes from a suspicious place, or happens in a suspicious way.",
        "",
    ),
];

impl<'a> FindingType<'a> {
    pub fn parse(kind: &'a str) -> FindingType<'a> {
        let (purpose, rest) = kind.split_once(':').unwrap_or(("", kind));
        let (resource, rest) = rest.split_once('/').unwrap_or(("", rest));
        let (rest, artifact) = rest.split_once('!').unwrap_or((rest, ""));
        let (family, mechanism) = rest.split_once('.').unwrap_or((rest, ""));
        FindingType { purpose, resource, family, mechanism, artifact }
    }

    /// The purpose is one of those that GuardDuty documents.
    #[cfg(test)]
    pub fn has_known_purpose(&self) -> bool {
        PURPOSES.iter().any(|(purpose, ..)| *purpose == self.purpose)
    }

    /// The narrative that follows from the name.
    pub fn narrative(&self, role: &str, asset: &str) -> Narrative {
        let known = PURPOSES.iter().find(|(p, ..)| *p == self.purpose);
        let (phrase, meaning, tactic) = known.map_or(
            ("Suspicious activity", "The threat purpose of this finding type is not known here.", ""),
            |(_, phrase, meaning, tactic)| (*phrase, *meaning, *tactic),
        );
        let family = match self.family {
            "" => "no further detail".to_owned(),
            family => words(family),
        };
        let side = match role {
            "TARGET" => " The asset is the target of the activity.",
            "ACTOR" => " The asset itself performs the activity.",
            _ => "",
        };
        let mut explanation = format!("{meaning}{side}");
        if !self.mechanism.is_empty() {
            explanation.push_str(&format!(" Detection mechanism or variant: {}.", words(self.mechanism)));
        }
        if !self.artifact.is_empty() {
            explanation.push_str(&format!(" Observed in: {}.", words(self.artifact)));
        }
        Narrative {
            title: format!("{phrase} ({family}): {asset}"),
            what: WhatHappened {
                summary: format!("GuardDuty reports {family} for {asset}.{side}"),
                explanation,
                how_sure: HowSure {
                    raises: Vec::new(),
                    lowers: vec![
                        "There is no description of this finding type here. This text follows from the name of the type."
                            .into(),
                    ],
                },
                tactics: if tactic.is_empty() { Vec::new() } else { vec![tactic.to_owned()] },
                techniques: Vec::new(),
                references: Vec::new(),
            },
        }
    }

    /// The page of GuardDuty's user guide that describes the type.
    pub fn page(&self) -> &'static str {
        match (self.purpose, self.resource) {
            ("AttackSequence", _) => "guardduty-attack-sequence-finding-types.html",
            (_, "EC2") => "guardduty_finding-types-ec2.html",
            (_, "IAMUser") => "guardduty_finding-types-iam.html",
            (_, "S3") => "guardduty_finding-types-s3.html",
            (_, "Kubernetes") => "guardduty-finding-types-eks-audit-logs.html",
            (_, "Lambda") => "lambda-protection-finding-types.html",
            (_, "RDS") => "findings-rds-protection.html",
            (_, "Runtime") => "findings-runtime-monitoring.html",
            _ => "guardduty_finding-types-active.html",
        }
    }
}

/// `SuspiciousDomainRequest` as `suspicious domain request`; abbreviations (`DNS`) stay.
fn words(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|p| chars.get(p)).copied();
        let lower = |c: Option<char>| c.is_some_and(char::is_lowercase);
        let next = chars.get(i + 1).copied();
        let starts = c.is_uppercase() && (lower(before) || (before.is_some_and(char::is_uppercase) && lower(next)));
        if starts {
            out.push(' ');
        }
        // A word loses its capital, an abbreviation keeps it.
        if c.is_uppercase() && lower(next) { out.extend(c.to_lowercase()) } else { out.push(*c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_grammar_of_a_type() {
        let t = FindingType::parse("Impact:EC2/AbusedDomainRequest.Reputation");
        assert_eq!(
            (t.purpose, t.resource, t.family, t.mechanism),
            ("Impact", "EC2", "AbusedDomainRequest", "Reputation")
        );
        assert_eq!(FindingType::parse("Trojan:EC2/DropPoint!DNS").artifact, "DNS");
        assert_eq!(FindingType::parse("nonsense").family, "nonsense");
        assert_eq!(words("DGADomainRequest"), "DGA domain request");
        assert_eq!(words("DNS"), "DNS");
    }

    /// Types that are known only by name get their narrative from it, and never an empty one.
    #[test]
    fn no_type_is_without_words() {
        for kind in ["Foo:Bar/BazQux.A!B", "", "Execution:ECS/MaliciousFile", ":/.!"] {
            let told = FindingType::parse(kind).narrative("", "instance i-1");
            assert!(told.title.ends_with(": instance i-1"), "{kind}");
            assert!(!told.what.summary.is_empty() && !told.what.explanation.is_empty(), "{kind}");
        }
    }
}
