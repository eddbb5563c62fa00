use serde_json::{Value, json};

use super::sample::incident;
use super::{TEXT_LINES, incident_text, page_html, picture_svg};

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
        ("NETWORK INTERFACE", ">eni-0aa1"),
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

#[test]
fn only_the_attacked_asset_is_marked_and_in_words_too() {
    let svg = picture_svg(&incident());
    assert_eq!(svg.matches("class=\"box hit\"").count(), 1);
    assert!(svg.contains("⚠ ACTS AS ATTACKER"));
    let mut target = incident();
    target["finding"]["resource_role"] = json!("TARGET");
    assert!(picture_svg(&target).contains("⚠ UNDER ATTACK"));
}

#[test]
fn what_is_attached_is_drawn_with_its_relation_and_links_are_walked_through() {
    let svg = picture_svg(&incident());
    for text in [
        "SECURITY GROUP · protected by",
        "AUTO SCALING GROUP · member of",
        "TARGET GROUP · forwards to it",
        "LOAD BALANCER · forwards to it",
        "ROLE · has",
        "INTERNET GATEWAY · attached to it",
        "ROUTE TABLE · with",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains("INTERFACE ATTACHMENT"));
    assert!(svg.contains("<desc id=") && svg.contains("Outside: pool.mining.example"));
}

#[test]
fn a_host_without_a_known_place_shows_that_place_as_not_known() {
    let mut lone = incident();
    lone["topology"] = json!({"complete": false, "gaps": [], "nodes": [], "edges": []});
    lone["target"]["known"] = json!(false);
    let svg = picture_svg(&lone);
    assert_eq!(svg.matches("class=\"box unknown").count(), 2, "subnet and VPC");
    assert!(svg.contains("class=\"box hit unknown\""));
    let page = page_html(&[lone]);
    assert!(
        page.contains("No record has ever told of this asset") && page.contains("No topology came with this revision")
    );
}

#[test]
fn the_page_answers_and_names_gaps() {
    let page = page_html(&[incident()]);
    for text in [
        "severity high (8.0)",
        "asked for pool.mining.example",
        "dana.lee@example.com",
        "7 times, first 2026-03-03 14:16:05 UTC",
        "Public address of the host: CloudTrail does not carry it",
        "aws autoscaling detach-instances",
        "✗ failed: Client.UnauthorizedOperation",
        "Brought in by arn:aws:sts::111122223333:assumed-role/admin/dana.lee, AuthorizeSecurityGroupEgress",
        "RunInstances 2026-03-03T13:06:30Z",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn empty_sections_are_said_to_be_empty() {
    let mut bare = incident();
    for name in ["short_term", "structural", "timeline", "what_happened", "notes"] {
        bare.as_object_mut().unwrap().remove(name);
    }
    let page = page_html(&[bare]);
    for text in [
        "No containment is given",
        "No exposure of the asset",
        "No API call near",
        "No explanation is given",
        "Nobody has written one",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page_html(&[]).contains("No incident is known"));
}

/// Replaces every text of a value.
fn poisoned(value: &Value, with: &str) -> Value {
    match value {
        Value::String(s) => json!(format!("{s}{with}")),
        Value::Array(a) => a.iter().map(|v| poisoned(v, with)).collect(),
        Value::Object(o) => Value::Object(o.iter().map(|(k, v)| (k.to_string(), poisoned(v, with))).collect()),
        other => other.clone(),
    }
}

#[test]
fn hostile_names_stay_text() {
    let clean = page_html(&[incident()]);
    let tags = |html: &str| html.matches('<').count();
    // As many characters as the clean one has none of: every tag of the page must be its own.
    for evil in
        ["</title><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x", "]]><!--", "&lt;b&gt;"]
    {
        let mut hostile = incident();
        for path in [
            "/target/name",
            "/title",
            "/topology/nodes/5/name",
            "/finding/actors/0/domain",
            "/short_term/contain/0/command",
        ] {
            *hostile.pointer_mut(path).unwrap() = json!(evil);
        }
        let page = page_html(&[hostile.clone()]);
        assert!(!page.contains(evil), "{evil}");
        assert!(!page.contains("<script") && !page.contains("<img"));
        assert!(tags(&page) <= tags(&clean) + 8, "only a few pointer titles more");
        let svg = picture_svg(&poisoned(&hostile, evil));
        assert!(!svg.contains(evil));
    }
}

#[test]
fn links_lead_only_to_the_web() {
    let mut hostile = incident();
    hostile["what_happened"]["references"] = json!(["javascript:alert(1)", {"url": "data:text/html,x", "title": "t"}]);
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
    let text = incident_text(&poisoned(&incident(), "\u{1b}[2J\u{202e}\r\n"));
    assert!(!text.chars().any(|c| c != '\n' && c.is_control()));
    assert!(!text.contains('\u{202e}'));
    let mut long = incident();
    for (path, n) in [("/timeline", 200), ("/topology/gaps", 90), ("/short_term/contain", 70), ("/structural", 50)] {
        let list = long.pointer_mut(path).unwrap().as_array_mut().unwrap();
        let first = list[0].clone();
        list.extend(std::iter::repeat_n(first, n));
    }
    let text = incident_text(&long);
    assert!(text.lines().count() <= TEXT_LINES, "{}", text.lines().count());
    for needed in ["<== ACTS AS ATTACKER", "HIGH  Host storefront-web", "Missing from this picture", "and 88 more"] {
        assert!(text.contains(needed), "{needed}\n{text}");
    }
}

#[test]
fn no_shape_of_input_stops_it() {
    let loops = json!({"target": {"asset_id": "i-1", "kind": "instance"}, "topology": {
        "nodes": [{"asset_id": "i-1", "kind": "instance"}, {"asset_id": "subnet-1", "kind": "subnet"}, {"asset_id": "subnet-1/x", "kind": "subnet"}],
        "edges": [{"from": "i-1", "relation": "in", "to": "subnet-1"}, {"from": "subnet-1", "relation": "in", "to": "i-1"},
                  {"from": "i-1", "relation": "in", "to": "i-1"}]}});
    let odd = json!({"target": [], "topology": {"nodes": {"a": 1}, "edges": "x", "gaps": 3}, "finding": 7, "timeline": [1, null, []]});
    for value in [Value::Null, json!([]), json!("x"), json!({}), loops, odd] {
        assert!(picture_svg(&value).ends_with("</svg>"));
        assert!(page_html(std::slice::from_ref(&value)).contains("</html>"));
        assert!(incident_text(&value).lines().count() <= TEXT_LINES);
    }
}
