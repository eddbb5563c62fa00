//! What exists, and existed: writes with stamps, and the graph that they resolve to when read.

mod derive;
mod fold;
mod horizon;
mod kind;
mod life;
mod line;
mod provenance;
mod resolve;
mod route_tables;
mod schema;
mod set;
mod taken_over;
mod tracked;
mod value;
mod view;
mod write;

pub use super::assets::Kind;
pub use fold::fold;
pub use horizon::{Bases, Horizon};
pub use kind::AssetId;
pub use life::{ExistsWrite, ExistsWrites, Life, Signs, life_at, living_since, proves_life, sign_line};
pub use line::{Line, LineWrite, holding_write};
pub use provenance::{Provenance, Provenance as Sourced};
pub use resolve::{Owner, address_owner, at, found_by, holding, instance_of, interfaces_of, rules};
pub use route_tables::route_table_associations;
pub use schema::{Subject, reference_keys, tokens};
pub use set::WriteSet;
pub use tracked::TrackedView;
pub use value::{AssetState, Attribute, Element};
pub use view::{Referrers, StateView};
pub use write::{Fact, Gap, Rank, Source, Stamp, Val, Write};
