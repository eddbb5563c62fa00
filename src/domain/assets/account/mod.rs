//! The account itself and its regions.

pub mod account;
pub mod region;
