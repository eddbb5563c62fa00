//! Exactly once, on the model broker, seed by seed. `SEED=n cargo test --test it simulation` runs one seed again, `SEEDS=n` more of them.

#![expect(clippy::disallowed_methods, reason = "which seeds to run is asked for by the environment")]

mod counting;
mod graph;
mod run;
pub mod stage;

use crate::common::parallel;
use std::sync::Mutex;

use graph::Graph;
use run::{Simulation, Subject};
use stage::Counting;
use trailgraph::engine::safety::Safety;

const SEEDS: u64 = 1_000;
/// The real processor takes a hundred times as long as the plain stage: one seed in so many.
const GRAPH_ONE_IN: u64 = 10;

fn seeds() -> std::ops::Range<u64> {
    match std::env::var("SEED") {
        Ok(seed) => {
            let seed: u64 = seed.parse().expect("SEED is a number");
            seed..seed + 1
        }
        Err(_) => 0..std::env::var("SEEDS").map_or(SEEDS, |n| n.parse().expect("SEEDS is a number")),
    }
}

/// Runs the seeds, one in so many of them.
fn survive<S: Subject>(one_in: u64) {
    let counted = Mutex::new([0; 4]);
    parallel::each(seeds().filter(|seed| seeds().count() == 1 || seed % one_in == 0), |seed| {
        let mut simulation = Simulation::<S>::new(seed, Safety::default());
        if let Err(error) = simulation.run() {
            panic!("SEED={seed}: {error}");
        }
        let counters = simulation.counters;
        assert_eq!(counters.wiped, 0, "SEED={seed}: a store was never ahead, yet was wiped");
        let one = [counters.in_doubt, counters.in_doubt_done, counters.not_done, counters.restored];
        counted.lock().unwrap().iter_mut().zip(one).for_each(|(all, one)| *all += one);
    });
    let [in_doubt, done, not_done, restored] = counted.into_inner().unwrap();
    println!("in doubt {in_doubt}, of which tasks done {done}; refused {not_done}; restored {restored}");
    if std::env::var("SEED").is_err() {
        assert!(in_doubt > 0 && done > 0 && not_done > 0 && restored > 0, "the faults have to happen");
    }
}

#[test]
fn every_record_counts_exactly_once_under_all_faults() {
    survive::<Counting>(1);
}

/// Property 3 of the graph.
#[test]
fn the_changelog_restores_the_graph_of_the_live_run_under_all_faults() {
    survive::<Graph>(GRAPH_ONE_IN);
}

#[test]
fn a_seed_is_one_run() {
    let run = |seed| {
        let mut simulation = Simulation::<Counting>::new(seed, Safety::default());
        (simulation.run(), simulation.counters)
    };
    assert_eq!(run(7), run(7));
}

/// Some seed has to notice that the safeguard is missing.
fn goes_red(name: &str, safety: Safety) {
    if std::env::var("SEED").is_ok() {
        return;
    }
    let red =
        (0..SEEDS).find_map(|seed| Simulation::<Counting>::new(seed, safety).run().err().map(|error| (seed, error)));
    let (seed, error) = red.unwrap_or_else(|| panic!("nobody misses {name}"));
    println!("without {name}: SEED={seed}: {}", error.lines().next().unwrap_or_default());
}

#[test]
fn offsets_belong_in_the_transaction() {
    goes_red("offsets in the transaction", Safety { offsets_in_transaction: false, ..Safety::default() });
}

#[test]
fn an_abort_drops_the_overlay() {
    goes_red("dropping the overlay", Safety { drop_overlay: false, ..Safety::default() });
}

#[test]
fn zombies_are_fenced() {
    goes_red("fencing", Safety { fencing: false, ..Safety::default() });
}

#[test]
fn doubt_is_settled_by_the_token() {
    goes_red("the token", Safety { token_check: false, ..Safety::default() });
}

#[test]
fn a_restore_waits_for_the_tokens_changelog_end() {
    goes_red("restoring to the token", Safety { restore_to_token: false, ..Safety::default() });
}

#[test]
fn readers_read_committed() {
    goes_red("read_committed", Safety { read_committed: false, ..Safety::default() });
}
