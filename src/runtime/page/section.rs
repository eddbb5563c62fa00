//! The sections below the picture. An empty one says that it is.

use std::fmt::Write;

use serde_json::Value;

use super::escape::{is_web_address, markup};
use super::field::{any_of, at, inline, list, look, scalar, statements, when, words};

/// Rows of a table on the page; the incident itself holds them all.
const MAX_ROWS: usize = 300;

fn absent(out: &mut String, text: &str) {
    let _ = write!(out, "<p class=\"absent\">— {text}</p>");
}

fn paragraph(out: &mut String, class: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(out, "<p class=\"{class}\">{}</p>", markup(text));
    }
}

/// A web address as a link, anything else as text.
fn reference(value: &Value) -> String {
    let address = if value.is_object() { any_of(value, &["url", "href", "link"]) } else { scalar(value) };
    let name = any_of(value, &["title", "name", "text"]);
    let shown = markup(if name.is_empty() { &address } else { &name });
    if is_web_address(&address) {
        format!("<a href=\"{}\" rel=\"noreferrer noopener\">{shown}</a>", markup(&address))
    } else {
        shown
    }
}

pub fn what_to_do(out: &mut String, incident: &Value) {
    out.push_str("<h3>What to do now</h3><div class=\"cols\">");
    for (name, heading, empty) in [
        ("validate", "1. Make sure", "No way to validate is given in this revision."),
        ("contain", "2. Contain", "No containment is given in this revision."),
    ] {
        let _ = write!(out, "<section><h4>{heading}</h4>");
        let steps = list(incident, &["short_term", name]);
        if steps.is_empty() {
            absent(out, empty);
        } else {
            out.push_str("<ol>");
            steps.iter().for_each(|s| step(out, s));
            out.push_str("</ol>");
        }
        out.push_str("</section>");
    }
    out.push_str("</div>");
}

fn step(out: &mut String, value: &Value) {
    let text = if value.is_object() { at(value, &["text"]) } else { scalar(value) };
    let _ = write!(out, "<li>{}", markup(&text));
    match at(value, &["state"]).as_str() {
        "observed_done" => {
            let event = any_of(value, &["observed_event"]);
            let seen = if event.is_empty() { String::new() } else { format!(": {}", markup(&event)) };
            let _ = write!(out, " <span class=\"tag ok\">✓ seen done{seen}</span>");
        }
        "undone" => out.push_str(" <span class=\"tag warn\">undone again</span>"),
        _ => {}
    }
    paragraph(out, "why", &at(value, &["why_here"]));
    let command = at(value, &["command"]);
    if !command.is_empty() {
        let _ = write!(out, "<pre>{}</pre>", markup(&command));
    }
    let link = look(value, &["reference"]);
    if !link.is_null() {
        let _ = write!(out, "<p class=\"why\">{}</p>", reference(link));
    }
    out.push_str("</li>");
}

pub fn what_let_it_in(out: &mut String, incident: &Value) {
    out.push_str("<h3>What could have let it in, and should be mended</h3>");
    let exposures = list(incident, &["structural"]);
    if exposures.is_empty() {
        return absent(
            out,
            "No exposure of the asset or its surroundings is known. None may have been looked for yet.",
        );
    }
    out.push_str("<ol>");
    for exposure in exposures.iter().take(MAX_ROWS) {
        let heading = any_of(exposure, &["title", "check_id"]);
        let asset = any_of(exposure, &["asset_id"]);
        let relation = words(&at(exposure, &["relation_to_target"]));
        let _ = write!(out, "<li><b>{}</b> on {}", markup(&heading), markup(&asset));
        if !relation.is_empty() {
            let _ = write!(out, " ({})", markup(&relation));
        }
        paragraph(out, "", &any_of(exposure, &["contribution"]));
        paragraph(out, "why", &introduced(look(exposure, &["introduced_by"])));
        out.push_str("</li>");
    }
    out.push_str("</ol>");
}

/// `Brought in by dana.lee: AuthorizeSecurityGroupEgress, at …`.
pub fn introduced(value: &Value) -> String {
    if !value.is_object() {
        let text = scalar(value);
        return if text.is_empty() { String::new() } else { format!("Brought in by {text}.") };
    }
    let (who, what, time) =
        (any_of(value, &["principal"]), any_of(value, &["event_name", "event"]), when(&at(value, &["time"])));
    let mut out = format!("Brought in by {}", if who.is_empty() { "somebody not known" } else { &who });
    for part in [what, time].iter().filter(|p| !p.is_empty()) {
        let _ = write!(out, ", {part}");
    }
    out.push('.');
    out
}

pub fn why_it_matters(out: &mut String, incident: &Value) {
    let what = look(incident, &["what_happened"]);
    out.push_str("<h3>What this means</h3>");
    let explanation = statements(look(what, &["explanation"]));
    if explanation.is_empty() {
        absent(out, "No explanation is given.");
    }
    explanation.iter().for_each(|p| paragraph(out, "", p));
    out.push_str("<h4>How sure this is</h4>");
    bullets(out, &statements(look(what, &["how_sure"])), "Nothing is said for or against it.");
    let (tactics, techniques) = (inline(look(what, &["tactics"])), inline(look(what, &["techniques"])));
    if !tactics.is_empty() || !techniques.is_empty() {
        paragraph(out, "why", &format!("ATT&CK: {}", [tactics, techniques].join(" ").trim()));
    }
    paragraph(out, "why", &format!("Finding: {}", at(incident, &["finding", "type"])));
    let references = list(what, &["references"]);
    if !references.is_empty() {
        let links = references.iter().map(|r| format!("<li>{}</li>", reference(r))).collect::<String>();
        let _ = write!(out, "<ul>{links}</ul>");
    }
}

fn bullets(out: &mut String, texts: &[String], empty: &str) {
    if texts.is_empty() {
        return absent(out, empty);
    }
    out.push_str("<ul>");
    for text in texts {
        let _ = write!(out, "<li>{}</li>", markup(text));
    }
    out.push_str("</ul>");
}

/// One line of the timeline.
pub struct Moment {
    pub time: String,
    pub what: String,
    pub who: String,
    pub on: String,
    /// Why it changed nothing; empty where it did.
    pub failed: String,
}

pub fn moment(value: &Value) -> Moment {
    let what = any_of(value, &["event_name", "event", "name", "action", "text"]);
    Moment {
        time: when(&any_of(value, &["time", "at", "event_time"])),
        what: if what.is_empty() { inline(value) } else { what },
        who: any_of(value, &["principal", "who", "by"]),
        on: any_of(value, &["asset_id", "asset", "resource"]),
        failed: any_of(value, &["error", "error_code"]),
    }
}

pub fn timeline(out: &mut String, incident: &Value) {
    out.push_str("<h3>Timeline</h3>");
    let moments = list(incident, &["timeline"]);
    if moments.is_empty() {
        return absent(out, "No API call near the asset is known.");
    }
    out.push_str("<div class=\"wide\"><table><tr><th>Time</th><th>Call</th><th>By</th><th>On</th></tr>");
    for m in moments.iter().take(MAX_ROWS).map(moment) {
        let failed = if m.failed.is_empty() {
            String::new()
        } else {
            format!(" <span class=\"failed\">✗ failed: {}</span>", markup(&m.failed))
        };
        let _ = write!(
            out,
            "<tr><td class=\"time\">{}</td><td>{}{failed}</td><td>{}</td><td>{}</td></tr>",
            markup(&m.time),
            markup(&m.what),
            markup(&m.who),
            markup(&m.on)
        );
    }
    out.push_str("</table></div>");
    if moments.len() > MAX_ROWS {
        paragraph(out, "absent", &format!("and {} more", moments.len() - MAX_ROWS));
    }
}

pub fn around(out: &mut String, incident: &Value) {
    for (name, heading, empty) in [
        ("related_incidents", "Related incidents", "None is known."),
        ("notes", "Notes", "Nobody has written one."),
        ("history", "History", "This is the first revision, or none is kept."),
    ] {
        let _ = write!(out, "<h3>{heading}</h3>");
        bullets(out, &list(incident, &[name]).iter().map(inline).collect::<Vec<_>>(), empty);
    }
}

/// Every fact with its source, folded.
pub fn facts(out: &mut String, incident: &Value) {
    let nodes = list(incident, &["topology", "nodes"]);
    if nodes.is_empty() {
        return;
    }
    out.push_str("<details><summary>Every fact in the picture, with its source</summary><div class=\"wide\"><table><tr><th>Asset</th><th>Fact</th><th>Value</th><th>Source</th></tr>");
    let mut rows = 0;
    for node in nodes {
        let asset = format!("{} {}", words(&at(node, &["kind"])), at(node, &["asset_id"]));
        let mut row = |name: &str, value: &Value| {
            rows += 1;
            if rows <= MAX_ROWS {
                let held = inline(value.get("value").unwrap_or(value));
                let source = value.get("source").map(inline).unwrap_or_default();
                let _ = write!(
                    out,
                    "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    markup(&asset),
                    markup(&words(name)),
                    markup(&held),
                    markup(&source)
                );
            }
        };
        match look(node, &["attributes"]) {
            Value::Object(map) => map.iter().for_each(|(k, v)| row(k, v)),
            Value::Array(values) => values.iter().for_each(|v| row(&at(v, &["name"]), v)),
            _ => {}
        }
    }
    out.push_str("</table></div>");
    if rows > MAX_ROWS {
        paragraph(out, "absent", &format!("and {} more", rows - MAX_ROWS));
    }
    out.push_str("</details>");
}
