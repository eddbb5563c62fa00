//! How documents leave.

use serde_json::Value;

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
    pub fn bytes(&self, document: &Value) -> Result<Vec<u8>, Mismatch> {
        match self {
            Encoding::Json => Ok(document.to_string().into_bytes()),
            #[cfg(feature = "avro")]
            Encoding::Avro(writer) => writer.bytes(document),
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
