//! What a finding means here: its notifications gathered, its asset found, what surrounded it at that moment, and the incident that
//! follows. A pure function of (finding record, graph, knowledge): computed again when one of them changes, never patched.

mod completion;
mod detail;
mod document;
mod finding_record;
mod finding_section;
mod finding_type;
mod first_sighting;
mod group_rules;
mod hint;
mod join;
mod knowledge;
mod limits;
mod links;
pub(super) mod moment;
mod narrative;
mod narrator;
mod node;
mod resource_fields;
mod revise;
mod summary;
mod target;
mod topology;
mod walk;

pub use detail::Detail;
pub use document::{
    Cause, History, HowSure, Incident, Reserved, SCHEMA_VERSION, Severity, ShortTerm, Status, Target, WhatHappened,
};
pub use finding_record::{ACTORS_MAX, FindingRecord, LOCAL_PORTS_MAX};
pub use finding_section::{
    ActionSection, AffectedSection, FindingSection, NamedResource, Principal, RemoteParty, SignalSection,
};
pub use first_sighting::CHANGES_MAX;
pub use group_rules::group_rules;
pub use join::{Before, Joined, READ_SET_MAX, join};
pub use knowledge::Knowledge;
pub use limits::Limits;
pub use links::Links;
pub use node::{
    AttributeValue, AttributeView, Change, Edge, FirstSighting, Node, Origin, RuleView, SourceView, Topology,
};
pub use revise::{HISTORY_MAX, Revision, revise};
pub use summary::{is_alarming, summary_parts};
pub use target::{as_of, target};
pub use topology::topology;
pub use walk::{FAN_OUT_MAX, unknown_part};
