//! Which asset a finding is about.

use std::collections::BTreeSet;

use super::finding_record::FindingRecord;
use crate::domain::arn::partition_of_region;
use crate::domain::assets::iam::access_key;
use crate::domain::assets::{Scope, Use};
use crate::domain::finding::{Identity, Instance, Resource, ResourceDetails};
use crate::domain::graph::{AssetId, AssetState, Kind, StateView, at, found_by, instance_of};
use crate::domain::time::Time;

/// How many earlier bearers of a name are looked at.
const INCARNATIONS_MAX: usize = 20;

/// A resource of a finding, as the graph knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// An asset, and the moment at which it was the one that the finding means: a name may belong to another since.
    Asset { id: AssetId, arn: String, at: Time },
    /// A resource of a kind that the graph doesn't have.
    Other { kind: String, account: String, name: String, arn: String },
}

impl Named {
    fn asset(id: AssetId, at: Time) -> Named {
        Named::Asset { id, arn: String::new(), at }
    }

    pub fn asset_id(&self) -> Option<&AssetId> {
        match self {
            Named::Asset { id, .. } => Some(id),
            Named::Other { .. } => None,
        }
    }

    /// As on the wire: the asset's id; of another resource its ARN, or `account/kind/name` where there is none.
    pub fn text(&self) -> String {
        match self {
            Named::Asset { id, .. } => id.text(),
            Named::Other { arn, .. } if !arn.is_empty() => arn.clone(),
            Named::Other { kind, account, name, .. } => format!("{account}/{kind}/{name}"),
        }
    }
}

/// The moment whose graph counts: the last sighting, or where none is given the finding's own time.
pub fn as_of(record: &FindingRecord) -> Time {
    first_given([record.last_seen, record.updated_at(), record.created_at])
}

/// The first sighting, or where none is given the nearest time that is.
pub(super) fn first_sighting(record: &FindingRecord) -> Time {
    first_given([record.first_seen, record.last_seen, record.created_at])
}

/// The epoch stands for "not given".
pub(super) fn first_given(times: [Time; 3]) -> Time {
    times.into_iter().find(|t| *t != Time(0)).unwrap_or_default()
}

/// The asset that a finding is about. `None`: it names no asset of a kind that the graph has.
pub fn target(view: &dyn StateView, record: &FindingRecord) -> Option<AssetId> {
    match primary(view, record)? {
        Named::Asset { id, .. } => Some(id),
        Named::Other { .. } => None,
    }
}

/// The resource that a finding is about. `None`: it names none at all.
pub fn primary(view: &dyn StateView, record: &FindingRecord) -> Option<Named> {
    let latest = &record.latest;
    let of_kind = |kind: &str| latest.resources.iter().filter(|r| r.kind() == kind).min_by_key(|r| &r.name);
    let wanted = wanted(&latest.resource_type, &latest.kind);
    for kind in wanted {
        if let Some(named) = of_kind(kind).and_then(|r| resource(view, record, r)) {
            return Some(named);
        }
    }
    let identity = || latest.identities.iter().find(|i| i.is_aws()).and_then(|i| credential(view, record, i));
    if wanted == ["access_key"]
        && let Some(named) = identity()
    {
        return Some(named);
    }
    // The resource type is an open set, and may be absent: what is named decides. A machine or a bucket can be looked at.
    let first = ["instance", "network_interface", "bucket"].into_iter().find_map(of_kind);
    let other = || latest.resources.iter().find(|r| r.kind() != "access_key");
    first.or_else(other).and_then(|r| resource(view, record, r)).or_else(identity).or_else(|| {
        let key = of_kind("access_key")?;
        resource(view, record, key)
    })
}

/// The kinds of resource that a finding of this resource type is about; for an attack sequence its own type says.
fn wanted(resource_type: &str, finding_type: &str) -> &'static [&'static str] {
    match resource_type {
        "Instance" => &["instance"],
        "S3Bucket" | "S3Object" => &["bucket"],
        "AccessKey" => &["access_key"],
        "AttackSequence" => {
            let resource = finding_type.split_once(':').map_or("", |(_, rest)| rest);
            match resource.split('/').next().unwrap_or_default() {
                "IAM" => &["access_key"],
                "S3" => &["bucket"],
                "EC2" => &["instance"],
                "EKS" => &["eks_cluster", "kubernetes_workload"],
                "ECS" => &["ecs_cluster", "ecs_task"],
                _ => &[],
            }
        }
        _ => &[],
    }
}

/// All resources and AWS identities of a finding but the primary one, each once.
pub fn others(view: &dyn StateView, record: &FindingRecord, primary: Option<&Named>) -> Vec<Named> {
    let latest = &record.latest;
    let resources = latest.resources.iter().filter_map(|r| resource(view, record, r));
    let identities = latest.identities.iter().filter(|i| i.is_aws()).filter_map(|i| credential(view, record, i));
    let mut seen: BTreeSet<String> = primary.map(Named::text).into_iter().collect();
    resources.chain(identities).filter(|n| seen.insert(n.text())).collect()
}

pub(super) fn resource(view: &dyn StateView, record: &FindingRecord, resource: &Resource) -> Option<Named> {
    let account = if resource.account.is_empty() { &record.account } else { &resource.account };
    let region = if resource.region.is_empty() { &record.latest.region } else { &resource.region };
    let asset = |kind, name: &str| Some(AssetId::new(account, kind, name)).filter(|_| !name.is_empty());
    let id = match &resource.details {
        ResourceDetails::Instance(i) => {
            asset(Kind::Instance, &resource.name).or_else(|| by_interface(view, account, i, as_of(record)))
        }
        ResourceDetails::AccessKey(identity) => return credential(view, record, identity),
        _ => Kind::from_text(resource.kind()).and_then(|kind| match kind {
            Kind::AutoScalingGroup => asset(kind, &format!("{region}/{}", resource.name)),
            Kind::LoadBalancer | Kind::TargetGroup if !resource.arn.is_empty() => asset(kind, &resource.arn),
            kind => asset(kind, &resource.name),
        }),
    };
    let arn = resource.arn.clone();
    let other = || Named::Other {
        kind: resource.kind().to_owned(),
        account: account.clone(),
        name: resource.name.clone(),
        arn: arn.clone(),
    };
    match id {
        Some(id) => Some(Named::Asset { id, arn, at: as_of(record) }),
        None => (!resource.name.is_empty()).then(other),
    }
}

/// Where only interfaces are named: the instance that one of them was attached to then, else the first of them itself.
fn by_interface(view: &dyn StateView, account: &str, instance: &Instance, t: Time) -> Option<AssetId> {
    let named: BTreeSet<&String> = instance.interfaces.iter().map(|i| &i.id).filter(|i| !i.is_empty()).collect();
    let mut interfaces = named.into_iter().map(|name| AssetId::new(account, Kind::NetworkInterface, name));
    let first = interfaces.next()?;
    let attached = std::iter::once(&first).cloned().chain(interfaces).find_map(|i| instance_of(view, &i, t));
    attached.or(Some(first))
}

/// Who bore a credential, or the machine that it was given to.
pub(super) fn credential(view: &dyn StateView, record: &FindingRecord, key: &Identity) -> Option<Named> {
    let account = if key.account.is_empty() { &record.account } else { &key.account };
    let t = as_of(record);
    let id = |kind, name: &str| AssetId::new(account, kind, name);
    let (uid, session) = key.unique_id_and_session();
    // The credentials of an instance carry its id as the session: there is a machine to look at.
    let host = Some(session).filter(|s| Kind::of_id(s) == Some(Kind::Instance)).map(|s| id(Kind::Instance, s));
    if let Some(host) = host.as_ref().filter(|h| view.fields(h, t).is_some()) {
        return Some(Named::asset(host.clone(), t));
    }
    if let Some((holder, at)) = holder(view, account, uid, t) {
        let now = renamed(view, &holder, key, t);
        return Some(now.map_or(Named::asset(holder, at), |user| Named::asset(user, t)));
    }
    if key.user_type == "Root" {
        return Some(Named::asset(id(Kind::Account, account), t));
    }
    if !key.access_key_id.is_empty() {
        let owner = at(view, &id(Kind::AccessKey, &key.access_key_id), t);
        if let Some(user) = owner.as_ref().and_then(|s| s.text(access_key::USER)) {
            let user = id(Kind::User, user);
            return Some(Named::asset(renamed(view, &user, key, t).unwrap_or(user), t));
        }
    }
    let named = match (key.name.as_str(), key.user_type.as_str()) {
        ("", _) => None,
        (name, _) if uid.starts_with("AROA") => Some(id(Kind::Role, name)),
        (name, _) if uid.starts_with("AIDA") => Some(id(Kind::User, name)),
        (name, "AssumedRole" | "Role") => Some(id(Kind::Role, name)),
        (name, "IAMUser" | "User" | "") => Some(id(Kind::User, name)),
        // A federated user, another account or a service is no user of this account, whatever its name.
        (name, other) => {
            let (kind, name) = (principal_kind(other).to_owned(), name.to_owned());
            return Some(Named::Other { kind, account: account.clone(), name, arn: String::new() });
        }
    };
    let known = named.filter(|a| !is_somebody_else(view, a, uid, t)).or(host);
    let key = || (!key.access_key_id.is_empty()).then(|| id(Kind::AccessKey, &key.access_key_id));
    known.or_else(key).map(|id| Named::asset(id, t))
}

/// Who held a unique id, and when: AWS uses names again after a delete, and unique ids never.
fn holder(view: &dyn StateView, account: &str, uid: &str, t: Time) -> Option<(AssetId, Time)> {
    if uid.is_empty() {
        return None;
    }
    // Every asset that ever had the id: it may have ended before `t`.
    let named = found_by(view, account, &format!("uid/{uid}"), Use::UniqueId, Time::default());
    named.into_iter().find_map(|asset| {
        let mut moment = t;
        for _ in 0..INCARNATIONS_MAX {
            let state = at(view, &asset, moment)?;
            if unique_id(&asset, &state) == Some(uid) {
                return Some((asset, moment));
            }
            // The one who bore the name before.
            let before = state.since?.stamp.time.second().plus_ms(-1);
            if before >= moment {
                return None;
            }
            moment = before;
        }
        None
    })
}

/// The user's present name, where the finding has another one than the graph and the old name has ended.
fn renamed(view: &dyn StateView, user: &AssetId, key: &Identity, t: Time) -> Option<AssetId> {
    let (uid, _) = key.unique_id_and_session();
    if user.kind != Kind::User || key.name.is_empty() || key.name == user.name {
        return None;
    }
    let ended = at(view, user, t).is_some_and(|s| !s.exists);
    let present = AssetId::new(&user.account, Kind::User, &key.name);
    let there = at(view, &present, t).is_some_and(|s| s.exists);
    (ended && there && !is_somebody_else(view, &present, uid, t)).then_some(present)
}

/// A name whose bearer is known to be somebody else is worse than no name.
fn is_somebody_else(view: &dyn StateView, asset: &AssetId, uid: &str, t: Time) -> bool {
    let state = at(view, asset, t);
    state.is_some_and(|s| unique_id(asset, &s).is_some_and(|u| !uid.is_empty() && u != uid))
}

/// A user type of a principal that is no user and no role, as a kind.
fn principal_kind(user_type: &str) -> &'static str {
    match user_type {
        "FederatedUser" => "federated_user",
        "AWSAccount" => "aws_account",
        "AWSService" => "aws_service",
        "SAMLUser" => "saml_user",
        "WebIdentityUser" => "web_identity_user",
        "IdentityCenterUser" => "identity_center_user",
        "Directory" => "directory_user",
        _ => "principal",
    }
}

/// The unique id that AWS gave to an asset whose name may be used again.
fn unique_id<'s>(asset: &AssetId, state: &'s AssetState) -> Option<&'s str> {
    state.text(asset.kind.facts().find(|f| f.is(Use::UniqueId))?.id)
}

/// The ARN that follows from what is known; empty where none does. The path of a user, a role or a profile is part of its ARN.
pub fn arn(asset: &AssetId, state: &AssetState, partition: &str, region: &str) -> String {
    let region = state.text(asset.kind.region()).unwrap_or(region);
    let declared = asset.kind.declaration();
    if declared.scope == Scope::Regional && region.is_empty() {
        return String::new();
    }
    let partition = if partition.is_empty() { partition_of_region(region) } else { partition };
    let pathless = asset.arn(partition, region);
    if !matches!(asset.kind, Kind::User | Kind::Role | Kind::InstanceProfile) {
        return pathless;
    }
    let path = asset.kind.fact("path").and_then(|path| state.text(path));
    let path = path.filter(|p| p.starts_with('/') && p.ends_with('/'));
    path.map(|path| pathless.replacen('/', path, 1)).unwrap_or_default()
}
