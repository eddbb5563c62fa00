//! Keys of the state: a family byte, then parts that end with a zero byte, so that a prefix is always a whole part.
//!
//! | family | key | value | in the changelog |
//! |---|---|---|---|
//! | `f` fact | account, kind, asset, fact, inverted stamp | `values::StoredFact` | yes: the truth |
//! | `a` asset | account, kind, asset | `AssetValue` | derived |
//! | `r` reverse | account, token, kind, asset pointing | empty | derived |
//! | `n` finding | account, finding id | `FindingRecord` | yes |
//! | `i` incident | incident id | `values::StoredIncident` | yes |
//! | `d` depends | account, token, incident id | the time as of which it was asked about | derived from `i` |
//! | `p` pending | deadline, account, finding id | empty | yes |
//! | `u` due | account, finding id | empty | never committed |
//! | `h` horizon | - | `values::StoredHorizon` | yes |
//! | `w` newest | - | the same, as the open commit has it | never committed |
//!
//! A family's byte is never used for anything else again.

use crate::domain::graph::{AssetId, Fact, Kind, Stamp, Subject};
use crate::domain::time::Time;

pub const FACT: u8 = b'f';
pub const ASSET: u8 = b'a';
pub const REVERSE: u8 = b'r';
pub const FINDING: u8 = b'n';
pub const INCIDENT: u8 = b'i';
pub const DEPENDS: u8 = b'd';
pub const PENDING: u8 = b'p';
pub const DUE: u8 = b'u';
pub const HORIZON: u8 = b'h';
pub const NEWEST: u8 = b'w';

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

/// All facts of an asset.
pub fn facts_of(asset: &AssetId) -> Vec<u8> {
    with_asset(FACT, asset)
}

/// One fact at one stamp. Of one fact the newest comes first.
pub fn fact(asset: &AssetId, fact: &Fact, stamp: &Stamp) -> Vec<u8> {
    let mut key = line(asset, fact);
    key.extend_from_slice(&inverted(stamp.time));
    key.push(!(stamp.rank as u8));
    key.extend_from_slice(stamp.event.as_bytes());
    key
}

/// What the keys of one fact begin with, and the key from which its writes before `time` follow.
pub fn fact_before(asset: &AssetId, fact: &Fact, time: Time) -> (Vec<u8>, Vec<u8>) {
    let line = line(asset, fact);
    let mut from = line.clone();
    from.extend_from_slice(&inverted(time.plus_ms(-1)));
    (line, from)
}

fn line(asset: &AssetId, fact: &Fact) -> Vec<u8> {
    let mut key = facts_of(asset);
    match fact {
        Fact::Exists(_) => part(&mut key, "e"),
        Fact::Set { field, .. } => {
            key.extend_from_slice(&[b's', field.code]);
        }
        Fact::Element { list, key: element, .. } => {
            key.extend_from_slice(&[b'l', list.code]);
            part(&mut key, element);
        }
        Fact::Reset { list } => {
            key.extend_from_slice(&[b'z', list.code]);
        }
        Fact::Seen => part(&mut key, "n"),
    }
    key
}

fn ordered(time: Time) -> [u8; 8] {
    (time.0.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn inverted(time: Time) -> [u8; 8] {
    (!(time.0.cast_unsigned() ^ (1 << 63))).to_be_bytes()
}

pub fn horizon() -> Vec<u8> {
    vec![HORIZON]
}

pub fn newest() -> Vec<u8> {
    vec![NEWEST]
}

pub fn asset(asset: &AssetId) -> Vec<u8> {
    with_asset(ASSET, asset)
}

/// All assets, or those of an account.
pub fn assets(account: Option<&str>) -> Vec<u8> {
    match account {
        Some(a) => of(ASSET, &[a]),
        None => vec![ASSET],
    }
}

pub fn pointing_at(account: &str, token: &str) -> Vec<u8> {
    of(REVERSE, &[account, token])
}

pub fn reverse(account: &str, token: &str, pointing: &AssetId) -> Vec<u8> {
    let mut key = pointing_at(account, token);
    key.push(pointing.kind as u8);
    part(&mut key, &pointing.name);
    key
}

pub fn finding(account: &str, id: &str) -> Vec<u8> {
    of(FINDING, &[account, id])
}

pub fn incident(account: &str, finding: &str) -> Vec<u8> {
    of(INCIDENT, &[account, finding])
}

/// All that incidents depend on in an account.
pub fn depending_in(account: &str) -> Vec<u8> {
    of(DEPENDS, &[account])
}

pub fn depending_on(subject: &Subject) -> Vec<u8> {
    of(DEPENDS, &[&subject.account, &subject.token])
}

pub fn depends(subject: &Subject, finding_account: &str, finding: &str) -> Vec<u8> {
    let mut key = depending_on(subject);
    part(&mut key, finding_account);
    part(&mut key, finding);
    key
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

pub fn due(account: &str, finding: &str) -> Vec<u8> {
    of(DUE, &[account, finding])
}

/// Account and finding of a key of the families `u`, `n` and `i`.
pub fn read_finding(key: &[u8]) -> Option<(String, String)> {
    let mut parts = key.get(1..)?.split(|b| *b == 0);
    Some((text(parts.next()?)?, text(parts.next()?)?))
}

/// The finding at the end of a `depends` key, whose subject is in `prefix`.
pub fn read_depends(key: &[u8], prefix: &[u8]) -> Option<(String, String)> {
    let mut parts = key.strip_prefix(prefix)?.split(|b| *b == 0);
    Some((text(parts.next()?)?, text(parts.next()?)?))
}

/// The asset of an `a` key.
pub fn read_asset(key: &[u8]) -> Option<AssetId> {
    let rest = key.get(1..)?;
    let end = rest.iter().position(|b| *b == 0)?;
    let account = text(rest.get(..end)?)?;
    asset_after(rest.get(end + 1..)?, &account)
}

/// The pointing asset of an `r` key, which starts with `prefix`.
pub fn read_reverse(key: &[u8], prefix: &[u8], account: &str) -> Option<AssetId> {
    asset_after(key.strip_prefix(prefix)?, account)
}

fn asset_after(rest: &[u8], account: &str) -> Option<AssetId> {
    let (kind, name) = rest.split_first()?;
    Some(AssetId::new(account, Kind::from_code(*kind)?, text(name.strip_suffix(&[0])?)?))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::graph::Rank;

    #[test]
    fn of_one_fact_the_newest_comes_first_and_keys_read_back() {
        let id = AssetId::new("1", Kind::Instance, "i-1");
        let set = Fact::Set {
            field: crate::domain::assets::ec2::instance::STATE.id(),
            value: crate::domain::graph::Val::Bool(true),
        };
        let at = |t, rank| Stamp { time: Time(t), rank, event: "e".into() };
        let key = |t, rank| fact(&id, &set, &at(t, rank));
        assert!(key(2, Rank::Set) < key(1, Rank::Set));
        assert!(key(1, Rank::Removed) < key(1, Rank::Set));
        assert!(key(0, Rank::Set) < key(-1, Rank::Set));
        assert_eq!(read_asset(&asset(&id)), Some(id.clone()));
        assert_eq!(read_pending(&pending(Time(-5), "1", "f")), Some((Time(-5), "1".into(), "f".into())));
        let token = "subnet/s";
        assert_eq!(read_reverse(&reverse("1", token, &id), &pointing_at("1", token), "1"), Some(id.clone()));
        let subject = Subject::of(&id);
        assert_eq!(read_depends(&depends(&subject, "1", "f"), &depending_on(&subject)), Some(("1".into(), "f".into())));
        assert_eq!(read_finding(&due("1", "f")), Some(("1".into(), "f".into())));
    }
}
