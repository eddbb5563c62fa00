//! Fields and resets: the newest write of each is in the head, the earlier ones have keys of their own.

use super::asset::AssetWriter;
use super::lookup;
use crate::domain::assets::FactId;
use crate::domain::graph::{Line, LineWrite, Provenance, Stamp};
use crate::domain::time::Time;
use crate::wire::state::{Newest, keys, values};

/// What becomes of the newest write of a line.
pub enum Merged {
    /// It says nothing new.
    Known,
    /// The newest stays; it may be tied now.
    Earlier(Newest),
    /// The new write is the newest.
    Newest(Newest),
}

impl AssetWriter<'_> {
    pub(super) fn put_field(&mut self, line: Line, new: LineWrite) {
        let code = line.fact().code;
        let before = self.newest_of(&line);
        let merged = self.merge(&line, before.as_ref(), new);
        let newest = match &merged {
            Merged::Known => return,
            Merged::Earlier(newest) | Merged::Newest(newest) => newest.clone(),
        };
        self.refer(&line, &newest.write, true);
        if let Some(head) = self.head_mut() {
            head.fields.insert(code, newest);
        }
    }

    pub(super) fn put_reset(&mut self, list: FactId, new: LineWrite) {
        let line = Line::Reset(list);
        let before = self.newest_of(&line);
        let Merged::Newest(newest) = self.merge(&line, before.as_ref(), new) else { return };
        let by = Provenance { stamp: newest.write.stamp, source: newest.write.source };
        let time = by.stamp.time;
        if let Some(head) = self.head_mut() {
            head.resets.insert(list.code, by);
        }
        self.hide(list.code);
        self.weigh_second(list.code, time);
    }

    /// Sorts a new write of a line in: the newest of all stays out of the earlier ones.
    pub(super) fn merge(&mut self, line: &Line, before: Option<&Newest>, new: LineWrite) -> Merged {
        let Some(before) = before else { return Merged::Newest(Newest { write: new, tied: false }) };
        let tied = before.write.shares_second(&new);
        match new.stamp.cmp(&before.write.stamp) {
            std::cmp::Ordering::Equal if !new.outweighs(&before.write) => Merged::Known,
            std::cmp::Ordering::Equal => {
                self.unrefer_from(line, &before.write, None);
                Merged::Newest(Newest { write: new, tied: before.tied })
            }
            std::cmp::Ordering::Greater => {
                self.put_version(line, &before.write);
                self.release(line, &before.write);
                Merged::Newest(Newest { write: new, tied })
            }
            std::cmp::Ordering::Less => {
                let key = keys::version(self.asset(), line, &new.stamp);
                let known = self.context().get(&key).and_then(|bytes| {
                    let read = values::decode_version(new.stamp.clone(), &bytes);
                    lookup::readable(self.context(), &key, read)
                });
                match known {
                    Some(known) if !new.outweighs(&known) => return Merged::Known,
                    Some(known) => self.unrefer_from(line, &known, Some(before)),
                    None => {}
                }
                self.put_version(line, &new);
                self.refer(line, &new, false);
                Merged::Earlier(Newest { tied: before.tied || tied, ..before.clone() })
            }
        }
    }

    fn put_version(&mut self, line: &Line, write: &LineWrite) {
        let key = keys::version(self.asset(), line, &write.stamp);
        self.put(key, Some(values::encode_version(write)));
    }

    /// Removes a write of a field or a reset.
    pub(super) fn remove_from_line(&mut self, line: &Line, stamp: &Stamp) {
        let Some(before) = self.newest_of(line) else { return };
        let Some((gone, newest)) = self.take_out(line, &before, stamp) else { return };
        let code = line.fact().code;
        let is_newest_gone = before.write.stamp == *stamp;
        self.unrefer_from(line, &gone, newest.as_ref());
        if let (Some(newest), true) = (&newest, matches!(line, Line::Field(_))) {
            self.refer(line, &newest.write, true);
        }
        let Some(head) = self.head_mut() else { return };
        match (line, newest) {
            (Line::Field(_), Some(newest)) => _ = head.fields.insert(code, newest),
            (Line::Field(_), None) => _ = head.fields.remove(&code),
            (_, Some(newest)) => {
                let by = Provenance { stamp: newest.write.stamp, source: newest.write.source };
                head.resets.insert(code, by);
            }
            (_, None) => _ = head.resets.remove(&code),
        }
        if is_newest_gone && matches!(line, Line::Reset(_)) {
            self.unhide(code);
        }
    }

    /// Takes one write out of a line. Gives it, and the newest that is left; nothing if it was not there.
    pub(super) fn take_out(
        &mut self,
        line: &Line,
        before: &Newest,
        stamp: &Stamp,
    ) -> Option<(LineWrite, Option<Newest>)> {
        let earlier = |writer: &Self, n: usize| {
            let all: Vec<_> = lookup::versions(writer.context(), writer.asset(), line, Time::MAX).take(n).collect();
            all
        };
        if before.write.stamp == *stamp {
            let mut left = earlier(self, 2).into_iter();
            let newest = left.next().map(|write| {
                let tied = left.next().is_some_and(|next| next.shares_second(&write));
                Newest { write, tied }
            });
            if let Some(newest) = &newest {
                let key = keys::version(self.asset(), line, &newest.write.stamp);
                self.put(key, None);
            }
            return Some((before.write.clone(), newest));
        }
        let key = keys::version(self.asset(), line, stamp);
        let bytes = self.context().get(&key)?;
        let gone = lookup::readable(self.context(), &key, values::decode_version(stamp.clone(), &bytes))?;
        self.put(key, None);
        let mut newest = before.clone();
        if newest.tied {
            newest.tied = earlier(self, 1).first().is_some_and(|next| next.shares_second(&newest.write));
        }
        Some((gone, Some(newest)))
    }

    /// The references of a write that is gone go, but those that another write of its line has.
    pub(super) fn unrefer_from(&mut self, line: &Line, gone: &LineWrite, newest: Option<&Newest>) {
        if super::references::of_write(line, gone).is_empty() {
            return;
        }
        let mut others: Vec<LineWrite> = newest.map(|n| n.write.clone()).into_iter().collect();
        others.extend(lookup::versions(self.context(), self.asset(), line, Time::MAX));
        self.unrefer(line, gone, &others);
    }
}
