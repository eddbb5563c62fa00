//! The sections below the picture.

use maud::{Markup, html};

use super::escape::is_web_address;
use super::words::{when, who, words};
use crate::domain::incident::{AttributeValue, Incident, RuleView};

/// Rows of one list on the page; the incident itself holds them all.
const MAX_ROWS: usize = 300;

/// A web address as a link, anything else as text.
pub fn reference(address: &str, name: &str) -> Markup {
    html! {
        @if is_web_address(address) { a href=(address) rel="noreferrer noopener" { (name) } }
        @else { (address) }
    }
}

/// The explanation, what raises and lowers confidence, and where to read on.
pub fn what_it_means(incident: &Incident) -> Markup {
    let what = &incident.what_happened;
    html! {
        h3 { "What this means" }
        @if what.explanation.is_empty() { p .absent { "No explanation is given." } }
        @else { p { (what.explanation) } }
        h4 { "How sure this is" }
        div .cols {
            section { p .side { "What makes it more likely" } (bullets(&what.how_sure.raises, "Nothing is named.")) }
            section { p .side { "What makes it less likely" } (bullets(&what.how_sure.lowers, "Nothing is named.")) }
        }
        p .why { "Finding type: " (incident.finding.kind) }
        @if !what.tactics.is_empty() || !what.techniques.is_empty() {
            p .why {
                "MITRE ATT&CK: " (what.tactics.join(", "))
                @if !what.techniques.is_empty() { " (" (what.techniques.join(", ")) ")" }
            }
        }
        @if !what.references.is_empty() {
            ul { @for address in &what.references { li { (reference(address, address)) } } }
        }
    }
}

fn bullets(texts: &[String], absent: &str) -> Markup {
    html! {
        @if texts.is_empty() { p .absent { (absent) } }
        @else { ul { @for text in texts { li { (text) } } } }
    }
}

/// The revisions so far.
pub fn history(incident: &Incident) -> Markup {
    html! {
        h3 { "History" }
        ul {
            @for entry in incident.history.iter().rev().take(MAX_ROWS) {
                li {
                    "revision " (entry.revision) ", " (words(entry.cause.text())) ", " (when(entry.time))
                    @if !entry.by.is_empty() { ", by " (entry.by) }
                }
            }
        }
    }
}

/// Every fact under the event that set it, folded.
pub fn facts(incident: &Incident) -> Markup {
    let topology = &incident.topology;
    let mut rows: Vec<Vec<String>> = vec![Vec::new(); topology.sources.len()];
    for node in &topology.nodes {
        let asset = format!("{} {}", words(&node.kind), node.name);
        let attributes = node.attributes.iter().map(|a| (a.source, attribute(&a.name, &a.key, &a.value)));
        let rules = node.rules.iter().map(|r| (r.source, rule(r)));
        for (source, text) in attributes.chain(rules) {
            let row = usize::try_from(source).ok().and_then(|s| rows.get_mut(s));
            if let Some(row) = row {
                row.push(format!("{asset}: {text}"));
            }
        }
    }
    html! {
        @if !topology.sources.is_empty() {
            details {
                summary { "Every fact in the picture, by the event that set it" }
                @for (source, facts) in topology.sources.iter().zip(&rows).take(MAX_ROWS) {
                    section .event {
                        h4 { (when(source.time)) " · " (source.call) }
                        p .why {
                            (who(&source.principal))
                            @if !source.principal.is_empty() { " · " (source.principal) }
                            " · event " (source.event_id)
                            @if source.implied { " · implied: no event says so, but AWS is known to do it" }
                        }
                        ul { @for fact in facts.iter().take(MAX_ROWS) { li { (fact) } } }
                    }
                }
            }
        }
    }
}

fn attribute(name: &str, key: &str, value: &AttributeValue) -> String {
    let name = if key.is_empty() { words(name) } else { format!("{} {key}", words(name)) };
    match value {
        AttributeValue::Unknown => format!("{name} is unknown"),
        AttributeValue::Bool(true) => format!("{name} = yes"),
        AttributeValue::Bool(false) => format!("{name} = no"),
        AttributeValue::Integer(number) => format!("{name} = {number}"),
        AttributeValue::Text(text) if text.is_empty() => name,
        AttributeValue::Text(text) => format!("{name} = {text}"),
    }
}

fn rule(rule: &RuleView) -> String {
    let side = if rule.direction == "ingress" { "from" } else { "to" };
    let mut text = format!("{} {} {side} {}", rule.direction, rule.traffic(), rule.peer);
    for (before, part) in [(" · ", &rule.description), (" · ", &rule.rule_id)] {
        if !part.is_empty() {
            text.push_str(before);
            text.push_str(part);
        }
    }
    text
}

/// The incident as it goes to the topic, to be copied.
pub fn json(incident: &Incident) -> Markup {
    html! {
        details {
            summary { "The incident as JSON" }
            pre { (serde_json::to_string_pretty(incident).unwrap_or_default()) }
        }
    }
}
