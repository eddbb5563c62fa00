//! One finding over all its notifications. Each field is merged by a rule that knows neither order nor repetition.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::finding::{Actor, Finding, LatestNotification};
use crate::domain::time::Time;

/// Remote parties kept of one finding: a probed port meets thousands. The smallest are kept, so that the order can't matter.
pub const ACTORS_MAX: usize = 1000;
/// Local ports kept of one finding. The smallest are kept.
pub const LOCAL_PORTS_MAX: usize = 1000;

/// All notifications of one finding together. GuardDuty repeats a finding under its id and replaces what it said before, so remote parties and
/// probed ports are gathered here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    pub id: String,
    pub account: String,
    pub count: u64,
    pub created_at: Time,
    pub first_seen: Time,
    pub last_seen: Time,
    /// The last sighting by the notification that knew the fewest: when the activity was first reported.
    pub first_reported: Time,
    pub actors: BTreeSet<Actor>,
    pub actors_dropped: bool,
    /// Ports of the resource itself.
    pub local_ports: BTreeSet<u16>,
    pub local_ports_dropped: bool,
    pub latest: LatestNotification,
}

impl FindingRecord {
    pub fn new(finding: &Finding) -> FindingRecord {
        let mut record = FindingRecord::default();
        record.merge(finding);
        record
    }

    pub fn updated_at(&self) -> Time {
        self.latest.updated_at
    }

    /// Takes one notification in; true if it said anything new.
    pub fn merge(&mut self, finding: &Finding) -> bool {
        let mut changed = false;
        changed |= raise(&mut self.id, &finding.id);
        changed |= raise(&mut self.account, &finding.account);
        changed |= raise(&mut self.count, &finding.count);
        changed |= raise(&mut self.last_seen, &finding.last_seen);
        changed |= lower(&mut self.created_at, finding.created_at);
        changed |= lower(&mut self.first_seen, finding.first_seen);
        changed |= lower(&mut self.first_reported, finding.last_seen);
        changed |= raise(&mut self.latest, &finding.latest);
        for actor in &finding.actors {
            changed |= gather(&mut self.actors, &mut self.actors_dropped, ACTORS_MAX, actor);
        }
        for port in finding.latest.action.local_ports() {
            changed |= gather(&mut self.local_ports, &mut self.local_ports_dropped, LOCAL_PORTS_MAX, &port);
        }
        changed
    }
}

/// Adds a member to a set that keeps the smallest; true if the set or its mark changed.
fn gather<T: Ord + Clone>(set: &mut BTreeSet<T>, dropped: &mut bool, most: usize, new: &T) -> bool {
    if set.contains(new) {
        return false;
    }
    if set.len() < most {
        return set.insert(new.clone());
    }
    let smaller = set.last().is_some_and(|last| new < last);
    if smaller {
        set.pop_last();
        set.insert(new.clone());
    }
    let first = !*dropped;
    *dropped = true;
    smaller || first
}

fn raise<T: Ord + Clone>(to: &mut T, by: &T) -> bool {
    let higher = by > to;
    if higher {
        *to = by.clone();
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
    use crate::domain::finding::{Action, Details, Score};

    fn finding() -> impl Strategy<Value = Finding> {
        (
            (0..3i64, 0..4i64, 0..4i64, 0..3u64),
            (0..3u8, 0..3u8, 0..3u8),
            proptest::collection::vec((0..2000u16, 0..2u8), 0..700),
        )
            .prop_map(|((created, updated, seen, count), (severity, title, detail), actors)| Finding {
                id: "f".into(),
                account: "1".into(),
                created_at: Time(created),
                first_seen: Time(seen),
                last_seen: Time(seen + created),
                count,
                actors: actors
                    .into_iter()
                    .map(|(a, p)| Actor { address: format!("a{a}"), port: Some(p.into()), ..Actor::default() })
                    .collect(),
                latest: LatestNotification {
                    updated_at: Time(updated),
                    severity: Score(f64::from(severity)),
                    title: format!("t{title}"),
                    action: Action {
                        kind: "PORT_PROBE".into(),
                        details: Details::from_iter([("local_port", detail.to_string())]),
                        ..Action::default()
                    },
                    ..LatestNotification::default()
                },
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
            let distinct: BTreeSet<_> = all.iter().flat_map(|f| &f.actors).collect();
            prop_assert_eq!(record.actors_dropped, distinct.len() > ACTORS_MAX);
            for f in &all {
                prop_assert!(!record.merge(f), "a repeated notification says nothing new");
            }
        }
    }

    /// GuardDuty replaces the probed port with each notification.
    #[test]
    fn keeps_every_actor_and_port_and_the_newest_words() {
        let say = |at, title: &str, address: &str, port: &str| Finding {
            id: "f".into(),
            actors: vec![Actor { address: address.into(), ..Actor::default() }],
            latest: LatestNotification {
                updated_at: Time(at),
                title: title.into(),
                action: Action { details: Details::from_iter([("local_port", port)]), ..Action::default() },
                ..LatestNotification::default()
            },
            ..Finding::default()
        };
        let record = gathered(&[say(2, "new", "198.51.100.2", "80"), say(1, "old", "198.51.100.1", "22")]);
        assert_eq!(record.latest.title, "new");
        assert_eq!(record.actors.len(), 2);
        assert_eq!(record.local_ports.into_iter().collect::<Vec<_>>(), [22, 80]);
    }
}
