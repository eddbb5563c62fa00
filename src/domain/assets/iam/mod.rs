//! AWS Identity and Access Management.

pub mod access_key;
pub mod instance_profile;
pub mod role;
pub mod user;
