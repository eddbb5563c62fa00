//! The kinds of assets, each declared once: its facts, what they mean, and to what they refer. Everything else about a kind, from the
//! index of references to the generated documentation, derives from its declaration.

mod catalog;
mod declaration;
mod fact;
mod kind;

use super::effects::Row;

pub mod account;
pub mod autoscaling;
pub mod ec2;
pub mod elasticloadbalancing;
pub mod iam;
pub mod s3;
pub mod sns;

/// Every service by its event source, with the API calls that change the graph.
pub const SERVICES: &[(&str, &[&[Row]])] = &[
    ("autoscaling.amazonaws.com", autoscaling::CALLS),
    ("ec2.amazonaws.com", account::CALLS),
    ("ec2.amazonaws.com", ec2::CALLS),
    ("elasticloadbalancing.amazonaws.com", elasticloadbalancing::CALLS),
    ("iam.amazonaws.com", iam::CALLS),
    ("s3.amazonaws.com", s3::CALLS),
    ("sns.amazonaws.com", sns::CALLS),
];

pub use declaration::{AssetDeclaration, Scope, Unseen};
pub use fact::{FactDeclaration, FactId, Field, List, Reference, Shape, Use};
pub use kind::Kind;
