//! A state directory, opened for reading: its changelog loaded into memory.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::domain::graph::{AssetId, Kind, StateView};
use crate::domain::time::Time;
use crate::runtime::files;
use crate::stages::graph_view::GraphView;
use crate::stages::loaded::Loaded;
use crate::wire::state::keys;

/// Loads what the last commit of `replay` left in `dir` (or `dir/state`).
pub fn open(dir: &Path) -> anyhow::Result<Loaded> {
    let nested = dir.join("state");
    let dir: PathBuf = if nested.join(files::MANIFEST).exists() { nested } else { dir.to_owned() };
    if !dir.join(files::MANIFEST).exists() {
        bail!("{}: no state here: `trailgraph replay --out DIR INPUT…` leaves one in DIR/state", dir.display());
    }
    let mut loaded = Loaded::default();
    files::read_changelog(&dir, &mut |key, value| loaded.load(key, value))
        .with_context(|| dir.display().to_string())?;
    match loaded.take_unreadable() {
        Some(why) => Err(anyhow::Error::new(why).context(dir.display().to_string())),
        None => Ok(loaded),
    }
}

/// Every asset ever named, in order.
pub fn all(state: &Loaded, account: Option<&str>) -> Vec<AssetId> {
    state.keys(&keys::heads(account)).filter_map(keys::read_head).collect()
}

/// The assets that an id means: an AWS id, a bucket's name, an ARN, a unique id (`AROA…`) or `account/kind/name`.
pub fn find(state: &Loaded, id: &str, at: Time) -> Vec<AssetId> {
    let view = GraphView(state);
    let arn_tail = id.strip_prefix("arn:").and_then(|_| id.rsplit(['/', ':']).next());
    let mut exact = Vec::new();
    for asset in all(state, None) {
        let has = |field: &str| {
            let fact = asset.kind.fact(field);
            fact.is_some_and(|f| view.fields(&asset, at).is_some_and(|state| state.text(f) == Some(id)))
        };
        let by_tail = || Kind::of_id(arn_tail.unwrap_or_default()) == Some(asset.kind) && arn_tail == Some(&asset.name);
        if asset.text() == id || has("arn") || has("unique_id") || by_tail() {
            exact.push(asset);
        }
    }
    exact
}
