//! `trailgraph demo`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::replay::{Summary, replay};
use super::{Outcome, say};
use crate::domain::incident::Incident;
use crate::runtime::{http, page, scenario};

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where the scenario's files, the outputs and the state go
    #[arg(long, value_name = "DIR", default_value = "out/demo")]
    out: PathBuf,
    /// Where the page is served
    #[arg(long, default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
    /// Print the incident and end, without serving the page
    #[arg(long)]
    no_serve: bool,
}

impl Demo {
    pub fn run(self) -> Outcome {
        let (input, out) = (self.out.join("scenario"), self.out.join("replay"));
        scenario::write(&input).with_context(|| input.display().to_string())?;
        let summary: Summary = replay(&out, &[input])?;
        say(&summary.line());
        let incidents = latest(&out)?;
        for incident in &incidents {
            say(&page::incident_text(incident));
        }
        if self.no_serve {
            return Ok(());
        }
        let html = page::page_html(&incidents);
        let json = serde_json::to_string_pretty(&incidents)?;
        let pages: Vec<http::Page> = vec![
            ("/", Arc::new(move || (200, "text/html; charset=utf-8", html.clone()))),
            ("/incidents.json", Arc::new(move || (200, "application/json", json.clone()))),
            ("/healthz", Arc::new(|| (200, "text/plain", "ok\n".into()))),
        ];
        http::serve(self.listen, pages, |at| say(&format!("the page: http://{at}/   (Ctrl-C ends)")))?;
        Ok(())
    }
}

/// The last revision of each incident, the newest incident first.
fn latest(out: &std::path::Path) -> anyhow::Result<Vec<Incident>> {
    let text = std::fs::read_to_string(out.join("incidents.jsonl"))?;
    let mut by_id = std::collections::BTreeMap::new();
    for line in text.lines() {
        let incident: Incident = serde_json::from_str(line)?;
        by_id.insert(incident.incident_id.clone(), incident);
    }
    let mut all: Vec<_> = by_id.into_values().collect();
    all.sort_by_key(|i| std::cmp::Reverse(i.opened_at));
    Ok(all)
}
