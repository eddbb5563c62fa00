//! The account itself and its regions.

use crate::domain::effects::Row;

#[expect(clippy::module_inception, reason = "the account is an asset of its own service")]
pub mod account;
pub mod region;

/// The API calls of the service that change the graph, by the file that follows them.
pub const CALLS: &[&[Row]] = &[region::CALLS];
