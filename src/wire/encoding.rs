//! How documents leave.

use serde::Serialize;

#[cfg(feature = "avro")]
use super::avro::AvroWriter;

/// How values leave.
#[derive(Clone, Debug, Default)]
pub enum Encoding {
    #[default]
    Json,
    #[cfg(feature = "avro")]
    Avro(std::sync::Arc<AvroWriter>),
}

impl Encoding {
    /// A document's bytes.
    pub fn bytes(&self, document: &impl Serialize) -> Result<Vec<u8>, Mismatch> {
        match self {
            Encoding::Json => serde_json::to_vec(document).map_err(Mismatch::of),
            #[cfg(feature = "avro")]
            Encoding::Avro(writer) => writer.bytes(&serde_json::to_value(document).map_err(Mismatch::of)?),
        }
    }
}

/// Where a document is not what the schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {wanted}")]
pub struct Mismatch {
    /// `topology.nodes.3.kind`
    pub path: String,
    pub wanted: String,
}

impl Mismatch {
    /// A document that JSON can't hold.
    fn of(error: serde_json::Error) -> Mismatch {
        Mismatch { path: String::new(), wanted: error.to_string() }
    }
}
