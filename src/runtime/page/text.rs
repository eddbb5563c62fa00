//! The incident for a terminal: the same answers in the same order, in few lines.

use super::TEXT_LINES;
use super::decisive::{Decisive, Fact};
use super::escape::{plain, wrapped};
use super::scene::Scene;
use super::words::{actors, or_absent, seen, verdict, words};
use crate::domain::incident::Incident;

/// Columns; terminals of eighty wrap only the long lines.
const COLUMNS: usize = 110;
/// Before the second line of what is longer than one.
const INDENT: &str = "         ";
/// Lines that one statement takes at the most.
const WRAPPED_MAX: usize = 3;
const MAX_ATTACHED: usize = 9;
const MAX_FACTS: usize = 5;
const MAX_GAPS: usize = 4;

struct Lines(Vec<String>);

impl Lines {
    fn say(&mut self, text: &str) {
        let text = plain(text);
        let indent = text.chars().take_while(|c| *c == ' ').count();
        let mut lines = wrapped(text.trim_start(), COLUMNS - INDENT.len()).into_iter();
        self.0.extend(lines.next().map(|line| format!("{}{line}", " ".repeat(indent))));
        self.0.extend(lines.take(WRAPPED_MAX - 1).map(|line| format!("{INDENT}{line}")));
    }

    /// A heading, the first of several lines, and how many more there are.
    fn list(&mut self, heading: &str, texts: &[String], most: usize, absent: &str) {
        self.say("");
        self.say(heading);
        if texts.is_empty() {
            self.say(&format!("  - {absent}"));
        }
        texts.iter().take(most).for_each(|t| self.say(&format!("  {t}")));
        if texts.len() > most {
            self.say(&format!("  and {} more", texts.len() - most));
        }
    }
}

pub fn incident(incident: &Incident) -> String {
    let mut out = Lines(Vec::new());
    let sample = if incident.sample { "[SAMPLE] " } else { "" };
    out.say(&format!("{sample}{}  {}", incident.severity.text().to_uppercase(), incident.title));
    let (status, revision) = (incident.status.text(), incident.revision);
    out.say(&format!("{status} · revision {revision} · {}", incident.incident_id));
    out.say(&format!("Finding  {} · {}", incident.finding.kind, seen(incident)));
    let actors = actors(incident);
    if !actors.is_empty() {
        out.say(&format!("Outside  {}", actors.join(", ")));
    }
    out.say(&format!("What     {}", or_absent(&incident.what_happened.summary, "not described")));
    out.say(&format!("Owner    {}", or_absent(&incident.target.owner, "no tag names one")));
    place(&mut out, incident);
    let decisive = Decisive::of(incident);
    out.list("Ways in and out", &facts(&decisive.ways), MAX_FACTS, "none is known");
    out.list("What it may do", &facts(&decisive.rights), MAX_FACTS, "no role or policy of it is known");
    out.list("Changed last", &decisive.changes, MAX_FACTS, "no change around it is known");
    let complete = incident.topology.complete;
    let nothing = if complete { "nothing is known to be missing" } else { "not complete, but nothing is named" };
    out.list("Missing from this picture", &incident.topology.gaps, MAX_GAPS, nothing);
    bounded(out.0)
}

fn facts(facts: &[Fact]) -> Vec<String> {
    let line = |fact: &Fact| {
        let mark = if fact.alarming { "! " } else { "" };
        let by = if fact.by.is_empty() { String::new() } else { format!(", {}", fact.by) };
        format!("{mark}{}{by}", fact.text)
    };
    facts.iter().map(line).collect()
}

fn place(out: &mut Lines, incident: &Incident) {
    let scene = Scene::of(incident);
    out.say("");
    out.say("Where it sits");
    let path = scene.path();
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
            let relation = if a.relation.is_empty() { String::new() } else { format!(" ({})", a.relation) };
            format!("{}+ {} {}{relation}", "  ".repeat(a.depth), words(&a.node.kind), a.node.label())
        })
        .collect();
    if !attached.is_empty() {
        out.list("Beside it", &attached, MAX_ATTACHED, "");
    }
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
