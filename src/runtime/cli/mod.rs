//! One file per command.

mod assets;
#[cfg(feature = "console")]
mod demo;
mod graph;
mod replay;
#[cfg(feature = "kafka")]
mod run;
mod state;
mod validate;
mod whois;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::domain::time::Time;

/// Why a command did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The call or the configuration is wrong: exit status 2.
    Call(String),
    /// The work failed: exit status 1.
    Work(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Work(error.into())
    }
}

pub type Outcome = Result<(), Failure>;

/// Joins GuardDuty findings to the AWS asset graph as it was at the moment.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The service: reads Kafka, keeps the graph, emits
    #[cfg(feature = "kafka")]
    Run(run::Run),
    /// The same pipeline without Kafka: files in, files out; a second run over the same input adds nothing
    Replay(replay::Replay),
    /// Replays the scenario that ships with the project, prints its incident and serves it on a loopback page
    #[cfg(feature = "console")]
    Demo(demo::Demo),
    /// The assets that existed at a time, one per line
    Assets(assets::Assets),
    /// The neighbourhood of one asset
    Graph(graph::Graph),
    /// Which interface and which asset held an address at a time
    Whois(whois::Whois),
    /// All faults of the configuration at once, each with file, line and excerpt
    Validate(validate::Validate),
}

impl Arguments {
    pub fn run(self) -> Outcome {
        match self.command {
            #[cfg(feature = "kafka")]
            Command::Run(c) => c.run(),
            Command::Replay(c) => c.run(),
            #[cfg(feature = "console")]
            Command::Demo(c) => c.run(),
            Command::Assets(c) => c.run(),
            Command::Graph(c) => c.run(),
            Command::Whois(c) => c.run(),
            Command::Validate(c) => c.run(),
        }
    }
}

/// A state directory, as `replay --out DIR` leaves it in `DIR/state`.
#[derive(Debug, clap::Args)]
struct StateArg {
    /// The state directory: DIR/state of `replay --out DIR`, or DIR itself
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).ok_or_else(|| format!("{text}: not a time; write it as 2026-03-03T14:22:00Z"))
}

/// Prints a line; a reader that has gone (`| head`) ends the program quietly.
fn say(line: &str) {
    use std::io::Write;
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}
