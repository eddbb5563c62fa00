//! The calls that change the graph, by name, and their effects.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::effect::{Call, Effect, Row, Writes};
use crate::domain::assets::SERVICES;
use crate::domain::assets::ec2::instance;
use crate::domain::event::{InstanceState, TrailEvent};
use crate::domain::graph::{Fact, Gap, Kind, Source, Val, Write};

/// Every effect by the call's name, then by its event source: most names are of one source.
static EFFECTS: LazyLock<BTreeMap<&'static str, Vec<(&'static str, Effect)>>> = LazyLock::new(|| {
    let mut effects: BTreeMap<&str, Vec<(&str, Effect)>> = BTreeMap::new();
    for (source, tables) in SERVICES {
        for (name, effect) in tables.iter().flat_map(|rows| rows.iter()) {
            effects.entry(name).or_default().push((source, *effect));
        }
    }
    effects
});

/// Every call that may change the graph, as (source, name).
pub fn calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |(source, tables): &(&'static str, &'static [&'static [Row]])| {
        let source = *source;
        tables.iter().flat_map(|rows| rows.iter()).map(move |(name, _)| (source, *name))
    };
    SERVICES.iter().flat_map(of)
}

/// Whether such a call may change the graph.
pub fn is_effect(source: &str, name: &str) -> bool {
    find(source, name).is_some()
}

fn find(source: &str, name: &str) -> Option<Effect> {
    EFFECTS.get(name)?.iter().find(|(s, _)| *s == source).map(|(_, effect)| *effect)
}

/// What a call did to the graph, and what of it could not be told. A call that failed did nothing.
pub fn effects(event: &TrailEvent) -> (Vec<Write>, Vec<Gap>) {
    let Some(effect) = find(&event.source, &event.name) else { return (Vec::new(), Vec::new()) };
    if event.error.is_some() {
        return (Vec::new(), Vec::new());
    }
    let by = &event.principal;
    let principal = if by.arn.is_empty() { by.invoked_by.clone() } else { by.arn.clone() };
    let source = Source { call: event.name.clone(), principal, implied: false };
    let mut out = Writes::new(&event.account, &event.region, event.time, &event.id, source);
    if event.account.is_empty() {
        out.gap("names no account");
    } else {
        effect(&Call::of(event), &mut out);
    }
    out.done()
}

/// What a change of an instance's state says. Only this tells of `running`, `stopped` and `terminated`.
pub fn state_change(event: &InstanceState) -> Vec<Write> {
    if event.account.is_empty() || event.instance_id.is_empty() || event.state.is_empty() {
        return Vec::new();
    }
    let source = Source { call: "state-change".to_owned(), principal: "ec2.amazonaws.com".to_owned(), implied: false };
    let mut out = Writes::new(&event.account, &event.region, event.time, &event.id, source);
    let rank = instance::state_rank(&event.state);
    let mut on = out.asset(Kind::Instance, Some(event.instance_id.clone()), rank);
    on.set(instance::STATE, Val::text(event.state.clone()));
    if event.state == "terminated" {
        on.fact(Fact::Exists(false));
    }
    out.done().0
}
