//! The index of references. An asset that is there and has ever referred to a key is found under it; one that has ended and still refers to
//! it is found by its end, so that a reading skips those that had ended before its time.

use std::collections::BTreeSet;

use super::asset::AssetWriter;
use super::lookup::pairs;
use crate::domain::assets::FactId;
use crate::domain::graph::{Kind, Life, Line, LineWrite, Referrers, Val, reference_keys};
use crate::domain::time::Time;
use crate::engine::stage::Context;
use crate::wire::state::keys;

/// How many referrers one reading finds at the most.
pub const REFERRERS_MAX: usize = 100_000;

/// The assets of a kind that may refer to a key at `t` or later.
pub fn referrers(cx: &dyn Context, account: &str, key: &str, kind: Kind, t: Time) -> Referrers {
    let mut found = BTreeSet::new();
    let prefix = keys::referring(account, key, kind);
    let mut stopped = false;
    for (reference, _) in pairs(cx, prefix.clone(), prefix.clone()) {
        stopped = found.len() >= REFERRERS_MAX;
        if stopped {
            break;
        }
        found.extend(keys::read_reference(&reference, &prefix, account, kind));
    }
    let prefix = keys::ended_referring(account, key, kind);
    for (reference, _) in pairs(cx, prefix.clone(), prefix.clone()) {
        let Some((end, asset)) = keys::read_ended_reference(&reference, &prefix, account, kind) else { continue };
        stopped |= found.len() >= REFERRERS_MAX;
        if end < t || stopped {
            break;
        }
        found.insert(asset);
    }
    Referrers { assets: found.into_iter().collect(), stopped }
}

/// The keys that a write of a line refers to.
pub fn of_write(line: &Line, write: &LineWrite) -> Vec<String> {
    match (line, &write.value) {
        (Line::Field(field), Some(Val::Text(text))) => reference_keys(*field, text),
        (Line::Element(list, element), Some(_)) => reference_keys(*list, element),
        _ => Vec::new(),
    }
}

impl AssetWriter<'_> {
    /// A write of the line refers to these keys. `is_held`: it is the newest of its line, and present.
    pub(super) fn refer(&mut self, line: &Line, write: &LineWrite, is_held: bool) {
        let keys = of_write(line, write);
        let end = self.head().and_then(|head| head.life.gone);
        for key in keys {
            self.place(line, &key, end, is_held);
        }
    }

    /// The line no longer holds this write, which stays among the earlier ones.
    pub(super) fn release(&mut self, line: &Line, write: &LineWrite) {
        // Of an asset that is there, what it has ever referred to and what it refers to are the same keys.
        if self.head().is_some_and(|head| head.life.gone.is_some()) {
            self.refer(line, write, false);
        }
    }

    fn place(&mut self, line: &Line, key: &str, end: Option<Time>, is_held: bool) {
        let code = line.fact().code;
        let open = keys::reference(self.asset(), key, code);
        match end {
            None => self.put(open, Some(Vec::new())),
            Some(end) => {
                let ended = keys::ended_reference(self.asset(), key, code, end);
                self.put(open, (!is_held).then(Vec::new));
                self.put(ended, is_held.then(Vec::new));
            }
        }
    }

    /// A write is gone: its references go with it, unless another write of the line has them.
    pub(super) fn unrefer(&mut self, line: &Line, gone: &LineWrite, others: &[LineWrite]) {
        let still: Vec<String> = others.iter().flat_map(|w| of_write(line, w)).collect();
        let end = self.head().and_then(|head| head.life.gone);
        for key in of_write(line, gone).into_iter().filter(|key| !still.contains(key)) {
            let code = line.fact().code;
            self.put(keys::reference(self.asset(), &key, code), None);
            if let Some(end) = end {
                self.put(keys::ended_reference(self.asset(), &key, code, end), None);
            }
        }
    }

    /// The asset ended, came back, or ended at another time: the references that it holds move.
    pub(super) fn move_references(&mut self, before: &Life, after: &Life) {
        let (was, is) = (before.gone, after.gone);
        if was == is {
            return;
        }
        for (code, key) in self.held_references() {
            let gone = match was {
                None => keys::reference(self.asset(), &key, code),
                Some(end) => keys::ended_reference(self.asset(), &key, code, end),
            };
            self.put(gone, None);
            let come = match is {
                None => keys::reference(self.asset(), &key, code),
                Some(end) => keys::ended_reference(self.asset(), &key, code, end),
            };
            self.put(come, Some(Vec::new()));
            // Whoever read the referrers of this key as of a later time did not find this asset.
            if let Some(end) = was.filter(|end| is.is_none_or(|is| is > *end)) {
                self.returned.push((key, end));
            }
        }
    }

    fn held_references(&self) -> Vec<(u8, String)> {
        let Some(head) = self.head() else { return Vec::new() };
        let kind = self.asset().kind;
        let mut held = Vec::new();
        for (code, newest) in &head.fields {
            let line = Line::Field(FactId { kind, code: *code });
            held.extend(of_write(&line, &newest.write).into_iter().map(|key| (*code, key)));
        }
        for code in head.lists.keys() {
            let list = FactId { kind, code: *code };
            // Lists that refer to nothing need no look at their elements.
            if reference_keys(list, "").is_empty() {
                continue;
            }
            for (element, newest) in self.present(*code) {
                let line = Line::Element(list, element);
                held.extend(of_write(&line, &newest.write).into_iter().map(|key| (*code, key)));
            }
        }
        held
    }
}
