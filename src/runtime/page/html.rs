//! The page: the answers first, then the picture, then everything else.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::decisive::{Decisive, Fact};
use super::picture;
use super::scene::Scene;
use super::section;
use super::words::{actors, or_absent, seen, verdict, when, words};
use crate::domain::incident::{Incident, Severity};

/// A page that a browser still opens at once; the rest is in the files.
const MAX_INCIDENTS: usize = 200;

const STYLE: &str = include_str!("page.css");
/// Nothing may be loaded, run, sent or framed: only this page's own stylesheet applies.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub fn page(incidents: &[Incident]) -> Markup {
    let title = match incidents {
        [one] => format!("{} · incident", one.title),
        many => format!("{} incidents", many.len()),
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="referrer" content="no-referrer";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(picture::STYLE)) }
            }
            body { main {
                @if incidents.is_empty() {
                    h1 { "Incidents" }
                    p { "No incident is known: no finding has come in." }
                }
                @if incidents.len() > 1 { (contents(incidents)) }
                @for (number, incident) in incidents.iter().take(MAX_INCIDENTS).enumerate() { (article(incident, number)) }
                @if let Some(more) = incidents.len().checked_sub(MAX_INCIDENTS).filter(|more| *more > 0) {
                    p { "And " (more) " more, not shown on this page." }
                }
            } }
        }
    }
}

fn contents(incidents: &[Incident]) -> Markup {
    html! {
        h1 { (incidents.len()) " incidents" }
        nav aria-label="Incidents" { ol {
            @for (number, incident) in incidents.iter().take(MAX_INCIDENTS).enumerate() {
                li {
                    a href={ "#incident-" (number) } { (incident.title) }
                    " · " (incident.severity.text()) " · " (when(incident.opened_at))
                }
            }
        } }
    }
}

fn article(incident: &Incident, number: usize) -> Markup {
    let scene = Scene::of(incident);
    html! {
        article id={ "incident-" (number) } aria-labelledby={ "title-" (number) } {
            h1 { "Incident" }
            h2 id={ "title-" (number) } { (incident.title) }
            (badges(incident))
            (meta(incident))
            (links(incident))
            (glance(incident, &scene))
            figure .figure {
                (picture::draw(incident, number, false))
                (picture::stacked(&scene, verdict(incident)))
                figcaption {
                    "Thick red border and label: the affected asset. ▲: what an attacker needs. Dashed border: not known. As of "
                    (when(incident.topology.as_of)) "."
                }
            }
            (gaps(incident))
            (section::what_it_means(incident))
            (section::history(incident))
            (section::facts(incident))
            (section::json(incident))
        }
    }
}

fn badges(incident: &Incident) -> Markup {
    let class = if incident.severity >= Severity::High { "tag bad" } else { "tag warn" };
    html! {
        p .badges {
            span class=(class) { "severity " (incident.severity.text()) " (" (incident.severity_score) ")" }
            span .tag.warn { (incident.status.text()) }
            @if incident.sample { span .tag.warn { "sample: nothing has happened" } }
        }
    }
}

fn meta(incident: &Incident) -> Markup {
    let account = match incident.account_name.as_str() {
        "" => incident.account_id.clone(),
        name => format!("{name} ({})", incident.account_id),
    };
    html! {
        p .meta {
            "account " (account) " · " (incident.region) " · opened " (when(incident.opened_at)) " · updated "
            (when(incident.updated_at)) " · revision " (incident.revision) " (" (words(incident.revision_cause.text())) ")"
        }
        p .meta.id { (incident.incident_id) }
    }
}

fn links(incident: &Incident) -> Markup {
    let links = [("The finding", &incident.links.finding), ("The asset", &incident.links.target)];
    html! {
        @if links.iter().any(|(_, link)| !link.is_empty()) {
            p .meta {
                "In the AWS console: "
                @for (name, link) in links.iter().filter(|(_, link)| !link.is_empty()) {
                    span .link { (section::reference(link, name)) }
                }
            }
        }
    }
}

/// What, to which asset, where, the ways in and out, what it may do, whose it is, who changed it.
fn glance(incident: &Incident, scene: &Scene) -> Markup {
    let decisive = Decisive::of(incident);
    let actors = actors(incident).join(", ");
    let path = scene.path();
    let changes: Vec<Fact> =
        decisive.changes.iter().map(|c| Fact { text: c.clone(), by: String::new(), alarming: false }).collect();
    html! {
        dl .glance {
            dt { "What happened" }
            dd {
                (or_absent(&incident.what_happened.summary, "Not described."))
                @if !actors.is_empty() { br; "Other side: " b { (actors) } }
            }
            dt { "To which asset" }
            dd { (target(incident)) }
            dt { "Where it sits" }
            dd {
                span .path {
                    @for (depth, step) in path.iter().enumerate() {
                        @if depth > 0 { span .sep { "›" } }
                        @if depth + 1 == path.len() { b { (step) } } @else { (step) }
                    }
                }
            }
            dt { "Ways in and out" }
            dd { (facts(&decisive.ways, "No way in or out is known: no public address, no rule open to the world.")) }
            dt { "What it may do" }
            dd { (facts(&decisive.rights, "No role or policy of it is known.")) }
            dt { "Whose it is" }
            dd { (facts(&decisive.care, "No tag names an owner, a team or a stage.")) }
            dt { "Changed last" }
            dd { (facts(&changes, "No change around it is known.")) }
            dt { "Seen" }
            dd { (seen(incident)) }
        }
    }
}

fn facts(facts: &[Fact], absent: &str) -> Markup {
    html! {
        @if facts.is_empty() { span .absent { (absent) } }
        @else {
            ul .facts {
                @for fact in facts {
                    li .alarm[fact.alarming] {
                        @if fact.alarming { "▲ " }
                        (fact.text)
                        @if !fact.by.is_empty() { " " span .why { "— " (fact.by) } }
                    }
                }
            }
        }
    }
}

fn target(incident: &Incident) -> Markup {
    let target = &incident.target;
    html! {
        @if target.asset_id.is_empty() && target.name.is_empty() {
            "Not known: the finding names no asset."
        } @else {
            (words(&target.kind)) " " b { (or_absent(&target.name, &target.asset_id)) }
            @if target.name != target.asset_id && !target.asset_id.is_empty() { " (" span .id { (target.asset_id) } ")" }
            ", " b { (verdict(incident)) }
            br;
            "Owner: " (or_absent(&target.owner, "no tag names one")) " · State then: " (or_absent(&target.state_at_finding, "unknown"))
            @if !target.known {
                br;
                span .failed { "No record has ever named this asset: all that is shown comes from the finding." }
            }
        }
    }
}

fn gaps(incident: &Incident) -> Markup {
    let topology = &incident.topology;
    html! {
        @if topology.gaps.is_empty() {
            p .absent {
                @if topology.complete { "Nothing is known to be missing from this picture." }
                @else { "The picture is not complete. What is missing is not named." }
            }
        } @else {
            section .gaps {
                h3 { "⚠ Missing from this picture" }
                ul { @for gap in &topology.gaps { li { (gap) } } }
            }
        }
    }
}
