//! The store on RocksDB: one database per task.

mod options;
mod store;

pub use options::{RocksSettings, Shared};
pub use store::RocksStore;
