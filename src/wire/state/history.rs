//! What one event said about one asset. These records are the truth: everything else about the graph derives from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::codec::{Reader, Unreadable, Writer};
use crate::domain::assets::{FactId, Kind};
use crate::domain::graph::{Fact, Line, Rank, Source};

/// What a write is about. Of two writes of one event about the same, with one rank, the greater counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Exists(bool),
    Line(Line),
    Seen,
}

impl Slot {
    fn of(fact: &Fact) -> Slot {
        match (fact, Line::of(fact)) {
            (Fact::Exists(yes), _) => Slot::Exists(*yes),
            (_, Some(line)) => Slot::Line(line),
            (_, None) => Slot::Seen,
        }
    }
}

/// One write of an event; asset, time and event id are in the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recorded {
    pub fact: Fact,
    pub rank: Rank,
    pub source: Arc<Source>,
}

impl Recorded {
    fn outweighs(&self, other: &Recorded) -> bool {
        (&self.source, &self.fact) > (&other.source, &other.fact)
    }
}

/// All writes of one event about one asset. Order and repetition leave no trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    writes: BTreeMap<(Slot, Rank), Recorded>,
}

impl History {
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    pub fn writes(&self) -> impl Iterator<Item = &Recorded> {
        self.writes.values()
    }

    /// Adds a write. False: it says nothing new.
    pub fn add(&mut self, write: Recorded) -> bool {
        let slot = (Slot::of(&write.fact), write.rank);
        if self.writes.get(&slot).is_some_and(|known| !write.outweighs(known)) {
            return false;
        }
        self.writes.insert(slot, write);
        true
    }

    /// The writes that are not in `other`, or are there with another value.
    pub fn beyond<'h>(&'h self, other: &'h History) -> impl Iterator<Item = &'h Recorded> + Clone {
        self.writes.iter().filter(|(slot, write)| other.writes.get(*slot) != Some(*write)).map(|(_, write)| write)
    }

    /// The writes about something that `other` says nothing about.
    pub fn absent_in<'h>(&'h self, other: &'h History) -> impl Iterator<Item = &'h Recorded> {
        self.writes.iter().filter(|(slot, _)| !other.writes.contains_key(*slot)).map(|(_, write)| write)
    }

    /// Keeps only these.
    pub fn retain(&mut self, mut stays: impl FnMut(&Recorded) -> bool) {
        self.writes.retain(|_, write| stays(write));
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut sources: Vec<&Source> = Vec::new();
        let mut to = Writer::default();
        // Nearly always there is one source, or two of which one is implied.
        for write in self.writes.values() {
            if !sources.contains(&&*write.source) {
                sources.push(&write.source);
            }
        }
        to.size(sources.len());
        sources.iter().for_each(|source| to.source(source));
        to.size(self.writes.len());
        for write in self.writes.values() {
            to.size(sources.iter().position(|source| **source == *write.source).unwrap_or_default());
            to.byte(write.rank as u8);
            match &write.fact {
                Fact::Exists(no_yes) => to.byte(u8::from(*no_yes)),
                Fact::Set { field, value } => {
                    to.byte(2);
                    to.byte(field.code);
                    to.value(Some(value));
                }
                Fact::Element { list, key, value } => {
                    to.byte(3);
                    to.byte(list.code);
                    to.text(key);
                    to.value(value.as_ref());
                }
                Fact::Reset { list } => {
                    to.byte(4);
                    to.byte(list.code);
                }
                Fact::Seen => to.byte(5),
            }
        }
        to.done()
    }

    /// Of an asset of this kind.
    pub fn decode(kind: Kind, bytes: &[u8]) -> Result<History, Unreadable> {
        let mut from = Reader::new(bytes)?;
        let mut sources = Vec::new();
        for _ in 0..from.size()? {
            sources.push(from.source()?);
        }
        let mut history = History::default();
        for _ in 0..from.size()? {
            let source = sources.get(from.size()?).cloned().ok_or(Unreadable::Damaged("a source that is not there"))?;
            let rank = from.rank()?;
            let tag = from.byte()?;
            let mut id = || from.byte().map(|code| FactId { kind, code });
            let fact = match tag {
                0 => Fact::Exists(false),
                1 => Fact::Exists(true),
                2 => {
                    let field = id()?;
                    let value = from.value()?.ok_or(Unreadable::Damaged("a field without a value"))?;
                    Fact::Set { field, value }
                }
                3 => Fact::Element { list: id()?, key: from.text()?.to_owned(), value: from.value()? },
                4 => Fact::Reset { list: id()? },
                5 => Fact::Seen,
                _ => return Err(Unreadable::Damaged("a fact of an unknown type")),
            };
            history.add(Recorded { fact, rank, source });
        }
        from.finish()?;
        Ok(history)
    }
}
