//! `trailgraph replay`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, say};
use crate::domain::exposure::Checks;
use crate::domain::incident::Knowledge;
use crate::engine::breaker::BreakerLimits;
use crate::engine::commit::Limits;
use crate::engine::counts::{self, Count, Tally};
use crate::engine::record::TaskId;
use crate::engine::store::{Store, StoreError};
use crate::engine::worker::Worker;
use crate::runtime::files::{FilesLog, FilesSettings, Inputs};
use crate::stages::fused::Fused;
use crate::stages::process::Process;

/// `join.grace` in a replay: when the input has ended, time has passed it.
const GRACE_MS: i64 = 5_000;
/// Input records and bytes of one commit.
const COMMIT: Limits =
    Limits { interval_ms: i64::MAX / 4, records: 20_000, bytes: 64 << 20, breaker: BreakerLimits::OFF };

#[derive(Debug, clap::Args)]
pub struct Replay {
    /// Where incidents.jsonl and the others go, and the state
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Files, or directories with .json, .jsonl, .json.gz and .jsonl.gz files below them
    #[arg(required = true)]
    input: Vec<PathBuf>,
}

impl Replay {
    pub fn run(self) -> Outcome {
        let summary = replay(&self.out, &self.input)?;
        say(&summary.line());
        Ok(())
    }
}

/// What a replay did.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub inputs: u64,
    pub counts: Tally,
    /// Input files that could not be read to their end, and why.
    pub problems: Vec<String>,
}

impl Summary {
    fn count(&self, what: Count) -> u64 {
        counts::sum(&self.counts, what)
    }

    /// Every record in its fate.
    pub fn records(&self) -> u64 {
        counts::FATES.iter().map(|f| self.count(*f)).sum()
    }

    /// One line.
    pub fn line(&self) -> String {
        let mut line = format!("{} records in {} inputs:", self.records(), self.inputs);
        for (n, fate) in counts::FATES.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            _ = write!(line, "{comma} {} {}", self.count(*fate), fate.what.replace('_', " "));
        }
        _ = write!(
            line,
            "; {} findings, {} incident revisions, {} exposure changes",
            self.count(counts::FINDINGS),
            self.count(counts::INCIDENT_REVISIONS),
            self.count(counts::EXPOSURE_CHANGES)
        );
        line
    }
}

/// Replays `input` into `out`; what was replayed there before is not done again.
pub fn replay(out: &Path, input: &[PathBuf]) -> anyhow::Result<Summary> {
    std::fs::create_dir_all(out)?;
    let inputs = Inputs::find(input, out)?;
    let log = FilesLog::open(FilesSettings { out: out.to_owned(), inputs, grace_ms: GRACE_MS })?;
    let knowledge = Arc::new(Knowledge::shipped().map_err(|e| anyhow!(e))?);
    // Whoever replays wants to ask about then: nothing is folded.
    let checks = Arc::new(Checks::shipped().map_err(|e| anyhow!(e))?);
    let stage = Fused::new(Process { checks, ..Process::new(knowledge, GRACE_MS) });
    drive(log, open_store(out)?, stage)
}

#[cfg(feature = "rocksdb")]
fn open_store(
    out: &Path,
) -> anyhow::Result<impl FnMut(&TaskId) -> Result<crate::runtime::rocks::RocksStore, StoreError> + use<>> {
    let dir = out.join("state").join("rocks");
    let shared = crate::runtime::rocks::Shared::new(Default::default());
    Ok(move |_: &TaskId| crate::runtime::rocks::RocksStore::open(&dir, &shared))
}

#[cfg(not(feature = "rocksdb"))]
fn open_store(
    _out: &Path,
) -> anyhow::Result<impl FnMut(&TaskId) -> Result<crate::engine::memory::MemoryStore, StoreError> + use<>> {
    Ok(|_: &TaskId| Ok(crate::engine::memory::MemoryStore::new()))
}

fn drive<S: Store>(
    log: FilesLog,
    open: impl FnMut(&TaskId) -> Result<S, StoreError>,
    stage: Fused,
) -> anyhow::Result<Summary> {
    let bar = progress();
    let mut worker = Worker::new(log, open, stage, COMMIT);
    loop {
        let progress = worker.step()?;
        bar.inc(progress.records as u64);
        if progress.ended {
            break;
        }
    }
    bar.finish_and_clear();
    let problems = worker.log().problems().iter().map(|p| format!("{}: {}", p.file.display(), p.detail)).collect();
    let summary = Summary { inputs: worker.counters().records, counts: worker.tally().clone(), problems };
    for problem in &summary.problems {
        eprintln!("trailgraph: {problem}");
    }
    Ok(summary)
}

/// Shown on a terminal only.
fn progress() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} inputs, {per_sec}, {elapsed}") {
        bar.set_style(style);
    }
    bar
}
