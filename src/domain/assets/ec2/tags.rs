//! Tags of EC2 resources: one call for resources of any kind.

use serde_json::Value;

use crate::domain::effects::json::{given, items, text, texts};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank};

/// The API calls that change it.
pub const CALLS: &[Row] = &[("CreateTags", create_tags), ("DeleteTags", delete_tags)];

/// The resources of a tag call whose kind is known by their prefix.
fn tagged(c: &Call, out: &mut Writes) -> Vec<(Kind, String)> {
    let paths = ["resourcesSet", "resourceId", "resources"];
    let ids: Vec<String> = paths.iter().flat_map(|p| texts(c.request, p, "resourceId")).collect();
    if ids.is_empty() {
        out.gap("names no resources");
    }
    let mut known = Vec::new();
    for id in ids {
        match Kind::of_id(&id) {
            Some(kind) => known.push((kind, id)),
            None => out.gap(&format!("a resource of a kind that is not followed ({})", prefix(&id))),
        }
    }
    known
}

/// What stands before the number of an id: gaps are few kinds, not one for each id.
fn prefix(id: &str) -> &str {
    id.rsplit_once('-').map_or("no prefix", |(p, _)| p)
}

fn tag_list<'v>(c: &Call<'v>) -> Vec<&'v Value> {
    if given(c.request, "tagSet") { items(c.request, "tagSet") } else { items(c.request, "tag") }
}

fn create_tags(c: &Call, out: &mut Writes) {
    for (kind, id) in tagged(c, out) {
        out.asset(kind, Some(id), Rank::Set).tags(&tag_list(c));
    }
}

fn delete_tags(c: &Call, out: &mut Writes) {
    let keys: Vec<String> = tag_list(c).into_iter().filter_map(|t| text(t, "key")).collect();
    for (kind, id) in tagged(c, out) {
        let mut on = out.asset(kind, Some(id), Rank::Removed);
        // Without keys all tags go.
        if keys.is_empty() {
            on.reset_tags();
        }
        for key in &keys {
            on.remove_tag(key);
        }
    }
}
