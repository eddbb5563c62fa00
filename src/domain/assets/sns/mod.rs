//! Amazon SNS.

use crate::domain::effects::Row;

pub mod topic;

/// The API calls of the service that change the graph, by the file that follows them.
pub const CALLS: &[&[Row]] = &[topic::CALLS];
