//! Records as the engine sees them: bytes with coordinates.

/// A partition of an input topic; a task is what owns one. Files are topics of one partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    pub topic: String,
    pub partition: i32,
}

/// One input record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub task: TaskId,
    /// The position of this record; the one to commit is this + 1.
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Where an output goes; names are the runtime's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutTopic {
    ByAccount,
    Incidents,
    Exposures,
    DeadLetters,
}

impl OutTopic {
    /// Every output.
    pub const ALL: [OutTopic; 4] =
        [OutTopic::ByAccount, OutTopic::Incidents, OutTopic::Exposures, OutTopic::DeadLetters];

    /// As the configuration names it in `[topics]`.
    pub const fn as_str(self) -> &'static str {
        match self {
            OutTopic::ByAccount => "by_account",
            OutTopic::Incidents => "incidents",
            OutTopic::Exposures => "exposures",
            OutTopic::DeadLetters => "dead_letters",
        }
    }
}

/// One output record; the partition follows from the key (murmur2, as Java clients do).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutRecord {
    pub topic: OutTopic,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
}
