//! Walking the graph at one moment within bounds: nodes with the source of every attribute, edges with their beginning, and what is
//! missing.

use std::collections::{BTreeMap, BTreeSet};

use super::group_rules::group_rules;
use super::hint::Hint;
use super::limits::Limits;
use super::node::{AttributeView, Edge, Node, RuleView, SourceView, Topology};
use super::summary::summary;
use crate::domain::assets::ec2::route_table_association;
use crate::domain::assets::{FactId, Use};
use crate::domain::graph::{AssetId, AssetState, Kind, Sourced, StateView, Val, at, holding, route_table_associations};
use crate::domain::time::Time;

/// Neighbours followed over one relation of one asset.
pub const FAN_OUT_MAX: usize = 50;
/// Attributes shown of one node: a group may have hundreds of rules.
pub const ATTRIBUTES_MAX: usize = 200;

pub(super) struct Walk<'a> {
    view: &'a dyn StateView,
    pub at: Time,
    limits: Limits,
    hints: Vec<Hint>,
    nodes: BTreeMap<AssetId, (Found, AssetState)>,
    edges: BTreeSet<Edge>,
    gaps: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    pub fn new(view: &'a dyn StateView, at: Time, limits: Limits) -> Walk<'a> {
        let (nodes, edges, gaps) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Walk { view, at, limits, hints: Vec::new(), nodes, edges, gaps }
    }

    /// What a finding says of assets of which the graph may know nothing.
    pub fn with_hints(self, hints: Vec<Hint>) -> Walk<'a> {
        Walk { hints, ..self }
    }

    /// The finding's words about an asset.
    pub fn hint_about(&self, asset: &AssetId) -> Option<Hint> {
        self.hints.iter().find(|h| h.is_about(asset)).cloned()
    }

    pub fn finish(self) -> Topology {
        let sources = Sources::of(self.nodes.values().flat_map(|(found, _)| found.provenance()));
        Topology {
            as_of: self.at,
            complete: self.gaps.is_empty(),
            gaps: self.gaps.into_iter().collect(),
            nodes: self.nodes.into_values().map(|(found, _)| found.node(&sources)).collect(),
            sources: sources.0,
            edges: self.edges.into_iter().collect(),
            at_first_sighting: None,
        }
    }

    pub fn gap(&mut self, text: impl Into<String>) {
        self.gaps.insert(text.into());
    }

    /// Shows what a finding says of a visited asset, unless something is known under that name and key; true if it is shown.
    pub fn hint(&mut self, id: &AssetId, name: &str, key: &str, value: &str, by: &Sourced) -> bool {
        let Some((found, state)) = self.nodes.get_mut(id) else { return false };
        let is_shown = found.attributes.iter().any(|(a, _)| a.name == name && (a.key == key || key.is_empty()));
        // A list of an asset whose creation was seen is whole.
        let is_whole = !state.inferred && id.kind.fact(name).is_some_and(|list| state.lists.contains_key(&list));
        if is_shown || is_whole || (value.is_empty() && key.is_empty()) || found.attributes.len() >= ATTRIBUTES_MAX {
            return false;
        }
        found.attributes.push(attribute(name, key, Some(&Val::text(value)), by));
        true
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
        if let Some(what) = unknown_part(id, state.as_ref()) {
            self.gap(format!("{} {}: never seen being created; {what}", id.kind.text(), id.name));
        }
        let state = state.unwrap_or_default();
        let found = self.found(id, &state);
        self.nodes.insert(id.clone(), (found, state));
        true
    }

    pub fn has(&self, id: &AssetId) -> bool {
        self.nodes.contains_key(id)
    }

    /// The state of a visited asset.
    pub fn state(&self, id: &AssetId) -> AssetState {
        self.nodes.get(id).map(|(_, s)| s.clone()).unwrap_or_default()
    }

    pub fn edge(&mut self, from: &AssetId, relation: &str, to: &AssetId, since: impl Into<Option<Time>>) {
        if self.has(from) && self.has(to) {
            self.edges.insert(Edge {
                from: from.text(),
                relation: relation.to_owned(),
                to: to.text(),
                since: since.into(),
            });
        }
    }

    /// Follows a field or list of a visited asset to what it names.
    pub fn forward(&mut self, from: &AssetId, fact: impl Into<FactId>) -> Vec<AssetId> {
        let fact = fact.into();
        let state = self.state(from);
        let mut found = Vec::new();
        if let Some(r) = fact.declaration().and_then(|f| f.reference) {
            let mut named: Vec<(String, Time)> = Vec::new();
            if let Some(f) = state.fields.get(&fact)
                && let Some(name) = f.value.as_text().filter(|n| !n.is_empty())
            {
                named.push((name.to_owned(), f.by.stamp.time));
            }
            let listed = state.lists.get(&fact);
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
    pub fn associations(&self, subnet: &AssetId) -> Vec<(AssetState, Option<Time>)> {
        let found = route_table_associations(self.view, subnet, self.at);
        let with_since = |(_, state): (AssetId, AssetState)| {
            let since = state.field(route_table_association::SUBNET).map(|f| f.by.stamp.time);
            (state, since)
        };
        found.into_iter().map(with_since).collect()
    }

    /// What is there and names `to` in its `fact`: each with its state, and since when it does.
    pub fn reverse(&mut self, to: &AssetId, fact: impl Into<FactId>) -> Vec<(AssetId, AssetState, Option<Time>)> {
        let fact = fact.into();
        if self.view.referrers(&to.account, &to.token(), fact.kind, self.at).stopped {
            let kind = to.kind.text();
            self.gap(format!("{kind} {}: more assets refer to it than were looked at", to.name));
        }
        let mut found = holding(self.view, to, fact, self.at);
        if found.len() > FAN_OUT_MAX {
            self.many(to, fact.kind.text(), found.len());
            found.truncate(FAN_OUT_MAX);
        }
        found
            .into_iter()
            .map(|(id, state)| {
                let field = state.fields.get(&fact).map(|f| f.by.stamp.time);
                let element = state.lists.get(&fact).and_then(|l| l.get(&to.name)).map(|e| e.by.stamp.time);
                (id, state, element.or(field))
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

    fn found(&mut self, id: &AssetId, state: &AssetState) -> Found {
        let mut attributes: Vec<(AttributeView, Sourced)> =
            state.fields.iter().map(|(name, f)| attribute(name.name(), "", Some(&f.value), &f.by)).collect();
        for (list, elements) in &state.lists {
            // References are edges. Internal facts are read together, and their result is shown instead.
            let Some(declared) = list.declaration() else { continue };
            if declared.is(Use::Internal) || declared.reference.is_some() {
                continue;
            }
            attributes.extend(elements.iter().map(|(key, e)| attribute(declared.name, key, e.value.as_ref(), &e.by)));
        }
        let mut rules = match id.kind {
            Kind::SecurityGroup => group_rules(self.view, id, state, self.at),
            _ => Vec::new(),
        };
        let summary = summary(id.kind, state, rules.iter().map(|(rule, _)| rule));
        for (what, count) in [("attributes", attributes.len()), ("rules", rules.len())] {
            if count > ATTRIBUTES_MAX {
                self.gap(format!("{} {}: {ATTRIBUTES_MAX} of {count} {what} shown", id.kind.text(), id.name));
            }
        }
        attributes.truncate(ATTRIBUTES_MAX);
        rules.truncate(ATTRIBUTES_MAX);
        let node = Node {
            asset_id: id.text(),
            kind: id.kind.text().to_owned(),
            account_id: id.account.clone(),
            name: name(id, state),
            summary,
            ..Node::default()
        };
        Found { node, attributes, rules }
    }
}

/// A node whose provenance is not indexed yet.
struct Found {
    node: Node,
    attributes: Vec<(AttributeView, Sourced)>,
    rules: Vec<(RuleView, Sourced)>,
}

impl Found {
    fn provenance(&self) -> impl Iterator<Item = &Sourced> {
        self.attributes.iter().map(|(_, by)| by).chain(self.rules.iter().map(|(_, by)| by))
    }

    fn node(self, sources: &Sources) -> Node {
        let attributes = self.attributes.into_iter();
        let rules = self.rules.into_iter();
        Node {
            attributes: attributes.map(|(a, by)| AttributeView { source: sources.index(&by), ..a }).collect(),
            rules: rules.map(|(r, by)| RuleView { source: sources.index(&by), ..r }).collect(),
            ..self.node
        }
    }
}

/// The events of a topology, each once and in order.
struct Sources(Vec<SourceView>);

impl Sources {
    fn of<'s>(all: impl Iterator<Item = &'s Sourced>) -> Sources {
        let distinct: BTreeSet<SourceView> = all.map(SourceView::from).collect();
        Sources(distinct.into_iter().collect())
    }

    fn index(&self, by: &Sourced) -> u32 {
        let (Ok(index) | Err(index)) = self.0.binary_search(&SourceView::from(by));
        u32::try_from(index).unwrap_or(u32::MAX)
    }
}

fn attribute(name: &str, key: &str, value: Option<&Val>, by: &Sourced) -> (AttributeView, Sourced) {
    let view = AttributeView { name: name.to_owned(), key: key.to_owned(), value: value.into(), source: 0 };
    (view, by.clone())
}

/// What people call it: the Name tag, else AWS's name.
pub(super) fn name(id: &AssetId, state: &AssetState) -> String {
    let named = || id.kind.fact("name").and_then(|name| state.text(name));
    tag(id.kind, state, "Name").or_else(named).unwrap_or(&id.name).to_owned()
}

/// A tag's text, where it is there and not empty.
pub(super) fn tag<'s>(kind: Kind, state: &'s AssetState, key: &str) -> Option<&'s str> {
    state.list(kind.tags())?.get(key)?.value.as_ref()?.as_text().filter(|t| !t.is_empty())
}

/// What is not known of an asset whose creation nobody saw and nothing else (an inventory) made up for. Accounts and regions
/// aren't created, and images are mostly somebody else's.
pub fn unknown_part(id: &AssetId, state: Option<&AssetState>) -> Option<&'static str> {
    let unseen = id.kind.declaration().unseen?;
    let Some(state) = state else { return Some(unseen.text) };
    let Some(fact) = unseen.until else { return state.inferred.then_some(unseen.text) };
    if !state.inferred || state.fields.contains_key(&fact) {
        return None;
    }
    // One added element tells nothing of those before it; a replaced list is whole.
    let whole = state.resets.contains_key(&fact);
    let enough = unseen.one_is_enough && state.lists.get(&fact).is_some_and(|l| !l.is_empty());
    (!whole && !enough).then_some(unseen.text)
}
