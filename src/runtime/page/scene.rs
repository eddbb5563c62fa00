//! The topology as it is seen: which box lies in which, and what is attached to what.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::decisive::last_change;
use super::words::{change, words};
use crate::domain::incident::{self, Incident, is_alarming, summary_parts};

/// How far from the boxes an attached thing is still followed.
const MAX_DEPTH: usize = 4;

/// Kinds drawn as boxes in boxes, outermost first. All others are attached beside.
const BOXES: &[&str] = &["account", "region", "vpc", "subnet", "instance", "network_interface"];
/// Kinds that are but a link between two others: walked through, not shown.
const LINKS: &[&str] =
    &["interface_attachment", "address_association", "route_table_association", "profile_association"];
/// Kinds without a region.
const GLOBAL: &[&str] = &["role", "user", "access_key", "instance_profile"];

/// An asset as it is drawn.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub id: String,
    pub kind: String,
    pub name: String,
    /// What an attacker needs.
    pub alarms: Vec<String>,
    /// The rest of its summary.
    pub details: Vec<String>,
    /// When it was last changed, by whom and how; empty where unknown.
    pub changed: String,
    /// False for a place that must exist but that no record told of.
    pub known: bool,
}

impl Node {
    fn of(incident: &Incident, node: &incident::Node) -> Node {
        let (alarms, details) = summary_parts(&node.summary).map(str::to_owned).partition(|part| is_alarming(part));
        Node {
            id: node.asset_id.clone(),
            kind: node.kind.clone(),
            name: node.name.clone(),
            alarms,
            details,
            changed: last_change(incident, node).map(change).unwrap_or_default(),
            known: true,
        }
    }

    /// Name and AWS id, each once.
    pub fn label(&self) -> String {
        let id = if self.id.starts_with("arn:") || self.id.contains('/') { "" } else { self.id.as_str() };
        match (self.name.is_empty() || self.name == id, id.is_empty()) {
            (true, false) => id.to_owned(),
            (false, true) => self.name.clone(),
            (false, false) => format!("{} · {id}", self.name),
            (true, true) => self.id.clone(),
        }
    }
}

/// A thing beside the boxes.
#[derive(Clone, Debug)]
pub struct Attached {
    pub node: Node,
    /// As read from the thing it hangs on: `protected by`.
    pub relation: String,
    pub depth: usize,
}

/// Things that hang on one box (or on none: an empty id).
#[derive(Clone, Debug)]
pub struct Group {
    pub anchor: String,
    pub attached: Vec<Attached>,
}

#[derive(Debug, Default)]
pub struct Scene {
    pub nodes: BTreeMap<String, Node>,
    /// Box to the box around it.
    pub parent: BTreeMap<String, String>,
    pub target: String,
    pub root: String,
    edges: Vec<(String, String, String)>,
}

impl Scene {
    pub fn of(incident: &Incident) -> Scene {
        let mut scene = Scene { target: incident.target.asset_id.clone(), ..Scene::default() };
        for node in &incident.topology.nodes {
            scene.nodes.insert(node.asset_id.clone(), Node::of(incident, node));
        }
        let edges = incident.topology.edges.iter();
        scene.edges = edges.map(|e| (e.from.clone(), e.relation.clone(), e.to.clone())).collect();
        scene.add_target(incident);
        scene.root = scene.ensure("account", &incident.account_id, "");
        let region = scene.ensure("region", &incident.region, &scene.root.clone());
        scene.nest(&region);
        scene
    }

    /// A target that the topology does not hold is drawn by what the finding says of it.
    fn add_target(&mut self, incident: &Incident) {
        let target = &incident.target;
        if self.target.is_empty() {
            self.target.clone_from(&target.arn);
        }
        if self.target.is_empty() {
            return;
        }
        let node = self.nodes.entry(self.target.clone()).or_insert_with(|| Node {
            id: target.asset_id.clone(),
            kind: target.kind.clone(),
            name: target.name.clone(),
            details: vec![target.state_at_finding.clone()],
            ..Node::default()
        });
        node.known = target.known;
    }

    /// The id of a node of this kind, made up from the incident where the topology lacks it.
    fn ensure(&mut self, kind: &str, name: &str, around: &str) -> String {
        let held = self
            .nodes
            .values()
            .find(|n| n.kind == kind && (n.id == name || n.name == name || n.id.ends_with(&format!("/{name}"))));
        let id = held.map_or_else(|| format!("{kind}/{name}"), |n| n.id.clone());
        let known = !name.is_empty();
        self.nodes.entry(id.clone()).or_insert_with(|| Node {
            id: id.clone(),
            kind: kind.into(),
            name: if known { name.into() } else { "not known".into() },
            known,
            ..Node::default()
        });
        if !around.is_empty() {
            self.parent.insert(id.clone(), around.to_owned());
        }
        id
    }

    fn nest(&mut self, region: &str) {
        let ids: Vec<(String, String)> = self.nodes.values().map(|n| (n.id.clone(), n.kind.clone())).collect();
        for (id, kind) in &ids {
            let around = match kind.as_str() {
                "account" | "region" if *id == self.root || id == region => continue,
                "region" => self.root.clone(),
                "vpc" => region.to_owned(),
                "subnet" => self.neighbour(id, "vpc").unwrap_or_else(|| region.to_owned()),
                "instance" => self
                    .neighbour(id, "subnet")
                    .or_else(|| self.neighbour(id, "vpc"))
                    .unwrap_or_else(|| region.to_owned()),
                "network_interface" => self
                    .neighbour(id, "instance")
                    .or_else(|| self.neighbour(id, "subnet"))
                    .unwrap_or_else(|| region.to_owned()),
                _ if *id == self.target && GLOBAL.contains(&kind.as_str()) => self.root.clone(),
                _ if *id == self.target => region.to_owned(),
                _ => continue,
            };
            self.parent.insert(id.clone(), around);
        }
        self.name_the_unknown();
    }

    /// A host always lies in a subnet of a VPC: where no record says which, the place is shown as not known.
    fn name_the_unknown(&mut self) {
        let target = self.target.clone();
        if self.nodes.get(&target).is_none_or(|n| n.kind != "instance") {
            return;
        }
        for (inner, kind, satisfied) in [("subnet", "subnet", &["subnet"][..]), ("vpc", "vpc", &["vpc"][..])] {
            let chain = self.chain(&target);
            let has = chain.iter().any(|id| self.nodes.get(id).is_some_and(|n| satisfied.contains(&n.kind.as_str())));
            if has {
                continue;
            }
            // The VPC goes around the subnet, the subnet around the host.
            let child = if inner == "subnet" {
                Some(target.clone())
            } else {
                chain.into_iter().find(|id| self.kind(id) == "subnet")
            };
            let Some(child) = child else { continue };
            let around = self.parent.get(&child).cloned().unwrap_or_else(|| self.root.clone());
            let id = format!("{kind}/not known");
            let node = Node { id: id.clone(), kind: kind.into(), name: "not known".into(), ..Node::default() };
            self.nodes.insert(id.clone(), node);
            self.parent.insert(id.clone(), around);
            self.parent.insert(child, id);
        }
    }

    pub fn kind(&self, id: &str) -> &str {
        self.nodes.get(id).map_or("", |n| n.kind.as_str())
    }

    /// The neighbour of this kind, links walked through.
    fn neighbour(&self, id: &str, kind: &str) -> Option<String> {
        self.neighbours(id).into_iter().map(|(other, _)| other).find(|other| self.kind(other) == kind)
    }

    /// Neighbours with the relation as read from here, links walked through.
    fn neighbours(&self, id: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for (other, relation, outward) in self.ends(id) {
            if LINKS.contains(&self.kind(other)) {
                out.extend(
                    self.ends(other)
                        .filter(|(end, ..)| *end != id)
                        .map(|(end, ..)| (end.to_owned(), "with".to_owned())),
                );
            } else {
                let relation = words(relation);
                out.push((other.to_owned(), if outward { relation } else { format!("{relation} it") }));
            }
        }
        out
    }

    fn ends<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a str, &'a str, bool)> {
        self.edges.iter().filter_map(move |(from, relation, to)| match () {
            () if from == id => Some((to.as_str(), relation.as_str(), true)),
            () if to == id => Some((from.as_str(), relation.as_str(), false)),
            () => None,
        })
    }

    /// A box and those around it, innermost first. Ends at a loop, which only a faulty topology has.
    pub fn chain(&self, id: &str) -> Vec<String> {
        let mut out = vec![id.to_owned()];
        while let Some(next) = out.last().and_then(|last| self.parent.get(last)) {
            if out.contains(next) {
                break;
            }
            out.push(next.clone());
        }
        out
    }

    /// The boxes inside a box: those on the way to the target first.
    pub fn inside(&self, id: &str) -> Vec<&Node> {
        let way: BTreeSet<String> = self.chain(&self.target).into_iter().collect();
        let mut inside: Vec<&Node> = self
            .parent
            .iter()
            .filter(|(_, around)| *around == id)
            .filter_map(|(child, _)| self.nodes.get(child))
            .collect();
        inside.sort_by_key(|n| (!way.contains(&n.id), rank(&n.kind), n.id.clone()));
        inside
    }

    /// Everything that is no box, under the nearest box it hangs on.
    pub fn groups(&self) -> Vec<Group> {
        let mut anchors = vec![self.target.clone()];
        anchors.extend(self.chain(&self.target).into_iter().skip(1));
        let mut seen: BTreeSet<String> = self.parent.keys().cloned().collect();
        seen.insert(self.root.clone());
        let mut queue: VecDeque<(String, usize)> = VecDeque::new();
        // What hangs on an interface of the target hangs on the target.
        queue.push_back((self.target.clone(), 0));
        queue.extend(self.inside(&self.target).iter().map(|n| (n.id.clone(), 0)));
        queue.extend(anchors.iter().skip(1).map(|a| (a.clone(), 0)));
        let home = |id: &str| if anchors.iter().any(|a| a == id) { id.to_owned() } else { self.target.clone() };
        let mut children: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        while let Some((id, depth)) = queue.pop_front() {
            for (other, relation) in self.neighbours(&id) {
                if self.nodes.contains_key(&other) && seen.insert(other.clone()) {
                    let under = if depth == 0 { home(&id) } else { id.clone() };
                    children.entry(under).or_default().push((other.clone(), relation));
                    if depth + 1 < MAX_DEPTH {
                        queue.push_back((other, depth + 1));
                    }
                }
            }
        }
        let mut out: Vec<Group> = anchors
            .iter()
            .map(|anchor| Group { anchor: anchor.clone(), attached: self.below(anchor, &children, 0) })
            .collect();
        let rest = self.nodes.values().filter(|n| !seen.contains(&n.id) && !LINKS.contains(&n.kind.as_str()));
        let rest = rest.map(|n| Attached { node: n.clone(), relation: String::new(), depth: 0 }).collect();
        out.push(Group { anchor: String::new(), attached: rest });
        out.retain(|g| !g.attached.is_empty());
        out
    }

    fn below(&self, id: &str, children: &BTreeMap<String, Vec<(String, String)>>, depth: usize) -> Vec<Attached> {
        let mut out = Vec::new();
        for (child, relation) in children.get(id).into_iter().flatten() {
            let Some(node) = self.nodes.get(child) else { continue };
            out.push(Attached { node: node.clone(), relation: relation.clone(), depth });
            // The children form a tree no deeper than MAX_DEPTH, so this ends.
            out.extend(self.below(child, children, depth + 1));
        }
        out
    }

    /// `account 1111 › region r › VPC v › …`, outermost first.
    pub fn path(&self) -> Vec<String> {
        let mut chain = self.chain(&self.target);
        chain.reverse();
        chain.iter().filter_map(|id| self.nodes.get(id)).map(|n| format!("{} {}", words(&n.kind), n.label())).collect()
    }
}

fn rank(kind: &str) -> usize {
    BOXES.iter().position(|b| *b == kind).unwrap_or(BOXES.len())
}
