//! Keys of the state: a family byte, then parts that end with a zero byte, so that a prefix is always a whole part.
//!
//! | family | key | value | in the changelog |
//! |---|---|---|---|
//! | `l` history | account, kind, asset, inverted time, event | [`History`](super::History) | yes: the truth |
//! | `b` head | account, kind, asset | [`Head`](super::Head) | derived |
//! | `e` element | account, kind, asset, list, element | [`Newest`](super::Newest): present | derived |
//! | `g` gone | account, kind, asset, list, element | the same: removed, or hidden by a reset or a new life | derived |
//! | `y` hidden | account, kind, asset, list, inverted time, element | empty | derived |
//! | `v` version | account, kind, asset, line, inverted stamp | value and source: any write of a line but the newest | derived |
//! | `x` exists | account, kind, asset, order, yes or no, stamp | the source: where the head does not hold them | derived |
//! | `t` reference | account, key referred to, kind, asset, fact | empty | derived |
//! | `q` ended reference | account, key referred to, kind, inverted end, asset, fact | empty | derived |
//! | `c` correction | account, event id | the correction's own id: what the original says is out of date | yes |
//! | `n` finding | account, finding id | `FindingRecord` | yes |
//! | `i` incident | account, finding id | `values::StoredDocument` | yes |
//! | `o` exposure | account, check and asset | `values::StoredDocument` | yes |
//! | `d` depends | account, family of the document, token, document | the time as of which it was read | derived from `i`, `o` |
//! | `k` read | account, family of the document, token | empty: some document has read it | derived from `i`, `o` |
//! | `k` read | account, family of the document | the sorts of tokens among them | derived from `i`, `o` |
//! | `p` pending | deadline, account, finding id | empty | yes |
//! | `u` due | family of the document, document | the time of the record that made it due | never committed |
//! | `s` sweep | - | `values::StoredSweep` | yes |
//! | `h` horizon | - | `values::StoredHorizon` | yes |
//! | `w` newest | - | the same, as the open commit has it | never committed |
//!
//! A family's byte is never used for anything else again: `f`, `a` and `r` were those of format 1.

use crate::domain::graph::{AssetId, Kind, Line, Rank, Stamp, Subject};
use crate::domain::time::Time;

pub const HISTORY: u8 = b'l';
pub const HEAD: u8 = b'b';
pub const ELEMENT: u8 = b'e';
pub const GONE: u8 = b'g';
pub const HIDDEN: u8 = b'y';
pub const VERSION: u8 = b'v';
pub const EXISTS: u8 = b'x';
pub const REFERENCE: u8 = b't';
pub const ENDED_REFERENCE: u8 = b'q';
pub const CORRECTION: u8 = b'c';
pub const FINDING: u8 = b'n';
pub const INCIDENT: u8 = b'i';
pub const EXPOSURE: u8 = b'o';
pub const DEPENDS: u8 = b'd';
pub const READ: u8 = b'k';
pub const SWEEP: u8 = b's';
pub const PENDING: u8 = b'p';
pub const DUE: u8 = b'u';
pub const HORIZON: u8 = b'h';
pub const NEWEST: u8 = b'w';

/// The families of the changelog.
pub const LOGGED: &[u8] = &[HISTORY, CORRECTION, FINDING, INCIDENT, EXPOSURE, PENDING, HORIZON, SWEEP];

/// A zero byte ends a part; a name that holds one (JSON allows it) holds U+FFFD in the key instead.
fn part(key: &mut Vec<u8>, text: &str) {
    if text.as_bytes().contains(&0) {
        key.extend_from_slice(text.replace('\0', "\u{fffd}").as_bytes());
    } else {
        key.extend_from_slice(text.as_bytes());
    }
    key.push(0);
}

/// What a key has room for at first: more than nearly all of them need, an event's id at the end included.
const ROOM: usize = 160;

fn of(family: u8, parts: &[&str]) -> Vec<u8> {
    let mut key = Vec::with_capacity(ROOM);
    key.push(family);
    for p in parts {
        part(&mut key, p);
    }
    key
}

fn with_asset(family: u8, asset: &AssetId) -> Vec<u8> {
    let mut key = of(family, &[&asset.account]);
    key.push(asset.kind as u8);
    part(&mut key, &asset.name);
    key
}

/// All history of an asset.
pub fn history_of(asset: &AssetId) -> Vec<u8> {
    with_asset(HISTORY, asset)
}

/// What one event said about an asset. The newest comes first.
pub fn history(asset: &AssetId, time: Time, event: &str) -> Vec<u8> {
    let mut key = history_of(asset);
    key.extend_from_slice(&inverted(time));
    key.extend_from_slice(event.as_bytes());
    key
}

/// The key from which the history of an asset at or before `time` follows.
pub fn history_until(asset: &AssetId, time: Time) -> Vec<u8> {
    let mut key = history_of(asset);
    key.extend_from_slice(&inverted(time));
    key
}

/// The asset, time and event of a history key.
pub fn read_history(key: &[u8]) -> Option<(AssetId, Time, &str)> {
    let (asset, rest) = asset_and_rest(key)?;
    let (time, event) = rest.split_first_chunk::<8>()?;
    Some((asset, uninverted(*time), std::str::from_utf8(event).ok()?))
}

/// The head of an asset.
pub fn head(asset: &AssetId) -> Vec<u8> {
    with_asset(HEAD, asset)
}

/// The heads of all assets, or of those of an account.
pub fn heads(account: Option<&str>) -> Vec<u8> {
    match account {
        Some(a) => of(HEAD, &[a]),
        None => vec![HEAD],
    }
}

/// All keys of an asset in one of the families of elements: [`ELEMENT`], [`GONE`], [`HIDDEN`].
pub fn elements_of(family: u8, asset: &AssetId) -> Vec<u8> {
    with_asset(family, asset)
}

/// All keys of one list in one of the families of elements.
pub fn elements_in(family: u8, asset: &AssetId, list: u8) -> Vec<u8> {
    let mut key = with_asset(family, asset);
    key.push(list);
    key
}

/// One element of a list, in [`ELEMENT`] or [`GONE`].
pub fn element(family: u8, asset: &AssetId, list: u8, element: &str) -> Vec<u8> {
    let mut key = elements_in(family, asset, list);
    part(&mut key, element);
    key
}

/// The list and the element of a key after the asset's own prefix.
pub fn read_element<'k>(key: &'k [u8], of_asset: &[u8]) -> Option<(u8, &'k str)> {
    let (list, element) = key.strip_prefix(of_asset)?.split_first()?;
    Some((*list, std::str::from_utf8(element.strip_suffix(&[0])?).ok()?))
}

/// An element that a reset or a new life hides, by the time of its newest write, the newest first.
pub fn hidden(asset: &AssetId, list: u8, time: Time, element: &str) -> Vec<u8> {
    let mut key = hidden_until(asset, list, time);
    part(&mut key, element);
    key
}

/// The key from which the hidden elements written at or before `time` follow.
pub fn hidden_until(asset: &AssetId, list: u8, time: Time) -> Vec<u8> {
    let mut key = elements_in(HIDDEN, asset, list);
    key.extend_from_slice(&inverted(time));
    key
}

/// The time and the element of a hidden key after the prefix of its list.
pub fn read_hidden<'k>(key: &'k [u8], in_list: &[u8]) -> Option<(Time, &'k str)> {
    let (time, element) = key.strip_prefix(in_list)?.split_first_chunk::<8>()?;
    Some((uninverted(*time), std::str::from_utf8(element.strip_suffix(&[0])?).ok()?))
}

/// The earlier writes of a line, the newest first.
pub fn versions_of(asset: &AssetId, line: &Line) -> Vec<u8> {
    let mut key = with_asset(VERSION, asset);
    match line {
        Line::Field(field) => key.extend_from_slice(&[b'f', field.code]),
        Line::Reset(list) => key.extend_from_slice(&[b'r', list.code]),
        Line::Element(list, element) => {
            key.extend_from_slice(&[b'e', list.code]);
            part(&mut key, element);
        }
    }
    key
}

/// The key from which the earlier writes of a line at or before `time` follow.
pub fn versions_until(asset: &AssetId, line: &Line, time: Time) -> Vec<u8> {
    let mut key = versions_of(asset, line);
    key.extend_from_slice(&inverted(time));
    key
}

/// One earlier write of a line.
pub fn version(asset: &AssetId, line: &Line, stamp: &Stamp) -> Vec<u8> {
    let mut key = versions_of(asset, line);
    newest_first(&mut key, stamp);
    key
}

/// The stamp of a version key after the prefix of its line.
pub fn read_version(key: &[u8], of_line: &[u8]) -> Option<Stamp> {
    read_newest_first(key.strip_prefix(of_line)?)
}

/// A write about existence, in its order: ascending or with the newest first.
pub fn exists(asset: &AssetId, ascending: bool, yes: bool, stamp: &Stamp) -> Vec<u8> {
    let mut key = exists_of(asset, ascending, yes);
    if ascending {
        key.extend_from_slice(&ordered(stamp.time));
        key.push(stamp.rank as u8);
        key.extend_from_slice(stamp.event.as_bytes());
    } else {
        newest_first(&mut key, stamp);
    }
    key
}

/// The writes about the existence of an asset of one value, in one order.
pub fn exists_of(asset: &AssetId, ascending: bool, yes: bool) -> Vec<u8> {
    let mut key = with_asset(EXISTS, asset);
    key.push(if ascending { b'a' } else { b'd' });
    key.push(u8::from(yes));
    key
}

/// The key from which the writes at or before (newest first) or at or after (ascending) `time` follow.
pub fn exists_from(asset: &AssetId, ascending: bool, yes: bool, time: Time) -> Vec<u8> {
    let mut key = exists_of(asset, ascending, yes);
    key.extend_from_slice(&if ascending { ordered(time) } else { inverted(time) });
    key
}

/// The stamp of a key of [`exists_of`].
pub fn read_exists(key: &[u8], prefix: &[u8], ascending: bool) -> Option<Stamp> {
    let rest = key.strip_prefix(prefix)?;
    if !ascending {
        return read_newest_first(rest);
    }
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (rank, event) = rest.split_first()?;
    let event = std::str::from_utf8(event).ok()?;
    Some(Stamp { time: unordered(*time), rank: Rank::from_code(*rank)?, event: event.into() })
}

/// The least byte that no inverted event id contains: it ends the id, so that of two ids of which one begins with the other the longer,
/// which is the greater, comes first.
const END: u8 = 0xff;

fn newest_first(key: &mut Vec<u8>, stamp: &Stamp) {
    key.extend_from_slice(&inverted(stamp.time));
    key.push(!(stamp.rank as u8));
    key.extend(stamp.event.bytes().map(|b| !b));
    key.push(END);
}

fn read_newest_first(rest: &[u8]) -> Option<Stamp> {
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (rank, event) = rest.split_first()?;
    let event: Vec<u8> = event.strip_suffix(&[END])?.iter().map(|b| !b).collect();
    let event = String::from_utf8(event).ok()?;
    Some(Stamp { time: uninverted(*time), rank: Rank::from_code(!*rank)?, event: event.into() })
}

fn ordered(time: Time) -> [u8; 8] {
    (time.0.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn inverted(time: Time) -> [u8; 8] {
    (!u64::from_be_bytes(ordered(time))).to_be_bytes()
}

fn unordered(bytes: [u8; 8]) -> Time {
    Time((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}

fn uninverted(bytes: [u8; 8]) -> Time {
    unordered((!u64::from_be_bytes(bytes)).to_be_bytes())
}

pub fn horizon() -> Vec<u8> {
    vec![HORIZON]
}

pub fn newest() -> Vec<u8> {
    vec![NEWEST]
}

/// All references to a key by assets of one kind.
pub fn referring(account: &str, key: &str, kind: Kind) -> Vec<u8> {
    let mut prefix = of(REFERENCE, &[account, key]);
    prefix.push(kind as u8);
    prefix
}

/// A fact of an asset refers, or has referred, to a key.
pub fn reference(asset: &AssetId, key: &str, fact: u8) -> Vec<u8> {
    let mut reference = referring(&asset.account, key, asset.kind);
    part(&mut reference, &asset.name);
    reference.push(fact);
    reference
}

/// The asset of a reference.
pub fn read_reference(reference: &[u8], prefix: &[u8], account: &str, kind: Kind) -> Option<AssetId> {
    let (_, name) = reference.strip_prefix(prefix)?.split_last()?;
    Some(AssetId::new(account, kind, text(name.strip_suffix(&[0])?)?))
}

/// All references to a key by assets of one kind that have ended.
pub fn ended_referring(account: &str, key: &str, kind: Kind) -> Vec<u8> {
    let mut prefix = of(ENDED_REFERENCE, &[account, key]);
    prefix.push(kind as u8);
    prefix
}

/// A fact of an asset that has ended refers to a key. The one that ended last comes first.
pub fn ended_reference(asset: &AssetId, key: &str, fact: u8, end: Time) -> Vec<u8> {
    let mut reference = ended_referring(&asset.account, key, asset.kind);
    reference.extend_from_slice(&inverted(end));
    part(&mut reference, &asset.name);
    reference.push(fact);
    reference
}

/// The end and the asset of a reference by an asset that has ended.
pub fn read_ended_reference(reference: &[u8], prefix: &[u8], account: &str, kind: Kind) -> Option<(Time, AssetId)> {
    let (end, rest) = reference.strip_prefix(prefix)?.split_first_chunk::<8>()?;
    let (_, name) = rest.split_last()?;
    Some((uninverted(*end), AssetId::new(account, kind, text(name.strip_suffix(&[0])?)?)))
}

/// The correction of an event.
pub fn correction(account: &str, event: &str) -> Vec<u8> {
    of(CORRECTION, &[account, event])
}

pub fn finding(account: &str, id: &str) -> Vec<u8> {
    of(FINDING, &[account, id])
}

/// A document that is computed from the graph: its account, and its name within its family there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentId {
    pub account: String,
    pub name: String,
}

/// A document of a family: [`INCIDENT`], [`EXPOSURE`].
pub fn document(family: u8, id: &DocumentId) -> Vec<u8> {
    of(family, &[&id.account, &id.name])
}

/// The document of its own key.
pub fn read_document(key: &[u8]) -> Option<DocumentId> {
    document_after(key.get(1..)?)
}

fn document_after(rest: &[u8]) -> Option<DocumentId> {
    let mut parts = rest.split(|b| *b == 0);
    Some(DocumentId { account: text(parts.next()?)?, name: text(parts.next()?)? })
}

fn in_family(index: u8, account: &str, family: u8) -> Vec<u8> {
    let mut key = of(index, &[account]);
    key.push(family);
    key
}

/// The sorts of subjects in this account that documents of the family have read.
pub fn read_sorts(family: u8, account: &str) -> Vec<u8> {
    in_family(READ, account, family)
}

/// A document of the family has read this subject.
pub fn read(family: u8, subject: &Subject) -> Vec<u8> {
    let mut key = in_family(READ, &subject.account, family);
    part(&mut key, &subject.token);
    key
}

/// All documents of a family that have read a subject.
pub fn depending_on(family: u8, subject: &Subject) -> Vec<u8> {
    let mut key = in_family(DEPENDS, &subject.account, family);
    part(&mut key, &subject.token);
    key
}

/// All documents of a family that have read a subject of this sort.
pub fn depending_on_sort(family: u8, account: &str, sort: &str) -> Vec<u8> {
    let mut key = in_family(DEPENDS, account, family);
    key.extend_from_slice(sort.as_bytes());
    key.push(b'/');
    key
}

/// A document has read a subject.
pub fn depends(family: u8, subject: &Subject, id: &DocumentId) -> Vec<u8> {
    let mut key = depending_on(family, subject);
    part(&mut key, &id.account);
    part(&mut key, &id.name);
    key
}

/// The document at the end of a `depends` key, whose subject is in `prefix`.
pub fn read_depends(key: &[u8], prefix: &[u8]) -> Option<DocumentId> {
    document_after(key.strip_prefix(prefix)?)
}

/// All due documents of a family.
pub fn all_due(family: u8) -> Vec<u8> {
    vec![DUE, family]
}

/// A document is due.
pub fn due(family: u8, id: &DocumentId) -> Vec<u8> {
    let mut key = all_due(family);
    part(&mut key, &id.account);
    part(&mut key, &id.name);
    key
}

/// The document of a `due` key, whose family is in `prefix`.
pub fn read_due(key: &[u8], prefix: &[u8]) -> Option<DocumentId> {
    document_after(key.strip_prefix(prefix)?)
}

pub fn sweep() -> Vec<u8> {
    vec![SWEEP]
}

pub fn pending(deadline: Time, account: &str, finding: &str) -> Vec<u8> {
    let mut key = vec![PENDING];
    key.extend_from_slice(&ordered(deadline));
    part(&mut key, account);
    part(&mut key, finding);
    key
}

/// The deadline, account and finding of a `pending` key.
pub fn read_pending(key: &[u8]) -> Option<(Time, String, String)> {
    let (time, rest) = key.get(1..)?.split_at_checked(8)?;
    let bits = u64::from_be_bytes(time.try_into().ok()?) ^ (1 << 63);
    let mut parts = rest.split(|b| *b == 0);
    Some((Time(bits.cast_signed()), text(parts.next()?)?, text(parts.next()?)?))
}

/// The asset of a head's key.
pub fn read_head(key: &[u8]) -> Option<AssetId> {
    asset_and_rest(key).map(|(asset, _)| asset)
}

/// The asset at the beginning of a key, and what follows it.
fn asset_and_rest(key: &[u8]) -> Option<(AssetId, &[u8])> {
    let rest = key.get(1..)?;
    let (account, rest) = rest.split_at_checked(rest.iter().position(|b| *b == 0)?)?;
    let (kind, rest) = rest.get(1..)?.split_first()?;
    let (name, rest) = rest.split_at_checked(rest.iter().position(|b| *b == 0)?)?;
    Some((AssetId::new(text(account)?, Kind::from_code(*kind)?, text(name)?), rest.get(1..)?))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::assets::ec2::instance;

    #[test]
    fn keys_read_back_and_the_newest_comes_first() {
        let id = AssetId::new("111122223333", Kind::Instance, "i-1");
        let at = |t, rank, event: &str| Stamp { time: Time(t), rank, event: event.into() };
        let line = Line::Element(instance::GROUPS.id(), "sg-1".into());
        let mut stamps = vec![
            at(2, Rank::Set, "a"),
            at(1, Rank::Removed, "a"),
            at(1, Rank::Set, "abc"),
            at(1, Rank::Set, "ab"),
            at(1, Rank::Set, "aa"),
            at(-1, Rank::Set, "a"),
        ];
        let prefix = versions_of(&id, &line);
        let versions: Vec<_> = stamps.iter().map(|s| version(&id, &line, s)).collect();
        assert!(versions.is_sorted(), "{versions:?}");
        assert!(versions.iter().zip(&stamps).all(|(key, s)| read_version(key, &prefix).as_ref() == Some(s)));
        for ascending in [false, true] {
            let prefix = exists_of(&id, ascending, true);
            let keys: Vec<_> = stamps.iter().map(|s| exists(&id, ascending, true, s)).collect();
            assert!(keys.is_sorted(), "{keys:?}");
            assert!(keys.iter().zip(&stamps).all(|(key, s)| read_exists(key, &prefix, ascending).as_ref() == Some(s)));
            stamps.reverse();
        }
        assert!(history(&id, Time(2), "b") < history(&id, Time(-1), "a"));
        assert_eq!(read_history(&history(&id, Time(-5), "e")), Some((id.clone(), Time(-5), "e")));
        assert_eq!(read_head(&head(&id)), Some(id.clone()));
        let of_asset = elements_of(ELEMENT, &id);
        assert_eq!(read_element(&element(ELEMENT, &id, 7, "sg-1"), &of_asset), Some((7, "sg-1")));
        let in_list = elements_in(HIDDEN, &id, 7);
        assert_eq!(read_hidden(&hidden(&id, 7, Time(3), "sg-1"), &in_list), Some((Time(3), "sg-1")));
        let prefix = referring("111122223333", "subnet/s", Kind::Instance);
        assert_eq!(read_reference(&reference(&id, "subnet/s", 4), &prefix, &id.account, id.kind), Some(id.clone()));
        let prefix = ended_referring("111122223333", "subnet/s", Kind::Instance);
        let ended = ended_reference(&id, "subnet/s", 4, Time(9));
        assert_eq!(read_ended_reference(&ended, &prefix, &id.account, id.kind), Some((Time(9), id.clone())));
        assert_eq!(read_pending(&pending(Time(-5), "1", "f")), Some((Time(-5), "1".into(), "f".into())));
        let subject = Subject::of(&id);
        let document = DocumentId { account: "1".into(), name: "f".into() };
        let prefix = depending_on(EXPOSURE, &subject);
        assert_eq!(read_depends(&depends(EXPOSURE, &subject, &document), &prefix), Some(document.clone()));
        assert_eq!(read_due(&due(INCIDENT, &document), &all_due(INCIDENT)), Some(document.clone()));
        assert_eq!(read_document(&super::document(EXPOSURE, &document)), Some(document));
    }
}
