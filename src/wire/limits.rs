//! How much one input record may cost.

const MIB: usize = 1024 * 1024;

/// The bounds of one `unpack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the input as it came.
    pub bytes_max: usize,
    /// Of everything decompressed, decoded and unescaped from it, together.
    pub expanded_bytes_max: usize,
    /// Of one record in it. AWS's are a megabyte at the most; what is larger than this isn't one, and might fit no topic.
    pub piece_bytes_max: usize,
    /// Pieces in one input.
    pub records_max: usize,
    /// Nested objects and arrays. Below serde_json's own limit of 128, so that a later parse can't reach that.
    pub depth_max: usize,
    /// gzip within gzip.
    pub gzip_max: usize,
    /// Envelopes within envelopes.
    pub layers_max: usize,
}

impl Limits {
    pub const BYTES_MAX: usize = 64 * MIB;
    pub const EXPANDED_BYTES_MAX: usize = 256 * MIB;
    pub const PIECE_BYTES_MAX: usize = 8 * MIB;
    pub const RECORDS_MAX: usize = 1_000_000;
    pub const DEPTH_MAX: usize = 64;
    pub const GZIP_MAX: usize = 2;
    pub const LAYERS_MAX: usize = 16;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes_max: Limits::BYTES_MAX,
            expanded_bytes_max: Limits::EXPANDED_BYTES_MAX,
            piece_bytes_max: Limits::PIECE_BYTES_MAX,
            records_max: Limits::RECORDS_MAX,
            depth_max: Limits::DEPTH_MAX,
            gzip_max: Limits::GZIP_MAX,
            layers_max: Limits::LAYERS_MAX,
        }
    }
}
