//! What GuardDuty reported, as the incident holds it: over all notifications, with everybody and everything that they name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::detail::Detail;
use super::finding_record::FindingRecord;
use super::moment;
use super::resource_fields::fields;
use super::target::{Named, as_of, credential, first_sighting, resource};
use crate::domain::finding::{Actor, Details, Identity, Resource, Signal};
use crate::domain::graph::StateView;
use crate::domain::time::Time;

/// What GuardDuty reported, over all its notifications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingSection {
    pub id: String,
    /// Empty: no notification names it.
    pub arn: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub severity: f64,
    /// AWS sends it only for a false positive, as 0. `None`: absent.
    pub confidence: Option<f64>,
    pub title: String,
    pub description: String,
    pub count: i64,
    #[serde(with = "moment")]
    pub first_seen: Time,
    #[serde(with = "moment")]
    pub last_seen: Time,
    /// Archived in GuardDuty or in Security Hub, by the latest notification.
    pub archived: bool,
    /// Security Hub's workflow status; empty where absent.
    pub workflow_status: String,
    pub resource_role: String,
    pub action: ActionSection,
    /// Every port of the resource that was ever reported.
    pub local_ports: Vec<i64>,
    /// Every remote address and domain that was ever reported, once.
    pub actors: Vec<RemoteParty>,
    /// True: more were reported than are kept.
    pub actors_dropped: bool,
    /// Who acted.
    pub principals: Vec<Principal>,
    /// All resources that the finding names, the target among them.
    pub resources: Vec<NamedResource>,
    /// Lists of threats, processes, scans and unusual behaviour.
    pub evidence: Vec<Detail>,
    /// The steps of an attack sequence.
    pub signals: Vec<SignalSection>,
    /// True: the finding named more than is kept.
    pub truncated: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionSection {
    pub kind: String,
    /// In the order of their names.
    pub details: Vec<Detail>,
    /// Resources that the API call of the finding touched.
    pub affected_resources: Vec<AffectedSection>,
}

/// A resource by CloudFormation's type, and its name or ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedSection {
    pub kind: String,
    pub name: String,
}

/// A remote address or domain. Empty where unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteParty {
    pub address: String,
    pub domain: String,
    pub ports: Vec<i64>,
    pub country: String,
    pub organization: String,
}

/// Somebody who acted: an AWS principal, a Kubernetes user or a database user. Empty where unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The user or role; empty where the graph has no such asset.
    pub asset_id: String,
    /// `IAMUser`, `AssumedRole`, `Root`, `FederatedUser`, `KubernetesUser`, `DatabaseUser`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    /// `AIDA…`, `AROA…:session`
    pub principal_id: String,
    pub access_key_id: String,
    pub account_id: String,
    pub details: Vec<Detail>,
}

/// A resource as the finding describes it: GuardDuty's copy, which may be newer than the sighting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedResource {
    pub asset_id: String,
    pub arn: String,
    pub kind: String,
    pub name: String,
    pub account_id: String,
    pub region: String,
    /// This is the target.
    pub primary: bool,
    pub details: Vec<Detail>,
}

/// One step of an attack sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalSection {
    /// For a finding its ARN.
    pub uid: String,
    /// `FINDING`, `CLOUD_TRAIL`, `S3_DATA_EVENTS`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub description: String,
    pub severity: Option<f64>,
    pub count: i64,
    #[serde(with = "moment")]
    pub first_seen: Time,
    #[serde(with = "moment")]
    pub last_seen: Time,
}

impl FindingSection {
    /// The section, with the assets that principals and resources are.
    pub(super) fn new(view: &dyn StateView, record: &FindingRecord, primary: Option<&Named>) -> FindingSection {
        let latest = &record.latest;
        let action = &latest.action;
        let affected = action.affected.iter();
        FindingSection {
            id: record.id.clone(),
            arn: latest.arn.clone(),
            kind: latest.kind.clone(),
            severity: latest.severity.0,
            confidence: latest.confidence.map(|c| c.0),
            title: latest.title.clone(),
            description: latest.description.clone(),
            count: saturated(record.count),
            first_seen: first_sighting(record),
            last_seen: as_of(record),
            archived: latest.archived,
            workflow_status: latest.workflow_status.clone(),
            resource_role: latest.resource_role.clone(),
            action: ActionSection {
                kind: action.kind.clone(),
                details: rows(&action.details),
                affected_resources: affected
                    .map(|a| AffectedSection { kind: a.kind.clone(), name: a.name.clone() })
                    .collect(),
            },
            local_ports: record.local_ports.iter().map(|p| i64::from(*p)).collect(),
            actors: remote_parties(&record.actors),
            actors_dropped: record.actors_dropped,
            principals: latest.identities.iter().map(|i| principal(view, record, i)).collect(),
            resources: latest.resources.iter().filter_map(|r| named(view, record, r, primary)).collect(),
            evidence: rows(&latest.evidence),
            signals: latest.sequence.iter().flat_map(|s| &s.signals).map(signal).collect(),
            truncated: latest.truncated || record.local_ports_dropped,
        }
    }
}

impl FindingSection {
    /// Without what follows from the graph: which assets principals and resources are.
    fn reported(&self) -> FindingSection {
        let mut reported = self.clone();
        reported.principals.iter_mut().for_each(|p| p.asset_id.clear());
        for resource in &mut reported.resources {
            resource.asset_id.clear();
            resource.primary = false;
        }
        reported
    }

    /// GuardDuty reported the same.
    pub(super) fn is_same_report(&self, other: &FindingSection) -> bool {
        self.reported() == other.reported()
    }

    /// Takes over which assets principals and resources were.
    pub(super) fn keep_assets(&mut self, last: &FindingSection) {
        for p in &mut self.principals {
            let same = |l: &&Principal| Principal { asset_id: p.asset_id.clone(), ..(*l).clone() } == *p;
            if let Some(asset_id) = last.principals.iter().find(same).map(|l| l.asset_id.clone()) {
                p.asset_id = asset_id;
            }
        }
        for r in &mut self.resources {
            let same = |l: &&NamedResource| (&l.kind, &l.name, &l.account_id) == (&r.kind, &r.name, &r.account_id);
            if let Some((asset_id, primary)) = last.resources.iter().find(same).map(|l| (l.asset_id.clone(), l.primary))
            {
                (r.asset_id, r.primary) = (asset_id, primary);
            }
        }
    }
}

/// Each address or domain once: with every port, and with the country and organization of whichever report names them.
fn remote_parties<'a>(actors: impl IntoIterator<Item = &'a Actor>) -> Vec<RemoteParty> {
    let mut out: BTreeMap<(&str, &str), RemoteParty> = BTreeMap::new();
    for actor in actors {
        let party = out.entry((&actor.address, &actor.domain)).or_insert_with(|| RemoteParty {
            address: actor.address.clone(),
            domain: actor.domain.clone(),
            ..RemoteParty::default()
        });
        party.ports.extend(actor.port.map(i64::from).filter(|p| !party.ports.contains(p)));
        // The greater of two texts, so that the order can't matter.
        for (text, new) in [(&mut party.country, &actor.country), (&mut party.organization, &actor.organization)] {
            if new > text {
                text.clone_from(new);
            }
        }
    }
    let sorted = |mut party: RemoteParty| {
        party.ports.sort_unstable();
        party
    };
    out.into_values().map(sorted).collect()
}

fn principal(view: &dyn StateView, record: &FindingRecord, identity: &Identity) -> Principal {
    let asset = identity.is_aws().then(|| credential(view, record, identity)).flatten();
    Principal {
        asset_id: asset.as_ref().and_then(Named::asset_id).map(|a| a.text()).unwrap_or_default(),
        kind: identity.user_type.clone(),
        name: identity.name.clone(),
        principal_id: identity.principal_id.clone(),
        access_key_id: identity.access_key_id.clone(),
        account_id: identity.account.clone(),
        details: rows(&identity.details),
    }
}

fn named(
    view: &dyn StateView,
    record: &FindingRecord,
    of: &Resource,
    primary: Option<&Named>,
) -> Option<NamedResource> {
    let named = resource(view, record, of)?;
    let or = |own: &String, other: &String| if own.is_empty() { other.clone() } else { own.clone() };
    Some(NamedResource {
        asset_id: named.text(),
        arn: of.arn.clone(),
        kind: of.kind().to_owned(),
        name: of.name.clone(),
        account_id: or(&of.account, &record.account),
        region: or(&of.region, &record.latest.region),
        primary: primary.is_some_and(|p| p.text() == named.text()),
        details: fields(of),
    })
}

fn signal(signal: &Signal) -> SignalSection {
    SignalSection {
        uid: signal.uid.clone(),
        kind: signal.kind.clone(),
        name: signal.name.clone(),
        description: signal.description.clone(),
        severity: signal.severity.map(|s| s.0),
        count: saturated(signal.count),
        first_seen: signal.first_seen,
        last_seen: signal.last_seen,
    }
}

/// Several values of one name are one row.
fn rows(details: &Details) -> Vec<Detail> {
    details.iter().map(|(name, values)| Detail { name: name.to_owned(), value: values.join(",") }).collect()
}

fn saturated(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
