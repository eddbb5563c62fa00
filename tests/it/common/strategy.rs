//! Histories at random, and other orders of the same.

use proptest::prelude::*;
use serde_json::Value;

use super::history::{Step, build, kinds};
use super::lives::Life;

pub fn records(history: &[Step]) -> Vec<Value> {
    history.iter().map(|step| build(*step)).collect()
}

/// Up to `steps` records within so many seconds.
pub fn history(steps: usize, seconds: u16) -> impl Strategy<Value = Vec<Step>> {
    let kinds: Vec<_> = kinds().collect();
    let step = (0..kinds.len(), 0..seconds, 0u8..2, 0u8..2, prop::bool::weighted(0.05));
    let step =
        step.prop_map(move |(kind, second, a, b, failed)| Step { n: 0, kind: kinds[kind], second, a, b, failed });
    prop::collection::vec(step, 1..steps).prop_map(|mut steps| {
        steps.iter_mut().enumerate().for_each(|(n, step)| step.n = n);
        steps
    })
}

/// The same in another order, some of it twice or three times, nothing missing.
pub fn disordered(history: Vec<Step>) -> impl Strategy<Value = (Vec<Step>, Vec<Step>)> {
    let again = prop::collection::vec(any::<prop::sample::Index>(), 0..history.len() / 2 + 1);
    (Just(history), again).prop_flat_map(|(history, again)| {
        let mut other = history.clone();
        other.extend(again.iter().map(|i| *i.get(&history)));
        (Just(history), Just(other).prop_shuffle())
    })
}

/// How often, when and onto what a worker is started again.
pub fn lives() -> impl Strategy<Value = Vec<Life>> {
    let life = (any::<bool>(), 1u64..30, 1usize..12);
    prop::collection::vec(life.prop_map(|(emptied, records, batch)| Life { emptied, records, batch }), 0..5)
}
