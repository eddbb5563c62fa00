//! The condition `ingress_from_internet`: the rules of a security group let the whole internet in to a port.

use ipnet::IpNet;

use super::internet::covers_internet;
use crate::domain::incident::RuleView;

/// A rule with its source.
pub type SourcedRule<'r, S> = (&'r RuleView, S);

/// What the rules say of some ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress<'r, S> {
    /// The rules that let somebody in to one of the ports, by the time of their events.
    pub rules: Vec<SourcedRule<'r, S>>,
    /// The position in `rules` of the first with which the internet was let in. `None`: it is not.
    pub opened_at: Option<usize>,
    /// Peers whose addresses no event tells.
    pub unresolved: Vec<&'r str>,
}

/// Reads the rules. `ordered`: by the time of their events.
pub fn ingress<'r, S: Clone>(
    ordered: impl Iterator<Item = SourcedRule<'r, S>>,
    protocol: &str,
    ports: (u16, u16),
) -> Ingress<'r, S> {
    let rules: Vec<SourcedRule<S>> = ordered.filter(|(rule, _)| admits(rule, protocol, ports)).collect();
    let (mut opened_at, mut unresolved) = (None, Vec::new());
    for (rule, _) in &rules {
        if rule.peer.starts_with("pl-") {
            unresolved.push(rule.peer.as_str());
        }
    }
    for port in ports.0..=ports.1 {
        opened_at = match (opened_at, opening(&rules, port)) {
            (Some(a), Some(b)) => Some(std::cmp::Ord::min(a, b)),
            (a, b) => a.or(b),
        };
    }
    unresolved.sort_unstable();
    unresolved.dedup();
    Ingress { rules, opened_at, unresolved }
}

/// The rule with which a port came to be open to the whole internet.
fn opening<S>(rules: &[SourcedRule<'_, S>], port: u16) -> Option<usize> {
    let mut networks: Vec<IpNet> = Vec::new();
    for (at, (rule, _)) in rules.iter().enumerate() {
        if !holds(rule, port) {
            continue;
        }
        networks.extend(rule.peer.parse::<IpNet>());
        if covers_internet(&networks) {
            return Some(at);
        }
    }
    None
}

fn admits(rule: &RuleView, protocol: &str, (from, to): (u16, u16)) -> bool {
    let meets = |first: Option<i64>, last: Option<i64>| {
        first.is_none_or(|first| first <= i64::from(to)) && last.is_none_or(|last| last >= i64::from(from))
    };
    rule.direction == "ingress"
        && (rule.protocol == "all" || (rule.protocol == protocol && meets(rule.from_port, rule.to_port)))
}

fn holds(rule: &RuleView, port: u16) -> bool {
    admits(rule, &rule.protocol, (port, port))
}
