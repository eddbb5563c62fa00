//! The input and output of an effect: the call, and the writes and gaps that follow from it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::json;
use crate::domain::assets::{Field, List};
use crate::domain::event::TrailEvent;
use crate::domain::graph::{AssetId, Fact, Gap, Kind, Rank, Source, Stamp, Val, Write};
use crate::domain::time::Time;

/// The effect of a call on the graph. It sees the call's own record only.
pub type Effect = fn(&Call, &mut Writes);

/// A row of a table of calls: the call's name and its effect.
pub type Row = (&'static str, Effect);

/// A call that succeeded.
pub struct Call<'e> {
    pub event: &'e TrailEvent,
    /// `requestParameters`, unwrapped if EC2 nests it in `<Call>Request`.
    pub request: &'e Value,
    /// `responseElements`, unwrapped if EC2 nests it in `<Call>Response`.
    pub response: &'e Value,
}

impl<'e> Call<'e> {
    pub fn of(event: &'e TrailEvent) -> Call<'e> {
        let inner = |v: &'e Value, end: &str| {
            v.get(format!("{}{end}", event.name)).filter(|inner| inner.is_object()).unwrap_or(v)
        };
        Call { event, request: inner(&event.request, "Request"), response: inner(&event.response, "Response") }
    }

    /// The request's tags for a resource of this type (`vpc`, `natgateway`), for a response that does not repeat them.
    pub fn requested_tags(&self, types: &[&str]) -> Option<Vec<&'e Value>> {
        ["tagSpecificationSet", "tagSpecification", "tagSpecifications"]
            .iter()
            .find(|p| json::given(self.request, p))
            .map(|p| {
                json::items(self.request, p)
                    .into_iter()
                    .filter(|s| json::text(s, "resourceType").is_none_or(|t| types.contains(&t.as_str())))
                    // Use `Tag`. When both exist, `tag` is only the index.
                    .flat_map(|s| if json::given(s, "tags") { json::items(s, "tags") } else { json::items(s, "Tag") })
                    .collect()
            })
    }

    /// The text in the response, or else in the request.
    pub fn either(&self, response: &str, request: &str) -> Option<String> {
        json::text(self.response, response).or_else(|| json::text(self.request, request))
    }
}

/// Collects the writes and gaps of one event. Repeating a write adds nothing.
pub struct Writes {
    account: String,
    region: String,
    time: Time,
    event: Arc<str>,
    source: Arc<Source>,
    implied: Arc<Source>,
    writes: BTreeSet<Write>,
    gaps: BTreeSet<Gap>,
}

impl Writes {
    pub fn new(account: &str, region: &str, time: Time, event: &str, source: Source) -> Writes {
        Writes {
            account: account.to_owned(),
            region: region.to_owned(),
            time,
            event: event.into(),
            implied: Arc::new(Source { implied: true, ..source.clone() }),
            source: Arc::new(source),
            writes: BTreeSet::new(),
            gaps: BTreeSet::new(),
        }
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn account(&self) -> &str {
        &self.account
    }

    /// `region/name`, as Auto Scaling groups and classic load balancers are named.
    pub fn regional(&self, name: &str) -> String {
        format!("{}/{name}", self.region)
    }

    pub fn gap(&mut self, what: &str) {
        self.gaps.insert(Gap { what: format!("{}: {what}", self.source.call) });
    }

    /// Starts the writes about an asset. Without a name only a gap is written.
    pub fn asset(&mut self, kind: Kind, name: Option<String>, rank: Rank) -> AssetWriter<'_> {
        let asset = name.filter(|n| !n.is_empty()).map(|n| AssetId::new(self.account.clone(), kind, n));
        if asset.is_none() {
            self.gap(&format!("names no {}", kind.text()));
        }
        let mut on = AssetWriter { out: self, asset, rank: Rank::Created };
        if kind.is_regional() && !on.out.region.is_empty() {
            let region = Val::text(on.out.region.clone());
            on.set(kind.region(), region);
        }
        on.rank = rank;
        on
    }

    /// Starts the writes about a new asset.
    pub fn create(&mut self, kind: Kind, name: Option<String>) -> AssetWriter<'_> {
        let mut on = self.asset(kind, name, Rank::Created);
        on.fact(Fact::Exists(true));
        on
    }

    /// An asset ends.
    pub fn delete(&mut self, kind: Kind, name: Option<String>) {
        self.asset(kind, name, Rank::Deleted).fact(Fact::Exists(false));
    }

    /// An association with an id of its own ends.
    pub fn end_association(&mut self, kind: Kind, name: Option<String>) {
        self.asset(kind, name, Rank::Removed).fact(Fact::Exists(false));
    }

    fn put(&mut self, asset: AssetId, fact: Fact, rank: Rank, source: Arc<Source>) {
        let stamp = Stamp { time: self.time, rank, event: self.event.clone() };
        self.writes.insert(Write { asset, fact, stamp, source });
    }

    /// Also marks referenced assets, the account and the region as seen; returns all writes and gaps.
    pub fn done(mut self) -> (Vec<Write>, Vec<Gap>) {
        if self.writes.is_empty() {
            return (Vec::new(), self.gaps.into_iter().collect());
        }
        let touched: BTreeSet<&AssetId> = self.writes.iter().map(|w| &w.asset).collect();
        let mut seen = BTreeSet::from([AssetId::new(self.account.clone(), Kind::Account, self.account.clone())]);
        if touched.iter().any(|a| a.kind.is_regional()) && !self.region.is_empty() {
            seen.insert(AssetId::new(self.account.clone(), Kind::Region, self.region.clone()));
        }
        for w in &self.writes {
            let (fact, name) = match &w.fact {
                Fact::Set { field, value: Val::Text(name) } => (field, name),
                Fact::Element { list, key, value: Some(_) } => (list, key),
                _ => continue,
            };
            if name.is_empty() {
                continue;
            }
            let to = fact.declaration().and_then(|f| f.reference).map(|r| r.to);
            seen.extend(to.map(|to| AssetId::new(w.asset.account.clone(), to, name.clone())));
        }
        seen.retain(|a| !touched.contains(a));
        for asset in seen {
            let source = self.source.clone();
            self.put(asset, Fact::Seen, Rank::Set, source);
        }
        (self.writes.into_iter().collect(), self.gaps.into_iter().collect())
    }
}

/// Writes about one asset.
pub struct AssetWriter<'o> {
    out: &'o mut Writes,
    asset: Option<AssetId>,
    rank: Rank,
}

impl AssetWriter<'_> {
    pub fn fact(&mut self, fact: Fact) -> &mut Self {
        if let Some(asset) = &self.asset {
            let source = self.out.source.clone();
            self.out.put(asset.clone(), fact, self.rank, source);
        }
        self
    }

    pub fn set(&mut self, field: Field, value: impl Into<Option<Val>>) -> &mut Self {
        match value.into() {
            Some(value) => self.fact(Fact::Set { field: field.id(), value }),
            None => self,
        }
    }

    /// Sets the field to the text at the path; absent: unchanged.
    pub fn text(&mut self, field: Field, of: &Value, path: &str) -> &mut Self {
        self.set(field, json::val(of, path))
    }

    pub fn flag(&mut self, field: Field, of: &Value, path: &str) -> &mut Self {
        self.set(field, json::flag(of, path).map(Val::Bool))
    }

    pub fn int(&mut self, field: Field, of: &Value, path: &str) -> &mut Self {
        self.set(field, json::int(of, path).map(Val::Int))
    }

    pub fn element(&mut self, list: List, key: &str, value: Val) -> &mut Self {
        if key.is_empty() {
            return self;
        }
        self.fact(Fact::Element { list: list.id(), key: key.to_owned(), value: Some(value) })
    }

    pub fn remove(&mut self, list: List, key: &str) -> &mut Self {
        if key.is_empty() {
            return self;
        }
        self.fact(Fact::Element { list: list.id(), key: key.to_owned(), value: None })
    }

    /// The list has no elements but those that this event writes with the same rank.
    pub fn reset(&mut self, list: List) -> &mut Self {
        self.fact(Fact::Reset { list: list.id() })
    }

    /// The list is exactly these, without values.
    pub fn replace(&mut self, list: List, keys: &[String]) -> &mut Self {
        self.reset(list);
        for key in keys {
            self.element(list, key, Val::text(""));
        }
        self
    }

    /// The list begins with one element that AWS adds without an event.
    pub fn implied(&mut self, list: List, key: &str) -> &mut Self {
        let Some(asset) = self.asset.clone() else { return self };
        let source = self.out.implied.clone();
        let element = Fact::Element { list: list.id(), key: key.to_owned(), value: Some(Val::text("")) };
        self.out.put(asset.clone(), Fact::Reset { list: list.id() }, Rank::Implied, source.clone());
        self.out.put(asset, element, Rank::Implied, source);
        self
    }

    /// One `tags` element for each; those there before stay.
    pub fn tags(&mut self, tags: &[&Value]) -> &mut Self {
        for t in tags {
            if let Some(key) = json::text(t, "key") {
                let value = json::val(t, "value").unwrap_or_else(|| Val::text(""));
                if let Some(tags) = self.tag_list() {
                    self.element(tags, &key, value);
                }
            }
        }
        self
    }

    fn tag_list(&self) -> Option<List> {
        self.asset.as_ref().map(|a| a.kind.tags())
    }

    /// The asset has no tags but those that this event writes with the same rank.
    pub fn reset_tags(&mut self) -> &mut Self {
        match self.tag_list() {
            Some(tags) => self.reset(tags),
            None => self,
        }
    }

    /// The tag is gone.
    pub fn remove_tag(&mut self, key: &str) -> &mut Self {
        match self.tag_list() {
            Some(tags) => self.remove(tags, key),
            None => self,
        }
    }

    /// The tags of a new asset, from the response or else from the request; unknown if neither has them.
    pub fn initial_tags(&mut self, response: &Value, requested: Option<Vec<&Value>>) -> &mut Self {
        let returned = json::given(response, "tagSet").then(|| json::items(response, "tagSet"));
        match returned.or(requested) {
            Some(tags) => self.reset_tags().tags(&tags),
            None => self,
        }
    }
}
