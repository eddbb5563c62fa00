//! The effects of events on the graph. The tables of calls stand with the assets that they change. An effect sees its own record only;
//! whatever needs more than that is resolved when the graph is read.

mod effect;
pub mod json;
mod table;

pub use effect::{AssetWriter, Call, Effect, Row, Writes};
pub use table::{calls, effects, is_effect, state_change};
