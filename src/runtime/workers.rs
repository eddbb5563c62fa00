//! The workers of each role, side by side: what the role as a whole is at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::time::Time;

/// Where the workers of one process stand: gauges of a role sum over them.
#[derive(Clone, Debug, Default)]
pub struct Workers(Arc<Mutex<BTreeMap<(&'static str, u32), Work>>>);

/// What a worker is at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    pub(super) assigned: usize,
    pub(super) restoring: usize,
    pub(super) ready: bool,
    pub(super) turned: Time,
}

impl Workers {
    /// The role as a whole, with what one of its workers says now: ready when all are, and turned as long ago as the last of them.
    pub(super) fn with(&self, role: &'static str, worker: u32, own: Work) -> Work {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((role, worker), own);
        all.iter().filter(|((of, _), _)| *of == role).fold(own, |sum, ((_, n), other)| match *n == worker {
            true => sum,
            false => Work {
                assigned: sum.assigned + other.assigned,
                restoring: sum.restoring + other.restoring,
                ready: sum.ready && other.ready,
                turned: sum.turned.min(other.turned),
            },
        })
    }
}
