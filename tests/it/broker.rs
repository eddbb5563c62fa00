//! The tests that need an Apache Kafka. A program of its own, from the same tree: it takes minutes, ports and a disk.

mod common;
mod conformance;
mod kafka;
