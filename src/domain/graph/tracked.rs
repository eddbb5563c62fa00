//! A view that remembers what was read through it: the read set of a document that is computed from the graph.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::{AssetId, AssetState, Element, Referrers, StateView, Subject};
use crate::domain::assets::{FactId, Kind};
use crate::domain::time::Time;

/// A view that remembers which subjects were read, known or not: a later write about one of them may change the result. It remembers
/// at most `limit` of them.
pub struct TrackedView<'a> {
    view: &'a dyn StateView,
    read_set: RefCell<BTreeSet<Subject>>,
    limit: usize,
}

impl<'a> TrackedView<'a> {
    /// Reads `view`.
    pub fn new(view: &'a dyn StateView, limit: usize) -> TrackedView<'a> {
        TrackedView { view, read_set: RefCell::default(), limit }
    }

    /// More was read than it remembers.
    pub fn is_full(&self) -> bool {
        self.read_set.borrow().len() > self.limit
    }

    /// The subjects that were read.
    pub fn into_read_set(self) -> BTreeSet<Subject> {
        let mut read_set = self.read_set.into_inner();
        while read_set.len() > self.limit {
            read_set.pop_last();
        }
        read_set
    }

    fn remember(&self, subject: Subject) {
        let mut read_set = self.read_set.borrow_mut();
        if read_set.len() <= self.limit {
            read_set.insert(subject);
        }
    }
}

impl StateView for TrackedView<'_> {
    fn state(&self, asset: &AssetId, t: Time) -> Option<AssetState> {
        self.remember(Subject::of(asset));
        self.view.state(asset, t)
    }

    fn fields(&self, asset: &AssetId, t: Time) -> Option<AssetState> {
        self.remember(Subject::of(asset));
        self.view.fields(asset, t)
    }

    fn element(&self, asset: &AssetId, list: FactId, key: &str, t: Time) -> Option<Element> {
        self.remember(Subject::of(asset));
        self.view.element(asset, list, key, t)
    }

    fn referrers(&self, account: &str, key: &str, kind: Kind, t: Time) -> Referrers {
        self.remember(Subject { account: account.to_owned(), token: key.to_owned() });
        self.view.referrers(account, key, kind, t)
    }
}
