//! Reading stored values. One that cannot be read stops the task: the context is told, and nothing is assumed in its place.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::domain::graph::{AssetId, Attribute, Element, Line, LineWrite, Provenance};
use crate::domain::time::Time;
use crate::engine::stage::Context;
use crate::wire::state::{Head, History, Unreadable, keys, values};

/// The value, or nothing after the context was told.
pub fn readable<T>(cx: &dyn Context, key: &[u8], read: Result<T, Unreadable>) -> Option<T> {
    read.inspect_err(|why| cx.unreadable(key, why)).ok()
}

/// The stored value of a key. `None`: there is none.
pub fn stored<T: DeserializeOwned>(cx: &dyn Context, key: &[u8]) -> Option<T> {
    let bytes = cx.get(key)?;
    readable(cx, key, values::decode(&bytes))
}

/// The head of an asset. `None`: it was never named.
pub fn head(cx: &dyn Context, asset: &AssetId) -> Option<Head> {
    let key = keys::head(asset);
    let bytes = cx.get(&key)?;
    readable(cx, &key, Head::decode(&bytes))
}

/// How many keys a scan asks for at first, and at the most: many scans need one only.
const PAGE_MIN: usize = 2;
const PAGE_MAX: usize = 256;
const PAGE_GROWTH: usize = 8;

/// The pairs of a prefix from a key on, in pages.
pub struct Pairs<'c> {
    cx: &'c dyn Context,
    prefix: Vec<u8>,
    from: Option<Vec<u8>>,
    page: std::vec::IntoIter<(Vec<u8>, Vec<u8>)>,
    size: usize,
}

/// The pairs whose key starts with `prefix` and is at or after `from`, in order.
pub fn pairs(cx: &dyn Context, prefix: Vec<u8>, from: Vec<u8>) -> Pairs<'_> {
    Pairs { cx, prefix, from: Some(from), page: Vec::new().into_iter(), size: PAGE_MIN }
}

/// All pairs of a prefix, which are many.
pub fn all(cx: &dyn Context, prefix: Vec<u8>) -> Pairs<'_> {
    Pairs { size: PAGE_MAX, ..pairs(cx, prefix.clone(), prefix) }
}

impl Iterator for Pairs<'_> {
    type Item = (Vec<u8>, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(pair) = self.page.next() {
            return Some(pair);
        }
        let from = self.from.take()?;
        let page = self.cx.scan(&self.prefix, &from, self.size);
        if page.len() == self.size {
            self.from = page.last().map(|(key, _)| [key.as_slice(), &[0]].concat());
        }
        self.size = self.size.saturating_mul(PAGE_GROWTH).min(PAGE_MAX);
        self.page = page.into_iter();
        self.page.next()
    }
}

/// The earlier writes of a line at or before a time, the newest first. The newest of all is kept elsewhere and not among them.
pub fn versions<'c>(
    cx: &'c dyn Context,
    asset: &AssetId,
    line: &Line,
    until: Time,
) -> impl Iterator<Item = LineWrite> + use<'c> {
    let prefix = keys::versions_of(asset, line);
    pairs(cx, prefix.clone(), keys::versions_until(asset, line, until)).map_while(move |(key, bytes)| {
        let stamp = keys::read_version(&key, &prefix).ok_or(Unreadable::Damaged("a version key"));
        let read = stamp.and_then(|stamp| values::decode_version(stamp, &bytes));
        readable(cx, &key, read)
    })
}

/// The history of an asset at or before a time, the newest first.
pub fn history<'c>(
    cx: &'c dyn Context,
    asset: &AssetId,
    until: Time,
) -> impl Iterator<Item = (Time, Arc<str>, History)> + use<'c> {
    let kind = asset.kind;
    pairs(cx, keys::history_of(asset), keys::history_until(asset, until)).map_while(move |(key, bytes)| {
        let read = keys::read_history(&key).map(|(_, time, event)| (time, Arc::<str>::from(event)));
        let (time, event) = readable(cx, &key, read.ok_or(Unreadable::Damaged("a history key")))?;
        Some((time, event, readable(cx, &key, History::decode(kind, &bytes))?))
    })
}

/// The value of a field by the write that holds.
pub(super) fn attribute(write: LineWrite) -> Option<Attribute> {
    let LineWrite { stamp, source, value } = write;
    Some(Attribute { value: value?, by: Provenance { stamp, source } })
}

/// An element by the write that holds.
pub(super) fn element(write: LineWrite) -> Option<Element> {
    let LineWrite { stamp, source, value } = write;
    value.is_some().then_some(Element { value, by: Provenance { stamp, source } })
}
