//! What each key accepts: one row per key. The structs say what a value becomes, this says what it may be, so that a fault can be
//! named in words and all of them at once.

use super::kind::Kind::{self, Calls, Choice, Choices, Duration, Integer, Names, TextMap};
use super::kind::{FILLED, TEXT};
use super::topics;

pub struct Section {
    pub name: &'static str,
    pub keys: &'static [(&'static str, Kind)],
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 24 * 60 * MINUTE;

pub const SECTIONS: &[Section] = &[
    Section {
        name: "kafka",
        keys: &[
            ("bootstrap_servers", FILLED),
            ("client_id", FILLED),
            ("security_protocol", Choice(&["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"])),
            ("sasl_mechanism", Choice(&["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])),
            ("sasl_username", TEXT),
            ("sasl_password_file", TEXT),
            ("ssl_ca_file", TEXT),
            ("ssl_certificate_file", TEXT),
            ("ssl_key_file", TEXT),
            ("options", TextMap),
        ],
    },
    Section { name: "input", keys: &[("topics", Names), ("activity", Calls)] },
    Section { name: "topics", keys: topics::KEYS },
    Section {
        name: "group",
        // The broker's own bounds on session timeouts are 6 s and 30 min unless it is told otherwise.
        keys: &[
            ("name", FILLED),
            ("session_timeout", Duration { min: 6 * SECOND, max: 30 * MINUTE }),
            ("protocol", Choice(&["classic", "consumer"])),
        ],
    },
    Section {
        name: "roles",
        keys: &[("run", Choices(&["route", "process"])), ("workers", Integer { min: 0, max: 64 })],
    },
    Section { name: "join", keys: &[("grace", Duration { min: 0, max: 15 * MINUTE })] },
    Section {
        name: "commit",
        keys: &[
            // Shorter than a transaction takes is no commit at all; longer than this, a rebalance gives up on us first.
            ("interval_ms", Integer { min: 10, max: 30_000 }),
            ("records_max", Integer { min: 1, max: 1_000_000 }),
            ("bytes_max", Integer { min: 64 << 10, max: 1 << 30 }),
            ("timeout", Duration { min: 100, max: 5 * MINUTE }),
        ],
    },
    Section {
        name: "limits",
        keys: &[
            // A request holds a record whole, and brokers take requests of 100 MB.
            ("record_bytes_max", Integer { min: 64 << 10, max: 64 << 20 }),
            ("unpacked_bytes_max", Integer { min: 64 << 10, max: 4 << 30 }),
            ("facts_per_record_max", Integer { min: 1_000, max: 10_000_000 }),
            ("topology_nodes_max", Integer { min: 10, max: 10_000 }),
            ("refused_percent_max", Integer { min: 1, max: 100 }),
            ("refused_window_records", Integer { min: 100, max: 1_000_000 }),
            ("stop", Duration { min: SECOND, max: 10 * MINUTE }),
        ],
    },
    Section {
        name: "state",
        keys: &[
            ("dir", FILLED),
            ("cache_bytes", Integer { min: 8 << 20, max: 1 << 40 }),
            ("retention", Duration { min: DAY, max: 3_650 * DAY }),
        ],
    },
    Section { name: "http", keys: &[("listen", TEXT)] },
    Section {
        name: "log",
        keys: &[("level", Choice(&["error", "warn", "info", "debug", "trace"])), ("format", Choice(&["text", "json"]))],
    },
    Section { name: "schema_registry", keys: &[("url", TEXT), ("username", TEXT), ("password_file", TEXT)] },
    Section { name: "output", keys: &[("encoding", Choice(&["", "json", "avro"]))] },
];

/// Settings of librdkafka that exactly-once rests on, or that have a key of their own here.
pub const OPTIONS_REFUSED: &[&str] = &[
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "client.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "session.timeout.ms",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "transactional.id",
];
