//! Whether the workers turn and are restored: what `/healthz` and `/readyz` answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a turn may take beside a commit's own timeout and still be right: sending the last records and the offsets, then settling a doubt,
/// each through a broker's restart.
const BESIDE_COMMIT: Duration = Duration::from_secs(150);

/// What the workers of this process last said of themselves.
#[derive(Clone, Debug)]
pub struct Health {
    /// A worker whose loop has not turned for this long is stuck.
    turn_max: Duration,
    /// By role and number.
    workers: Arc<Mutex<BTreeMap<(&'static str, u32), Turn>>>,
}

#[derive(Clone, Copy, Debug)]
struct Turn {
    at: Instant,
    state: Readiness,
}

/// How far a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Not a member of its group yet.
    Joining,
    /// This many partitions are not restored.
    Restoring(usize),
    Ready,
}

impl Health {
    /// `commit_timeout`: how long a commit may take before it is doubted.
    pub fn new(commit_timeout: Duration) -> Health {
        Health { turn_max: BESIDE_COMMIT.saturating_add(commit_timeout), workers: Arc::default() }
    }

    /// A turn of the worker's loop has ended, or the worker is about to begin.
    pub fn turned(&self, role: &'static str, worker: u32, at: Instant, state: Readiness) {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).insert((role, worker), Turn { at, state });
    }

    /// Whether every worker turns. Else: which doesn't.
    pub fn alive(&self, now: Instant) -> Result<(), String> {
        self.all(|turn| {
            let still = now.saturating_duration_since(turn.at);
            (still > self.turn_max).then(|| format!("stuck: no turn for {} s", still.as_secs()))
        })
    }

    /// Whether every worker turns, is in its group, and all its partitions are restored. Else: which isn't.
    pub fn ready(&self, now: Instant) -> Result<(), String> {
        self.alive(now)?;
        self.all(|turn| match turn.state {
            Readiness::Joining => Some("joining its group".to_owned()),
            Readiness::Restoring(1) => Some("restoring 1 partition".to_owned()),
            Readiness::Restoring(n) => Some(format!("restoring {n} partitions")),
            Readiness::Ready => None,
        })
    }

    fn all(&self, fault: impl Fn(&Turn) -> Option<String>) -> Result<(), String> {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let fault =
            |((role, worker), turn): (&(&str, u32), &Turn)| Some(format!("worker {role}-{worker}: {}", fault(turn)?));
        let faults: Vec<String> = workers.iter().filter_map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_stands_still_is_not_alive_and_one_that_restores_is_not_ready() {
        let (health, start) = (Health::new(Duration::from_secs(30)), Instant::now());
        let turn_max = Duration::from_secs(180);
        health.turned("route", 0, start, Readiness::Ready);
        health.turned("process", 1, start, Readiness::Joining);
        assert_eq!(health.alive(start), Ok(()));
        assert_eq!(health.ready(start), Err("worker process-1: joining its group".into()));
        health.turned("process", 1, start, Readiness::Restoring(2));
        assert_eq!(health.ready(start), Err("worker process-1: restoring 2 partitions".into()));
        health.turned("process", 1, start, Readiness::Ready);
        assert_eq!(health.ready(start), Ok(()));

        assert_eq!(health.alive(start + turn_max), Ok(()));
        let late = start + turn_max + Duration::from_secs(1);
        health.turned("route", 0, late, Readiness::Ready);
        assert_eq!(health.alive(late), Err("worker process-1: stuck: no turn for 181 s".into()));
        assert_eq!(health.ready(late), health.alive(late));
        health.turned("process", 1, late, Readiness::Ready);
        assert_eq!(health.ready(late), Ok(()));
    }
}
