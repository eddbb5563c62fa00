//! What events do to the graph: a table per service from (source, name) to a function of one record. An effect sees its own record
//! and nothing else; what needs more than that is resolved when the graph is read.

mod autoscaling;
mod balancer_settings;
mod bucket_settings;
mod cidrs;
mod ec2;
mod effect;
mod elb;
mod fleets;
mod iam;
mod images;
mod interfaces;
mod json;
mod nat_addresses;
mod regions;
mod s3;
mod security_groups;
mod snapshots;
mod users;
mod volumes;
mod vpc;

use effect::{Call, Effect, Out, Row};

use super::assets::ec2::instance;
use super::event::{InstanceState, TrailEvent};
use super::graph::{Fact, Gap, Kind, Source, Val, Write};

/// Every table there is, by the event source it is of.
const TABLES: &[(&str, &[Row])] = &[
    ("ec2.amazonaws.com", ec2::ROWS),
    ("ec2.amazonaws.com", fleets::ROWS),
    ("ec2.amazonaws.com", interfaces::ROWS),
    ("ec2.amazonaws.com", vpc::ROWS),
    ("ec2.amazonaws.com", cidrs::ROWS),
    ("ec2.amazonaws.com", nat_addresses::ROWS),
    ("ec2.amazonaws.com", security_groups::ROWS),
    ("ec2.amazonaws.com", volumes::ROWS),
    ("ec2.amazonaws.com", snapshots::ROWS),
    ("ec2.amazonaws.com", images::ROWS),
    ("ec2.amazonaws.com", regions::ROWS),
    ("autoscaling.amazonaws.com", autoscaling::ROWS),
    ("elasticloadbalancing.amazonaws.com", elb::ROWS),
    ("elasticloadbalancing.amazonaws.com", balancer_settings::ROWS),
    ("iam.amazonaws.com", iam::ROWS),
    ("iam.amazonaws.com", users::ROWS),
    ("s3.amazonaws.com", s3::ROWS),
    ("s3.amazonaws.com", bucket_settings::ROWS),
];

/// Every call that may change the graph, as (source, name).
pub fn calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.iter().flat_map(|(source, rows)| rows.iter().map(move |(name, _)| (*source, *name)))
}

/// Whether such a call may change the graph.
pub fn is_effect(source: &str, name: &str) -> bool {
    find(source, name).is_some()
}

fn find(source: &str, name: &str) -> Option<Effect> {
    let tables = TABLES.iter().filter(|(s, _)| *s == source);
    tables.flat_map(|(_, rows)| rows.iter()).find(|(n, _)| *n == name).map(|(_, effect)| *effect)
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
    let mut out = Out::new(&event.account, &event.region, event.time, &event.id, source);
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
    let mut out = Out::new(&event.account, &event.region, event.time, &event.id, source);
    let rank = ec2::state_rank(&event.state);
    let mut on = out.on(Kind::Instance, Some(event.instance_id.clone()), rank);
    on.set(instance::STATE, Val::text(event.state.clone()));
    if event.state == "terminated" {
        on.fact(Fact::Exists(false));
    }
    out.done().0
}
