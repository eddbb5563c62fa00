//! Amazon EC2 Auto Scaling.

use crate::domain::effects::Row;

pub mod auto_scaling_group;

/// The API calls of the service that change the graph, by the file that follows them.
pub const CALLS: &[&[Row]] = &[auto_scaling_group::CALLS];
