//! Walking the graph at one moment within bounds: nodes with the source of every attribute, edges with their beginning, and what is
//! missing.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::moment;
use crate::domain::graph::{
    AssetId, AssetState, AssetValue, Kind, POINTING_MAX, Sourced, StateView, Subject, Val, at, holding, references,
    route_table_associations, rules,
};
use crate::domain::time::Time;

/// Neighbours followed over one relation of one asset.
pub const FAN_OUT_MAX: usize = 50;
/// Attributes shown of one node: a group may have hundreds of rules.
pub const ATTRIBUTES_MAX: usize = 200;

/// Lists that say something only together with others: what they come to is shown instead.
const PARTS: [&str; 8] = [
    "rules",
    "rule_ids",
    "rule_changes",
    "rule_revokes",
    "actions",
    "ended_listeners",
    "deletes_with",
    "device_deletes",
];

/// The surroundings of an asset as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    #[serde(with = "moment")]
    pub as_of: Time,
    pub complete: bool,
    /// What is missing, and why.
    pub gaps: Vec<String>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

impl Topology {
    /// Something is missing.
    pub fn miss(&mut self, what: String) {
        self.complete = false;
        self.gaps.push(what);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub asset_id: String,
    pub kind: String,
    pub name: String,
    pub attributes: BTreeMap<String, AttributeView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeView {
    /// None: known to be unknown.
    pub value: Option<String>,
    pub source: SourceView,
}

/// Which event set it, when, by which call of whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    pub event_id: String,
    #[serde(with = "moment")]
    pub time: Time,
    pub call: String,
    pub principal: String,
    pub implied: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    pub from: String,
    pub relation: String,
    pub to: String,
    #[serde(with = "moment")]
    pub since: Time,
}

/// A view that remembers what was asked about, known or not: a later write about one of them may change the answer. It remembers no
/// more than a number of them.
pub(super) struct Recorder<'a> {
    view: &'a dyn StateView,
    reads: RefCell<BTreeSet<Subject>>,
    limit: usize,
}

impl<'a> Recorder<'a> {
    pub fn new(view: &'a dyn StateView, limit: usize) -> Recorder<'a> {
        Recorder { view, reads: RefCell::default(), limit }
    }

    /// Whether there was more than it remembers.
    pub fn is_full(&self) -> bool {
        self.reads.borrow().len() > self.limit
    }

    pub fn into_reads(self) -> BTreeSet<Subject> {
        let mut reads = self.reads.into_inner();
        while reads.len() > self.limit {
            reads.pop_last();
        }
        reads
    }

    fn note(&self, subject: Subject) {
        let mut reads = self.reads.borrow_mut();
        if reads.len() <= self.limit {
            reads.insert(subject);
        }
    }
}

impl StateView for Recorder<'_> {
    fn value(&self, asset: &AssetId, until: Time) -> Option<AssetValue> {
        self.note(Subject::of(asset));
        self.view.value(asset, until)
    }

    fn pointing(&self, account: &str, token: &str, limit: usize) -> Vec<AssetId> {
        self.note(Subject { account: account.to_owned(), token: token.to_owned() });
        self.view.pointing(account, token, limit)
    }
}

pub(super) struct Walk<'a> {
    view: &'a dyn StateView,
    pub at: Time,
    limits: Limits,
    nodes: BTreeMap<AssetId, (Node, AssetState)>,
    edges: BTreeSet<Edge>,
    gaps: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    pub fn new(view: &'a dyn StateView, at: Time, limits: Limits) -> Walk<'a> {
        Walk { view, at, limits, nodes: BTreeMap::new(), edges: BTreeSet::new(), gaps: BTreeSet::new() }
    }

    pub fn finish(self) -> Topology {
        Topology {
            as_of: self.at,
            complete: self.gaps.is_empty(),
            gaps: self.gaps.into_iter().collect(),
            nodes: self.nodes.into_values().map(|(n, _)| n).collect(),
            edges: self.edges.into_iter().collect(),
        }
    }

    pub fn gap(&mut self, text: impl Into<String>) {
        self.gaps.insert(text.into());
    }

    /// Puts the asset on the map; false if there is no room. An asset nobody ever saw gets a bare node and a gap.
    pub fn visit(&mut self, id: &AssetId) -> bool {
        if self.nodes.contains_key(id) {
            return true;
        }
        let most = self.limits.topology_nodes_max;
        if self.nodes.len() >= most {
            self.gap(format!("stopped at {most} assets: there are more around the target"));
            return false;
        }
        let state = at(self.view, id, self.at);
        if let Some(what) = unknown(self.view, id, state.as_ref(), self.at) {
            self.gap(format!("{} {}: never seen being created; {what}", id.kind.text(), id.name));
        }
        let state = state.unwrap_or_default();
        let node = self.node(id, &state);
        self.nodes.insert(id.clone(), (node, state));
        true
    }

    pub fn has(&self, id: &AssetId) -> bool {
        self.nodes.contains_key(id)
    }

    /// The state of a visited asset.
    pub fn state(&self, id: &AssetId) -> AssetState {
        self.nodes.get(id).map(|(_, s)| s.clone()).unwrap_or_default()
    }

    pub fn edge(&mut self, from: &AssetId, relation: &str, to: &AssetId, since: Time) {
        if self.has(from) && self.has(to) {
            self.edges.insert(Edge { from: from.text(), relation: relation.to_owned(), to: to.text(), since });
        }
    }

    /// Follows a field or list of a visited asset to what it names.
    pub fn forward(&mut self, from: &AssetId, fact: &str) -> Vec<AssetId> {
        let state = self.state(from);
        let mut found = Vec::new();
        for r in references().iter().filter(|r| r.from == from.kind && r.fact == fact) {
            let mut named: Vec<(String, Time)> = Vec::new();
            if let Some(f) = state.fields.get(fact)
                && let Some(name) = f.value.as_text().filter(|n| !n.is_empty())
            {
                named.push((name.to_owned(), f.by.stamp.time));
            }
            let listed = state.lists.get(fact);
            named.extend(listed.into_iter().flatten().map(|(k, e)| (k.clone(), e.by.stamp.time)));
            if named.len() > FAN_OUT_MAX {
                self.many(from, r.relation, named.len());
                named.truncate(FAN_OUT_MAX);
            }
            for (name, since) in named {
                let to = AssetId::new(&from.account, r.to, name);
                if self.there(from, &to) && self.visit(&to) {
                    self.edge(from, r.relation, &to, since);
                    found.push(to);
                }
            }
        }
        found
    }

    /// The subnet's associations with route tables, and since when each holds.
    pub fn associations(&self, subnet: &AssetId) -> Vec<(AssetState, Time)> {
        let found = route_table_associations(self.view, subnet, self.at);
        let with_since = |(_, state): (AssetId, AssetState)| {
            let since = state.fields.get("subnet").map_or(self.at, |f| f.by.stamp.time);
            (state, since)
        };
        found.into_iter().map(with_since).collect()
    }

    /// What is there and names `to` in its `fact`: each with its state, and since when it does.
    pub fn reverse(&mut self, to: &AssetId, kind: Kind, fact: &str) -> Vec<(AssetId, AssetState, Time)> {
        if self.view.pointing(&to.account, &to.token(), POINTING_MAX).len() >= POINTING_MAX {
            self.gap(format!(
                "{} {}: only the first {POINTING_MAX} that ever named it were looked at",
                to.kind.text(),
                to.name
            ));
        }
        let mut found = holding(self.view, to, kind, fact, self.at);
        if found.len() > FAN_OUT_MAX {
            self.many(to, kind.text(), found.len());
            found.truncate(FAN_OUT_MAX);
        }
        found
            .into_iter()
            .map(|(id, state)| {
                let field = state.fields.get(fact).map(|f| f.by.stamp.time);
                let element = state.lists.get(fact).and_then(|l| l.get(&to.name)).map(|e| e.by.stamp.time);
                let since = element.or(field).unwrap_or(self.at);
                (id, state, since)
            })
            .collect()
    }

    fn many(&mut self, of: &AssetId, relation: &str, count: usize) {
        self.gap(format!("{} {}: {FAN_OUT_MAX} of {count} shown ({relation})", of.kind.text(), of.name));
    }

    /// A reference may outlive what it names; a missed event, mostly.
    fn there(&mut self, from: &AssetId, to: &AssetId) -> bool {
        let gone = at(self.view, to, self.at).is_some_and(|s| !s.exists);
        if gone {
            let (f, t) = (from.kind.text(), to.kind.text());
            self.gap(format!("{t} {}: had ended, though {f} {} still names it", to.name, from.name));
        }
        !gone
    }

    fn node(&mut self, id: &AssetId, state: &AssetState) -> Node {
        let mut all: Vec<(String, AttributeView)> =
            state.fields.iter().map(|(k, f)| (k.clone(), shown(Some(&f.value), &f.by))).collect();
        let edges = |list: &str| references().iter().any(|r| r.from == id.kind && r.fact == list);
        for (list, elements) in &state.lists {
            // References are edges, and rules depend on more than their list.
            if PARTS.contains(&list.as_str()) || edges(list) {
                continue;
            }
            all.extend(elements.iter().map(|(k, e)| (format!("{list}/{k}"), shown(e.value.as_ref(), &e.by))));
        }
        if id.kind == Kind::SecurityGroup {
            let rules = rules(self.view, id, self.at);
            all.extend(rules.iter().map(|(k, e)| (format!("rules/{k}"), shown(e.value.as_ref(), &e.by))));
        }
        if all.len() > ATTRIBUTES_MAX {
            self.gap(format!("{} {}: {ATTRIBUTES_MAX} of {} attributes shown", id.kind.text(), id.name, all.len()));
            all.truncate(ATTRIBUTES_MAX);
        }
        Node {
            asset_id: id.text(),
            kind: id.kind.text().to_owned(),
            name: name(id, state),
            attributes: all.into_iter().collect(),
        }
    }
}

/// What people call it: the Name tag, else AWS's name.
pub(super) fn name(id: &AssetId, state: &AssetState) -> String {
    tag(state, "Name").or_else(|| state.text("name")).unwrap_or(&id.name).to_owned()
}

/// A tag's text, where it is there and not empty.
pub(super) fn tag<'s>(state: &'s AssetState, key: &str) -> Option<&'s str> {
    state.lists.get("tags")?.get(key)?.value.as_ref()?.as_text().filter(|t| !t.is_empty())
}

fn shown(value: Option<&Val>, by: &Sourced) -> AttributeView {
    let value = match value {
        None | Some(Val::Unknown) => None,
        Some(Val::Bool(b)) => Some(b.to_string()),
        Some(Val::Int(i)) => Some(i.to_string()),
        Some(Val::Text(t)) => Some(t.clone()),
    };
    let source = SourceView {
        event_id: by.stamp.event.to_string(),
        time: by.stamp.time,
        call: by.source.call.clone(),
        principal: by.source.principal.clone(),
        implied: by.source.implied,
    };
    AttributeView { value, source }
}

/// What is not known of an asset whose creation nobody saw and nothing else (an inventory) made up for. Accounts and regions
/// aren't created, and images are mostly somebody else's.
fn unknown(view: &dyn StateView, id: &AssetId, state: Option<&AssetState>, t: Time) -> Option<&'static str> {
    let (fact, what) = match id.kind {
        Kind::Account | Kind::Region | Kind::Image => return None,
        Kind::Vpc => ("cidr", "its CIDR is unknown"),
        Kind::Subnet => ("cidr", "its CIDR and route table are unknown"),
        Kind::SecurityGroup => ("rules", "rules from before its first sign of life are unknown"),
        Kind::Instance => ("image", "its image, interfaces and groups are unknown"),
        Kind::NetworkInterface => ("private_ip", "its addresses and groups are unknown"),
        Kind::RouteTable => ("routes", "routes from before its first sign of life are unknown"),
        Kind::Address => ("public_ip", "its address is unknown"),
        Kind::Role | Kind::User => ("unique_id", "policies from before its first sign of life are unknown"),
        Kind::AccessKey => ("user", "its user is unknown"),
        Kind::InstanceProfile => ("roles", "its role is unknown"),
        Kind::Bucket => ("region", "what was set before its first sign of life is unknown"),
        _ => ("", "what was set before its first sign of life is unknown"),
    };
    let Some(state) = state else { return Some(what) };
    if !state.inferred || state.fields.contains_key(fact) {
        return None;
    }
    // One added element tells nothing of those before it; a replaced list is whole.
    let whole = view.value(id, t).is_some_and(|v| v.resets.contains_key(fact));
    let enough = id.kind == Kind::InstanceProfile && state.lists.get(fact).is_some_and(|l| !l.is_empty());
    (!whole && !enough).then_some(what)
}
