//! The kinds of assets, each declared once: its facts, what they mean, and to what they refer. Everything else about a kind, from the
//! index of references to the generated documentation, derives from its declaration.

mod catalog;
mod declaration;
mod fact;
mod kind;

pub mod account;
pub mod autoscaling;
pub mod ec2;
pub mod elasticloadbalancing;
pub mod iam;
pub mod s3;

pub use declaration::{AssetDeclaration, Scope, Unseen};
pub use fact::{FactDeclaration, FactId, Field, List, Reference, Shape, Use};
pub use kind::Kind;
