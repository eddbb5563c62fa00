//! The protocol's safeguards as switches, so that tests can prove that each is needed.

/// All on, except in the tests that show what breaks without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Safety {
    /// Positions are committed by the transaction, not beside it.
    pub offsets_in_transaction: bool,
    /// An aborted commit takes its uncommitted values along.
    pub drop_overlay: bool,
    /// Old epochs of producers and members are refused.
    pub fencing: bool,
    /// An uncertain commit is told by its token.
    pub token_check: bool,
    /// A restore goes on until the committed token's changelog end, not to what can be read at first.
    pub restore_to_token: bool,
    /// Readers see committed records only.
    pub read_committed: bool,
}

impl Default for Safety {
    fn default() -> Self {
        Safety {
            offsets_in_transaction: true,
            drop_overlay: true,
            fencing: true,
            token_check: true,
            restore_to_token: true,
            read_committed: true,
        }
    }
}
