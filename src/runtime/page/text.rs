//! The incident for a terminal: the same answers in the same order, in few lines.

use serde_json::Value;

use super::TEXT_LINES;
use super::escape::{plain, shortened};
use super::field::{actors, any_of, at, list, look, scalar, statements, verdict, when, words};
use super::html::{headline, or_absent, seen};
use super::scene::Scene;
use super::section::{introduced, moment};

/// Columns; terminals of eighty wrap only the long lines.
const COLUMNS: usize = 110;
const MAX_ATTACHED: usize = 9;
const MAX_GAPS: usize = 4;
const MAX_STEPS: usize = 4;
const MAX_EXPOSURES: usize = 3;
const MAX_MOMENTS: usize = 6;

struct Lines(Vec<String>);

impl Lines {
    fn say(&mut self, text: &str) {
        self.0.push(shortened(&plain(text), COLUMNS));
    }

    /// The first of several, and how many more there are.
    fn some(&mut self, texts: &[String], most: usize, absent: &str) {
        if texts.is_empty() {
            self.say(&format!("  - {absent}"));
        }
        texts.iter().take(most).for_each(|t| self.say(&format!("  {t}")));
        if texts.len() > most {
            self.say(&format!("  and {} more", texts.len() - most));
        }
    }
}

pub fn incident(incident: &Value) -> String {
    let mut out = Lines(Vec::new());
    let severity = at(incident, &["severity"]).to_uppercase();
    let sample = if look(incident, &["sample"]).as_bool() == Some(true) { "[SAMPLE] " } else { "" };
    out.say(&format!("{sample}{}  {}", or_absent(&severity, "SEVERITY NOT KNOWN"), headline(incident)));
    out.say(&format!(
        "{} · revision {} · {}",
        or_absent(&at(incident, &["status"]), "status not known"),
        or_absent(&at(incident, &["revision"]), "?"),
        at(incident, &["incident_id"])
    ));
    out.say(&format!("Finding  {} · {}", at(incident, &["finding", "type"]), seen(incident)));
    let actors = actors(incident);
    if !actors.is_empty() {
        out.say(&format!("Outside  {}", actors.join(", ")));
    }
    out.say(&format!("What     {}", or_absent(&at(incident, &["what_happened", "summary"]), "not described")));
    let owner = statements(look(incident, &["target", "owner"])).join(", ");
    out.say(&format!("Owner    {}", or_absent(&owner, "no tag names one")));
    place(&mut out, incident);
    out.say("");
    out.say("Missing from this picture");
    let nothing = match look(incident, &["topology", "complete"]).as_bool() {
        Some(true) => "nothing known",
        _ => "not complete, but nothing is named",
    };
    out.some(&statements(look(incident, &["topology", "gaps"])), MAX_GAPS, nothing);
    steps(&mut out, incident);
    out.say("");
    out.say("What could have let it in");
    let exposures: Vec<String> = list(incident, &["structural"]).iter().map(exposure).collect();
    out.some(&exposures, MAX_EXPOSURES, "none known");
    out.say("");
    out.say("Latest calls");
    let calls: Vec<String> = list(incident, &["timeline"]).iter().rev().map(call).collect();
    out.some(&calls, MAX_MOMENTS, "none known");
    bounded(out.0)
}

fn place(out: &mut Lines, incident: &Value) {
    let scene = Scene::of(incident);
    out.say("");
    out.say("Where it sits");
    let path = scene.path();
    if path.is_empty() {
        out.say("  - not known");
    }
    let last = path.len().saturating_sub(1);
    for (depth, step) in path.iter().enumerate() {
        let mark = if depth == last { format!("   <== {}", verdict(incident).to_uppercase()) } else { String::new() };
        out.say(&format!("  {}{step}{mark}", "  ".repeat(depth.min(8))));
    }
    let attached: Vec<String> = scene
        .groups()
        .iter()
        .flat_map(|g| &g.attached)
        .map(|a| {
            format!("{}+ {} {} {}", "  ".repeat(a.depth), words(&a.node.kind), a.node.label(), bracketed(&a.relation))
        })
        .collect();
    if !attached.is_empty() {
        out.say("Beside it");
        out.some(&attached, MAX_ATTACHED, "");
    }
}

fn bracketed(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("({text})") }
}

fn steps(out: &mut Lines, incident: &Value) {
    for (name, heading) in [("validate", "Make sure"), ("contain", "Contain")] {
        out.say("");
        out.say(heading);
        let steps: Vec<String> = list(incident, &["short_term", name])
            .iter()
            .enumerate()
            .map(|(n, s)| {
                let text = if s.is_object() { at(s, &["text"]) } else { scalar(s) };
                let done = if at(s, &["state"]) == "observed_done" { " [done]" } else { "" };
                format!("{}. {text}{done}", n + 1)
            })
            .collect();
        out.some(&steps, MAX_STEPS, "nothing given");
    }
}

fn exposure(value: &Value) -> String {
    let name = any_of(value, &["title", "check_id"]);
    format!("{name} on {}. {}", any_of(value, &["asset_id"]), introduced(look(value, &["introduced_by"])))
}

fn call(value: &Value) -> String {
    let m = moment(value);
    let who = m.who.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    let failed = if m.failed.is_empty() { String::new() } else { format!(" FAILED: {}", m.failed) };
    format!("{}  {} by {}{failed}", when(&m.time), m.what, or_absent(&who, "somebody not known"))
}

/// Each part is bounded above; this holds the promise whatever they add up to.
fn bounded(mut lines: Vec<String>) -> String {
    if lines.len() > TEXT_LINES {
        lines.truncate(TEXT_LINES - 1);
        lines.push("…".into());
    }
    let mut out = lines.join("\n");
    out.push('\n');
    out
}
