//! What a finding means here: its notifications gathered, its asset found, what surrounded it at that moment, and the incident that
//! follows. A pure function of (finding record, graph, knowledge): computed again when one of them changes, never patched.

mod document;
mod finding_record;
mod group_rules;
mod join;
mod limits;
mod links;
mod moment;
mod node;
mod revise;
mod summary;
mod topology;
mod walk;
mod what_happened;

pub use document::{
    ActionSection, Cause, Detail, FindingSection, History, HowSure, Incident, Reserved, SCHEMA_VERSION, Severity,
    ShortTerm, Status, Target, WhatHappened,
};
pub use finding_record::{ACTORS_MAX, FindingRecord, Said};
pub use join::{Joined, READ_SET_MAX, as_of, join, target};
pub use limits::Limits;
pub use links::Links;
pub use node::{AttributeValue, AttributeView, Edge, Node, RuleView, SourceView, Topology};
pub use revise::{HISTORY_MAX, Revision, revise};
pub use summary::{is_alarming, summary_parts};
pub use topology::topology;
pub use walk::FAN_OUT_MAX;
pub use what_happened::Knowledge;
