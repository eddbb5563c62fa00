//! Elastic Load Balancing, both versions.

pub mod load_balancer;
pub mod target_group;
