//! The elements of lists: each has a key of its own, in one family if it is present and in another if it is not.

use super::asset::AssetWriter;
use super::lines::Merged;
use super::lookup::{self, all};
use crate::domain::assets::FactId;
use crate::domain::graph::{Line, LineWrite, Stamp, holding_write};
use crate::domain::time::Time;
use crate::wire::state::{Newest, keys};

/// Whether an element is found by the time of its newest write: it is hidden, or may have been there before other writes of its second.
fn is_indexed(newest: &Newest, is_present: bool) -> bool {
    newest.tied || (!is_present && newest.write.value.is_some())
}

/// CloudTrail's times have a resolution of one second.
const SECOND_MS: i64 = 1000;

impl AssetWriter<'_> {
    /// The newest write of an element, and whether the element is present.
    pub(super) fn element(&self, list: u8, key: &str) -> Option<(Newest, bool)> {
        // Of a list that was never written to, nothing can be there.
        self.head()?.lists.get(&list)?;
        [(keys::ELEMENT, true), (keys::GONE, false)].into_iter().find_map(|(family, is_present)| {
            let key = keys::element(family, self.asset(), list, key);
            let bytes = self.context().get(&key)?;
            lookup::readable(self.context(), &key, Newest::decode(&bytes)).map(|newest| (newest, is_present))
        })
    }

    /// The elements of a list that are present.
    pub(super) fn present(&self, list: u8) -> Vec<(String, Newest)> {
        self.elements(keys::ELEMENT, list)
    }

    fn elements(&self, family: u8, list: u8) -> Vec<(String, Newest)> {
        let of_asset = keys::elements_of(family, self.asset());
        let in_list = keys::elements_in(family, self.asset(), list);
        let read = |(key, bytes): (Vec<u8>, Vec<u8>)| {
            let (_, element) = keys::read_element(&key, &of_asset)?;
            let newest = lookup::readable(self.context(), &key, Newest::decode(&bytes))?;
            Some((element.to_owned(), newest))
        };
        all(self.context(), in_list).filter_map(read).collect()
    }

    pub(super) fn put_element(&mut self, list: FactId, key: &str, new: LineWrite) {
        let line = Line::Element(list, key.to_owned());
        let before = self.element(list.code, key);
        let time = new.stamp.time;
        let merged = self.merge(&line, before.as_ref().map(|(newest, _)| newest), new);
        if let (Merged::Earlier(_) | Merged::Newest(_), Some(head)) = (&merged, self.head_mut()) {
            let newest = head.lists.entry(list.code).or_insert(time);
            *newest = time.max(*newest);
        }
        match merged {
            Merged::Known => {}
            Merged::Earlier(newest) | Merged::Newest(newest) => {
                self.store(&line, key, before.as_ref(), Some(newest));
            }
        }
    }

    /// Puts an element where it belongs now.
    fn store(&mut self, line: &Line, key: &str, before: Option<&(Newest, bool)>, after: Option<Newest>) {
        let list = line.fact().code;
        let after = after.map(|newest| {
            let is_present = self.is_present(line, &newest);
            (newest, is_present)
        });
        let family = |is_present: bool| if is_present { keys::ELEMENT } else { keys::GONE };
        let place = |of: Option<&(Newest, bool)>| of.map(|(_, is_present)| family(*is_present));
        let indexed = |of: Option<&(Newest, bool)>| {
            of.filter(|(newest, is_present)| is_indexed(newest, *is_present)).map(|(newest, _)| newest.write.stamp.time)
        };
        if let Some(old) = place(before).filter(|old| place(after.as_ref()) != Some(*old)) {
            self.put(keys::element(old, self.asset(), list, key), None);
        }
        if let Some(old) = indexed(before).filter(|old| indexed(after.as_ref()) != Some(*old)) {
            self.put(keys::hidden(self.asset(), list, old, key), None);
        }
        let Some((newest, is_present)) = &after else { return };
        if before != after.as_ref() {
            self.put(keys::element(family(*is_present), self.asset(), list, key), Some(newest.encode()));
        }
        if let Some(time) = indexed(after.as_ref()).filter(|time| indexed(before) != Some(*time)) {
            self.put(keys::hidden(self.asset(), list, time, key), Some(Vec::new()));
        }
        // While the asset is there, an element that was present is in the index already.
        let was_referred = |(old, was_present): &(Newest, bool)| *was_present && old.write.stamp != newest.write.stamp;
        let is_referred = before.is_some_and(was_referred) && self.head().is_some_and(|head| head.life.exists);
        if !is_referred {
            self.refer(line, &newest.write, *is_present);
        }
    }

    /// Whether the element is there now: by its newest write, unless others of its second have to be weighed.
    fn is_present(&self, line: &Line, newest: &Newest) -> bool {
        let Some(head) = self.head() else { return false };
        let reset = head.resets.get(&line.fact().code);
        let is_visible =
            |w: &LineWrite| head.life.covers(w.stamp.time) && reset.is_none_or(|reset| w.stamp >= reset.stamp);
        if !newest.tied {
            return newest.write.value.is_some() && is_visible(&newest.write);
        }
        let earlier = lookup::versions(self.context(), self.asset(), line, Time::MAX);
        let all = std::iter::once(newest.write.clone()).chain(earlier);
        holding_write(line, all.take_while(is_visible)).is_some_and(|w| w.value.is_some())
    }

    /// A reset or a life that begins later hides elements of a list.
    pub(super) fn hide(&mut self, list: u8) {
        if self.head().is_none_or(|head| !head.lists.contains_key(&list)) {
            return;
        }
        for (key, newest) in self.present(list) {
            self.place_again(list, &key, newest, true);
        }
    }

    /// A reset at `time` hides a part of what its second says of elements with opposite writes in it: they are weighed again.
    pub(super) fn weigh_second(&mut self, list: u8, time: Time) {
        let second = time.second();
        let in_list = keys::elements_in(keys::HIDDEN, self.asset(), list);
        let last = keys::hidden_until(self.asset(), list, second.plus_ms(SECOND_MS - 1));
        let mut found = Vec::new();
        for (key, _) in lookup::pairs(self.context(), in_list.clone(), last) {
            let Some((at, element)) = keys::read_hidden(&key, &in_list) else { continue };
            if at < second {
                break;
            }
            found.push(element.to_owned());
        }
        self.place_all_again(list, found);
    }

    /// A reset is gone, or the life begins earlier: hidden elements are there again.
    pub(super) fn unhide(&mut self, list: u8) {
        let in_list = keys::elements_in(keys::HIDDEN, self.asset(), list);
        let mut found = Vec::new();
        for (key, _) in all(self.context(), in_list.clone()) {
            let Some((time, element)) = keys::read_hidden(&key, &in_list) else { continue };
            if self.head().is_none_or(|head| !head.life.covers(time)) {
                break;
            }
            found.push(element.to_owned());
        }
        self.place_all_again(list, found);
    }

    fn place_all_again(&mut self, list: u8, found: Vec<String>) {
        for key in found {
            if let Some((newest, is_present)) = self.element(list, &key) {
                self.place_again(list, &key, newest, is_present);
            }
        }
    }

    fn place_again(&mut self, list: u8, key: &str, newest: Newest, was_present: bool) {
        let line = Line::Element(self.fact(list), key.to_owned());
        if self.is_present(&line, &newest) != was_present {
            self.store(&line, key, Some(&(newest.clone(), was_present)), Some(newest));
        }
    }

    pub(super) fn remove_element(&mut self, list: FactId, key: &str, stamp: &Stamp) {
        let line = Line::Element(list, key.to_owned());
        let Some(before) = self.element(list.code, key) else { return };
        let Some((gone, newest)) = self.take_out(&line, &before.0, stamp) else { return };
        self.unrefer_from(&line, &gone, newest.as_ref());
        self.store(&line, key, Some(&before), newest);
        if self.head().is_some_and(|head| head.lists.get(&list.code) == Some(&stamp.time)) {
            self.lists_lost.insert(list.code);
        }
    }

    /// Finds the newest write of lists anew whose newest one was removed.
    pub(super) fn find_newest_of_lists(&mut self) {
        for list in std::mem::take(&mut self.lists_lost) {
            let of = |family| self.elements(family, list).into_iter().map(|(_, newest)| newest.write.stamp.time).max();
            let newest = of(keys::ELEMENT).max(of(keys::GONE));
            let Some(head) = self.head_mut() else { return };
            match newest {
                Some(time) => _ = head.lists.insert(list, time),
                None => _ = head.lists.remove(&list),
            }
        }
    }
}
