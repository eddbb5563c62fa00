//! What a finding means here: its notifications gathered, its asset found, what surrounded it at that moment, and the incident that
//! follows. A pure function of (finding record, graph, knowledge): computed again when one of them changes, never patched.

mod document;
mod finding_record;
mod join;
mod limits;
mod moment;
mod topology;
mod walk;
mod what_happened;

pub use document::{
    ActionSection, FindingSection, History, HowSure, Incident, IntroducedBy, Note, Severity, ShortTerm, Status, Step,
    StepState, Structural, Target, TimelineEntry, WhatHappened,
};
pub use finding_record::{ACTORS_MAX, FindingRecord, Said};
pub use join::{Joined, READS_MAX, as_of, join, target};
pub use limits::Limits;
pub use topology::topology;
pub use walk::{AttributeView, Edge, FAN_OUT_MAX, Node, SourceView, Topology};
pub use what_happened::Knowledge;
