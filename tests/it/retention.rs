//! Property 6 of the graph: folding changes no answer at or after the horizon, whenever it happens and in whatever order the
//! records come; and what is left in the changelog restores what the live run has.

use crate::common::history::{self, at, state_change};
use crate::common::live::{Live, answers, assets, difference, incidents, restored, run};
use crate::common::lives::survived;
use crate::common::{live, parallel, strategy};
use proptest::prelude::*;
use trailgraph::domain::time::Time;
use trailgraph::engine::counts;
use trailgraph::engine::stage::{Context, Stage};
use trailgraph::stages::process::AHEAD_MS_MAX;
use trailgraph::stages::retention::{FOLD_ASSETS_MAX, Retention};

/// A life of three minutes, remembered for half a minute.
const SECONDS: u16 = 180;
const SHORT: Retention = Retention { keep_ms: Some(30_000), lateness_ms: 5_000 };

/// Instants at and after the horizon, the horizon's own the first.
fn from(horizon: Time) -> Vec<Time> {
    let seconds = (0..i64::from(SECONDS)).step_by(7).map(at).filter(|t| *t > horizon);
    [horizon, horizon.plus_ms(500)].into_iter().chain(seconds).chain([Time::MAX]).collect()
}

/// How many writes were folded away, and how many came too late.
fn ended(live: &Live) -> (u64, u64) {
    (live.count_of(counts::FOLDED_WRITES), live.count_of(counts::LATE_WRITES))
}

#[test]
fn folding_changes_no_answer_at_or_after_the_horizon() {
    let lived = || {
        (
            strategy::history(120, SECONDS).prop_flat_map(strategy::disordered),
            (1usize..20, 1usize..20),
            strategy::lives(),
        )
    };
    parallel::holds(128, lived, |((history, other), batches, lives)| {
        let (records, other) = (strategy::records(&history), strategy::records(&other));
        let whole = run(&records, batches.0, Retention::FOREVER);
        let horizon = SHORT.horizon(&run(&records, batches.0, SHORT)).unwrap();
        let (all, times) = (assets(&whole), from(horizon));
        let want = answers(&whole, &all, &times);
        // An incident may show earlier moments as well: the end of its target, and the first sighting.
        let time = |text: &serde_json::Value| Time::parse(text.as_str().unwrap()).unwrap();
        let moments = incidents(&whole).into_iter().map(|(key, (_, i))| (key, time(&i["topology"]["as_of"])));
        let shown: std::collections::BTreeMap<_, _> = moments.collect();
        let recent = |state: &dyn Context| {
            let mut incidents = incidents(state);
            incidents.retain(|key, (as_of, _)| *as_of >= horizon && shown.get(key).is_some_and(|t| *t >= horizon));
            for (_, incident) in incidents.values_mut().filter(|(_, i)| time(&i["finding"]["first_seen"]) < horizon) {
                incident["topology"]["at_first_sighting"] = serde_json::Value::Null;
            }
            incidents
        };
        // In order, out of order, and with a worker that is stopped in between, with its disk or without.
        let (ordered, disordered) = (run(&records, batches.1, SHORT), run(&other, batches.1, SHORT));
        let survived = survived(&other, &lives, SHORT);
        for folded in [&ordered as &dyn Context, &disordered, &survived] {
            prop_assert_eq!(SHORT.horizon(folded).unwrap(), horizon);
            prop_assert_eq!(difference(&want, &answers(folded, &all, &times)), None);
            prop_assert_eq!(recent(&whole), recent(folded));
        }
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, max_shrink_time: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn a_folded_changelog_restores_what_the_live_run_has(
        (_, history) in strategy::history(120, SECONDS).prop_flat_map(strategy::disordered),
        batch in 1usize..20,
    ) {
        let live = run(&strategy::records(&history), batch, SHORT);
        // As it was written, and as compaction leaves it, in any order: backwards is as good as another.
        let written = restored(live.log.iter().map(|(k, v)| (k, v.as_ref())));
        prop_assert_eq!(difference(&written.dump(), &live.dump()), None);
        let last: std::collections::BTreeMap<_, _> = live.log.iter().map(|(k, v)| (k, v.as_ref())).collect();
        let compacted = restored(last.into_iter().rev().filter(|(_, v)| v.is_some()));
        prop_assert_eq!(difference(&compacted.dump(), &live.dump()), None);
    }
}

/// The same, and one that moves the horizon.
fn moved(mut records: Vec<serde_json::Value>, second: u16) -> Vec<serde_json::Value> {
    records.push(state_change("event-last", second, "i-9", "running"));
    records
}

#[test]
fn what_is_no_longer_so_goes_and_what_still_is_stays() {
    // One instance with its groups changed, its tags set and taken, terminated; a role that was made, deleted and made again.
    let records = history::records(
        "#0 +1s RunInstances i-0 subnet-0 sg-0 eni-0
         #1 +5s ModifyInstanceAttribute i-0 sg-1
         #2 +6s CreateTags i-0 Name=n0 k0=v
         #3 +7s DeleteTags i-0 Name=n0 k0=v
         #4 +1s CreateRole role-0 AROA00
         #5 +2s AttachRolePolicy role-0 P0
         #6 +3s DeleteRole role-0
         #7 +4s CreateRole role-0 AROA01",
    );
    let whole = run(&moved(records.clone(), 170), 3, Retention::FOREVER);
    let folded = run(&moved(records, 170), 3, SHORT);
    let all = assets(&whole);
    let (before, after) = ([at(2), at(6)], [at(140), Time::MAX]);
    assert_eq!(difference(&answers(&whole, &all, &after), &answers(&folded, &all, &after)), None);
    // The same comparison sees that the past is gone.
    assert!(difference(&answers(&whole, &all, &before), &answers(&folded, &all, &before)).is_some());
    assert!(ended(&folded).0 > 10, "{:?}", folded.counts);
    assert!(folded.dump().len() < whole.dump().len());
}

#[test]
fn a_write_older_than_the_base_of_its_fact_is_counted_and_dropped() {
    let start = history::records(
        "#0 +1s RunInstances i-0 subnet-0 sg-0 eni-0
         #1 +20s ModifyInstanceAttribute i-0 sg-1",
    );
    let mut records = moved(start, 170);
    let before = run(&records, 1, SHORT);
    assert_eq!(ended(&before).1, 0);
    // Groups that were replaced since; a tag that nobody ever spoke of.
    records.extend(history::records(
        "#2 +10s ModifyInstanceAttribute i-0 sg-0
         #3 +10s CreateTags i-0 Name=n0 k0=v",
    ));
    let after = run(&records, 1, SHORT);
    // The list's older replacement, the element that was in it, and the region that each call names again.
    assert_eq!(ended(&after).1, 4, "{:?}", after.counts);
    let instance: Vec<_> = assets(&after).into_iter().filter(|a| a.name == "i-0").collect();
    let text = answers(&after, &instance, &[Time::MAX]).join(" ");
    let shown = |part: &str| text.contains(part);
    assert!(shown("\"groups\":{\"sg-1\"") && !shown("\"groups\":{\"sg-0\"") && shown("\"Name\""), "{text}");
}

#[test]
fn a_pass_takes_a_bounded_piece_with_every_commit_and_then_rests() {
    let assets = FOLD_ASSETS_MAX * 3;
    let mut records = Vec::new();
    for n in 0..assets {
        for (second, state) in [(1, "pending"), (2, "running")] {
            records.push(state_change(&format!("event-{n}-{state}"), second, &format!("i-{n:04}"), state));
        }
    }
    let (stage, mut live) = (live::stage(SHORT), Live::default());
    for (n, value) in moved(records, 170).iter().enumerate() {
        stage.take(&live::record(n, value), Time(0), &mut live).unwrap();
    }
    let mut folded = Vec::new();
    for _ in 0..6 {
        let (before, logged) = (ended(&live).0, live.log.len());
        stage.tick(Time(0), &mut live);
        folded.push((ended(&live).0 - before, live.log.len() - logged));
    }
    // The account, the region and i-9 are among the assets, with one fact each to keep.
    let pieces: Vec<u64> = folded.iter().map(|(n, _)| *n).collect();
    assert!(pieces[..3].iter().all(|n| *n > 0 && *n <= FOLD_ASSETS_MAX as u64), "{folded:?}");
    assert_eq!(pieces.iter().sum::<u64>(), assets as u64, "{folded:?}");
    assert_eq!(folded[5], (0, 0), "it rests until the horizon moves on");
}

#[test]
fn an_incident_as_of_before_the_horizon_keeps_its_topology() {
    let start = history::records(
        "#0 +1s RunInstances i-0 subnet-0 sg-0 eni-0
         #1 +10s Finding on i-0 repeat 0
         #2 +20s ModifyInstanceAttribute i-0 sg-1",
    );
    let before = run(&start, 1, SHORT);
    // Long after: a fact from before the finding that nobody had told of yet, and the finding once more as it was then.
    let mut later = moved(start, 170);
    later.extend(history::records(
        "#3 +5s CreateTags i-0 Name=n0 k0=v
         #4 +10s Finding on i-0 repeat 1",
    ));
    let after = run(&later, 1, SHORT);
    let (key, (_, told)) = incidents(&before).pop_first().unwrap();
    let (_, kept) = incidents(&after).remove(&key).unwrap();
    assert!(after.count_of(counts::TOPOLOGIES_KEPT) > 0, "{:?}", after.counts);
    assert_eq!(kept["topology"], told["topology"]);
    assert!(kept["topology"].to_string().contains("sg-0"));
    assert_eq!((&told["finding"]["count"], &kept["finding"]["count"]), (&1.into(), &2.into()));
    // One that is first heard of so late says what is wrong with its picture.
    let mut only_late = moved(history::records("#0 +1s RunInstances i-0 subnet-0 sg-0 eni-0"), 170);
    only_late.extend(history::records("#1 +10s Finding on i-0 repeat 0"));
    let late = run(&only_late, 1, SHORT);
    let (_, (_, first)) = incidents(&late).pop_first().unwrap();
    assert_eq!(first["topology"]["complete"], false);
    assert!(first["topology"]["gaps"].to_string().contains("older than the history that is kept"));
}

#[test]
fn one_bad_clock_does_not_push_the_horizon() {
    let (stage, mut live) = (live::stage(SHORT), Live::default());
    let mut bad = state_change("event-bad", 1, "i-0", "running");
    bad["time"] = "2099-01-01T00:00:00Z".into();
    stage.take(&live::record(0, &bad), at(100), &mut live).unwrap();
    stage.tick(at(100), &mut live);
    let horizon = SHORT.horizon(&live).unwrap();
    assert_eq!(live.count_of(counts::CLAMPED), 1);
    assert!(horizon <= at(100 + AHEAD_MS_MAX / 1000 - 35), "{horizon}");
}
