//! Real records repeated over made-up accounts: what the benches read.

use std::path::{Path, PathBuf};

use trailgraph::domain::effects;
use trailgraph::domain::event::Event;
use trailgraph::wire::{Parsed, Piece, RecordKind, parse, unpack};

/// One in so many relevant records is a finding; the others are calls that change the graph.
const FINDING_EVERY: usize = 100;
/// Made-up accounts begin here.
const ACCOUNTS_FROM: usize = 300_000_000_000;
/// A record's place in the repetition is written over the first digits of its own id.
const ID_DIGITS: usize = 8;

/// A real record and where its account and its id stand in it.
struct Template {
    json: Vec<u8>,
    accounts: Vec<usize>,
    id: Option<usize>,
}

/// The real records, by what they are to the graph.
pub struct Records {
    irrelevant: Vec<Template>,
    calls: Vec<Template>,
    findings: Vec<Template>,
}

impl Records {
    /// Of `../shared/data`. None: it is not there.
    pub fn load() -> Option<Records> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        let mut files = Vec::new();
        find(&dir, &mut files);
        files.sort();
        let mut records = Records { irrelevant: Vec::new(), calls: Vec::new(), findings: Vec::new() };
        for file in files {
            let Ok(bytes) = std::fs::read(&file) else { continue };
            unpack(&bytes, &mut |piece| {
                if let Piece::Record { kind, json, .. } = piece {
                    records.take(kind, json);
                }
            });
        }
        let whole = !records.irrelevant.is_empty() && !records.calls.is_empty() && !records.findings.is_empty();
        whole.then_some(records)
    }

    fn take(&mut self, kind: RecordKind, json: &[u8]) {
        let Ok(Parsed::Event(event)) = parse(kind, json) else { return };
        let Some(template) = Template::of(json, event.account()) else { return };
        match event {
            Event::Trail(e) if !effects::is_effect(&e.source, &e.name) => self.irrelevant.push(template),
            Event::Trail(e) if e.error.is_none() => self.calls.push(template),
            Event::Finding(f) if !f.latest.sample => self.findings.push(template),
            _ => {}
        }
    }

    /// How many different ones there are: irrelevant, calls, findings.
    pub fn kinds(&self) -> [usize; 3] {
        [self.irrelevant.len(), self.calls.len(), self.findings.len()]
    }

    /// The record at `n` of a topic of which `irrelevant` of 100 records are of no consequence to the graph. The others are spread evenly
    /// among them, and each time all of them have come they come again in another account.
    pub fn at(&self, n: usize, irrelevant: usize) -> Vec<u8> {
        let relevant_before = n * (100 - irrelevant) / 100;
        let is_relevant = (n + 1) * (100 - irrelevant) / 100 > relevant_before;
        let (of, nth) = match is_relevant {
            true if relevant_before % FINDING_EVERY == FINDING_EVERY - 1 => {
                (&self.findings, relevant_before / FINDING_EVERY)
            }
            true => (&self.calls, relevant_before - relevant_before / FINDING_EVERY),
            false => (&self.irrelevant, n - relevant_before),
        };
        let account = relevant_before / self.calls.len();
        of.get(nth % of.len()).map(|t| t.repeated(account, nth / of.len())).unwrap_or_default()
    }
}

impl Template {
    fn of(json: &[u8], account: &str) -> Option<Template> {
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // One line, as a trail's records are.
        let value: serde_json::Value = serde_json::from_slice(json).ok()?;
        let json = match json.contains(&b'\n') {
            true => serde_json::to_vec(&value).ok()?,
            false => json.to_vec(),
        };
        let accounts = memchr::memmem::find_iter(&json, account.as_bytes()).collect();
        let id = ["eventID", "id", "Id"].iter().find_map(|k| value.get(k)).and_then(|v| v.as_str());
        let id = id.filter(|id| id.len() >= ID_DIGITS).and_then(|id| memchr::memmem::find(&json, id.as_bytes()));
        Some(Template { accounts, id, json })
    }

    fn repeated(&self, account: usize, round: usize) -> Vec<u8> {
        let mut json = self.json.clone();
        let account = (ACCOUNTS_FROM + account).to_string();
        for at in &self.accounts {
            if let Some(place) = json.get_mut(*at..at + account.len()) {
                place.copy_from_slice(account.as_bytes());
            }
        }
        let round = format!("{round:0ID_DIGITS$x}");
        if let Some(place) = self.id.and_then(|at| json.get_mut(at..at + ID_DIGITS)) {
            place.copy_from_slice(round.as_bytes());
        }
        json
    }
}

fn find(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = dir.read_dir() else { return };
    for path in entries.flatten().map(|e| e.path()) {
        match path.is_dir() {
            true => find(&path, files),
            false => files.push(path),
        }
    }
}
