//! Does: the only place with threads, sockets, disk and time. Behind features.

pub mod cli;
pub mod config;
pub mod files;
pub mod health;
#[cfg(feature = "console")]
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod lag;
pub mod logging;
pub mod metrics;
pub mod observer;
pub mod page;
#[cfg(feature = "kafka")]
pub mod registry;
#[cfg(feature = "rocksdb")]
pub mod rocks;
pub mod scenario;
#[cfg(feature = "kafka")]
pub mod schemas;
pub mod stages;
#[cfg(feature = "kafka")]
pub mod supervisor;
#[cfg(feature = "kafka")]
mod watch;
mod workers;
