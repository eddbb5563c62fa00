//! Reading the graph: now, from the head and the present elements; at an earlier time, with what changed since undone.

use std::collections::BTreeMap;

use super::as_of::AsOf;
use super::lookup::{self, attribute, element};
use super::references;
use crate::domain::assets::{FactId, Kind};
use crate::domain::graph::{AssetId, AssetState, Element, Line, LineWrite, Referrers, StateView, holding_write};
use crate::domain::time::Time;
use crate::engine::stage::Context;
use crate::wire::state::{Head, Newest, keys};

/// Reads the graph through a context.
pub struct GraphView<'a>(pub &'a dyn Context);

impl StateView for GraphView<'_> {
    fn state(&self, asset: &AssetId, t: Time) -> Option<AssetState> {
        let head = self.head_at(asset, t)?;
        if head.newest > t {
            return Some(AsOf::read(self.0, asset, &head, t).state());
        }
        let mut state = self.now(asset, &head);
        for (list, key, newest) in self.present(asset) {
            if let Some(element) = self.element_now(asset, &head, list, &key, newest) {
                state.lists.entry(list).or_default().insert(key, element);
            }
        }
        Some(state)
    }

    fn fields(&self, asset: &AssetId, t: Time) -> Option<AssetState> {
        let head = self.head_at(asset, t)?;
        if head.newest > t {
            return Some(AsOf::read(self.0, asset, &head, t).fields());
        }
        let mut state = self.now(asset, &head);
        state.lists.clear();
        Some(state)
    }

    fn element(&self, asset: &AssetId, list: FactId, key: &str, t: Time) -> Option<Element> {
        let head = self.head_at(asset, t)?;
        if head.newest > t {
            return AsOf::life(self.0, asset, &head, t).element(list, key);
        }
        let stored = keys::element(keys::ELEMENT, asset, list.code, key);
        let newest = lookup::readable(self.0, &stored, Newest::decode(&self.0.get(&stored)?))?;
        self.element_now(asset, &head, list, key, newest)
    }

    fn referrers(&self, account: &str, key: &str, kind: Kind, t: Time) -> Referrers {
        references::referrers(self.0, account, key, kind, t)
    }
}

impl GraphView<'_> {
    /// The head of an asset that was named at or before `t`.
    fn head_at(&self, asset: &AssetId, t: Time) -> Option<Head> {
        lookup::head(self.0, asset).filter(|head| head.first.stamp.time <= t)
    }

    /// Everything but the elements. Lists that are known are there and empty.
    fn now(&self, asset: &AssetId, head: &Head) -> AssetState {
        let fact = |code: u8| FactId { kind: asset.kind, code };
        let mut state = AssetState::of(head.life.clone(), head.first.clone());
        for (code, newest) in &head.fields {
            let line = Line::Field(fact(*code));
            if let Some(write) = self.holding(asset, head, &line, newest)
                && let Some(attribute) = attribute(write)
            {
                state.fields.insert(fact(*code), attribute);
            }
        }
        let resets = head.resets.iter().filter(|(_, by)| head.life.covers(by.stamp.time));
        state.resets = resets.map(|(code, by)| (fact(*code), by.clone())).collect();
        let lists = head.lists.iter().filter(|(_, newest)| head.life.covers(**newest)).map(|(code, _)| fact(*code));
        state.lists = lists.chain(state.resets.keys().copied()).map(|list| (list, BTreeMap::new())).collect();
        state
    }

    /// The write that holds of a line as it is now.
    fn holding(&self, asset: &AssetId, head: &Head, line: &Line, newest: &Newest) -> Option<LineWrite> {
        let reset = match line {
            Line::Element(list, _) => head.resets.get(&list.code),
            _ => None,
        };
        let is_visible =
            |w: &LineWrite| head.life.covers(w.stamp.time) && reset.is_none_or(|reset| w.stamp >= reset.stamp);
        if !newest.tied || !line.alternates() {
            return is_visible(&newest.write).then(|| newest.write.clone());
        }
        let earlier = lookup::versions(self.0, asset, line, Time::MAX);
        holding_write(line, std::iter::once(newest.write.clone()).chain(earlier).take_while(is_visible))
    }

    fn element_now(&self, asset: &AssetId, head: &Head, list: FactId, key: &str, newest: Newest) -> Option<Element> {
        // It is among the present ones, so only a tie leaves a question.
        if !newest.tied {
            return element(newest.write);
        }
        self.holding(asset, head, &Line::Element(list, key.to_owned()), &newest).and_then(element)
    }

    fn present(&self, asset: &AssetId) -> impl Iterator<Item = (FactId, String, Newest)> {
        let of_asset = keys::elements_of(keys::ELEMENT, asset);
        let kind = asset.kind;
        lookup::all(self.0, of_asset.clone()).filter_map(move |(key, bytes)| {
            let (code, element) = keys::read_element(&key, &of_asset)?;
            let newest = lookup::readable(self.0, &key, Newest::decode(&bytes))?;
            Some((FactId { kind, code }, element.to_owned(), newest))
        })
    }
}
