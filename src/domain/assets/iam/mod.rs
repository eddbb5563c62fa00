//! AWS Identity and Access Management.

use crate::domain::effects::Row;

pub mod access_key;
pub mod identity;
pub mod instance_profile;
pub mod role;
pub mod user;

/// The API calls of the service that change the graph, by the file that follows them.
pub const CALLS: &[&[Row]] = &[access_key::CALLS, instance_profile::CALLS, role::CALLS, user::CALLS];
