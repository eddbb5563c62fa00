//! Amazon S3.

use crate::domain::effects::Row;

pub mod bucket;

/// The API calls of the service that change the graph, by the file that follows them.
pub const CALLS: &[&[Row]] = &[bucket::CALLS];
