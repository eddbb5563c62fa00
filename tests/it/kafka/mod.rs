//! The service on a real Apache Kafka: the roles as processes of their own, disturbed in every way, give what an undisturbed replay
//! gives.
#![expect(clippy::disallowed_methods, reason = "tests drive real processes in real time")]

mod avro;
mod bench;
mod broker;
mod conformance;
mod doubt;
mod killed;
mod made;
mod operations;
mod oracle;
mod proxy;
mod rebalance;
mod registry;
mod same;
mod service;
mod settle;
mod stop;
