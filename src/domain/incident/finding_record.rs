//! One finding over all its notifications. Each field is merged by a rule that knows neither order nor repetition.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::event::{AccessKeyDetails, Actor, Finding};
use crate::domain::time::Time;

/// Remote parties kept of one finding: a probed port meets thousands. The smallest are kept, so that the order can't matter.
pub const ACTORS_MAX: usize = 1000;

/// What all notifications of one finding said together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FindingRecord {
    pub id: String,
    pub account: String,
    pub count: u64,
    pub created_at: Time,
    pub updated_at: Time,
    pub first_seen: Time,
    pub last_seen: Time,
    pub actors: BTreeSet<Actor>,
    pub actors_dropped: bool,
    /// What the newest notification said.
    pub said: Said,
}

/// The part of a notification in which the newest one is right.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub updated_at: Time,
    pub severity: f64,
    pub region: String,
    pub kind: String,
    pub title: String,
    pub description: String,
    pub sample: bool,
    pub resource_role: String,
    pub resource_type: String,
    pub instance_id: String,
    pub access_key: AccessKeyDetails,
    pub buckets: Vec<String>,
    pub interfaces: Vec<String>,
    pub action: String,
    pub details: BTreeMap<String, String>,
}

impl FindingRecord {
    pub fn new(finding: &Finding) -> FindingRecord {
        let mut record = FindingRecord::default();
        record.merge(finding);
        record
    }

    /// Takes one notification in; true if it said anything new.
    pub fn merge(&mut self, finding: &Finding) -> bool {
        let mut changed = false;
        changed |= raise(&mut self.id, finding.id.clone());
        changed |= raise(&mut self.account, finding.account.clone());
        changed |= raise(&mut self.count, finding.count);
        changed |= raise(&mut self.updated_at, finding.updated_at);
        changed |= raise(&mut self.last_seen, finding.last_seen);
        changed |= lower(&mut self.created_at, finding.created_at);
        changed |= lower(&mut self.first_seen, finding.first_seen);
        let said = Said::of(finding);
        if said.order(&self.said) == Ordering::Greater {
            self.said = said;
            changed = true;
        }
        for actor in &finding.action.actors {
            changed |= self.meet(actor);
        }
        changed
    }

    fn meet(&mut self, actor: &Actor) -> bool {
        if self.actors.contains(actor) {
            return false;
        }
        if self.actors.len() < ACTORS_MAX {
            return self.actors.insert(actor.clone());
        }
        let smaller = self.actors.last().is_some_and(|last| actor < last);
        if smaller {
            self.actors.pop_last();
            self.actors.insert(actor.clone());
        }
        let first = !self.actors_dropped;
        self.actors_dropped = true;
        smaller || first
    }
}

impl Said {
    fn of(f: &Finding) -> Said {
        Said {
            updated_at: f.updated_at,
            severity: f.severity,
            region: f.region.clone(),
            kind: f.kind.clone(),
            title: f.title.clone(),
            description: f.description.clone(),
            sample: f.sample,
            resource_role: f.resource_role.clone(),
            resource_type: f.resource_type.clone(),
            instance_id: f.instance_id.clone(),
            access_key: f.access_key.clone(),
            buckets: f.buckets.clone(),
            interfaces: f.interfaces.clone(),
            action: f.action.kind.clone(),
            details: f.action.details.clone(),
        }
    }

    /// By time; two that were updated at once are told apart by what they say, whichever came first.
    fn order(&self, other: &Said) -> Ordering {
        fn words(s: &Said) -> [&str; 12] {
            let k = &s.access_key;
            let [a, b, c, d] = [&k.access_key_id, &k.principal_id, &k.user_name, &k.user_type].map(String::as_str);
            [
                &s.region,
                &s.kind,
                &s.title,
                &s.description,
                &s.resource_role,
                &s.resource_type,
                &s.instance_id,
                a,
                b,
                c,
                d,
                &s.action,
            ]
        }
        self.updated_at
            .cmp(&other.updated_at)
            .then_with(|| self.severity.total_cmp(&other.severity))
            .then_with(|| words(self).cmp(&words(other)))
            .then_with(|| self.sample.cmp(&other.sample))
            .then_with(|| (&self.buckets, &self.interfaces).cmp(&(&other.buckets, &other.interfaces)))
            .then_with(|| self.details.cmp(&other.details))
    }
}

fn raise<T: Ord>(to: &mut T, by: T) -> bool {
    let higher = by > *to;
    if higher {
        *to = by;
    }
    higher
}

/// The epoch stands for "not given".
fn lower(to: &mut Time, by: Time) -> bool {
    let lower = by != Time(0) && (*to == Time(0) || by < *to);
    if lower {
        *to = by;
    }
    lower
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::event::Action;

    fn finding() -> impl Strategy<Value = Finding> {
        (
            (0..3i64, 0..4i64, 0..4i64, 0..3u64),
            (0..3u8, 0..3u8, 0..3u8),
            proptest::collection::vec((0..2000u16, 0..2u8), 0..700),
        )
            .prop_map(|((created, updated, seen, count), (severity, title, detail), actors)| Finding {
                id: "f".into(),
                account: "1".into(),
                severity: f64::from(severity),
                title: format!("t{title}"),
                created_at: Time(created),
                updated_at: Time(updated),
                first_seen: Time(seen),
                last_seen: Time(seen + created),
                count,
                action: Action {
                    kind: "PORT_PROBE".into(),
                    details: BTreeMap::from([("blocked".to_owned(), detail.to_string())]),
                    actors: actors
                        .into_iter()
                        .map(|(a, p)| Actor { address: format!("a{a}"), port: Some(p.into()), ..Actor::default() })
                        .collect(),
                },
                ..Finding::default()
            })
    }

    fn gathered(findings: &[Finding]) -> FindingRecord {
        let mut record = FindingRecord::default();
        for f in findings {
            record.merge(f);
        }
        record
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_order_and_repetition_gives_the_same(
            (all, shuffled) in proptest::collection::vec(finding(), 1..8).prop_flat_map(|all| {
                let mut more = all.clone();
                more.extend(all.iter().step_by(2).cloned());
                (Just(all), Just(more).prop_shuffle())
            })
        ) {
            let mut record = gathered(&all);
            prop_assert_eq!(&record, &gathered(&shuffled));
            prop_assert!(record.actors.len() <= ACTORS_MAX);
            let distinct: BTreeSet<_> = all.iter().flat_map(|f| &f.action.actors).collect();
            prop_assert_eq!(record.actors_dropped, distinct.len() > ACTORS_MAX);
            for f in &all {
                prop_assert!(!record.merge(f), "a repeated notification says nothing new");
            }
        }
    }

    #[test]
    fn keeps_every_actor_and_the_newest_words() {
        let actor = |a: &str| Actor { address: a.into(), ..Actor::default() };
        let say = |at, title: &str, a| Finding {
            id: "f".into(),
            updated_at: Time(at),
            title: title.into(),
            action: Action { actors: vec![actor(a)], ..Action::default() },
            ..Finding::default()
        };
        let record = gathered(&[say(2, "new", "198.51.100.2"), say(1, "old", "198.51.100.1")]);
        assert_eq!(record.said.title, "new");
        assert_eq!(record.actors.len(), 2);
    }
}
