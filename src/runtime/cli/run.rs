//! `trailgraph run`

use std::path::PathBuf;

use super::{Failure, Outcome, validate};
use crate::runtime::config::Role;
use crate::runtime::logging;
use crate::runtime::supervisor;

#[derive(Debug, clap::Args)]
pub struct Run {
    /// The configuration
    #[arg(short, long, default_value = "pipeline.toml")]
    config: PathBuf,
    /// Only these roles, separated by commas: route, process. Default: those of the configuration
    #[arg(long, value_delimiter = ',')]
    roles: Vec<String>,
}

impl Run {
    pub fn run(self) -> Outcome {
        let config = validate::load(&self.config)?;
        let roles = if self.roles.is_empty() { config.roles.run.clone() } else { parse(&self.roles)? };
        tracing::subscriber::set_global_default(logging::subscriber(&config.log, std::io::stderr))?;
        supervisor::run(&config, &roles)?;
        Ok(())
    }
}

fn parse(names: &[String]) -> Result<Vec<Role>, Failure> {
    let role = |name: &String| {
        Role::parse(name)
            .ok_or_else(|| Failure::Call(format!("--roles {name}: no such role; there are route, process")))
    };
    names.iter().map(role).collect()
}
