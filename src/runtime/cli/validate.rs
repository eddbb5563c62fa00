//! `trailgraph validate`

use std::path::PathBuf;

use super::{Failure, Outcome, say};
use crate::runtime::config;

#[derive(Debug, clap::Args)]
pub struct Validate {
    /// The configuration
    #[arg(short, long, default_value = "pipeline.toml")]
    config: PathBuf,
}

impl Validate {
    pub fn run(self) -> Outcome {
        load(&self.config)?;
        say(&format!("{}: no faults", self.config.display()));
        Ok(())
    }
}

/// The configuration, or all its faults at once.
pub fn load(path: &std::path::Path) -> Result<config::Config, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| Failure::Call(format!("{name}: {e}")))?;
    config::check(&text, &name).map_err(|faults| {
        let all: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Failure::Call(format!("{} in {name}\n{}", count(all.len()), all.join("\n")))
    })
}

fn count(n: usize) -> String {
    if n == 1 { "1 fault".into() } else { format!("{n} faults") }
}
