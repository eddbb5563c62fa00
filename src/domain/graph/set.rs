//! The graph in its simplest form: a set of writes, folded anew at every read. The oracle that faster views are held against.

use std::collections::BTreeSet;

use super::fold::fold;
use super::value::{AssetState, Element};
use super::view::Referrers;
use super::{AssetId, StateView, Write, tokens};
use crate::domain::assets::{FactId, Kind};
use crate::domain::time::Time;

/// Writes as a set: order and repetition leave no trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteSet {
    writes: BTreeSet<Write>,
}

impl WriteSet {
    pub fn new() -> WriteSet {
        WriteSet::default()
    }

    /// Adds one; false if it was there.
    pub fn insert(&mut self, write: Write) -> bool {
        self.writes.insert(write)
    }

    /// All writes, by asset.
    pub fn writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter()
    }

    /// Every asset that was ever named.
    pub fn assets(&self) -> BTreeSet<&AssetId> {
        self.writes.iter().map(|w| &w.asset).collect()
    }
}

impl FromIterator<Write> for WriteSet {
    fn from_iter<I: IntoIterator<Item = Write>>(writes: I) -> WriteSet {
        WriteSet { writes: writes.into_iter().collect() }
    }
}

impl Extend<Write> for WriteSet {
    fn extend<I: IntoIterator<Item = Write>>(&mut self, writes: I) {
        self.writes.extend(writes);
    }
}

impl StateView for WriteSet {
    fn state(&self, asset: &AssetId, t: Time) -> Option<AssetState> {
        let writes = self.writes.iter().filter(|w| w.asset == *asset).map(|w| (&w.fact, &w.stamp, &w.source));
        fold(asset, writes, t)
    }

    fn fields(&self, asset: &AssetId, t: Time) -> Option<AssetState> {
        let mut state = self.state(asset, t)?;
        state.lists.clear();
        Some(state)
    }

    fn element(&self, asset: &AssetId, list: FactId, key: &str, t: Time) -> Option<Element> {
        self.state(asset, t)?.lists.remove(&list)?.remove(key)
    }

    fn referrers(&self, account: &str, key: &str, kind: Kind, _t: Time) -> Referrers {
        let of_kind = self.writes.iter().filter(|w| w.asset.kind == kind && w.asset.account == account);
        let found: BTreeSet<&AssetId> =
            of_kind.filter(|w| tokens(&w.fact).iter().any(|t| t == key)).map(|w| &w.asset).collect();
        Referrers { assets: found.into_iter().cloned().collect(), stopped: false }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::assets::ec2::{instance, interface_attachment};
    use crate::domain::assets::{Field, List};
    use crate::domain::graph::{Fact, Kind, Rank, Source, Stamp, Val, at};

    const FIELDS: [Field; 3] = [instance::IMAGE, instance::TYPE, instance::STATE];
    const LISTS: [List; 2] = [instance::GROUPS, instance::DEVICE_DELETES];

    /// Few assets, instants and values, so that ties and overwrites are the rule.
    fn write() -> impl Strategy<Value = Write> {
        let fact = prop_oneof![
            any::<bool>().prop_map(Fact::Exists),
            (0..3usize, 0..3i64).prop_map(|(f, v)| Fact::Set { field: FIELDS[f].id(), value: Val::Int(v) }),
            (0..2usize, 0..3u8, any::<Option<bool>>()).prop_map(|(l, k, v)| Fact::Element {
                list: LISTS[l].id(),
                key: format!("k{k}"),
                value: v.map(Val::Bool)
            }),
            (0..2usize).prop_map(|l| Fact::Reset { list: LISTS[l].id() }),
            Just(Fact::Seen),
            (0..2u8).prop_map(|i| Fact::Set {
                field: interface_attachment::INSTANCE.id(),
                value: Val::text(format!("i-{i}"))
            }),
            (0..2u8).prop_map(|i| Fact::Set {
                field: interface_attachment::INTERFACE.id(),
                value: Val::text(format!("eni-{i}"))
            }),
            Just(Fact::Set { field: interface_attachment::DELETE_ON_TERMINATION.id(), value: Val::Bool(true) }),
        ];
        let asset = prop_oneof![
            (0..2u8).prop_map(|n| AssetId::new("1", Kind::Instance, format!("i-{n}"))),
            (0..2u8).prop_map(|n| AssetId::new("1", Kind::NetworkInterface, format!("eni-{n}"))),
            (0..2u8).prop_map(|n| AssetId::new("1", Kind::InterfaceAttachment, format!("eni-attach-{n}"))),
        ];
        let rank = prop_oneof![
            Just(Rank::Implied),
            Just(Rank::Created),
            Just(Rank::Set),
            Just(Rank::Removed),
            Just(Rank::Deleted)
        ];
        (asset, fact, 0..6i64, rank, 0..3u8).prop_map(|(asset, fact, s, rank, e)| Write {
            asset,
            fact,
            stamp: Stamp { time: Time(s * 500), rank, event: format!("e{e}").into() },
            source: Arc::new(Source { call: format!("C{e}"), ..Source::default() }),
        })
    }

    /// Writes, and the same ones shuffled with some of them twice.
    fn twice() -> impl Strategy<Value = (Vec<Write>, Vec<Write>)> {
        proptest::collection::vec(write(), 0..40).prop_flat_map(|writes| {
            let mut more = writes.clone();
            more.extend(writes.iter().step_by(3).cloned());
            (Just(writes), Just(more).prop_shuffle())
        })
    }

    proptest! {
        #[test]
        fn order_and_repetition_leave_no_trace((writes, shuffled) in twice(), until in 0..3500i64) {
            let a: WriteSet = writes.iter().cloned().collect();
            let b: WriteSet = shuffled.iter().cloned().collect();
            prop_assert_eq!(&a, &b);
            for asset in a.assets() {
                prop_assert_eq!(a.state(asset, Time(until)), b.state(asset, Time(until)));
                prop_assert_eq!(at(&a, asset, Time(until)), at(&b, asset, Time(until)));
            }
        }
    }
}
