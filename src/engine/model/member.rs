//! Members of the broker's consumer group, and partitions on their way between them.

use std::collections::{BTreeSet, VecDeque};

use crate::engine::log::Assignment;
use crate::engine::record::TaskId;

/// Who reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Member {
    pub(super) epoch: u32,
    pub(super) owned: BTreeSet<TaskId>,
    pub(super) events: VecDeque<Assignment>,
}

/// A partition being given back, to be handed on at the next poll but one.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) task: TaskId,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) told: bool,
}
