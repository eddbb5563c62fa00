//! The head of an asset: its life and its fields as they are now. Lists have a key for each element, so the head does not grow with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::codec::{Reader, Unreadable, Writer};
use crate::domain::graph::{ExistsWrite, Life, LineWrite, Provenance, Source, Stamp};
use crate::domain::time::Time;

/// How many writes about existence a head holds; more have keys of their own.
pub const EXISTS_INLINE_MAX: usize = 4;

/// The newest write of a field or element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    pub write: LineWrite,
    /// Other writes of the same line share its second.
    pub tied: bool,
}

impl Newest {
    /// As the value of an element's key.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::default();
        to.byte(u8::from(self.tied));
        to.value(self.write.value.as_ref());
        to.stamp(&self.write.stamp);
        to.source(&self.write.source);
        to.done()
    }

    pub fn decode(bytes: &[u8]) -> Result<Newest, Unreadable> {
        let mut from = Reader::new(bytes)?;
        let tied = from.flag()?;
        let (value, stamp, source) = (from.value()?, from.stamp()?, from.source()?);
        from.finish()?;
        Ok(Newest { write: LineWrite { stamp, source, value }, tied })
    }
}

/// What is known now of an asset as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The first sign of life, whatever it said.
    pub first: Provenance,
    /// The time of the newest write that says more than that the asset was named.
    pub newest: Time,
    /// The newest fact that only a living asset can have. `None`: there is none, or the kind needs no such proof.
    pub proof: Option<Time>,
    /// The writes about existence. `None`: they are more than [`EXISTS_INLINE_MAX`], and have keys of their own.
    pub exists: Option<Vec<ExistsWrite>>,
    pub life: Life,
    /// The newest write of each field, by the field's code.
    pub fields: BTreeMap<u8, Newest>,
    /// The time of the newest write about any element of each list, by the list's code.
    pub lists: BTreeMap<u8, Time>,
    /// The newest replacement of each list.
    pub resets: BTreeMap<u8, Provenance>,
}

impl Head {
    pub fn new(first: Provenance) -> Head {
        Head {
            first,
            newest: Time(i64::MIN),
            proof: None,
            exists: Some(Vec::new()),
            life: Life { exists: true, ..Life::default() },
            fields: BTreeMap::new(),
            lists: BTreeMap::new(),
            resets: BTreeMap::new(),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut table = Table::default();
        let mut body = Writer::default();
        body.size(table.place(&self.first));
        body.time(self.newest);
        body.byte(u8::from(self.proof.is_some()));
        self.proof.iter().for_each(|proof| body.time(*proof));
        body.byte(u8::from(self.exists.is_some()));
        if let Some(exists) = &self.exists {
            body.size(exists.len());
            for write in exists {
                body.byte(u8::from(write.yes));
                body.size(table.place_of(&write.stamp, &write.source));
            }
        }
        body.byte(u8::from(self.life.exists));
        for by in [&self.life.start, &self.life.ended, &self.life.after] {
            body.size(by.as_ref().map_or(0, |by| table.place(by).saturating_add(1)));
        }
        body.byte(u8::from(self.life.gone.is_some()));
        self.life.gone.iter().for_each(|gone| body.time(*gone));
        body.size(self.fields.len());
        for (code, newest) in &self.fields {
            body.byte(*code);
            body.byte(u8::from(newest.tied));
            body.value(newest.write.value.as_ref());
            body.size(table.place_of(&newest.write.stamp, &newest.write.source));
        }
        body.size(self.lists.len());
        for (code, time) in &self.lists {
            body.byte(*code);
            body.time(*time);
        }
        body.size(self.resets.len());
        for (code, by) in &self.resets {
            body.byte(*code);
            body.size(table.place(by));
        }
        let mut to = Writer::default();
        to.fixed(&self.first.stamp.time.0.to_be_bytes());
        to.size(table.entries.len());
        for (stamp, source) in &table.entries {
            to.stamp(stamp);
            to.source(source);
        }
        to.fixed(body.done().get(1..).unwrap_or_default());
        to.done()
    }

    /// The time of the first sign of life, without reading the rest.
    pub fn first_time(bytes: &[u8]) -> Result<Time, Unreadable> {
        Ok(Time(i64::from_be_bytes(Reader::new(bytes)?.fixed()?)))
    }

    pub fn decode(bytes: &[u8]) -> Result<Head, Unreadable> {
        let mut from = Reader::new(bytes)?;
        from.fixed::<8>()?;
        let mut table = Vec::new();
        for _ in 0..from.size()? {
            table.push(from.provenance()?);
        }
        let absent = Unreadable::Damaged("a stamp that is not in the table");
        let entry = |place: usize| table.get(place).cloned().ok_or_else(|| absent.clone());
        let mut head = Head::new(entry(from.size()?)?);
        head.newest = from.time()?;
        head.proof = if from.flag()? { Some(from.time()?) } else { None };
        head.exists = None;
        if from.flag()? {
            let mut exists = Vec::new();
            for _ in 0..from.size()? {
                let (yes, by) = (from.flag()?, entry(from.size()?)?);
                exists.push(ExistsWrite { stamp: by.stamp, yes, source: by.source });
            }
            head.exists = Some(exists);
        }
        let life_exists = from.flag()?;
        let mut optional = || match from.size()? {
            0 => Ok(None),
            place => entry(place.saturating_sub(1)).map(Some),
        };
        let (start, ended, after) = (optional()?, optional()?, optional()?);
        let gone = if from.flag()? { Some(from.time()?) } else { None };
        head.life = Life { exists: life_exists, start, ended, after, gone };
        for _ in 0..from.size()? {
            let (code, tied, value) = (from.byte()?, from.flag()?, from.value()?);
            let by = entry(from.size()?)?;
            let write = LineWrite { stamp: by.stamp, source: by.source, value };
            head.fields.insert(code, Newest { write, tied });
        }
        for _ in 0..from.size()? {
            let code = from.byte()?;
            head.lists.insert(code, from.time()?);
        }
        for _ in 0..from.size()? {
            let code = from.byte()?;
            head.resets.insert(code, entry(from.size()?)?);
        }
        from.finish()?;
        Ok(head)
    }
}

/// Each stamp with its source once: most facts of an asset come from the few events that made it.
#[derive(Default)]
struct Table<'a> {
    entries: Vec<(&'a Stamp, &'a Arc<Source>)>,
}

impl<'a> Table<'a> {
    fn place(&mut self, by: &'a Provenance) -> usize {
        self.place_of(&by.stamp, &by.source)
    }

    /// The head has a few dozen facts, so a search from the end is short.
    fn place_of(&mut self, stamp: &'a Stamp, source: &'a Arc<Source>) -> usize {
        if let Some(place) = self.entries.iter().rposition(|(s, by)| *s == stamp && *by == source) {
            return place;
        }
        self.entries.push((stamp, source));
        self.entries.len().saturating_sub(1)
    }
}
