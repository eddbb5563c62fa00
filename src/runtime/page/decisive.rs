//! What a responder looks for first: the ways in and out, what it may do, who looks after it, who changed it last.

use std::collections::BTreeSet;

use super::words::{change, when, who, words};
use crate::domain::incident::{AttributeValue, Incident, Node, RuleView, SourceView};

/// Tags that say whose an asset is and what it is for, in lower case.
const TELLING_TAGS: [&str; 8] = ["owner", "team", "stage", "environment", "env", "service", "application", "project"];
/// Changes that are named.
const CHANGES_MAX: usize = 3;
/// Facts that one list names.
const FACTS_MAX: usize = 8;

/// A fact, and who brought it about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub text: String,
    /// Who, when and by which call; empty where unknown.
    pub by: String,
    /// It is what an attacker needs.
    pub alarming: bool,
}

/// The facts, by the question that they answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisive {
    pub ways: Vec<Fact>,
    pub rights: Vec<Fact>,
    pub care: Vec<Fact>,
    pub changes: Vec<String>,
}

impl Decisive {
    /// The decisive facts of an incident's topology.
    pub fn of(incident: &Incident) -> Decisive {
        let mut out = Decisive::default();
        let protecting = protecting(incident);
        let mut nodes: Vec<&Node> = incident.topology.nodes.iter().collect();
        // Groups of the target itself come before those of what stands in front of it.
        nodes.sort_by_key(|n| !protecting.contains(n.asset_id.as_str()));
        for node in nodes {
            out.add(incident, node);
        }
        for list in [&mut out.ways, &mut out.rights, &mut out.care] {
            list.truncate(FACTS_MAX);
        }
        out.changes = changes(incident);
        out
    }

    fn add(&mut self, incident: &Incident, node: &Node) {
        let by = |index: u32| incident.topology.source(index).map(change).unwrap_or_default();
        let of = |name: &str| node.attributes.iter().find(|a| a.name == name && a.key.is_empty());
        let fact = |text: String, source: u32, alarming| Fact { text, by: by(source), alarming };
        match node.kind.as_str() {
            "security_group" => {
                let open = node.rules.iter().filter(|r| r.is_open_to_the_world());
                self.ways.extend(open.map(|r| fact(opening(r, node), r.source, true)));
                let leaving = node.rules.iter().filter(|r| r.lets_all_out());
                self.ways.extend(leaving.map(|r| fact(leaving_by(r, node), r.source, true)));
            }
            "address" => {
                let address = of("public_ip").and_then(|a| Some((text(&a.value)?, a.source)));
                self.ways.extend(address.map(|(ip, source)| fact(format!("public address {ip}"), source, false)));
            }
            "network_interface" => {
                let address = of("public_ip").and_then(|a| Some((text(&a.value)?, a.source)));
                self.ways.extend(
                    address
                        .map(|(ip, source)| fact(format!("public address {ip} on {}", node.asset_id), source, false)),
                );
            }
            "load_balancer" => {
                let facing = of("scheme").filter(|a| text(&a.value) == Some("internet-facing"));
                self.ways.extend(
                    facing.map(|a| fact(format!("load balancer {} faces the internet", node.name), a.source, false)),
                );
            }
            "route_table" => {
                let default = node.elements("routes").filter(|a| matches!(a.key.as_str(), "0.0.0.0/0" | "::/0"));
                let outward = default.filter_map(|a| Some((a, text(&a.value)?)));
                self.ways
                    .extend(outward.map(|(a, to)| {
                        fact(format!("route {} leads to {to} ({})", a.key, node.name), a.source, false)
                    }));
            }
            "role" | "user" => {
                let held = ["policies", "inline_policies"].into_iter().flat_map(|list| node.elements(list));
                self.rights.extend(held.map(|a| {
                    let policy = a.key.rsplit('/').next().unwrap_or_default();
                    fact(format!("{policy} ({} {})", words(&node.kind), node.name), a.source, is_wide(policy))
                }));
            }
            _ => {}
        }
        if node.asset_id != incident.target.asset_id {
            return;
        }
        if let Some(tokens) = of("imds_tokens") {
            let v1 = text(&tokens.value) == Some("optional");
            let words = if v1 { "instance metadata without a session token (IMDSv1) allowed" } else { "IMDSv2 only" };
            self.rights.push(fact(words.to_owned(), tokens.source, v1));
        }
        let telling = |key: &str| TELLING_TAGS.contains(&key.to_ascii_lowercase().as_str());
        let tags = node.elements("tags").filter(|a| telling(&a.key)).filter_map(|a| Some((a, text(&a.value)?)));
        self.care.extend(tags.map(|(a, value)| fact(format!("{}: {value}", a.key), a.source, false)));
    }
}

fn text(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn opening(rule: &RuleView, group: &Node) -> String {
    format!("{} open to {} (security group {})", rule.traffic(), rule.peer, group.name)
}

fn leaving_by(rule: &RuleView, group: &Node) -> String {
    format!("all traffic may leave to {} (security group {})", rule.peer, group.name)
}

/// AWS's own policies that give nearly everything of a service, or of the account.
fn is_wide(policy: &str) -> bool {
    policy.ends_with("FullAccess") || matches!(policy, "AdministratorAccess" | "PowerUserAccess")
}

/// The groups of the target and of the interfaces attached to it.
fn protecting(incident: &Incident) -> BTreeSet<&str> {
    let target = incident.target.asset_id.as_str();
    let edges = &incident.topology.edges;
    let mut ends = BTreeSet::from([target]);
    ends.extend(edges.iter().filter(|e| e.relation == "attached_to" && e.to == target).map(|e| e.from.as_str()));
    let groups = edges.iter().filter(|e| e.relation == "protected_by" && ends.contains(e.from.as_str()));
    groups.map(|e| e.to.as_str()).collect()
}

/// The newest event that set something of the node.
pub fn last_change<'i>(incident: &'i Incident, node: &Node) -> Option<&'i SourceView> {
    let sources = node.attributes.iter().map(|a| a.source).chain(node.rules.iter().map(|r| r.source));
    sources.filter_map(|index| incident.topology.source(index)).filter(|s| !s.implied).max()
}

/// The newest events in the topology, each with the assets that it changed.
fn changes(incident: &Incident) -> Vec<String> {
    let mut newest: Vec<(&SourceView, Vec<String>)> = Vec::new();
    for node in &incident.topology.nodes {
        let Some(source) = last_change(incident, node) else { continue };
        let asset = format!("{} {}", words(&node.kind), node.name);
        match newest.iter_mut().find(|(s, _)| *s == source) {
            Some((_, assets)) => assets.push(asset),
            None => newest.push((source, vec![asset])),
        }
    }
    newest.sort_by(|a, b| b.0.cmp(a.0));
    let line = |(s, assets): &(&SourceView, Vec<String>)| {
        format!("{}: {} by {} on {}", when(s.time), s.call, who(&s.principal), assets.join(", "))
    };
    newest.iter().take(CHANGES_MAX).map(line).collect()
}
