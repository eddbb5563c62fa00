//! The topology as an incident holds it: nodes, edges, and the events that both come from.

use serde::{Deserialize, Serialize};

use super::hint::FINDING_SOURCE;
use super::moment;
use crate::domain::graph::{Sourced, Val};
use crate::domain::time::Time;

/// The surroundings of an asset as they were at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    #[serde(with = "moment")]
    pub as_of: Time,
    /// Nothing is known to be missing.
    pub complete: bool,
    /// Each entry names something that is missing, and why.
    pub gaps: Vec<String>,
    /// Each event once, oldest first. Attributes and rules refer to it by its index.
    pub sources: Vec<SourceView>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// What differed at the first sighting. `None`: nothing, or it is not known.
    pub at_first_sighting: Option<FirstSighting>,
}

impl Topology {
    /// Adds a gap.
    pub fn add_gap(&mut self, gap: String) {
        self.complete = false;
        self.gaps.push(gap);
    }

    /// The event that an attribute or a rule refers to.
    pub fn source(&self, index: u32) -> Option<&SourceView> {
        usize::try_from(index).ok().and_then(|i| self.sources.get(i))
    }
}

/// An asset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub asset_id: String,
    pub kind: String,
    pub account_id: String,
    /// The Name tag if there is one, else AWS's name or id.
    pub name: String,
    /// The asset in one line. Empty: nothing is known that would fill one.
    pub summary: String,
    pub attributes: Vec<AttributeView>,
    /// The rules of a security group; empty for all other kinds.
    pub rules: Vec<RuleView>,
}

impl Node {
    /// The value of a field, or of a list's element.
    pub fn value(&self, name: &str, key: &str) -> Option<&AttributeValue> {
        self.attributes.iter().find(|a| a.name == name && a.key == key).map(|a| &a.value)
    }

    /// The same, if it is a text that is not empty.
    pub fn text(&self, name: &str, key: &str) -> Option<&str> {
        match self.value(name, key) {
            Some(AttributeValue::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The attributes that are elements of a list.
    pub fn elements(&self, name: &str) -> impl Iterator<Item = &AttributeView> {
        self.attributes.iter().filter(move |a| a.name == name && !a.key.is_empty())
    }
}

/// A field of an asset, or one element of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeView {
    pub name: String,
    /// The key of a list's element, else empty.
    pub key: String,
    pub value: AttributeValue,
    /// Index into the topology's `sources`.
    pub source: u32,
}

/// A value with its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Null: known to be unknown.
    Unknown,
    Bool(bool),
    Integer(i64),
    Text(String),
}

impl From<Option<&Val>> for AttributeValue {
    fn from(value: Option<&Val>) -> AttributeValue {
        match value {
            None | Some(Val::Unknown) => AttributeValue::Unknown,
            Some(Val::Bool(b)) => AttributeValue::Bool(*b),
            Some(Val::Int(i)) => AttributeValue::Integer(*i),
            Some(Val::Text(t)) => AttributeValue::Text(t.clone()),
        }
    }
}

/// One rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    pub direction: String,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `all`, or the protocol's number.
    pub protocol: String,
    /// `None`: all ports. For ICMP, the type.
    pub from_port: Option<i64>,
    /// `None`: all ports. For ICMP, the code.
    pub to_port: Option<i64>,
    /// A CIDR, a prefix list, or another group (`account/sg-…` if it belongs to another account).
    pub peer: String,
    pub description: String,
    /// `sgr-…`; empty where no event named it.
    pub rule_id: String,
    /// Index into the topology's `sources`.
    pub source: u32,
}

/// The event that set something, when it did, and who called it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceView {
    // The order of the fields is the order of `sources`.
    #[serde(with = "moment")]
    pub time: Time,
    pub event_id: String,
    pub call: String,
    pub principal: String,
    /// No event says so, but AWS is known to do it.
    pub implied: bool,
    pub origin: Origin,
}

/// Where a source comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A record of what happened.
    #[default]
    Event,
    /// The finding's own description, which may be newer than its sighting: a hint.
    Finding,
}

impl From<&Sourced> for SourceView {
    fn from(by: &Sourced) -> SourceView {
        SourceView {
            time: by.stamp.time,
            event_id: by.stamp.event.to_string(),
            call: by.source.call.clone(),
            principal: by.source.principal.clone(),
            implied: by.source.implied,
            origin: if by.source.call == FINDING_SOURCE { Origin::Finding } else { Origin::Event },
        }
    }
}

/// A relation of one asset to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    pub from: String,
    pub relation: String,
    pub to: String,
    /// `None`: unknown.
    #[serde(with = "moment::option")]
    pub since: Option<Time>,
}

/// What differed at the first sighting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstSighting {
    #[serde(with = "moment")]
    pub as_of: Time,
    /// In the order of the assets.
    pub changes: Vec<Change>,
    /// True: more had changed than is kept.
    pub truncated: bool,
}

/// An attribute, a rule or a relation that differed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub asset_id: String,
    /// The name of the attribute, or `rule`, `relation`, `asset`.
    pub name: String,
    /// The key of a list's element, the rule, or relation and other end; else empty.
    pub key: String,
    /// At the first sighting. `None`: it was not there.
    pub first: Option<String>,
    /// As the topology shows it. `None`: it is not there.
    pub last: Option<String>,
}
