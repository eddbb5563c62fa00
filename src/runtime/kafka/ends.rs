//! Where the input partitions end, from what librdkafka fetched anyway: no question to a broker, no wait in the loop.
//!
//! Its own `consumer_lag` is worth nothing here: it counts from committed offsets that it never learns of, because they are
//! committed by the transaction.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::engine::record::TaskId;
use crate::runtime::lag::End;

/// Of librdkafka's statistics, what is needed.
#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    topics: BTreeMap<String, Topic>,
}

#[derive(Deserialize)]
struct Topic {
    #[serde(default)]
    partitions: BTreeMap<String, Partition>,
}

/// Offsets below zero are librdkafka's way to say that it doesn't know.
#[derive(Deserialize)]
struct Partition {
    partition: i32,
    fetch_state: String,
    /// Records fetched and not handed over yet, of all partitions together.
    fetchq_cnt: i64,
    /// Where the next fetch begins: behind the markers, too.
    next_offset: i64,
    /// Behind the last record handed over.
    app_offset: i64,
    lo_offset: i64,
    ls_offset: i64,
}

/// The last look at each partition.
#[derive(Debug, Default)]
pub struct Ends(BTreeMap<TaskId, Look>);

#[derive(Debug, Default)]
struct Look {
    end: End,
    /// Everything before it was handed over, or is no record.
    reached: i64,
}

impl Ends {
    /// Takes in one emission of the statistics. What can't be read leaves everything as it was.
    pub fn read(&mut self, json: &[u8]) {
        let Ok(statistics) = serde_json::from_slice::<Statistics>(json) else { return };
        for (topic, all) in statistics.topics {
            for (_, p) in all.partitions {
                if p.fetch_state != "active" || p.ls_offset < 0 {
                    continue;
                }
                let look = self.0.entry(TaskId { topic: topic.clone(), partition: p.partition }).or_default();
                // Nothing waits to be handed over: all before the next fetch is in the worker's hands, or is no record.
                let idle = if p.fetchq_cnt == 0 { p.next_offset } else { 0 };
                look.reached = look.reached.max(idle).max(p.app_offset);
                let at = (look.reached > 0).then_some(look.reached);
                look.end = End { begin: p.lo_offset.max(0), end: p.ls_offset, at };
            }
        }
    }

    pub fn of(&self, task: &TaskId) -> Option<End> {
        self.0.get(task).map(|look| look.end)
    }

    /// It will be read again from elsewhere, or not at all any more.
    pub fn forget(&mut self, task: &TaskId) {
        self.0.remove(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emission(queued: i64, app: i64, next: i64, stable: i64, state: &str) -> String {
        format!(
            r#"{{"name":"x","topics":{{"in":{{"topic":"in","partitions":{{
            "2":{{"partition":2,"fetch_state":"{state}","fetchq_cnt":{queued},"next_offset":{next},"app_offset":{app},"lo_offset":3,
            "hi_offset":99,"ls_offset":{stable},"consumer_lag":-1}},
            "-1":{{"partition":-1,"fetch_state":"none","fetchq_cnt":0,"next_offset":0,"app_offset":-1001,"lo_offset":-1001,
            "ls_offset":-1001}}}}}}}}}}"#
        )
    }

    #[test]
    fn the_end_is_the_stable_one_and_markers_count_as_read_when_nothing_waits() {
        let task = TaskId { topic: "in".into(), partition: 2 };
        let mut ends = Ends::default();
        let mut look = |queued, app, next, stable, state| {
            ends.read(emission(queued, app, next, stable, state).as_bytes());
            ends.of(&task)
        };
        let end = |at, end| Some(End { begin: 3, end, at });
        assert_eq!(look(7, -1001, 20, 20, "active"), end(None, 20));
        assert_eq!(look(7, 12, 20, 20, "active"), end(Some(12), 20));
        // A marker at 19: the last record is at 18.
        assert_eq!(look(0, 19, 20, 20, "active"), end(Some(20), 20));
        // More comes; what was handed over stays so.
        assert_eq!(look(5, 19, 25, 25, "active"), end(Some(20), 25));
        assert_eq!(look(0, 30, 30, -1001, "active"), end(Some(20), 25));
        assert_eq!(look(0, 30, 30, 30, "stopped"), end(Some(20), 25));
        ends.read(b"{\"topics\":");
        assert_eq!(ends.of(&task), end(Some(20), 25));
        assert_eq!(ends.of(&TaskId { topic: "in".into(), partition: -1 }), None);
        ends.forget(&task);
        assert_eq!(ends.of(&task), None);
    }
}
