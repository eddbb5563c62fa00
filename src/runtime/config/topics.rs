//! The project's own topics, a row for each: its key in `[topics]`, its default name, how Kafka keeps it, and the output and the file
//! that it is.

use serde::{Deserialize, Serialize};

use super::kind::{FILLED, Kind};
use crate::engine::record::OutTopic;

/// A setting of a topic that is created, in Kafka's words.
type Setting = (&'static str, &'static str);

const DELETE: Setting = ("cleanup.policy", "delete");
const COMPACT: Setting = ("cleanup.policy", "compact");
/// Every revision of an incident stays readable for a week.
const READABLE: Setting = ("min.compaction.lag.ms", "604800000");
/// A store that was away for less than half of a week may come back.
const TOMBSTONES_STAY: Setting = ("delete.retention.ms", "604800000");

macro_rules! topics {
    ($($(#[$doc:meta])* $key:ident: $name:literal, [$($setting:expr),*] $(, $output:ident => $file:expr)?;)*) => {
        /// The names of the topics, and how those that are missing are created.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Topics {
            $($(#[$doc])* pub $key: String,)*
            /// Create the topics that are missing.
            pub create: bool,
            /// Of topics that are created; by-account and state always share one number.
            pub partitions: i32,
            /// Of topics that are created. 0: the broker's default.
            pub replication_factor: i32,
        }

        impl Default for Topics {
            fn default() -> Topics {
                Topics { $($key: $name.into(),)* create: true, partitions: 12, replication_factor: 0 }
            }
        }

        /// What the keys of `[topics]` accept.
        pub(super) const KEYS: &[(&str, Kind)] = &[
            $((stringify!($key), FILLED),)*
            ("create", Kind::Bool),
            ("partitions", Kind::Integer { min: 1, max: 10_000 }),
            ("replication_factor", Kind::Integer { min: 0, max: 100 }),
        ];

        impl Topics {
            /// Every topic.
            pub fn all(&self) -> Vec<Topic<'_>> {
                vec![$(Topic { key: stringify!($key), name: &self.$key, settings: &[$($setting),*] }),*]
            }

            /// Where an output goes.
            pub fn of(&self, output: OutTopic) -> &str {
                match output {
                    $($(OutTopic::$output => &self.$key,)?)*
                }
            }
        }

        /// The file that an output is without Kafka. `None`: it stays inside the process.
        pub fn file(output: OutTopic) -> Option<&'static str> {
            match output {
                $($(OutTopic::$output => $file,)?)*
            }
        }
    };
}

topics! {
    /// Internal: what was read, all records of one account in one partition.
    by_account: "trailgraph.by-account.v1", [DELETE], ByAccount => None;
    /// Internal: the committed state.
    state: "trailgraph.state.v1", [COMPACT, TOMBSTONES_STAY];
    /// Each incident's revisions.
    incidents: "trailgraph.incidents.v1", [COMPACT, READABLE], Incidents => Some("incidents.jsonl");
    /// What a check found wrong with an asset.
    exposures: "trailgraph.exposures.v1", [COMPACT], Exposures => Some("exposures.jsonl");
    /// What was refused, its bytes untouched.
    dead_letters: "trailgraph.dead-letters.v1", [], DeadLetters => Some("dead-letters.jsonl");
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic<'a> {
    /// In `[topics]`.
    pub key: &'static str,
    /// In Kafka.
    pub name: &'a str,
    /// What it is created with, in Kafka's words.
    pub settings: &'static [(&'static str, &'static str)],
}
