//! Values in Avro, behind the prefix by which Confluent's clients find a schema: ours as they leave, anyone's as they come.

mod reader;
mod types;
mod writer;

pub use reader::AvroReader;
pub use writer::{AvroWriter, EXPOSURE, INCIDENT};
