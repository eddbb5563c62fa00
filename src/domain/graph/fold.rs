//! An asset as a set of writes makes it: the definition that every faster way of reading is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::kind::AssetId;
use super::life::{ExistsWrite, Signs, life_at, living_since, proves_life, sign_line};
use super::line::{Line, LineWrite, holding_write};
use super::provenance::Provenance;
use super::value::{AssetState, Attribute, Element};
use super::write::{Fact, Source, Stamp};
use crate::domain::time::Time;

/// One write without its asset.
pub type Said<'w> = (&'w Fact, &'w Stamp, &'w Arc<Source>);

/// The asset at `until`, from all of its writes. `None`: it was never named until then.
pub fn fold<'w>(asset: &AssetId, writes: impl IntoIterator<Item = Said<'w>>, until: Time) -> Option<AssetState> {
    let mut first: Option<Provenance> = None;
    let mut proof: Option<Time> = None;
    let mut exists: BTreeMap<(Stamp, bool), Arc<Source>> = BTreeMap::new();
    let mut lines: BTreeMap<Line, BTreeMap<Stamp, LineWrite>> = BTreeMap::new();
    for (fact, stamp, source) in writes.into_iter().filter(|(_, stamp, _)| stamp.time <= until) {
        let by = Provenance { stamp: stamp.clone(), source: source.clone() };
        if first.as_ref().is_none_or(|first| by.precedes(first)) {
            first = Some(by);
        }
        if proves_life(asset.kind, fact) {
            proof = proof.max(Some(stamp.time));
        }
        if let Fact::Exists(yes) = fact {
            let known = exists.entry((stamp.clone(), *yes)).or_insert_with(|| source.clone());
            if *known < *source {
                *known = source.clone();
            }
        }
        if let Some(line) = Line::of(fact) {
            let write = LineWrite::of(fact, stamp, source);
            let of = lines.entry(line).or_default();
            if of.get(stamp).is_none_or(|known| write.outweighs(known)) {
                of.insert(stamp.clone(), write);
            }
        }
    }
    let first = first?;
    let exists: Vec<ExistsWrite> =
        exists.into_iter().map(|((stamp, yes), source)| ExistsWrite { stamp, yes, source }).collect();
    let sign = sign_line(asset.kind).and_then(|line| lines.get(&line)?.values().next_back());
    let proof = proof.max(sign.and_then(living_since));
    let signs = Signs { kind: asset.kind, first: Some(first.stamp.time), proof, sign: sign.map(|w| w.stamp.time) };
    let life = life_at(exists.as_slice(), signs, until);
    let mut state = AssetState::of(life.clone(), first);
    let reset = |list| lines.get(&Line::Reset(list)).and_then(|of| of.keys().next_back());
    let mut known_lists = BTreeSet::new();
    for (line, of) in &lines {
        let lived = || of.values().rev().filter(|w| life.covers(w.stamp.time));
        match line {
            Line::Reset(list) => {
                if let Some(newest) = lived().next() {
                    state.resets.insert(*list, Provenance::of(newest));
                    known_lists.insert(*list);
                }
            }
            Line::Field(field) => {
                if let Some(LineWrite { stamp, source, value: Some(value) }) = holding_write(line, lived().cloned()) {
                    state.fields.insert(*field, Attribute { value, by: Provenance { stamp, source } });
                }
            }
            Line::Element(list, key) => {
                if lived().next().is_some() {
                    known_lists.insert(*list);
                }
                let visible = lived().filter(|w| reset(*list).is_none_or(|reset| w.stamp >= *reset));
                if let Some(LineWrite { stamp, source, value: value @ Some(_) }) = holding_write(line, visible.cloned())
                {
                    let element = Element { value, by: Provenance { stamp, source } };
                    state.lists.entry(*list).or_default().insert(key.clone(), element);
                }
            }
        }
    }
    // A list that was emptied is known and empty, which is not the same as unknown.
    for list in known_lists {
        state.lists.entry(list).or_default();
    }
    Some(state)
}
