//! Exposures: what in an asset's settings lets an attacker in, by checks that are evaluated on the newest state.
//!
//! An exposure is one check on one asset. It is a pure function of the graph: the same facts in any order give the same exposure.

mod check;
mod document;
mod evaluate;
mod ingress;
mod internet;
mod revise;

#[cfg(test)]
mod tests;

pub use check::{Check, Checks, Condition};
pub use document::{Evidence, Exposure, Framework, IntroducedBy, Verdict};
pub use evaluate::{Evaluated, READ_SET_MAX, evaluate};
pub use revise::revise;
