//! What happened, in plain words: from the knowledge packs, else from the name of the finding type; and how sure that is here.

use super::document::{HowSure, Target};
use super::finding_record::FindingRecord;
use super::finding_type::FindingType;
use super::knowledge::Knowledge;
use super::narrative::Narrative;
use super::target::{as_of, first_sighting};
use crate::domain::graph::Kind;

const USER_GUIDE: &str = "https://docs.aws.amazon.com/guardduty/latest/ug/";
const TECHNIQUES: &str = "https://attack.mitre.org/techniques/";

impl Knowledge {
    /// The narrative of a finding. `complete`: the topology has no gaps.
    pub(super) fn tell(&self, record: &FindingRecord, target: &Target, complete: bool) -> Narrative {
        let latest = &record.latest;
        let finding_type = FindingType::parse(&latest.kind);
        let asset = described(target);
        let mut narrative = match self.entry(&latest.kind) {
            Some(entry) => entry.narrative(&latest.resource_role, &asset),
            None => finding_type.narrative(&latest.resource_role, &asset),
        };
        let what = &mut narrative.what;
        what.references.push(format!("{USER_GUIDE}{}", finding_type.page()));
        what.references.extend(what.techniques.iter().map(|t| format!("{TECHNIQUES}{}/", t.replace('.', "/"))));
        weigh(&mut what.how_sure, record, target, complete);
        narrative
    }
}

/// Adds what this finding and this target say for and against it. What decides alone stands first.
fn weigh(sure: &mut HowSure, record: &FindingRecord, target: &Target, complete: bool) {
    let latest = &record.latest;
    if record.count > 1 {
        let (count, first, last) = (record.count, first_sighting(record), as_of(record));
        sure.raises.push(format!("The activity was seen {count} times between {first} and {last}."));
    }
    if latest.action.details.first("blocked") == Some("true") {
        sure.lowers.push("The traffic was blocked by a security group or a network ACL.".into());
    }
    let mut decisive = Vec::new();
    if latest.sample {
        decisive.push("This is a sample finding. It was generated for a test, and nothing happened.".to_owned());
    }
    if latest.confidence.is_some_and(|c| c.0 == 0.0) {
        decisive.push("AWS marked this finding as a false positive (confidence 0).".to_owned());
    }
    if latest.archived {
        decisive.push("The finding is archived: by a user, or by a suppression rule.".to_owned());
    }
    if ["SUPPRESSED", "RESOLVED"].contains(&latest.workflow_status.as_str()) {
        let status = latest.workflow_status.to_lowercase();
        decisive.push(format!("The workflow status of the finding in Security Hub is {status}."));
    }
    sure.lowers.splice(0..0, decisive);
    if latest.sample {
        return;
    }
    let doubt = if target.asset_id.is_empty() {
        "The finding names no resource, so nothing could be checked against the records."
    } else if Kind::from_text(&target.kind).is_none() {
        "Resources of this kind are not followed, so nothing could be checked against the records."
    } else if !target.known {
        "The asset does not occur in the records of the account, so nothing could be checked against them."
    } else if !complete {
        "The surroundings are only partly known. See the gaps of the topology."
    } else {
        return;
    };
    sure.lowers.push(doubt.into());
}

/// The target in a sentence: its kind, its name, and its id where that is another.
fn described(target: &Target) -> String {
    let kind = target.kind.replace('_', " ");
    let (id, name) = (target.asset_id.as_str(), target.name.as_str());
    let ends_with_name = |separator: char| id.strip_suffix(name).is_some_and(|rest| rest.ends_with(separator));
    match name {
        _ if id.is_empty() => "a resource that the finding does not name".into(),
        _ if name == id || ends_with_name('/') || ends_with_name(':') => format!("{kind} {name}"),
        _ => format!("{kind} {name} ({id})"),
    }
}
