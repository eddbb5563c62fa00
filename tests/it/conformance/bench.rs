//! What the list asks of a broker's client, low enough that a mock can't hide behind it.

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    Fenced,
    Member,
    NoTransaction,
    Unstable,
}

/// The id of the producer that only the transaction timeout gets rid of.
pub const STUCK: &str = "stuck";

/// One broker, one consumer group with one member, any number of producers.
pub trait Bench {
    type Producer;

    /// A new producer with this transactional id, initialised.
    fn producer(&mut self, id: &str) -> Self::Producer;
    fn produce(&mut self, producer: &Self::Producer, topic: &str, value: &str) -> Result<(), Denied>;
    /// Puts the member's position, with metadata, into the transaction.
    fn send_offsets(&mut self, producer: &Self::Producer, position: i64, metadata: &str) -> Result<(), Denied>;
    fn commit(&mut self, producer: &Self::Producer) -> Result<(), Denied>;
    fn abort(&mut self, producer: &Self::Producer) -> Result<(), Denied>;
    /// A commit under way that reaches the broker only at `deliver_late`.
    fn commit_late(&mut self, producer: &Self::Producer);
    fn deliver_late(&mut self);

    /// All of a topic from the beginning, by a reader without a group.
    fn read(&mut self, topic: &str, committed: bool) -> Vec<String>;
    /// The group's position, stable offsets only.
    fn offset(&mut self) -> Result<Option<(i64, String)>, Denied>;
    /// The group's position, whatever is pending.
    fn offset_now(&mut self) -> Option<i64>;

    /// The member leaves; what it knows of the group is old from then on.
    fn leave(&mut self);
    /// The partition goes to another member; what the bench knows of the group is old from then on.
    fn move_away(&mut self);
    fn wait_for_transaction_timeout(&mut self);
}
