//! One line of an asset: a field, or one element of a list, through time. The newest write of a line holds, except where opposite writes
//! share a second: CloudTrail's times have a resolution of one second, so their order inside it follows from the state before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::write::{Fact, Rank, Source, Stamp, Val};
use crate::domain::assets::ec2::{instance, internet_gateway};
use crate::domain::assets::{FactId, Field};

/// What a write is about. Of two writes of one line the newer one holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    Field(FactId),
    Element(FactId, String),
    Reset(FactId),
}

impl Line {
    /// The line of a fact. `None`: whether the asset exists, and that it was named, are no lines.
    pub fn of(fact: &Fact) -> Option<Line> {
        match fact {
            Fact::Set { field, .. } => Some(Line::Field(*field)),
            Fact::Element { list, key, .. } => Some(Line::Element(*list, key.clone())),
            Fact::Reset { list } => Some(Line::Reset(*list)),
            Fact::Exists(_) | Fact::Seen => None,
        }
    }

    /// The field or list that the line belongs to.
    pub fn fact(&self) -> FactId {
        match self {
            Line::Field(fact) | Line::Element(fact, _) | Line::Reset(fact) => *fact,
        }
    }
}

/// One write of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWrite {
    pub stamp: Stamp,
    pub source: Arc<Source>,
    /// `None`: the element was removed. A reset has no value.
    pub value: Option<Val>,
}

impl LineWrite {
    /// The write of a fact that has a line.
    pub fn of(fact: &Fact, stamp: &Stamp, source: &Arc<Source>) -> LineWrite {
        let value = match fact {
            Fact::Set { value, .. } => Some(value.clone()),
            Fact::Element { value, .. } => value.clone(),
            Fact::Exists(_) | Fact::Reset { .. } | Fact::Seen => None,
        };
        LineWrite { stamp: stamp.clone(), source: source.clone(), value }
    }

    /// Whether the thing is there after this write of the line. An attachment that ends leaves its field empty.
    pub fn is_on(&self, line: &Line) -> bool {
        match (line, &self.value) {
            (_, None) => false,
            (Line::Field(_), Some(Val::Text(text))) => !(text.is_empty() && self.stamp.rank == Rank::Removed),
            (_, Some(_)) => true,
        }
    }

    /// Whether both were said in one second.
    pub fn shares_second(&self, other: &LineWrite) -> bool {
        self.stamp.time.second() == other.stamp.time.second()
    }

    /// Of one thing said twice by one record, the greater counts, so that the order of arrival does not matter.
    pub fn outweighs(&self, other: &LineWrite) -> bool {
        (&self.stamp, &self.source, &self.value) > (&other.stamp, &other.source, &other.value)
    }
}

/// The fields that are set by attaching and emptied by detaching. Attaching fails while something is attached.
const ATTACHMENTS: [Field; 3] = [internet_gateway::VPC, instance::INSTANCE_PROFILE, instance::AUTO_SCALING_GROUP];

impl Line {
    /// Whether opposite calls about this line alternate: adding fails, or would do nothing, when the thing is there, and removing when it
    /// is not. Plain values follow each other in any order.
    pub fn alternates(&self) -> bool {
        match self {
            Line::Element(..) => true,
            Line::Field(field) => ATTACHMENTS.iter().any(|attachment| attachment.id() == *field),
            Line::Reset(_) => false,
        }
    }
}

/// The write that holds, given all writes of a line, newest first.
///
/// Where opposite writes of a line that alternates share the newest second, the side with more events came last; with as many of each, the
/// second ends as it began.
pub fn holding_write(line: &Line, newest_first: impl IntoIterator<Item = LineWrite>) -> Option<LineWrite> {
    let mut writes = newest_first.into_iter();
    let newest = writes.next()?;
    if !line.alternates() {
        return Some(newest);
    }
    let (mut on, mut off) = (0_usize, 0_usize);
    let mut other_side: Option<LineWrite> = None;
    let mut events = BTreeSet::from([newest.stamp.event.clone()]);
    let mut count = |is_on: bool| if is_on { on += 1 } else { off += 1 };
    count(newest.is_on(line));
    let mut before = None;
    for write in writes {
        if !write.shares_second(&newest) {
            before = Some(write);
            break;
        }
        // One event says one thing of a line: what it said with the highest rank.
        if events.insert(write.stamp.event.clone()) {
            count(write.is_on(line));
            if write.is_on(line) != newest.is_on(line) && other_side.is_none() {
                other_side = Some(write);
            }
        }
    }
    let ends_on = match on.cmp(&off) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => before.is_some_and(|w| w.is_on(line)),
    };
    if ends_on == newest.is_on(line) { Some(newest) } else { other_side.or(Some(newest)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Time;

    fn write(second: i64, rank: Rank, event: &str, value: Option<&str>) -> LineWrite {
        let stamp = Stamp { time: Time(second * 1000), rank, event: event.into() };
        LineWrite { stamp, source: Arc::default(), value: value.map(Val::text) }
    }

    fn added(second: i64, event: &str) -> LineWrite {
        write(second, Rank::Set, event, Some(event))
    }

    fn removed(second: i64, event: &str) -> LineWrite {
        write(second, Rank::Removed, event, None)
    }

    fn newest_of(line: &Line, mut writes: Vec<LineWrite>) -> Option<String> {
        writes.sort_by(|a, b| b.stamp.cmp(&a.stamp));
        holding_write(line, writes).map(|w| w.stamp.event.to_string())
    }

    fn holds(writes: Vec<LineWrite>) -> Option<String> {
        newest_of(&Line::Element(instance::GROUPS.id(), "sg-01".into()), writes)
    }

    #[test]
    fn the_newest_write_holds() {
        assert_eq!(holds(vec![]), None);
        assert_eq!(holds(vec![added(1, "a"), removed(2, "b")]), Some("b".into()));
        assert_eq!(holds(vec![removed(1, "a"), added(2, "b"), added(2, "c")]), Some("c".into()));
    }

    #[test]
    fn opposite_writes_of_one_second_alternate_from_the_state_before_it() {
        // It was there: removed, then added again.
        assert_eq!(holds(vec![added(1, "a"), removed(2, "b"), added(2, "c")]), Some("c".into()));
        // It was not: added, then removed.
        assert_eq!(holds(vec![removed(1, "a"), removed(2, "b"), added(2, "c")]), Some("b".into()));
        assert_eq!(holds(vec![removed(2, "b"), added(2, "c")]), Some("b".into()));
        // Two removals need an addition between them, whatever was before.
        assert_eq!(holds(vec![added(1, "a"), removed(2, "b"), added(2, "c"), removed(2, "d")]), Some("d".into()));
        assert_eq!(holds(vec![removed(1, "a"), added(2, "b"), removed(2, "c"), added(2, "d")]), Some("d".into()));
    }

    #[test]
    fn one_event_counts_once() {
        let twice = vec![added(1, "a"), removed(2, "b"), added(2, "b")];
        assert_eq!(holds(twice), Some("b".into()));
    }

    #[test]
    fn an_attachment_that_ends_leaves_its_field_empty() {
        let (attachment, plain) = (Line::Field(internet_gateway::VPC.id()), Line::Field(instance::STATE.id()));
        let detached = write(2, Rank::Removed, "d", Some(""));
        let moved = vec![added(1, "a"), detached.clone(), added(2, "b")];
        assert_eq!(newest_of(&attachment, moved.clone()), Some("b".into()));
        assert_eq!(newest_of(&attachment, vec![detached, added(2, "b")]), Some("d".into()));
        assert_eq!(newest_of(&plain, moved), Some("d".into()));
    }
}
