//! One check on one asset, on the newest state of the graph.

use std::collections::BTreeSet;

use super::check::{Check, Condition};
use super::document::{Evidence, Exposure, Verdict};
use super::ingress::ingress;
use crate::domain::assets::ec2::{instance, network_interface, security_group};
use crate::domain::assets::elasticloadbalancing::load_balancer;
use crate::domain::graph::{AssetId, AssetState, StateView, Subject, TrackedView, at, holding};
use crate::domain::incident::{RuleView, Severity, SourceView, group_rules, unknown_part};
use crate::domain::time::Time;

/// Subjects that one exposure depends on at the most.
pub const READ_SET_MAX: usize = 1_000;
/// Facts that one exposure names.
const EVIDENCE_MAX: usize = 50;

/// An exposure with its read set: a write to any of these subjects may change it.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    pub exposure: Exposure,
    pub read_set: BTreeSet<Subject>,
}

/// What a condition came to.
struct Outcome {
    result: Verdict,
    evidence: Vec<Evidence>,
    missing: Vec<String>,
    introduced: Option<SourceView>,
}

/// Evaluates a check on the newest state. `None`: nothing is known of the asset.
pub fn evaluate(view: &dyn StateView, check: &Check, asset: &AssetId) -> Option<Evaluated> {
    let tracked = TrackedView::new(view, READ_SET_MAX);
    let state = at(&tracked, asset, Time::MAX)?;
    let outcome = match &state.ended {
        Some(end) if !state.exists => ended(asset, &SourceView::from(end)),
        _ => outcome(&tracked, check, asset, &state),
    };
    let attached = if outcome.result == Verdict::NotApplicable { None } else { attached(&tracked, asset, &state) };
    let since = state.since.as_ref().map(|since| since.stamp.time);
    let newest = outcome.evidence.iter().map(|e| e.source.time).chain(since).max().unwrap_or_default();
    let exposure = Exposure {
        exposure_id: format!("{}:{}:{}", asset.account, check.id, asset.text()),
        check_id: check.id.clone(),
        asset_id: asset.text(),
        kind: asset.kind.text().to_owned(),
        account_id: asset.account.clone(),
        region: state.text(asset.kind.region()).unwrap_or_default().to_owned(),
        result: outcome.result,
        severity: if attached == Some(false) { lower(check.severity) } else { check.severity },
        evidence: outcome.evidence,
        missing: outcome.missing,
        frameworks: check.frameworks.clone(),
        first_seen: outcome.introduced.as_ref().map(|source| source.time),
        changed_at: newest,
        introduced_by: outcome.introduced.as_ref().map(Into::into),
        attached,
    };
    Some(Evaluated { exposure, read_set: tracked.into_read_set() })
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
    }
}

fn ended(asset: &AssetId, source: &SourceView) -> Outcome {
    let evidence =
        Evidence { asset_id: asset.text(), name: "exists".into(), value: "ended".into(), source: source.clone() };
    Outcome { result: Verdict::NotApplicable, evidence: vec![evidence], missing: Vec::new(), introduced: None }
}

fn outcome(view: &dyn StateView, check: &Check, asset: &AssetId, state: &AssetState) -> Outcome {
    match &check.condition {
        Condition::IngressFromInternet { protocol, from_port, to_port } => {
            ingress_from_internet(view, asset, state, protocol, (*from_port, *to_port))
        }
    }
}

fn ingress_from_internet(
    view: &dyn StateView,
    group: &AssetId,
    state: &AssetState,
    protocol: &str,
    ports: (u16, u16),
) -> Outcome {
    let rules = group_rules(view, group, state, Time::MAX);
    let mut ordered: Vec<(&RuleView, SourceView)> = rules.iter().map(|(r, by)| (r, SourceView::from(by))).collect();
    ordered.sort_by(|a, b| a.1.cmp(&b.1));
    let found = ingress(ordered.into_iter(), protocol, ports);
    let mut missing: Vec<String> =
        found.unresolved.iter().map(|list| format!("the addresses of prefix list {list}")).collect();
    missing.extend(unknown_part(group, Some(state)).map(str::to_owned));
    let result = match (found.opened_at, missing.is_empty()) {
        (Some(_), _) => Verdict::Fail,
        (None, false) => Verdict::Unknown,
        (None, true) => Verdict::Pass,
    };
    let introduced = found.opened_at.and_then(|at| found.rules.get(at)).map(|(_, source)| source.clone());
    let evidence = found.rules.into_iter().take(EVIDENCE_MAX).map(|(rule, source)| Evidence {
        asset_id: group.text(),
        name: security_group::RULES.id().name().to_owned(),
        value: format!("{} from {}", rule.traffic(), rule.peer),
        source,
    });
    Outcome {
        result,
        evidence: evidence.collect(),
        missing: if result == Verdict::Unknown { missing } else { Vec::new() },
        introduced,
    }
}

/// Whether an interface, an instance or a load balancer uses the group. If its creation was not seen, no user may mean no knowledge.
fn attached(view: &dyn StateView, group: &AssetId, state: &AssetState) -> Option<bool> {
    let users = [network_interface::GROUPS.id(), instance::GROUPS.id(), load_balancer::GROUPS.id()];
    let used = users.into_iter().any(|fact| !holding(view, group, fact, Time::MAX).is_empty());
    if used { Some(true) } else { (!state.inferred).then_some(false) }
}
