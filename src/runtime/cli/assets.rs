//! `trailgraph assets`

use serde_json::json;

use super::{Failure, Outcome, StateArg, say, state, time};
use crate::domain::graph::{self, Kind, Val};
use crate::domain::time::Time;
use crate::stages::graph_view::GraphView;

#[derive(Debug, clap::Args)]
pub struct Assets {
    #[command(flatten)]
    state: StateArg,
    /// Only this kind: instance, security_group, …
    #[arg(long)]
    kind: Option<String>,
    /// Only this account
    #[arg(long)]
    account: Option<String>,
    /// As it was at this time; default: as of the newest record
    #[arg(long, value_parser = time)]
    as_of: Option<Time>,
    #[arg(long)]
    json: bool,
}

impl Assets {
    pub fn run(self) -> Outcome {
        let kind = match &self.kind {
            None => None,
            Some(text) => Some(Kind::from_text(text).ok_or_else(|| Failure::Call(unknown_kind(text)))?),
        };
        let state = state::open(&self.state.state)?;
        let view = GraphView(&state);
        let at = self.as_of.unwrap_or(Time::MAX);
        for asset in state::all(&state, self.account.as_deref()) {
            if kind.is_some_and(|k| k != asset.kind) {
                continue;
            }
            let Some(now) = graph::at(&view, &asset, at).filter(|s| s.exists) else { continue };
            let since = now.since.as_ref().map(|s| s.stamp.time.to_string()).unwrap_or_default();
            let name = tag(asset.kind, &now, "Name").unwrap_or_default();
            if self.json {
                let line = json!({
                    "asset_id": asset.text(), "kind": asset.kind.text(), "account_id": asset.account, "name": name,
                    "since": since, "since_inferred": now.inferred, "fields": shown(&now),
                });
                say(&line.to_string());
            } else {
                let mark = if now.inferred { "~" } else { " " };
                say(&format!(
                    "{:<14} {:<24} {:<40} {mark}{since}  {name}",
                    asset.account,
                    asset.kind.text(),
                    asset.text()
                ));
            }
        }
        Ok(())
    }
}

fn unknown_kind(text: &str) -> String {
    let kinds: Vec<_> = Kind::ALL.iter().map(|k| k.text()).collect();
    format!("--kind {text}: no such kind; there are {}", kinds.join(", "))
}

pub fn tag(kind: Kind, state: &graph::AssetState, key: &str) -> Option<String> {
    let value = state.list(kind.tags())?.get(key)?.value.as_ref()?;
    value.as_text().map(str::to_owned)
}

/// Fields and lists as plain JSON; unknown is null and said to be so by being there.
pub fn shown(state: &graph::AssetState) -> serde_json::Value {
    let plain = |v: &Val| match v {
        Val::Unknown => serde_json::Value::Null,
        Val::Bool(b) => json!(b),
        Val::Int(i) => json!(i),
        Val::Text(t) => json!(t),
    };
    let fields = state.fields.iter().map(|(k, a)| (k.name().to_owned(), plain(&a.value)));
    let lists = state.lists.iter().map(|(k, of)| {
        let of: serde_json::Map<_, _> =
            of.iter().map(|(k, e)| (k.clone(), e.value.as_ref().map_or(json!(null), plain))).collect();
        (k.name().to_owned(), json!(of))
    });
    json!(fields.chain(lists).collect::<serde_json::Map<_, _>>())
}
