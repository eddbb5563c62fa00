//! The service on a real Apache Kafka: the roles as processes of their own, disturbed in every way, give what an undisturbed replay
//! gives.
#![cfg(feature = "kafka")]
#![expect(clippy::disallowed_methods, reason = "tests drive real processes in real time")]

mod avro;
#[path = "../conformance/bench.rs"]
mod bench;
mod broker;
#[path = "../common/mod.rs"]
mod common;
mod conformance;
#[path = "../conformance/list.rs"]
mod conformance_list;
mod doubt;
#[path = "../conformance/kafka.rs"]
mod kafka_bench;
mod killed;
mod made;
#[path = "../avro/made.rs"]
mod made_avro;
mod operations;
mod oracle;
mod proxy;
mod rebalance;
mod registry;
mod same;
mod service;
mod settle;
mod stop;
