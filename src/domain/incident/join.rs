//! Finding meets graph: which asset a finding is about, and the incident that follows from both.

use std::collections::BTreeSet;

use super::document::{
    ActionSection, Cause, Detail, FindingSection, Incident, SCHEMA_VERSION, Severity, ShortTerm, Status, Target,
};
use super::finding_record::FindingRecord;
use super::limits::Limits;
use super::links::Links;
use super::node::Topology;
use super::topology::topology;
use super::walk::{name, tag};
use super::what_happened::{Knowledge, Told};
use crate::domain::assets::Use;
use crate::domain::assets::ec2::instance;
use crate::domain::assets::iam::access_key;
use crate::domain::graph::{AssetId, AssetState, Kind, StateView, Subject, TrackedView, at, found_by, instance_of};
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
    /// The finding's time lies before the horizon: the graph of that moment is no longer kept.
    pub before_horizon: bool,
}

/// The moment whose graph counts: the last sighting, or where none is given the finding's own time.
pub fn as_of(record: &FindingRecord) -> Time {
    first_given([record.last_seen, record.updated_at, record.created_at])
}

/// The first sighting, or where none is given the nearest time that is.
pub(super) fn first_sighting(record: &FindingRecord) -> Time {
    first_given([record.first_seen, record.last_seen, record.created_at])
}

/// The epoch stands for "not given".
fn first_given(times: [Time; 3]) -> Time {
    times.into_iter().find(|t| *t != Time(0)).unwrap_or_default()
}

/// The asset that a finding is about; none: it names no asset of a kind known here.
pub fn target(view: &dyn StateView, record: &FindingRecord) -> Option<AssetId> {
    let said = &record.said;
    let id = |kind, name: &str| (!name.is_empty()).then(|| AssetId::new(&record.account, kind, name));
    let instance = || id(Kind::Instance, &said.instance_id).or_else(|| by_interface(view, record));
    let bucket = || said.buckets.iter().min().and_then(|b| id(Kind::Bucket, b));
    match said.resource_type.as_str() {
        "Instance" => instance(),
        "S3Bucket" => bucket(),
        "AccessKey" => credential(view, record),
        // The type is an open set, and may be absent: what is named decides.
        _ => instance().or_else(bucket).or_else(|| credential(view, record)),
    }
}

/// Where only interfaces are named: the instance that one of them was attached to then, else the first of them itself.
fn by_interface(view: &dyn StateView, record: &FindingRecord) -> Option<AssetId> {
    let named: BTreeSet<&String> = record.said.interfaces.iter().collect();
    let mut interfaces = named.into_iter().map(|name| AssetId::new(&record.account, Kind::NetworkInterface, name));
    let first = interfaces.next()?;
    let attached =
        std::iter::once(&first).cloned().chain(interfaces).find_map(|i| instance_of(view, &i, as_of(record)));
    attached.or(Some(first))
}

fn credential(view: &dyn StateView, record: &FindingRecord) -> Option<AssetId> {
    let key = &record.said.access_key;
    let t = as_of(record);
    let id = |kind, name: &str| AssetId::new(&record.account, kind, name);
    let (uid, session) = key.principal_id.split_once(':').unwrap_or((&key.principal_id, ""));
    // The credentials of an instance carry its id as the session: there is a machine to look at.
    let host = Some(session).filter(|s| Kind::of_id(s) == Some(Kind::Instance)).map(|s| id(Kind::Instance, s));
    if let Some(host) = host.as_ref().filter(|h| view.fields(h, t).is_some()) {
        return Some(host.clone());
    }
    // Names are used again after a delete; unique ids never.
    if !uid.is_empty() {
        let named = found_by(view, &record.account, &format!("uid/{uid}"), Use::UniqueId, t);
        let held = named.into_iter().find(|a| at(view, a, t).is_some_and(|s| unique_id(a, &s) == Some(uid)));
        if held.is_some() {
            return held;
        }
    }
    if key.user_type == "Root" {
        return Some(id(Kind::Account, &record.account));
    }
    if !key.access_key_id.is_empty() {
        let owner = at(view, &id(Kind::AccessKey, &key.access_key_id), t);
        if let Some(user) = owner.as_ref().and_then(|s| s.text(access_key::USER)) {
            return Some(id(Kind::User, user));
        }
    }
    let role = uid.starts_with("AROA") || matches!(key.user_type.as_str(), "AssumedRole" | "Role");
    let named = match (key.user_name.as_str(), role) {
        ("", _) => None,
        (name, true) => Some(id(Kind::Role, name)),
        (name, false) => Some(id(Kind::User, name)),
    };
    // A name whose bearer is known to be somebody else is worse than no name.
    let other =
        |a: &AssetId| at(view, a, t).is_some_and(|s| unique_id(a, &s).is_some_and(|u| !uid.is_empty() && u != uid));
    named
        .filter(|a| !other(a))
        .or(host)
        .or_else(|| (!key.access_key_id.is_empty()).then(|| id(Kind::AccessKey, &key.access_key_id)))
}

/// The incident of a finding as the graph is known now. [`revise`](super::revise) adds revision, cause and history.
/// `before_horizon`: the finding's time lies before the horizon.
pub fn join(
    view: &dyn StateView,
    record: &FindingRecord,
    knowledge: &Knowledge,
    limits: Limits,
    before_horizon: bool,
) -> Joined {
    let tracked = TrackedView::new(view, READ_SET_MAX);
    let said = &record.said;
    let t = as_of(record);
    let asset = target(&tracked, record);
    let state = asset.as_ref().filter(|_| !said.sample).and_then(|a| at(&tracked, a, t));
    // A sample's assets are invented: looking around them would only find gaps.
    let mut topology = match &asset {
        Some(asset) if !said.sample => topology(&tracked, asset, t, limits),
        _ => Topology {
            as_of: t,
            complete: false,
            gaps: vec![
                if said.sample {
                    "a sample finding: its assets are invented"
                } else {
                    "the finding names no known kind of asset"
                }
                .into(),
            ],
            ..Topology::default()
        },
    };
    if before_horizon {
        topology.add_gap(FOLDED.into());
    }
    if tracked.is_full() {
        topology.add_gap(format!(
            "more than {READ_SET_MAX} things were looked at: not every late event about one will amend this"
        ));
    }
    let target = match &asset {
        Some(asset) => described(asset, state.as_ref(), &said.region),
        None => Target { state_at_finding: "unknown".into(), ..Target::default() },
    };
    let details =
        said.details.iter().map(|(name, value)| Detail { name: name.clone(), value: value.clone() }).collect();
    let Told { title, what } = knowledge.tell(record, &target, topology.complete);
    let incident = Incident {
        schema_version: SCHEMA_VERSION,
        incident_id: format!("{}:{}", record.account, record.id),
        revision: 0,
        revision_cause: Cause::Created,
        status: Status::Open,
        account_id: record.account.clone(),
        account_name: String::new(),
        region: said.region.clone(),
        severity: Severity::of(said.severity),
        severity_score: said.severity,
        title,
        sample: said.sample,
        opened_at: first_given([record.created_at, record.first_seen, record.updated_at]),
        updated_at: first_given([record.updated_at, record.last_seen, record.created_at]),
        links: Links::new(&said.region, &record.id, asset.as_ref().filter(|_| !said.sample)),
        finding: FindingSection {
            id: record.id.clone(),
            arn: String::new(),
            kind: said.kind.clone(),
            severity: said.severity,
            title: said.title.clone(),
            description: said.description.clone(),
            count: i64::try_from(record.count).unwrap_or(i64::MAX),
            first_seen: first_sighting(record),
            last_seen: t,
            resource_role: said.resource_role.clone(),
            action: ActionSection { kind: said.action.clone(), details },
            actors: record.actors.iter().cloned().collect(),
            actors_dropped: record.actors_dropped,
        },
        what_happened: what,
        target,
        topology,
        timeline: Vec::new(),
        short_term: ShortTerm::default(),
        structural: Vec::new(),
        related_incidents: Vec::new(),
        notes: Vec::new(),
        history: Vec::new(),
    };
    Joined { incident, read_set: tracked.into_read_set(), before_horizon }
}

fn described(asset: &AssetId, state: Option<&AssetState>, region: &str) -> Target {
    let none = AssetState::default();
    let known = state.is_some();
    let state = state.unwrap_or(&none);
    let at_finding = match (known, state.exists) {
        (false, _) => "unknown",
        (true, false) => state.text(instance::STATE).filter(|s| *s == "terminated").unwrap_or("ended"),
        (true, true) => state.text(instance::STATE).unwrap_or("exists"),
    };
    let told = asset.kind.fact("arn").and_then(|arn| state.text(arn));
    Target {
        asset_id: asset.text(),
        arn: told.map_or_else(|| arn(asset, state.text(asset.kind.region()).unwrap_or(region)), str::to_owned),
        kind: asset.kind.text().to_owned(),
        name: name(asset, state),
        owner: OWNER_TAGS.iter().find_map(|t| tag(asset.kind, state, t)).unwrap_or_default().to_owned(),
        state_at_finding: at_finding.to_owned(),
        known,
    }
}

/// The ARN that follows from the id; empty where one doesn't, as for access keys.
fn arn(asset: &AssetId, region: &str) -> String {
    let partition = match region {
        r if r.starts_with("cn-") => "aws-cn",
        r if r.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    asset.arn(partition, region)
}

/// The unique id that AWS gave to an asset whose name may be used again.
fn unique_id<'s>(asset: &AssetId, state: &'s AssetState) -> Option<&'s str> {
    state.text(asset.kind.facts().find(|f| f.is(Use::UniqueId))?.id)
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
