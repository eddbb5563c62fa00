//! What a row of a table gets and gives: the call it reads, and the writes and gaps it leaves.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::json;
use crate::domain::assets::{Field, List};
use crate::domain::event::TrailEvent;
use crate::domain::graph::{AssetId, Fact, Gap, Kind, Rank, Source, Stamp, Val, Write};
use crate::domain::time::Time;

/// What a call does to the graph, by its own record alone.
pub type Effect = fn(&Call, &mut Out);

/// A row of a service's table: the call's name and what it does.
pub type Row = (&'static str, Effect);

/// A call that succeeded.
pub struct Call<'e> {
    pub event: &'e TrailEvent,
    /// The request, out of its `CreateNatGatewayRequest` where it comes in one.
    pub q: &'e Value,
    /// The answer, out of its `CreateNatGatewayResponse` where it comes in one.
    pub a: &'e Value,
}

impl<'e> Call<'e> {
    pub fn of(event: &'e TrailEvent) -> Call<'e> {
        let inner = |v: &'e Value, end: &str| {
            v.get(format!("{}{end}", event.name)).filter(|inner| inner.is_object()).unwrap_or(v)
        };
        Call { event, q: inner(&event.request, "Request"), a: inner(&event.response, "Response") }
    }

    /// The request's tags for a resource of this type (`vpc`, `natgateway`), for an answer that doesn't repeat them.
    pub fn asked_tags(&self, types: &[&str]) -> Option<Vec<&'e Value>> {
        ["tagSpecificationSet", "tagSpecification", "tagSpecifications"].iter().find(|p| json::given(self.q, p)).map(
            |p| {
                json::items(self.q, p)
                    .into_iter()
                    .filter(|s| json::text(s, "resourceType").is_none_or(|t| types.contains(&t.as_str())))
                    // `Tag`, not `tag`: that is the place in the list, where both are given.
                    .flat_map(|s| if json::given(s, "tags") { json::items(s, "tags") } else { json::items(s, "Tag") })
                    .collect()
            },
        )
    }

    /// Of the answer where it gives the text, else of the request.
    pub fn either(&self, answer: &str, request: &str) -> Option<String> {
        json::text(self.a, answer).or_else(|| json::text(self.q, request))
    }
}

/// Collects the writes of one event. A set: saying a thing twice is saying it once.
pub struct Out {
    account: String,
    region: String,
    time: Time,
    event: Arc<str>,
    source: Arc<Source>,
    implied: Arc<Source>,
    writes: BTreeSet<Write>,
    gaps: BTreeSet<Gap>,
}

impl Out {
    pub fn new(account: &str, region: &str, time: Time, event: &str, source: Source) -> Out {
        Out {
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

    /// Starts writing about an asset. Without a name nothing is written but a gap.
    pub fn on(&mut self, kind: Kind, name: Option<String>, rank: Rank) -> On<'_> {
        let asset = name.filter(|n| !n.is_empty()).map(|n| AssetId::new(self.account.clone(), kind, n));
        if asset.is_none() {
            self.gap(&format!("names no {}", kind.text()));
        }
        let mut on = On { out: self, asset, rank: Rank::Created };
        if kind.is_regional() && !on.out.region.is_empty() {
            let region = Val::text(on.out.region.clone());
            on.set(kind.region(), region);
        }
        on.rank = rank;
        on
    }

    /// Starts writing about an asset that comes to be.
    pub fn create(&mut self, kind: Kind, name: Option<String>) -> On<'_> {
        let mut on = self.on(kind, name, Rank::Created);
        on.fact(Fact::Exists(true));
        on
    }

    /// An asset ends.
    pub fn delete(&mut self, kind: Kind, name: Option<String>) {
        self.on(kind, name, Rank::Deleted).fact(Fact::Exists(false));
    }

    /// An association ends: it had an id of its own.
    pub fn dissolve(&mut self, kind: Kind, name: Option<String>) {
        self.on(kind, name, Rank::Removed).fact(Fact::Exists(false));
    }

    fn put(&mut self, asset: AssetId, fact: Fact, rank: Rank, source: Arc<Source>) {
        let stamp = Stamp { time: self.time, rank, event: self.event.clone() };
        self.writes.insert(Write { asset, fact, stamp, source });
    }

    /// Adds that whatever was named by a reference, the account and the region were there, and gives all of it.
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
pub struct On<'o> {
    out: &'o mut Out,
    asset: Option<AssetId>,
    rank: Rank,
}

impl On<'_> {
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

    /// The list begins with one element that no event tells of and AWS is known to put there.
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

    /// The tags of a new asset: as answered, else as asked; unknown where neither says.
    pub fn born_tags(&mut self, answer: &Value, asked: Option<Vec<&Value>>) -> &mut Self {
        let answered = json::given(answer, "tagSet").then(|| json::items(answer, "tagSet"));
        match answered.or(asked) {
            Some(tags) => self.reset_tags().tags(&tags),
            None => self,
        }
    }
}
