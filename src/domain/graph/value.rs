//! An asset as its writes make it: the fold, and what it resolves to at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::write::{Fact, Source, Stamp, Val};
use crate::domain::assets::{FactId, Field, List};
use crate::domain::time::Time;

/// A stamp with its source: which event, when, by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sourced {
    pub stamp: Stamp,
    pub source: Arc<Source>,
}

/// The newest visible facts of an asset with their stamps. Independent of the order and repetition of what was merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetValue {
    /// Every `Exists`, oldest first: creations and ends are few.
    pub exists: BTreeMap<Stamp, (bool, Arc<Source>)>,
    pub fields: BTreeMap<FactId, Attribute>,
    /// list -> key -> newest element write, gone ones included.
    pub lists: BTreeMap<FactId, BTreeMap<String, Element>>,
    pub resets: BTreeMap<FactId, Sourced>,
    /// The oldest sign of life, whatever it said.
    pub first: Option<Sourced>,
    /// The time of the newest fact: at or after it this value answers, before it only a fold of the facts does.
    pub newest: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub value: Val,
    pub by: Sourced,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// None: removed.
    pub value: Option<Val>,
    pub by: Sourced,
}

/// An asset as it was: what `AssetValue::state` resolves to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AssetState {
    pub exists: bool,
    /// No creation was seen: it is there since its first sign of life.
    pub inferred: bool,
    pub since: Option<Sourced>,
    pub ended: Option<Sourced>,
    pub fields: BTreeMap<FactId, Attribute>,
    /// Present elements only.
    pub lists: BTreeMap<FactId, BTreeMap<String, Element>>,
}

impl AssetValue {
    /// Takes one write in; true if anything newer was learnt. Of two writes about the same thing with an equal stamp (one record
    /// that says it twice) the greater wins, so that the order can't matter.
    pub fn merge(&mut self, fact: &Fact, stamp: &Stamp, source: &Arc<Source>) -> bool {
        let by = || Sourced { stamp: stamp.clone(), source: source.clone() };
        let mut learnt = false;
        let older = |old: &Sourced| *stamp < old.stamp || (*stamp == old.stamp && *source > old.source);
        if self.first.as_ref().is_none_or(older) {
            self.first = Some(by());
            learnt = true;
        }
        // Being named changes nothing that can be read, so it must not make a value look newer than its facts.
        if *fact != Fact::Seen {
            self.newest = self.newest.max(stamp.time);
        }
        match fact {
            Fact::Exists(yes) => {
                let old = self.exists.get(stamp);
                let new = (*yes, source.clone());
                if old.is_none_or(|o| *o < new) {
                    self.exists.insert(stamp.clone(), new);
                    learnt = true;
                }
            }
            Fact::Set { field, value } => {
                let new = || Attribute { value: value.clone(), by: by() };
                match self.fields.get_mut(field) {
                    Some(old) if (&old.by.stamp, &old.by.source, &old.value) >= (stamp, source, value) => {
                        return learnt;
                    }
                    Some(old) => *old = new(),
                    None => _ = self.fields.insert(*field, new()),
                }
                learnt = true;
            }
            Fact::Element { list, key, value } => {
                let new = || Element { value: value.clone(), by: by() };
                let of = match self.lists.get_mut(list) {
                    Some(of) => of,
                    None => self.lists.entry(*list).or_default(),
                };
                match of.get_mut(key) {
                    Some(old) if (&old.by.stamp, &old.by.source, &old.value) >= (stamp, source, value) => {
                        return learnt;
                    }
                    Some(old) => *old = new(),
                    None => _ = of.insert(key.clone(), new()),
                }
                learnt = true;
            }
            Fact::Reset { list } => {
                if self.resets.get(list).is_none_or(|old| (&old.stamp, &old.source) < (stamp, source)) {
                    self.resets.insert(*list, by());
                    learnt = true;
                }
            }
            Fact::Seen => {}
        }
        learnt
    }

    /// What these facts resolve to. Right for every time at or after `newest`; for an earlier one fold only the facts until then.
    pub fn state(&self) -> AssetState {
        let (exists, start, ended) = self.incarnation();
        // The whole second of a creation counts: what it implies shares it, with a lower rank.
        let from = start.as_ref().map(|s| s.stamp.time.second());
        let within = |s: &Stamp| from.is_none_or(|f| s.time >= f);
        let fields = self.fields.iter().filter(|(_, a)| within(&a.by.stamp));
        let mut lists = BTreeMap::new();
        for (list, elements) in &self.lists {
            let reset = self.resets.get(list).map(|r| &r.stamp);
            let mut own = elements.iter().filter(|(_, e)| within(&e.by.stamp)).peekable();
            // What an earlier life of it had tells nothing of this one's.
            if own.peek().is_none() {
                continue;
            }
            let present: BTreeMap<_, _> = own
                .filter(|(_, e)| e.value.is_some() && reset.is_none_or(|r| e.by.stamp >= *r))
                .map(|(k, e)| (k.clone(), e.clone()))
                .collect();
            lists.insert(*list, present);
        }
        // A list that was set to nothing is known and empty, which is not the same as unknown.
        for (list, by) in &self.resets {
            if within(&by.stamp) {
                lists.entry(*list).or_default();
            }
        }
        AssetState {
            exists,
            inferred: start.is_none(),
            since: start.or_else(|| self.first.clone()),
            ended,
            fields: fields.map(|(k, a)| (*k, a.clone())).collect(),
            lists,
        }
    }

    /// Whether it is there; the first creation after the last end but the trailing ones; the first of the trailing ends.
    fn incarnation(&self) -> (bool, Option<Sourced>, Option<Sourced>) {
        let (mut start, mut end): (Option<Sourced>, Option<Sourced>) = (None, None);
        for (stamp, (yes, source)) in &self.exists {
            let by = Sourced { stamp: stamp.clone(), source: source.clone() };
            match (*yes, &end) {
                (true, Some(_)) => (start, end) = (Some(by), None),
                (true, None) => start = start.or(Some(by)),
                (false, None) => end = Some(by),
                (false, Some(_)) => {}
            }
        }
        (end.is_none(), start, end)
    }
}

impl AssetState {
    /// The field with its source. `None`: it was never set in this life of the asset.
    pub fn field(&self, field: Field) -> Option<&Attribute> {
        self.fields.get(&field.id())
    }

    /// The field's text. `None`: it was never set, or is unknown.
    pub fn text(&self, field: impl Into<FactId>) -> Option<&str> {
        self.fields.get(&field.into()).and_then(|a| a.value.as_text())
    }

    /// Whether the field is known to be true.
    pub fn is(&self, field: Field) -> bool {
        self.field(field).is_some_and(|a| a.value == Val::Bool(true))
    }

    /// The elements that are present. `None`: nothing is known of the list.
    pub fn list(&self, list: List) -> Option<&BTreeMap<String, Element>> {
        self.lists.get(&list.id())
    }

    /// The elements that are present; none where nothing is known of the list.
    pub fn elements(&self, list: List) -> impl Iterator<Item = (&String, &Element)> {
        self.list(list).into_iter().flatten()
    }

    /// One present element.
    pub fn element(&self, list: List, key: &str) -> Option<&Element> {
        self.list(list)?.get(key)
    }

    /// A fact of this name with its value, for texts and tests that name facts as people do.
    pub fn named(&self, field: &str) -> Option<&Attribute> {
        self.fields.iter().find(|(id, _)| id.name() == field).map(|(_, a)| a)
    }

    /// The text of the fact of this name, for texts and tests that name facts as people do.
    pub fn named_text(&self, field: &str) -> Option<&str> {
        self.named(field).and_then(|a| a.value.as_text())
    }

    /// A list of this name, for texts and tests that name facts as people do.
    pub fn named_list(&self, list: &str) -> Option<&BTreeMap<String, Element>> {
        self.lists.iter().find(|(id, _)| id.name() == list).map(|(_, l)| l)
    }
}
