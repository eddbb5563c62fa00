//! `trailgraph graph`

use super::{Failure, Format, Outcome, StateArg, say, state, time};
use crate::domain::incident::{Limits, topology};
use crate::domain::time::Time;
use crate::stages::graph_view::GraphView;

#[derive(Debug, clap::Args)]
pub struct Graph {
    /// An ARN, an AWS id (i-…, sg-…, AROA…), a bucket's name, or account/kind/name
    id: String,
    #[command(flatten)]
    state: StateArg,
    /// As it was at this time; default: as of the newest record
    #[arg(long, value_parser = time)]
    as_of: Option<Time>,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Graph {
    pub fn run(self) -> Outcome {
        let state = state::open(&self.state.state)?;
        let at = self.as_of.unwrap_or(Time::MAX);
        let found = state::find(&state, &self.id, at);
        let [asset] = found.as_slice() else {
            let also: Vec<_> = found.iter().map(|a| format!("{}/{}/{}", a.account, a.kind.text(), a.name)).collect();
            return Err(if also.is_empty() {
                Failure::Work(anyhow::anyhow!("{}: no known asset", self.id))
            } else {
                Failure::Call(format!("{} means more than one asset: {}", self.id, also.join(", ")))
            });
        };
        let topology = topology(&GraphView(&state), asset, at, Limits::default());
        if self.format == Format::Json {
            say(&serde_json::to_string_pretty(&topology)?);
            return Ok(());
        }
        for node in &topology.nodes {
            say(&format!("{:<24} {:<44} {}", node.kind, node.asset_id, node.name));
        }
        for edge in &topology.edges {
            let since = edge.since.map(|since| format!("  since {since}")).unwrap_or_default();
            say(&format!("  {} --{}--> {}{since}", edge.from, edge.relation, edge.to));
        }
        for gap in &topology.gaps {
            say(&format!("  gap: {gap}"));
        }
        Ok(())
    }
}
