//! An incident's parts in words.

use crate::domain::incident::{Incident, RemoteParty, SourceView};
use crate::domain::time::Time;

/// `load_balancer` as words.
pub fn words(name: &str) -> String {
    match name {
        "vpc" => "VPC".into(),
        other => other.replace('_', " "),
    }
}

/// A time without what nobody reads at a glance: `2026-03-03 14:22:07 UTC`.
pub fn when(time: Time) -> String {
    let text = time.to_string();
    match text.split_once('T') {
        Some((day, rest)) => format!("{day} {} UTC", rest.split('.').next().unwrap_or_default()),
        None => text,
    }
}

/// `dana.lee` of `arn:aws:sts::111122223333:assumed-role/admin/dana.lee`.
pub fn who(principal: &str) -> &str {
    match principal.rsplit(['/', ':']).next() {
        Some(name) if !name.is_empty() => name,
        _ => "an unknown caller",
    }
}

/// `dana.lee, 2026-03-03 11:32:50 UTC, AuthorizeSecurityGroupIngress`.
pub fn change(source: &SourceView) -> String {
    format!("{}, {}, {}", who(&source.principal), when(source.time), source.call)
}

/// The remote parties of the finding, one text each.
pub fn actors(incident: &Incident) -> Vec<String> {
    incident.finding.actors.iter().map(actor).filter(|text| !text.is_empty()).collect()
}

fn actor(actor: &RemoteParty) -> String {
    let name = if actor.domain.is_empty() { &actor.address } else { &actor.domain };
    let port = match actor.ports.as_slice() {
        [] => String::new(),
        [port] => format!("port {port}"),
        ports => format!("{} ports", ports.len()),
    };
    let place = [actor.organization.as_str(), actor.country.as_str()];
    let place = place.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
    let place = if place.is_empty() { place } else { format!("({place})") };
    [name.as_str(), &port, &place].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What the asset did or suffered, in two or three words; never only a colour.
pub fn verdict(incident: &Incident) -> &'static str {
    match incident.finding.resource_role.as_str() {
        "ACTOR" => "acts as attacker",
        "TARGET" => "under attack",
        _ => "affected",
    }
}

/// `7 times, first …, last …`.
pub fn seen(incident: &Incident) -> String {
    let finding = &incident.finding;
    let times = match finding.count {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    let (first, last) = (when(finding.first_seen), when(finding.last_seen));
    if first == last { format!("{times}, {first}") } else { format!("{times}, first {first}, last {last}") }
}

/// The text, or what to say where there is none.
pub fn or_absent<'a>(text: &'a str, absent: &'a str) -> &'a str {
    if text.is_empty() { absent } else { text }
}
