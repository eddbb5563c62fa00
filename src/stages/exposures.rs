//! The exposures of one task: checks on its assets, evaluated on the newest state.

use std::collections::BTreeMap;

use super::derived::{self, Computed, Derived, Last, Outgoing};
use super::graph_view::{GraphView, News, lookup};
use crate::domain::exposure::{Check, Checks, Evaluated, Exposure, evaluate, revise};
use crate::domain::graph::{AssetId, Kind};
use crate::domain::time::Time;
use crate::engine::counts;
use crate::engine::record::OutTopic;
use crate::engine::stage::{Context, Logged};
use crate::wire::Encoding;
use crate::wire::state::values::{self, StoredSweep};
use crate::wire::state::{DocumentId, keys};

/// Assets that one commit evaluates because the checks are others than they were.
pub const SWEEP_MAX: usize = 1_000;

/// No record caused a computation: the checks are others.
const NO_RECORD: Time = Time(0);

/// What exposures are made with, beside the state.
#[derive(Clone, Copy)]
pub struct Exposures<'a> {
    pub checks: &'a Checks,
    pub encoding: &'a Encoding,
}

impl Derived for Exposures<'_> {
    type Document = Exposure;

    const FAMILY: u8 = keys::EXPOSURE;

    fn compute(
        &self,
        id: &DocumentId,
        last: Option<&Last<Exposure>>,
        caused_at: Time,
        cx: &dyn Context,
    ) -> Option<Computed<Exposure>> {
        let (check, asset) = self.subject(id)?;
        let Evaluated { exposure, read_set } = evaluate(&GraphView(cx), check, &asset)?;
        let next = revise(last.map(|l| &l.document), exposure, caused_at);
        Some(Computed { next, read_set, as_of: Time::MAX, counts: Vec::new() })
    }

    fn outgoing(&self, exposure: &Exposure) -> Outgoing {
        let headers = vec![
            ("severity", exposure.severity.text().to_owned()),
            ("result", exposure.result.text().to_owned()),
            ("account", exposure.account_id.clone()),
        ];
        Outgoing {
            topic: OutTopic::Exposures,
            key: exposure.exposure_id.clone(),
            headers,
            count: counts::EXPOSURE_CHANGES,
        }
    }

    fn encoding(&self) -> &Encoding {
        self.encoding
    }
}

impl Exposures<'_> {
    /// The check and the asset of an exposure. `None`: there is no such check any more.
    fn subject(&self, id: &DocumentId) -> Option<(&Check, AssetId)> {
        let mut parts = id.name.splitn(3, '/');
        let (check, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some((self.checks.get(check)?, AssetId::new(&id.account, Kind::from_text(kind)?, name)))
    }

    /// Marks due these news may change: the checks of the assets themselves, and those that read one of them.
    pub fn mark_due(&self, news: &News, time: Time, cx: &mut dyn Context) {
        let mut written: BTreeMap<&AssetId, Time> = BTreeMap::new();
        for write in news.writes.iter().filter(|w| self.checks.of(w.asset.kind).next().is_some()) {
            let newest = written.entry(&write.asset).or_insert(write.stamp.time);
            *newest = write.stamp.time.max(*newest);
        }
        for (asset, newest) in written {
            self.mark_asset_due(asset, newest, cx);
        }
        derived::mark_dependents_due::<Self>(news, time, cx);
    }

    fn mark_asset_due(&self, asset: &AssetId, caused_at: Time, cx: &mut dyn Context) {
        for check in self.checks.of(asset.kind) {
            derived::mark_due::<Self>(&document_id(check, asset), caused_at, cx);
        }
    }

    /// If the checks are others than those that the assets were judged by, judges a piece of the assets anew.
    pub fn sweep(&self, cx: &mut dyn Context) {
        let key = keys::sweep();
        let stored: Option<StoredSweep> = lookup::stored(cx, &key);
        if stored.is_none() && cx.scan(&keys::heads(None), &keys::heads(None), 1).is_empty() {
            return;
        }
        let mut sweep = match stored.clone() {
            Some(sweep) if sweep.version == self.checks.version() => sweep,
            _ => StoredSweep { version: self.checks.version().to_owned(), next: Some(keys::heads(None)) },
        };
        if let Some(from) = sweep.next.take() {
            sweep.next = self.sweep_from(from, cx);
        }
        if stored.as_ref() != Some(&sweep) {
            cx.put(key, Some(values::encode(&sweep)), Logged::Yes);
        }
    }

    /// When the next piece is due. `None`: all assets are judged by these checks, or none was judged yet.
    pub fn due(cx: &dyn Context) -> Option<Time> {
        let sweep: StoredSweep = lookup::stored(cx, &keys::sweep())?;
        sweep.next.map(|_| NO_RECORD)
    }

    fn sweep_from(&self, from: Vec<u8>, cx: &mut dyn Context) -> Option<Vec<u8>> {
        let heads = cx.scan(&keys::heads(None), &from, SWEEP_MAX);
        for (key, _) in &heads {
            if let Some(asset) = keys::read_head(key) {
                self.mark_asset_due(&asset, NO_RECORD, cx);
            }
        }
        heads.last().filter(|_| heads.len() == SWEEP_MAX).map(|(key, _)| [key.as_slice(), &[0]].concat())
    }
}

fn document_id(check: &Check, asset: &AssetId) -> DocumentId {
    DocumentId { account: asset.account.clone(), name: format!("{}/{}/{}", check.id, asset.kind.text(), asset.name) }
}
