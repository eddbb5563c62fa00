//! What a worker on Kafka shows after each turn of its loop.

use std::time::{Duration, Instant};

use super::health::Readiness;
use super::kafka::KafkaLog;
use super::observer::{Observer, Standing};
use crate::engine::memory::MemoryStore;
use crate::engine::record::TaskId;
use crate::engine::stage::Stage;
use crate::engine::store::{Store, StoreError};
use crate::engine::worker::{Progress, Worker};

/// How often the metrics are brought up to date.
const SHOW: Duration = Duration::from_millis(500);

/// A store that can say how large it is.
pub trait Measured {
    /// None: it isn't on disk, or can't tell now.
    fn bytes(&self) -> Option<u64>;
}

impl Measured for MemoryStore {
    fn bytes(&self) -> Option<u64> {
        None
    }
}

#[cfg(feature = "rocksdb")]
impl Measured for super::rocks::RocksStore {
    fn bytes(&self) -> Option<u64> {
        super::rocks::RocksStore::bytes(self)
    }
}

/// Watches one worker's turns.
pub struct Watch {
    observer: Observer,
    shown: Option<Instant>,
}

impl Watch {
    pub fn new(observer: Observer) -> Watch {
        Watch { observer, shown: None }
    }

    /// After each turn, whatever came of it: logs and health at once, metrics twice a second. None: the turn failed.
    #[expect(clippy::disallowed_methods, reason = "how long things take is measured here")]
    pub fn turned<F, S, G>(&mut self, worker: &mut Worker<KafkaLog, F, S, G>, progress: Option<Progress>)
    where
        F: FnMut(&TaskId) -> Result<S, StoreError>,
        S: Store + Measured,
        G: Stage,
    {
        let at = Instant::now();
        for note in worker.notes() {
            self.observer.note(note, at);
        }
        for took in worker.log_mut().take_commit_times() {
            self.observer.commit(took);
        }
        let Some(progress) = progress else { return };
        let readiness = match progress.restoring {
            _ if !worker.log().has_joined() => Readiness::Joining,
            0 => Readiness::Ready,
            n => Readiness::Restoring(n),
        };
        self.observer.turned(at, readiness);
        if self.shown.is_some_and(|then| at.saturating_duration_since(then) < SHOW) {
            return;
        }
        self.shown = Some(at);
        let standings: Vec<Standing<'_>> = worker
            .tasks()
            .map(|(id, task)| Standing {
                task: id,
                running: task.is_running(),
                position: task.position,
                newest: task.newest,
                end: worker.log().end(id),
                state_bytes: task.store.bytes(),
            })
            .collect();
        self.observer.show_now(&standings, readiness == Readiness::Ready, worker.now());
        self.observer.show_sums(&worker.counters(), worker.tally());
    }
}
