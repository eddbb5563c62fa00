//! The demo's incident, seen.

use serde_json::{Value, json};

use super::{TEXT_LINES, incident_text, page_html, picture_svg};
use crate::domain::incident::{Incident, Target, Topology};

fn example() -> Value {
    serde_json::from_str(include_str!("../../../docs/incident-example.json")).unwrap()
}

fn read(value: Value) -> Incident {
    serde_json::from_value(value).unwrap()
}

fn incident() -> Incident {
    read(example())
}

/// The demo's incident with one value replaced.
fn with(path: &str, value: Value) -> Incident {
    let mut changed = example();
    *changed.pointer_mut(path).unwrap() = value;
    read(changed)
}

/// The rectangle that precedes the label.
fn frame(svg: &str, kind: &str, label: &str) -> (i64, i64, i64, i64) {
    let label = svg
        .match_indices(label)
        .map(|(i, _)| i)
        .find(|i| svg[..*i].rfind(&format!(">{kind}</text>")).is_some_and(|k| i - k < 120))
        .unwrap();
    let start = svg[..label].rfind("<rect class=\"box").unwrap();
    let number = |name: &str| {
        let rest = svg[start..].split_once(&format!(" {name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.parse::<i64>().unwrap()
    };
    (number("x"), number("y"), number("width"), number("height"))
}

#[test]
fn boxes_lie_in_boxes_from_the_account_to_the_interface() {
    let svg = picture_svg(&incident());
    let chain = [
        ("ACCOUNT", ">111122223333"),
        ("REGION", ">eu-central-1"),
        ("VPC", ">storefront · vpc-"),
        ("SUBNET", ">storefront-public-a"),
        ("INSTANCE", ">storefront-web · i-0571"),
        ("NETWORK INTERFACE", ">eni-09dd"),
    ];
    for pair in chain.windows(2) {
        let (outer, inner) = (frame(&svg, pair[0].0, pair[0].1), frame(&svg, pair[1].0, pair[1].1));
        assert!(outer.0 < inner.0 && outer.1 < inner.1, "{pair:?}: {outer:?} {inner:?}");
        assert!(
            outer.0 + outer.2 > inner.0 + inner.2 && outer.1 + outer.3 > inner.1 + inner.3,
            "{pair:?}: {outer:?} {inner:?}"
        );
    }
}

/// What somebody who was woken up looks for first, in the picture, above it, on a phone and on a terminal.
#[test]
fn what_decides_is_seen_first() {
    let (svg, page, text) = (picture_svg(&incident()), page_html(&[incident()]), incident_text(&incident()));
    for part in [
        "▲ open to the world: tcp 22",
        "▲ all traffic may leave",
        "▲ IMDSv1 allowed",
        "t3.medium · running · private 10.20.1.37",
        "AmazonS3FullAccess",
        "0.0.0.0/0 → igw-0a5691bf8eb6ae10e",
        "last: dana.lee, 2026-03-03 11:33",
    ] {
        assert!(svg.contains(part), "{part}");
        assert!(page.matches(part).count() >= 2, "in the picture and in one column: {part}");
    }
    for part in [
        "tcp 22 open to 0.0.0.0/0 (security group storefront-web)",
        "AmazonS3FullAccess (role storefront-web)",
        "instance metadata without a session token (IMDSv1) allowed",
    ] {
        assert!(page.contains(&format!("▲ {part}")), "{part}");
        assert!(text.contains(&format!("! {part}")), "{part}\n{text}");
    }
    for part in
        ["stage: production", "team: storefront", "Owner: dana.lee@example.com", "dana.lee, 2026-03-03 11:32:18 UTC"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn only_the_attacked_asset_is_marked_and_in_words_too() {
    let svg = picture_svg(&incident());
    assert_eq!(svg.matches("class=\"box hit\"").count(), 1);
    assert!(svg.contains("⚠ ACTS AS ATTACKER"));
    assert!(picture_svg(&with("/finding/resource_role", json!("TARGET"))).contains("⚠ UNDER ATTACK"));
}

#[test]
fn what_is_attached_is_drawn_with_its_relation() {
    let svg = picture_svg(&incident());
    for text in [
        "SECURITY GROUP · protected by",
        "AUTO SCALING GROUP · member of",
        "TARGET GROUP · forwards to it",
        "LOAD BALANCER · forwards to it",
        "ROLE · has",
        "INTERNET GATEWAY · attached to it",
        "ROUTE TABLE · associated with it",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.contains("<desc id=") && svg.contains("Outside: pool.mining.example"));
}

#[test]
fn a_host_without_a_known_place_shows_that_place_as_not_known() {
    let mut lone = incident();
    lone.topology = Topology { as_of: lone.topology.as_of, ..Topology::default() };
    lone.target.known = false;
    let svg = picture_svg(&lone);
    assert_eq!(svg.matches("class=\"box unknown").count(), 2, "subnet and VPC");
    assert!(svg.contains("class=\"box hit unknown\""));
    let page = page_html(&[lone]);
    for text in [
        "No record has ever named this asset",
        "What is missing is not named",
        "No way in or out is known",
        "No role or policy of it is known",
        "No tag names an owner",
        "No change around it is known",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn the_page_answers_and_names_gaps() {
    let page = page_html(&[with("/topology/gaps", json!(["subnet subnet-1: its route table is unknown"]))]);
    for text in [
        "severity high (8)",
        "looks up a name that belongs to a cryptocurrency",
        "dana.lee@example.com",
        "7 times, first 2026-03-03 14:16:05 UTC",
        "<li>subnet subnet-1: its route table is unknown</li>",
        "revision 1, created, 2026-03-03 20:31:44 UTC",
        "MITRE ATT&amp;CK: TA0040 Impact (T1496)",
        "<a href=\"https://eu-central-1.console.aws.amazon.com/guardduty/home?region=eu-central-1#/findings?macros=current&amp;fId=",
        "instance storefront-web: imds tokens = optional",
        "security group storefront-web: ingress tcp 22 from 0.0.0.0/0 · sgr-",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page_html(&[]).contains("No incident is known"));
}

/// Everything that somebody else may have chosen, with this behind it. What has a closed set of values stays.
fn poisoned(value: &Value, with: &str) -> Value {
    const CLOSED: [&str; 13] = [
        "status",
        "severity",
        "revision_cause",
        "cause",
        "time",
        "since",
        "as_of",
        "opened_at",
        "updated_at",
        "first_seen",
        "last_seen",
        "direction",
        "origin",
    ];
    match value {
        Value::String(s) => json!(format!("{s}{with}")),
        Value::Array(all) => all.iter().map(|v| poisoned(v, with)).collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(k, v)| (k.clone(), if CLOSED.contains(&k.as_str()) { v.clone() } else { poisoned(v, with) }))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[test]
fn hostile_names_stay_text() {
    let tags = |html: &str| html.matches('<').count();
    let [clean_page, clean_svg] = [page_html(&[incident()]), picture_svg(&incident())].map(|m| tags(&m));
    for evil in
        ["</title><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x", "]]><!--", "&lt;b&gt;"]
    {
        let hostile = read(poisoned(&example(), evil));
        let (page, svg) = (page_html(std::slice::from_ref(&hostile)), picture_svg(&hostile));
        for markup in [&page, &svg] {
            assert!(!markup.contains(&evil.replace('\'', "\"")), "{evil}");
            assert!(!markup.contains("<script") && !markup.contains("<img") && !markup.contains("<!--"));
        }
        // Longer names break into more lines and are repeated in pointer titles: every tag is still the page's own.
        assert!(tags(&page) < clean_page * 2 && tags(&svg) < clean_svg * 2, "{evil}");
        assert!(svg.split('<').all(|tag| !tag.split('>').next().is_some_and(|inside| inside.contains("onload"))));
    }
}

#[test]
fn links_lead_only_to_the_web() {
    let references = json!(["javascript:alert(1)", "data:text/html,x"]);
    let mut hostile = with("/what_happened/references", references);
    hostile.links.finding = "javascript:alert(2)".into();
    let page = page_html(&[hostile]);
    assert!(!page.contains("href=\"javascript") && !page.contains("href=\"data"));
    assert!(page.contains("javascript:alert(1)"));
}

#[test]
fn nothing_is_loaded_or_run() {
    let page = page_html(&[incident(), incident()]);
    for foreign in ["<script", "<link", "<img", "src=", "@import", "url(", " style=", " onclick"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("id=\"tg-title-0\"").count(), 1);
    assert_eq!(page.matches("id=\"tg-title-1\"").count(), 1);
}

#[test]
fn the_text_fits_and_cannot_drive_a_terminal() {
    let text = incident_text(&read(poisoned(&example(), "\u{1b}[2J\u{202e}\r\n")));
    assert!(!text.chars().any(|c| c != '\n' && c.is_control()));
    assert!(!text.contains('\u{202e}'));
    let page = page_html(&[read(poisoned(&example(), "\u{1b}[2J\u{202e}"))]);
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
    let mut long = incident();
    long.topology.gaps = vec!["a gap".into(); 90];
    let text = incident_text(&long);
    assert!(text.lines().count() <= TEXT_LINES, "{}", text.lines().count());
    for needed in ["<== ACTS AS ATTACKER", "HIGH  Mining of cryptocurrency", "Missing from this picture", "and 86 more"]
    {
        assert!(text.contains(needed), "{needed}\n{text}");
    }
}

#[test]
fn a_topology_that_loops_ends() {
    let mut loops = incident();
    for edge in loops.topology.edges.clone() {
        let back = crate::domain::incident::Edge { from: edge.to.clone(), to: edge.from.clone(), ..edge.clone() };
        let itself = crate::domain::incident::Edge { to: edge.from.clone(), ..edge };
        loops.topology.edges.extend([back, itself]);
    }
    let mut nowhere = incident();
    (nowhere.target, nowhere.account_id) = (Target::default(), String::new());
    for incident in [loops, nowhere] {
        assert!(picture_svg(&incident).ends_with("</svg>"));
        assert!(page_html(std::slice::from_ref(&incident)).contains("</html>"));
        assert!(incident_text(&incident).lines().count() <= TEXT_LINES);
    }
}
