//! One asset as of a time before its newest write: what is there now, with the lines undone that were written to since.

use std::collections::{BTreeMap, BTreeSet};

use super::exists::StoredExists;
use super::lookup::{self, attribute, element};
use crate::domain::assets::FactId;
use crate::domain::graph::{
    AssetId, AssetState, Element, ExistsWrites, Fact, Life, Line, LineWrite, Provenance, Signs, holding_write, life_at,
    living_since, proves_life, sign_line,
};
use crate::domain::time::Time;
use crate::engine::stage::Context;
use crate::wire::state::{Head, Newest, keys};

/// How many history records one reading at an earlier time looks at. Beyond, its result is marked as stopped.
pub const HISTORY_READ_MAX: usize = 1_000_000;

/// A reading of one asset at an earlier time.
pub struct AsOf<'c> {
    cx: &'c dyn Context,
    asset: &'c AssetId,
    head: &'c Head,
    t: Time,
    life: Life,
    /// The lines that were written to after the time.
    touched: BTreeSet<Line>,
    stopped: bool,
}

impl<'c> AsOf<'c> {
    /// With all that was written since.
    pub fn read(cx: &'c dyn Context, asset: &'c AssetId, head: &'c Head, t: Time) -> AsOf<'c> {
        let mut reading = AsOf::life(cx, asset, head, t);
        let since = lookup::history(cx, asset, Time::MAX).take_while(|(time, _, _)| *time > t);
        for (read, (_, _, history)) in since.enumerate() {
            if read >= HISTORY_READ_MAX {
                reading.stopped = true;
                break;
            }
            reading.touched.extend(history.writes().filter_map(|w| Line::of(&w.fact)));
        }
        reading
    }

    /// With its life only: enough to look at single lines.
    pub fn life(cx: &'c dyn Context, asset: &'c AssetId, head: &'c Head, t: Time) -> AsOf<'c> {
        let mut reading = AsOf { cx, asset, head, t, life: Life::default(), touched: BTreeSet::new(), stopped: false };
        reading.live();
        reading
    }

    fn live(&mut self) {
        let exists = StoredExists { cx: self.cx, asset: self.asset, inline: self.head.exists.as_deref() };
        let mut signs =
            Signs { kind: self.asset.kind, first: Some(self.head.first.stamp.time), proof: None, sign: None };
        self.life = life_at(&exists, signs, self.t);
        if self.life.exists {
            return;
        }
        signs.proof = match sign_line(self.asset.kind) {
            Some(line) => self.newest_write(&line).as_ref().and_then(living_since),
            None => match self.head.proof {
                Some(proof) if proof > self.t => {
                    let end = exists.newest_before(false, self.t.plus_ms(1)).map(|w| w.stamp.time);
                    self.newest_proof(end.unwrap_or_default())
                }
                proof => proof,
            },
        };
        self.life = life_at(&exists, signs, self.t);
    }

    /// The newest write of a field at the time.
    fn newest_write(&self, line: &Line) -> Option<LineWrite> {
        let newest = self.head.fields.get(&line.fact().code).map(|newest| &newest.write);
        let newest = newest.filter(|write| write.stamp.time <= self.t).cloned();
        newest.or_else(|| lookup::versions(self.cx, self.asset, line, self.t).next())
    }

    fn newest_proof(&mut self, end: Time) -> Option<Time> {
        let later = lookup::history(self.cx, self.asset, self.t).take_while(|(time, _, _)| *time > end);
        for (read, (time, _, history)) in later.enumerate() {
            self.stopped |= read >= HISTORY_READ_MAX;
            if self.stopped || history.writes().any(|w| proves_life(self.asset.kind, &w.fact)) {
                return (!self.stopped).then_some(time);
            }
        }
        None
    }

    /// The life and the fields.
    pub fn fields(&self) -> AssetState {
        let mut state = AssetState::of(self.life.clone(), self.head.first.clone());
        state.stopped = self.stopped;
        for (code, newest) in &self.head.fields {
            let line = Line::Field(self.fact(*code));
            if let Some(attribute) = self.holding(&line, Some(newest), None).and_then(attribute) {
                state.fields.insert(self.fact(*code), attribute);
            }
        }
        let resets = self.head.resets.keys().filter_map(|code| Some((self.fact(*code), self.reset(*code)?)));
        state.resets = resets.filter(|(_, by)| self.life.covers(by.stamp.time)).collect();
        state
    }

    /// Everything.
    pub fn state(&self) -> AssetState {
        let mut state = self.fields();
        for code in self.head.lists.keys() {
            let list = self.fact(*code);
            let reset = self.reset(*code);
            let elements = self.elements(list, reset.as_ref());
            if !elements.is_empty() || self.is_known(list) {
                state.lists.insert(list, elements);
            }
        }
        for list in state.resets.keys() {
            state.lists.entry(*list).or_default();
        }
        state
    }

    /// One element.
    pub fn element(&self, list: FactId, key: &str) -> Option<Element> {
        let newest = self.newest(list.code, key)?;
        let line = Line::Element(list, key.to_owned());
        self.holding(&line, Some(&newest), self.reset(list.code).as_ref()).and_then(element)
    }

    fn fact(&self, code: u8) -> FactId {
        FactId { kind: self.asset.kind, code }
    }

    /// The newest replacement of a list at the time.
    fn reset(&self, list: u8) -> Option<Provenance> {
        let newest = self.head.resets.get(&list)?;
        if newest.stamp.time <= self.t {
            return Some(newest.clone());
        }
        let line = Line::Reset(self.fact(list));
        let earlier = lookup::versions(self.cx, self.asset, &line, self.t).next()?;
        Some(Provenance { stamp: earlier.stamp, source: earlier.source })
    }

    fn newest(&self, list: u8, key: &str) -> Option<Newest> {
        [keys::ELEMENT, keys::GONE].into_iter().find_map(|family| {
            let key = keys::element(family, self.asset, list, key);
            lookup::readable(self.cx, &key, Newest::decode(&self.cx.get(&key)?))
        })
    }

    /// The write of a line that held at the time.
    fn holding(&self, line: &Line, newest: Option<&Newest>, reset: Option<&Provenance>) -> Option<LineWrite> {
        let is_visible =
            |w: &LineWrite| self.life.covers(w.stamp.time) && reset.is_none_or(|reset| w.stamp >= reset.stamp);
        let newest = newest.filter(|newest| newest.write.stamp.time <= self.t);
        if let Some(newest) = newest.filter(|newest| !newest.tied || !line.alternates()) {
            return is_visible(&newest.write).then(|| newest.write.clone());
        }
        let earlier = lookup::versions(self.cx, self.asset, line, self.t);
        holding_write(line, newest.map(|n| n.write.clone()).into_iter().chain(earlier).take_while(is_visible))
    }

    /// The elements of a list that were present.
    fn elements(&self, list: FactId, reset: Option<&Provenance>) -> BTreeMap<String, Element> {
        let mut found = BTreeMap::new();
        let mut weigh = |key: &str, newest: Option<&Newest>| {
            let line = Line::Element(list, key.to_owned());
            if let Some(element) = self.holding(&line, newest, reset).and_then(element) {
                found.insert(key.to_owned(), element);
            }
        };
        // Those that are there now and were not written to since.
        let of_asset = keys::elements_of(keys::ELEMENT, self.asset);
        let in_list = keys::elements_in(keys::ELEMENT, self.asset, list.code);
        for (stored, bytes) in lookup::all(self.cx, in_list) {
            let newest = lookup::readable(self.cx, &stored, Newest::decode(&bytes));
            if let (Some((_, key)), Some(newest)) = (keys::read_element(&stored, &of_asset), newest)
                && newest.write.stamp.time <= self.t
            {
                weigh(key, Some(&newest));
            }
        }
        // Those that a later reset, or a later life, hides now.
        let in_list = keys::elements_in(keys::HIDDEN, self.asset, list.code);
        let from = keys::hidden_until(self.asset, list.code, self.t);
        for (stored, _) in lookup::pairs(self.cx, in_list.clone(), from) {
            let Some((time, key)) = keys::read_hidden(&stored, &in_list) else { continue };
            if !self.life.covers(time) || reset.is_some_and(|reset| time < reset.stamp.time) {
                break;
            }
            weigh(key, self.newest(list.code, key).as_ref());
        }
        // Those that were written to since.
        for line in self.touched.range(Line::Element(list, String::new())..) {
            match line {
                Line::Element(of, key) if *of == list => weigh(key, None),
                _ => break,
            }
        }
        found
    }

    /// Whether anything was known of a list without elements: one was written to before, in this life.
    fn is_known(&self, list: FactId) -> bool {
        if self.head.lists.get(&list.code).is_some_and(|newest| *newest <= self.t) {
            return self.head.lists.get(&list.code).is_some_and(|newest| self.life.covers(*newest));
        }
        let lived = lookup::history(self.cx, self.asset, self.t).take_while(|(time, _, _)| self.life.covers(*time));
        let is_element = |fact: &Fact| matches!(fact, Fact::Element { list: of, .. } if *of == list);
        lived.take(HISTORY_READ_MAX).any(|(_, _, history)| history.writes().any(|w| is_element(&w.fact)))
    }
}
