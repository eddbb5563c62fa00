//! An asset's value as it is written: each stamp with its source once, and a number wherever it is meant. Most facts of an asset come
//! from the few events that made it; said in full with every one of them, they were most of what a store holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::{AssetValue, Attribute, Element, Sourced};
use super::write::{Source, Stamp, Val};
use crate::domain::assets::FactId;
use crate::domain::time::Time;

/// What was written, by the place of its stamp and source in the table.
type By = u32;

/// One fact's items: name, value where it has one, and what it was written by.
type Items<N, V> = Vec<(N, Option<V>, By)>;

#[derive(Serialize)]
struct Written<'a> {
    table: &'a [(&'a Stamp, &'a Source)],
    exists: Vec<(By, bool)>,
    fields: Vec<(FactId, &'a Val, By)>,
    lists: Vec<(FactId, Items<&'a str, &'a Val>)>,
    resets: Vec<(FactId, By)>,
    first: Option<By>,
    newest: Time,
}

#[derive(Deserialize)]
struct Read {
    table: Vec<(Stamp, Arc<Source>)>,
    exists: Vec<(By, bool)>,
    fields: Vec<(FactId, Val, By)>,
    lists: Vec<(FactId, Items<String, Val>)>,
    resets: Vec<(FactId, By)>,
    first: Option<By>,
    newest: Time,
}

/// Up to so many entries a table is searched from its end, where the last one asked for is likely; beyond by order.
const SEARCHED_MAX: usize = 8;

#[derive(Default)]
struct Table<'a> {
    entries: Vec<(&'a Stamp, &'a Source)>,
    places: BTreeMap<(&'a Stamp, &'a Source), By>,
}

/// The place of the nth entry. A value has fewer entries than a place can name.
fn place_of(n: usize) -> By {
    By::try_from(n).unwrap_or(By::MAX)
}

impl<'a> Table<'a> {
    fn place(&mut self, stamp: &'a Stamp, source: &'a Source) -> By {
        let entry = (stamp, source);
        let recent = self.entries.iter().enumerate().rev().take(SEARCHED_MAX);
        if let Some((at, _)) = recent.into_iter().find(|(_, e)| **e == entry) {
            return place_of(at);
        }
        let next = place_of(self.entries.len());
        let place = *self.places.entry(entry).or_insert(next);
        if place == next {
            self.entries.push(entry);
        }
        place
    }

    fn of(&mut self, by: &'a Sourced) -> By {
        self.place(&by.stamp, &by.source)
    }
}

impl Serialize for AssetValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut table = Table::default();
        let exists = self.exists.iter().map(|(stamp, (yes, source))| (table.place(stamp, source), *yes)).collect();
        let fields = self.fields.iter().map(|(fact, a)| (*fact, &a.value, table.of(&a.by))).collect();
        let mut lists = Vec::with_capacity(self.lists.len());
        for (list, elements) in &self.lists {
            let elements = elements.iter().map(|(k, e)| (k.as_str(), e.value.as_ref(), table.of(&e.by))).collect();
            lists.push((*list, elements));
        }
        let resets = self.resets.iter().map(|(list, by)| (*list, table.of(by))).collect();
        let first = self.first.as_ref().map(|by| table.of(by));
        let table = &table.entries;
        Written { table, exists, fields, lists, resets, first, newest: self.newest }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for AssetValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<AssetValue, D::Error> {
        let Read { table, exists, fields, lists, resets, first, newest } = Read::deserialize(from)?;
        let entry = |by: By| {
            let found = table.get(by as usize);
            found.cloned().ok_or_else(|| D::Error::custom("a stamp that isn't in the table"))
        };
        let sourced = |by: By| entry(by).map(|(stamp, source)| Sourced { stamp, source });
        let mut value = AssetValue { newest, ..AssetValue::default() };
        for (by, yes) in exists {
            let (stamp, source) = entry(by)?;
            value.exists.insert(stamp, (yes, source));
        }
        for (name, val, by) in fields {
            value.fields.insert(name, Attribute { value: val, by: sourced(by)? });
        }
        for (list, elements) in lists {
            let of = value.lists.entry(list).or_default();
            for (key, val, by) in elements {
                of.insert(key, Element { value: val, by: sourced(by)? });
            }
        }
        for (list, by) in resets {
            value.resets.insert(list, sourced(by)?);
        }
        value.first = first.map(sourced).transpose()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::write::{Fact, Rank};
    use super::*;
    use crate::domain::assets::Kind;

    fn fact(code: i64) -> FactId {
        FactId { kind: Kind::Instance, code: u8::try_from(code).unwrap() }
    }

    fn value(events: i64) -> AssetValue {
        let mut value = AssetValue::default();
        for n in 0..events {
            let stamp = Stamp { time: Time(n * 1000), rank: Rank::Set, event: format!("event-{n}").into() };
            let source =
                Arc::new(Source { call: "RunInstances".into(), principal: format!("p{n}"), implied: n % 2 == 0 });
            let val = |t: &str| Val::Text(format!("{t}{n}"));
            for fact in [
                Fact::Exists(n % 3 == 0),
                Fact::Set { field: fact(10 + n % 7), value: val("v") },
                Fact::Element {
                    list: Kind::Instance.tags().id(),
                    key: format!("k{n}"),
                    value: (n % 2 == 0).then(|| val("e")),
                },
                Fact::Reset { list: fact(20 + n % 3) },
                Fact::Seen,
            ] {
                value.merge(&fact, &stamp, &source);
            }
        }
        value
    }

    #[test]
    fn reads_back_what_was_written() {
        for events in [0, 1, 3, 40] {
            let value = value(events);
            let bytes = postcard::to_allocvec(&value).unwrap();
            assert_eq!(postcard::from_bytes::<AssetValue>(&bytes).unwrap(), value);
        }
    }

    #[test]
    fn each_event_is_written_once() {
        let once = memchr::memmem::find_iter(&postcard::to_allocvec(&value(1)).unwrap(), b"event-0").count();
        assert_eq!(once, 1);
    }

    #[test]
    fn a_number_beyond_the_table_is_refused() {
        let mut bytes = postcard::to_allocvec(&value(1)).unwrap();
        // The last two bytes: the place of the first sign of life, and the newest time, nothing.
        let at = bytes.len() - 2;
        bytes[at] = 9;
        assert!(postcard::from_bytes::<AssetValue>(&bytes).is_err());
    }
}
