//! Tags of load balancers and target groups.

use crate::domain::effects::json::{items, texts};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank};

/// The API calls that change it.
pub const CALLS: &[Row] = &[("AddTags", add_tags), ("RemoveTags", remove_tags)];

/// The tagged: balancers and target groups by ARN, classic balancers by name.
fn tagged(c: &Call, out: &Writes) -> Vec<(Kind, String)> {
    let arns = texts(c.request, "resourceArns", "resourceArn").into_iter().filter_map(|a| {
        let balancer = a.contains(":loadbalancer/").then_some(Kind::LoadBalancer);
        balancer.or(a.contains(":targetgroup/").then_some(Kind::TargetGroup)).map(|k| (k, a))
    });
    let names = texts(c.request, "loadBalancerNames", "loadBalancerName").into_iter();
    arns.chain(names.map(|n| (Kind::LoadBalancer, out.regional(&n)))).collect()
}

fn add_tags(c: &Call, out: &mut Writes) {
    for (kind, name) in tagged(c, out) {
        out.asset(kind, Some(name), Rank::Set).tags(&items(c.request, "tags"));
    }
}

fn remove_tags(c: &Call, out: &mut Writes) {
    let keys: Vec<String> =
        texts(c.request, "tagKeys", "key").into_iter().chain(texts(c.request, "tags", "key")).collect();
    for (kind, name) in tagged(c, out) {
        let mut on = out.asset(kind, Some(name), Rank::Removed);
        for key in &keys {
            on.remove_tag(key);
        }
    }
}
