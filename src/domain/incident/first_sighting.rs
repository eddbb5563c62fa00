//! The surroundings at the first sighting beside those at the last. GuardDuty repeats a finding for as long as it goes on, so what was open when it began
//! may be closed by then.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{AttributeValue, Change, FirstSighting, RuleView, Topology};

/// Differences kept of one incident.
pub const CHANGES_MAX: usize = 200;

/// What is there, in a form that can be compared.
type Facts = BTreeMap<(String, String, String), String>;

/// The state at the first sighting, by its differences from the `last`. `None`: nothing differed.
pub fn first_sighting(first: &Topology, last: &Topology) -> Option<FirstSighting> {
    let (then, now) = (facts(first), facts(last));
    let keys: BTreeSet<_> = then.keys().chain(now.keys()).collect();
    let mut changes: Vec<Change> = keys
        .into_iter()
        .filter(|key| then.get(*key) != now.get(*key))
        .map(|key| Change {
            asset_id: key.0.clone(),
            name: key.1.clone(),
            key: key.2.clone(),
            first: then.get(key).cloned(),
            last: now.get(key).cloned(),
        })
        .collect();
    let truncated = changes.len() > CHANGES_MAX;
    changes.truncate(CHANGES_MAX);
    (!changes.is_empty()).then_some(FirstSighting { as_of: first.as_of, changes, truncated })
}

fn facts(topology: &Topology) -> Facts {
    let mut out = Facts::new();
    for node in &topology.nodes {
        let mut put = |name: &str, key: &str, value: String| {
            out.insert((node.asset_id.clone(), name.to_owned(), key.to_owned()), value);
        };
        put("asset", "", node.kind.clone());
        for a in &node.attributes {
            put(&a.name, &a.key, text(&a.value));
        }
        for rule in &node.rules {
            put("rule", &rule_text(rule), rule.description.clone());
        }
    }
    for edge in &topology.edges {
        out.insert((edge.from.clone(), "relation".into(), format!("{} {}", edge.relation, edge.to)), String::new());
    }
    out
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Unknown => "unknown".into(),
        AttributeValue::Bool(b) => b.to_string(),
        AttributeValue::Integer(i) => i.to_string(),
        AttributeValue::Text(t) => t.clone(),
    }
}

/// `ingress tcp 22-22 0.0.0.0/0`
fn rule_text(rule: &RuleView) -> String {
    let port = |p: Option<i64>| p.map_or_else(|| "all".to_owned(), |p| p.to_string());
    let ports = match (rule.from_port, rule.to_port) {
        (from, to) if from == to => port(from),
        (from, to) => format!("{}-{}", port(from), port(to)),
    };
    format!("{} {} {ports} {}", rule.direction, rule.protocol, rule.peer)
}
