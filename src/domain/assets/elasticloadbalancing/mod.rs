//! Elastic Load Balancing, both versions.

use crate::domain::effects::Row;

pub mod listener;
pub mod load_balancer;
pub mod tags;
pub mod target_group;

/// The API calls of the service that change the graph, by the file that follows them.
pub const CALLS: &[&[Row]] = &[listener::CALLS, load_balancer::CALLS, tags::CALLS, target_group::CALLS];
