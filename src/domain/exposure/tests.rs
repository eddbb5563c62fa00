//! The check `ec2-sg-ingress-ssh` on small graphs, made by hand.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::assets::ec2::{instance, security_group};
use crate::domain::graph::{AssetId, Fact, Kind, Rank, Source, Stamp, Val, Write, WriteSet};
use crate::domain::incident::Severity;
use crate::domain::time::Time;

const ACCOUNT: &str = "111122223333";
const SSH: &str = "ec2-sg-ingress-ssh";
const OPEN: &str = "ingress|tcp|22|22|0.0.0.0/0";

fn group() -> AssetId {
    AssetId::new(ACCOUNT, Kind::SecurityGroup, "sg-1")
}

fn write(at: i64, rank: Rank, asset: &AssetId, fact: Fact) -> Write {
    let stamp = Stamp { time: Time(at * 1000), rank, event: format!("event-{at}").into() };
    let source = Source { call: "Call".into(), principal: format!("arn:p{at}"), implied: false };
    Write { asset: asset.clone(), fact, stamp, source: Arc::new(source) }
}

fn created(at: i64) -> Write {
    write(at, Rank::Created, &group(), Fact::Exists(true))
}

fn rule(at: i64, permission: &str) -> Write {
    let list = security_group::RULES.id();
    let fact = Fact::Element { list, key: permission.into(), value: Some(Val::text("")) };
    write(at, Rank::Set, &group(), fact)
}

fn revoked(at: i64, permission: &str) -> Write {
    let fact = Fact::Element { list: security_group::RULES.id(), key: permission.into(), value: None };
    write(at, Rank::Removed, &group(), fact)
}

fn evaluated(writes: &[Write]) -> Exposure {
    let mut set = WriteSet::default();
    writes.iter().for_each(|w| _ = set.insert(w.clone()));
    let checks = Checks::shipped().unwrap();
    evaluate(&set, checks.get(SSH).unwrap(), &group()).unwrap().exposure
}

fn result(writes: &[Write]) -> Verdict {
    evaluated(writes).result
}

#[test]
fn a_port_within_an_interval_or_all_traffic_is_open() {
    for (permission, want) in [
        (OPEN, Verdict::Fail),
        ("ingress|tcp|22|22|::/0", Verdict::Fail),
        ("ingress|tcp|0|65535|0.0.0.0/0", Verdict::Fail),
        ("ingress|tcp|20|22|0.0.0.0/0", Verdict::Fail),
        ("ingress|all|*|*|0.0.0.0/0", Verdict::Fail),
        ("ingress|tcp|*|*|0.0.0.0/0", Verdict::Fail),
        ("ingress|tcp|23|65535|0.0.0.0/0", Verdict::Pass),
        ("ingress|udp|22|22|0.0.0.0/0", Verdict::Pass),
        ("ingress|tcp|22|22|198.51.100.0/24", Verdict::Pass),
        ("ingress|tcp|22|22|0.0.0.0/1", Verdict::Pass),
        ("ingress|tcp|22|22|sg-2", Verdict::Pass),
        ("egress|tcp|22|22|0.0.0.0/0", Verdict::Pass),
        ("ingress|tcp|22|22|pl-1", Verdict::Unknown),
    ] {
        assert_eq!(result(&[created(0), rule(1, permission)]), want, "{permission}");
    }
}

#[test]
fn an_exposure_says_by_which_rule_since_when_and_by_whom() {
    let exposure = evaluated(&[created(0), rule(5, OPEN), rule(9, "ingress|tcp|0|1024|::/0")]);
    assert_eq!(exposure.exposure_id, "111122223333:ec2-sg-ingress-ssh:sg-1");
    assert_eq!((exposure.result, exposure.first_seen), (Verdict::Fail, Some(Time(5000))));
    let by = exposure.introduced_by.unwrap();
    assert_eq!((by.event_id.as_str(), by.principal.as_str(), by.time), ("event-5", "arn:p5", Time(5000)));
    let evidence: Vec<_> = exposure.evidence.iter().map(|e| e.value.as_str()).collect();
    assert_eq!(evidence, ["tcp 22 from 0.0.0.0/0", "tcp 0-1024 from ::/0"]);
    assert!(exposure.frameworks.iter().any(|f| (f.name.as_str(), f.requirement.as_str()) == ("aws-fsbp", "EC2.13")));
    assert!(exposure.missing.is_empty());
}

#[test]
fn halves_of_the_internet_are_open_with_the_second() {
    let halves = [created(0), rule(3, "ingress|tcp|22|22|128.0.0.0/1"), rule(7, "ingress|tcp|20|30|0.0.0.0/1")];
    let exposure = evaluated(&halves);
    assert_eq!((exposure.result, exposure.first_seen), (Verdict::Fail, Some(Time(7000))));
    assert_eq!(result(&halves[..2]), Verdict::Pass);
}

#[test]
fn a_rule_is_opened_closed_and_opened_again() {
    let life = [created(0), rule(1, OPEN), revoked(2, OPEN), rule(3, OPEN)];
    let results: Vec<_> = (1..=4).map(|n| result(&life[..n])).collect();
    assert_eq!(results, [Verdict::Pass, Verdict::Fail, Verdict::Pass, Verdict::Fail]);
    assert_eq!(evaluated(&life).first_seen, Some(Time(3000)), "the newest opening counts");
    let gone = [&life[..], &[write(9, Rank::Deleted, &group(), Fact::Exists(false))]].concat();
    let exposure = evaluated(&gone);
    assert_eq!((exposure.result, exposure.first_seen, exposure.attached), (Verdict::NotApplicable, None, None));
    assert_eq!(exposure.evidence.first().map(|e| e.source.event_id.as_str()), Some("event-9"));
}

#[test]
fn rules_from_before_the_first_sign_of_life_are_unknown_and_an_open_one_is_open_all_the_same() {
    let web = "ingress|tcp|443|443|0.0.0.0/0";
    let unknown = evaluated(&[rule(1, web)]);
    assert_eq!(unknown.result, Verdict::Unknown);
    assert_eq!(unknown.missing, ["rules from before its first sign of life are unknown"]);
    assert_eq!((unknown.attached, unknown.severity), (None, Severity::High));
    let open = evaluated(&[rule(1, web), rule(2, OPEN)]);
    assert_eq!((open.result, open.missing), (Verdict::Fail, Vec::new()));
    assert_eq!(result(&[rule(1, web), rule(2, OPEN), revoked(3, OPEN)]), Verdict::Unknown);
    let whole = write(1, Rank::Set, &group(), Fact::Reset { list: security_group::RULES.id() });
    assert_eq!(result(&[whole, rule(1, web)]), Verdict::Pass, "a list that was told whole hides nothing");
}

#[test]
fn a_group_that_nothing_uses_is_one_step_less_severe() {
    let lone = [created(0), rule(1, OPEN)];
    let exposure = evaluated(&lone);
    assert_eq!((exposure.attached, exposure.severity), (Some(false), Severity::Medium));
    let host = AssetId::new(ACCOUNT, Kind::Instance, "i-1");
    let fact = Fact::Element { list: instance::GROUPS.id(), key: "sg-1".into(), value: Some(Val::text("")) };
    let used = [&lone[..], &[write(2, Rank::Created, &host, Fact::Exists(true)), write(2, Rank::Set, &host, fact)]];
    let exposure = evaluated(&used.concat());
    assert_eq!((exposure.attached, exposure.severity), (Some(true), Severity::High));
    let ended = [&used.concat()[..], &[write(9, Rank::Deleted, &host, Fact::Exists(false))]].concat();
    assert_eq!(evaluated(&ended).attached, Some(false));
}

#[test]
fn nothing_new_is_no_state_and_a_result_keeps_the_time_that_brought_it() {
    let open = evaluated(&[created(0), rule(1, OPEN)]);
    let first = revise(None, open.clone(), Time(1000)).unwrap();
    assert_eq!(first.changed_at, Time(1000));
    assert_eq!(revise(Some(&first), open, Time(9000)), None);
    let wider = evaluated(&[created(0), rule(1, OPEN), rule(2, "ingress|tcp|0|99|::/0")]);
    let second = revise(Some(&first), wider, Time(2000)).unwrap();
    assert_eq!((second.evidence.len(), second.changed_at), (2, Time(1000)), "it still fails");
    let closed = evaluated(&[created(0), rule(1, OPEN), revoked(3, OPEN)]);
    assert_eq!(revise(Some(&second), closed, Time(3000)).unwrap().changed_at, Time(3000));
}

#[test]
fn the_shipped_checks_are_whole() {
    let checks = Checks::shipped().unwrap();
    assert!(checks.all().count() >= 1);
    for check in checks.all() {
        assert!(!check.title.is_empty() && !check.frameworks.is_empty(), "{}", check.id);
        assert!(checks.of(check.kind).any(|c| c.id == check.id));
    }
    let twice = include_str!("../../../knowledge/checks/ec2.toml");
    assert!(Checks::read(&[("a", twice), ("b", twice)]).unwrap_err().contains("is there twice"));
    assert!(Checks::read(&[("a", &twice.replace("security_group", "no_such"))]).unwrap_err().contains("no such kind"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The same facts in any order, some of them twice, give the same exposure.
    #[test]
    fn order_and_repetition_change_nothing(
        (steps, shuffled) in proptest::collection::vec((0..9_i64, 0..4_usize, any::<bool>()), 1..12).prop_flat_map(|steps| {
            let mut more = steps.clone();
            more.extend(steps.iter().step_by(2).copied());
            (Just(steps), Just(more).prop_shuffle())
        }),
        seen in any::<bool>(),
    ) {
        let permissions = [OPEN, "ingress|tcp|22|22|0.0.0.0/1", "ingress|tcp|22|22|128.0.0.0/1", "ingress|tcp|22|22|pl-1"];
        let writes = |steps: &[(i64, usize, bool)]| -> Vec<Write> {
            let step = |(at, which, grants): &(i64, usize, bool)| {
                let permission = permissions[*which];
                if *grants { rule(*at, permission) } else { revoked(*at, permission) }
            };
            seen.then(|| created(0)).into_iter().chain(steps.iter().map(step)).collect()
        };
        prop_assert_eq!(evaluated(&writes(&steps)), evaluated(&writes(&shuffled)));
    }
}
