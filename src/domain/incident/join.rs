//! Finding meets graph: which asset a finding is about, and the incident that follows from both.

use std::collections::BTreeSet;

use super::document::{Cause, Incident, SCHEMA_VERSION, Severity, ShortTerm, Status, Target};
use super::finding_record::FindingRecord;
use super::finding_section::FindingSection;
use super::first_sighting::first_sighting as differences;
use super::hint::Hint;
use super::knowledge::Knowledge;
use super::limits::Limits;
use super::links::Links;
use super::narrative::Narrative;
use super::node::Topology;
use super::target::{self, Named, as_of, first_given, first_sighting};
use super::topology::surroundings;
use super::walk::{name, tag};
use crate::domain::arn::Arn;
use crate::domain::assets::ec2::instance;
use crate::domain::finding::LatestNotification;
use crate::domain::graph::{AssetId, AssetState, StateView, Subject, TrackedView, at};
use crate::domain::time::Time;

/// What is missing around a target at a time whose history isn't kept any more.
const FOLDED: &str =
    "the finding is older than the history that is kept: what had changed by the horizon is not shown as it was";

/// Tags that say who looks after an asset, the first that is there wins.
const OWNER_TAGS: &[&str] = &["Owner", "owner", "Team", "team"];

/// What one incident depends on at the most: of a hub's surroundings thousands are looked at.
pub const READ_SET_MAX: usize = 10_000;

/// An incident with its read set: a write to any of these subjects at or before `as_of` may change it.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    pub incident: Incident,
    pub read_set: BTreeSet<Subject>,
    pub before_horizon: Before,
}

/// Which moments of the finding lie before the horizon: the graph of such a moment is no longer kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The last sighting, which the topology shows.
    pub last: bool,
    /// The first sighting.
    pub first: bool,
}

/// The incident of a finding as the graph is known now. [`revise`](super::revise) adds revision, cause and history.
/// `horizon`: before it, the graph's history is no longer kept. `None`: all of it is.
pub fn join(
    view: &dyn StateView,
    record: &FindingRecord,
    knowledge: &Knowledge,
    limits: Limits,
    horizon: Option<Time>,
) -> Joined {
    let tracked = TrackedView::new(view, READ_SET_MAX);
    let latest = &record.latest;
    let t = as_of(record);
    let is_before_horizon = |t| horizon.is_some_and(|h| t < h);
    let first = first_sighting(record).min(t);
    let mut before_horizon = Before { last: is_before_horizon(t), first: is_before_horizon(first) };
    let primary = target::primary(&tracked, record);
    // A sample's assets are invented: looking around them would only find gaps.
    let mut topology = match &primary {
        _ if latest.sample => bare(t, "a sample finding: its assets are invented"),
        None => bare(t, "the finding names no resource"),
        Some(primary) => {
            let around = Around::new(&tracked, record, primary, limits);
            // The last moment before an end is shown only while its history is kept.
            let kept = |moment, t| if is_before_horizon(moment) { t } else { moment };
            let (then, now) = (kept(around.moment(first), first), kept(around.moment(t), t));
            before_horizon.first |= is_before_horizon(then);
            before_horizon.last |= is_before_horizon(now);
            let mut topology = around.at(now, t);
            if !before_horizon.first {
                // Where nothing differed at the first sighting, something may have when it was first reported.
                let reported = record.first_reported.clamp(first, t);
                let reported = kept(around.moment(reported), reported);
                let moments = [(then, first), (reported, record.first_reported)];
                let mut earlier = moments.into_iter().filter(|(moment, _)| *moment < now);
                topology.at_first_sighting =
                    earlier.find_map(|(moment, t)| differences(&around.at(moment, t), &topology));
            }
            topology
        }
    };
    if before_horizon.last {
        topology.add_gap(FOLDED.into());
    }
    if tracked.is_full() {
        topology.add_gap(format!(
            "more than {READ_SET_MAX} things were looked at: not every late event about one will amend this"
        ));
    }
    let target = match &primary {
        Some(Named::Asset { id, arn, at: moment }) => {
            let state = Some(id).filter(|_| !latest.sample).and_then(|a| at(&tracked, a, *moment));
            described(id, state.as_ref(), arn, latest)
        }
        Some(named @ Named::Other { kind, name, arn, .. }) => Target {
            asset_id: named.text(),
            arn: arn.clone(),
            kind: kind.clone(),
            name: name.clone(),
            state_at_finding: "unknown".into(),
            ..Target::default()
        },
        None => Target { state_at_finding: "unknown".into(), ..Target::default() },
    };
    let asset = primary.as_ref().and_then(Named::asset_id).filter(|_| !latest.sample);
    let Narrative { title, what } = knowledge.tell(record, &target, topology.complete);
    let incident = Incident {
        schema_version: SCHEMA_VERSION,
        incident_id: incident_id(&record.account, &record.id),
        revision: 0,
        revision_cause: Cause::Created,
        status: if latest.archived { Status::Closed } else { Status::Open },
        account_id: record.account.clone(),
        account_name: String::new(),
        region: latest.region.clone(),
        severity: Severity::of(latest.severity.0),
        severity_score: latest.severity.0,
        title,
        sample: latest.sample,
        opened_at: first_given([record.created_at, record.first_seen, record.updated_at()]),
        updated_at: first_given([record.updated_at(), record.last_seen, record.created_at]),
        links: Links::new(&latest.region, &record.id, asset),
        finding: FindingSection::new(&tracked, record, primary.as_ref()),
        what_happened: what,
        target,
        topology,
        timeline: Vec::new(),
        short_term: ShortTerm::default(),
        structural: Vec::new(),
        related_incidents: related(record),
        notes: Vec::new(),
        history: Vec::new(),
    };
    Joined { incident, read_set: tracked.into_read_set(), before_horizon }
}

fn incident_id(account: &str, finding: &str) -> String {
    format!("{account}:{finding}")
}

/// The incidents of the findings that an attack sequence is made of.
fn related(record: &FindingRecord) -> Vec<String> {
    let signals = record.latest.sequence.iter().flat_map(|s| &s.signals).filter(|s| s.kind == "FINDING");
    let of = |uid: &str| {
        let arn = Arn::parse(uid)?;
        let (_, finding) = arn.resource.split_once("/finding/")?;
        Some(incident_id(if arn.account.is_empty() { &record.account } else { arn.account }, finding))
    };
    let ids: BTreeSet<String> = signals.filter_map(|s| of(&s.uid)).collect();
    ids.into_iter().collect()
}

/// Nothing around nothing, and why.
fn bare(as_of: Time, why: &str) -> Topology {
    let mut topology = Topology { as_of, ..Topology::default() };
    topology.add_gap(why.into());
    topology
}

/// The surroundings of all that a finding names.
struct Around<'a> {
    view: &'a dyn StateView,
    primary: &'a Named,
    others: Vec<Named>,
    hints: Vec<Hint>,
    limits: Limits,
}

impl<'a> Around<'a> {
    fn new(view: &'a dyn StateView, record: &FindingRecord, primary: &'a Named, limits: Limits) -> Around<'a> {
        let hint = |r| {
            let asset = target::resource(view, record, r)?;
            Hint::new(asset.asset_id()?, r, &record.id, record.updated_at())
        };
        let hints = record.latest.resources.iter().filter_map(hint).collect();
        Around { view, primary, others: target::others(view, record, Some(primary)), hints, limits }
    }

    /// The moment to show for `t`: the last one at which the target was there, where it had ended by then.
    fn moment(&self, t: Time) -> Time {
        let Named::Asset { id, at: held, .. } = self.primary else { return t };
        let ended = |t| at(self.view, id, t).and_then(|s| s.ended).map(|e| e.stamp.time.plus_ms(-1));
        let t = t.min(*held);
        let alive = |t: &Time| at(self.view, id, *t).is_some_and(|s| s.exists);
        ended(t).filter(alive).unwrap_or(t)
    }

    /// The surroundings as they were at `moment`, shown for `t`: the target first.
    fn at(&self, moment: Time, t: Time) -> Topology {
        let named = || std::iter::once(self.primary).chain(&self.others);
        // An asset that is only beside the target, and that nobody ever saw, would add nothing but a gap.
        let seen = |id: &AssetId| self.primary.asset_id() == Some(id) || at(self.view, id, moment).is_some();
        let assets: Vec<AssetId> = named().filter_map(Named::asset_id).filter(|id| seen(id)).cloned().collect();
        let mut topology = surroundings(self.view, &assets, self.hints.clone(), moment, self.limits);
        if let (Some(id), true) = (self.primary.asset_id(), moment < t) {
            topology.add_gap(format!(
                "{} {}: had ended by {t}; its surroundings are shown as of the last moment before its end",
                id.kind.text(),
                id.name
            ));
        }
        for resource in named() {
            if let Named::Other { kind, name, .. } = resource {
                topology.add_gap(format!("{kind} {name}: resources of this kind are not followed"));
            }
        }
        topology
    }
}

fn described(asset: &AssetId, state: Option<&AssetState>, arn: &str, latest: &LatestNotification) -> Target {
    let none = AssetState::default();
    let known = state.is_some();
    let state = state.unwrap_or(&none);
    let at_finding = match (known, state.exists) {
        (false, _) => "unknown",
        (true, false) => state.text(instance::STATE).filter(|s| *s == "terminated").unwrap_or("ended"),
        (true, true) => state.text(instance::STATE).unwrap_or("exists"),
    };
    let told = asset.kind.fact("arn").and_then(|arn| state.text(arn));
    let follows = target::arn(asset, state, &latest.partition, &latest.region);
    let has_path = asset.kind.fact("path").is_some();
    Target {
        asset_id: asset.text(),
        // A user's path may change without a record that tells the new ARN.
        arn: match (told, arn) {
            _ if has_path && !follows.is_empty() => follows,
            (Some(told), _) => told.to_owned(),
            (None, "") => follows,
            (None, named) => named.to_owned(),
        },
        kind: asset.kind.text().to_owned(),
        name: name(asset, state),
        owner: OWNER_TAGS.iter().find_map(|t| tag(asset.kind, state, t)).unwrap_or_default().to_owned(),
        state_at_finding: at_finding.to_owned(),
        known,
    }
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
