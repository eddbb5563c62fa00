//! What exists, and existed: writes with stamps, and the graph that they resolve to when read.

mod compact;
mod derive;
mod horizon;
mod kind;
mod resolve;
mod schema;
mod set;
mod tracked;
mod value;
mod view;
mod write;

pub use super::assets::Kind;
pub use derive::route_table_associations;
pub use horizon::superseded;
pub use kind::AssetId;
pub use resolve::{Owner, POINTING_MAX, address_owner, at, holding, instance_of, interfaces_of, rules};
pub use schema::{Subject, tokens};
pub use set::WriteSet;
pub use tracked::TrackedView;
pub use value::{AssetState, AssetValue, Attribute, Element, Sourced};
pub use view::StateView;
pub use write::{Fact, Gap, Rank, Source, Stamp, Val, Write};
