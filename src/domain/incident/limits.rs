//! How large an incident may become.

/// The bounds of one incident. What lies beyond is named in it as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Assets in the topology.
    pub topology_nodes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { topology_nodes_max: 200 }
    }
}
