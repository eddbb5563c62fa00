//! Sharing of images and snapshots with other accounts.

use serde_json::Value;

use crate::domain::assets::List;
use crate::domain::effects::json::{at, items, text};
use crate::domain::effects::{Call, Writes};
use crate::domain::graph::{Rank, Val};

/// The key of `shared_with` for everybody.
const EVERYBODY: &str = "all";

/// Shares and takes back: `add` and `remove` of accounts, or of everybody.
pub fn share(c: &Call, shared_with: List, id: &str, permission: &str, out: &mut Writes) {
    let of = |change: &str| -> Vec<String> {
        items(at(c.request, permission), change).into_iter().filter_map(with).collect()
    };
    let (kind, id) = (shared_with.id().kind, text(c.request, id));
    let mut on = out.asset(kind, id.clone(), Rank::Set);
    for who in of("add") {
        on.element(shared_with, &who, Val::text(""));
    }
    let removed = of("remove");
    if !removed.is_empty() {
        let mut on = out.asset(kind, id, Rank::Removed);
        for who in removed {
            on.remove(shared_with, &who);
        }
    }
}

fn with(v: &Value) -> Option<String> {
    match text(v, "group") {
        Some(_) => Some(EVERYBODY.to_owned()),
        None => ["userId", "organizationArn", "organizationalUnitArn"].iter().find_map(|p| text(v, p)),
    }
}
