//! Does: the only place with threads, sockets, disk and time. Behind features.

pub mod cli;
pub mod config;
pub mod files;
#[cfg(feature = "console")]
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod metrics;
pub mod page;
#[cfg(feature = "rocksdb")]
pub mod rocks;
pub mod scenario;
#[cfg(feature = "kafka")]
pub mod supervisor;
