//! The application: what the engine's loop runs. The loop knows a stage only as [`crate::engine::stage::Stage`].
//!
//! [`route::Route`] keys records by account; [`process::Process`] turns them into a graph and the documents
//! computed from it ([`derived`]): incidents, exposures; [`fused::Fused`] is both in one task.

pub mod dead_letters;
pub mod derived;
pub mod exposures;
pub mod fused;
pub mod graph_view;
pub mod incidents;
pub mod loaded;
pub mod process;
pub mod retention;
pub mod route;
