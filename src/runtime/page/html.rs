//! The page: the answers first, then the picture, then what to do, then everything else.

use std::fmt::Write;

use serde_json::Value;

use super::escape::markup;
use super::field::{actors, at, list, look, statements, verdict, when, words};
use super::picture;
use super::scene::Scene;
use super::section;

/// A page that a browser still opens at once; the rest is in the files.
const MAX_INCIDENTS: usize = 200;

const STYLE: &str = include_str!("page.css");
/// Nothing may be loaded, run, sent or framed: only this page's own stylesheet applies.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub fn page(incidents: &[Value]) -> String {
    let title = match incidents {
        [one] => format!("{} · incident", headline(one)),
        many => format!("{} incidents", many.len()),
    };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{STYLE}{}</style>\n</head>\n<body>\n<main>\n",
        markup(&title),
        picture::STYLE
    );
    if incidents.is_empty() {
        out.push_str(
            "<h1>Incidents</h1><p>No incident is known. That is: no finding has come in, not that none exists.</p>",
        );
    }
    if incidents.len() > 1 {
        contents(&mut out, incidents);
    }
    for (number, incident) in incidents.iter().take(MAX_INCIDENTS).enumerate() {
        article(&mut out, incident, number);
    }
    if incidents.len() > MAX_INCIDENTS {
        let _ = write!(out, "<p>And {} more, not shown on this page.</p>", incidents.len() - MAX_INCIDENTS);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn contents(out: &mut String, incidents: &[Value]) {
    let _ = write!(out, "<h1>{} incidents</h1><nav aria-label=\"Incidents\"><ol>", incidents.len());
    for (number, incident) in incidents.iter().take(MAX_INCIDENTS).enumerate() {
        let severity = at(incident, &["severity"]);
        let (opened, text) = (when(&at(incident, &["opened_at"])), headline(incident));
        let _ = write!(
            out,
            "<li><a href=\"#incident-{number}\">{}</a> · {} · {}</li>",
            markup(&text),
            markup(&severity),
            markup(&opened)
        );
    }
    out.push_str("</ol></nav>");
}

/// The incident's own title, else the finding's, else its type.
pub fn headline(incident: &Value) -> String {
    [&["title"][..], &["finding", "title"], &["finding", "type"], &["incident_id"]]
        .iter()
        .map(|path| at(incident, path))
        .find(|t| !t.is_empty())
        .unwrap_or_else(|| "Incident without a title".into())
}

fn article(out: &mut String, incident: &Value, number: usize) {
    let _ = write!(out, "<article id=\"incident-{number}\" aria-labelledby=\"title-{number}\"><h1>Incident</h1>");
    let _ = write!(out, "<h2 id=\"title-{number}\">{}</h2>", markup(&headline(incident)));
    tags(out, incident);
    meta(out, incident);
    glance(out, incident);
    let _ = write!(
        out,
        "<figure class=\"figure\">{}<figcaption>Thick red border and label: the affected asset. Dashed border: not known. \
         As of {}.</figcaption></figure>",
        picture::draw(incident, number, false),
        or_absent(&when(&at(incident, &["topology", "as_of"])), "an unknown time")
    );
    gaps(out, incident);
    section::what_to_do(out, incident);
    section::what_let_it_in(out, incident);
    section::why_it_matters(out, incident);
    section::timeline(out, incident);
    section::around(out, incident);
    section::facts(out, incident);
    out.push_str("</article>\n");
}

fn tags(out: &mut String, incident: &Value) {
    let severity = at(incident, &["severity"]);
    let score = at(incident, &["severity_score"]);
    let class = if matches!(severity.as_str(), "high" | "critical") { "bad" } else { "warn" };
    let score = if score.is_empty() { score } else { format!(" ({score})") };
    let mut tag = |class: &str, text: &str| {
        let _ = write!(out, "<span class=\"tag {class}\">{}</span>", markup(text));
    };
    tag(class, &format!("severity {}{score}", if severity.is_empty() { "not known" } else { &severity }));
    let status = at(incident, &["status"]);
    if !status.is_empty() {
        tag(if matches!(status.as_str(), "closed" | "contained") { "ok" } else { "warn" }, &status);
    }
    if look(incident, &["sample"]).as_bool() == Some(true) {
        tag("warn", "sample: nothing has happened");
    }
}

fn meta(out: &mut String, incident: &Value) {
    let parts = [
        ("opened", when(&at(incident, &["opened_at"]))),
        ("updated", when(&at(incident, &["updated_at"]))),
        ("revision", at(incident, &["revision"])),
        ("because", words(&at(incident, &["revision_cause"]))),
        ("id", at(incident, &["incident_id"])),
    ];
    let parts =
        parts.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k} {}", markup(v))).collect::<Vec<_>>();
    let _ = write!(out, "<p class=\"meta\">{}</p>", parts.join(" · "));
}

/// What, to which asset, where: the three answers.
fn glance(out: &mut String, incident: &Value) {
    out.push_str("<dl class=\"glance\">");
    let mut row = |name: &str, content: String| {
        let _ = write!(out, "<dt>{name}</dt><dd>{content}</dd>");
    };
    row("What happened", what(incident));
    row("To which asset", target(incident));
    let path = Scene::of(incident).path();
    let last = path.len().saturating_sub(1);
    let steps =
        path.iter().enumerate().map(|(i, p)| if i == last { format!("<b>{}</b>", markup(p)) } else { markup(p) });
    let steps = steps.collect::<Vec<_>>().join("<span class=\"sep\">›</span>");
    row("Where it sits", format!("<span class=\"path\">{}</span>", or_absent(&steps, "Not known.")));
    row("Seen", markup(&seen(incident)));
    out.push_str("</dl>");
}

fn what(incident: &Value) -> String {
    let summary = [&["what_happened", "summary"][..], &["finding", "description"], &["finding", "title"]]
        .iter()
        .map(|p| at(incident, p))
        .find(|t| !t.is_empty())
        .unwrap_or_default();
    let actors = actors(incident);
    let mut out = or_absent(&markup(&summary), "Not described.").to_owned();
    if !actors.is_empty() {
        let _ = write!(out, " <br>Other side: <b>{}</b>", markup(&actors.join(", ")));
    }
    out
}

fn target(incident: &Value) -> String {
    let target = look(incident, &["target"]);
    let (name, id, kind) = (at(target, &["name"]), at(target, &["asset_id"]), words(&at(target, &["kind"])));
    if name.is_empty() && id.is_empty() {
        return "Not known: the finding names no asset.".into();
    }
    let mut out = format!("{} <b>{}</b>", markup(&kind), markup(if name.is_empty() { &id } else { &name }));
    if name != id && !name.is_empty() && !id.is_empty() {
        let _ = write!(out, " ({})", markup(&id));
    }
    let _ = write!(out, ", <b>{}</b>", verdict(incident));
    let owner = statements(look(target, &["owner"])).join(", ");
    let _ = write!(out, "<br>Owner: {}", or_absent(&markup(&owner), "no tag names one"));
    let state = at(target, &["state_at_finding"]);
    let _ = write!(out, " · State then: {}", or_absent(&markup(&state), "not known"));
    if look(target, &["known"]).as_bool() == Some(false) {
        out.push_str("<br><span class=\"failed\">No record has ever told of this asset: all that is shown comes from the finding.</span>");
    }
    out
}

/// `7 times, first …, last …`.
pub fn seen(incident: &Value) -> String {
    let finding = look(incident, &["finding"]);
    let count = at(finding, &["count"]);
    let times = match count.as_str() {
        "" => String::new(),
        "1" => "once".into(),
        n => format!("{n} times"),
    };
    let first = when(&at(finding, &["first_seen"]));
    let last = when(&at(finding, &["last_seen"]));
    let span = match (first.is_empty(), last.is_empty(), first == last) {
        (false, false, false) => format!("first {first}, last {last}"),
        (false, ..) => first,
        (true, false, _) => last,
        _ => String::new(),
    };
    let parts: Vec<String> = [times, span].into_iter().filter(|t| !t.is_empty()).collect();
    if parts.is_empty() { "at a time not known".into() } else { parts.join(", ") }
}

fn gaps(out: &mut String, incident: &Value) {
    let gaps = statements(look(incident, &["topology", "gaps"]));
    let complete = look(incident, &["topology", "complete"]).as_bool();
    if gaps.is_empty() {
        let text = match complete {
            Some(true) => "Nothing is known to be missing from this picture.",
            _ if list(incident, &["topology", "nodes"]).is_empty() => "No topology came with this revision.",
            _ => "The picture is not complete; what is missing is not named.",
        };
        let _ = write!(out, "<p class=\"absent\">{text}</p>");
        return;
    }
    out.push_str("<section class=\"gaps\"><h3>⚠ Missing from this picture</h3><ul>");
    for gap in gaps {
        let _ = write!(out, "<li>{}</li>", markup(&gap));
    }
    out.push_str("</ul></section>");
}

pub fn or_absent<'a>(text: &'a str, absent: &'a str) -> &'a str {
    if text.is_empty() { absent } else { text }
}
