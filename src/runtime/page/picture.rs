//! The picture: boxes in boxes on the left, what is attached on the right, the outside at the far left.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::escape::{markup, shortened};
use super::field::{action, actors, verdict, words};
use super::scene::{Group, Node, Scene};

/// Boxes shown inside one box, and things beside: a picture of hundreds shows nothing.
const MAX_INSIDE: usize = 5;
const MAX_ATTACHED: usize = 14;
const MAX_OUTSIDE: usize = 4;
/// Deeper nesting than kinds of boxes exist is a faulty topology.
const MAX_NESTING: usize = 8;

const WIDTH: i64 = 1180;
const OUTSIDE_WIDTH: i64 = 190;
const ACCOUNT_X: i64 = 250;
const PAD: i64 = 14;
const HEADER: i64 = 42;
const DETAIL: i64 = 18;
const GAP: i64 = 10;
const BOXES_WIDTH: i64 = 520;
const CARD_X: i64 = 838;
const CARD_HEIGHT: i64 = 40;
/// Attributes of a card, one line each.
const CARD_DETAILS: usize = 2;
const CARD_LINE: i64 = 16;
const INDENT: i64 = 20;
const RIGHT: i64 = WIDTH - 16;

/// A box's edges, kept for the wires.
#[derive(Clone, Copy)]
struct Place {
    y: i64,
    right: i64,
    x: i64,
}

struct Canvas<'a> {
    scene: &'a Scene,
    out: String,
    places: BTreeMap<String, Place>,
    verdict: &'static str,
}

/// Draws; `number` keeps ids apart where several pictures share a page, `alone` makes it a document of its own.
pub fn draw(incident: &Value, number: usize, alone: bool) -> String {
    let scene = Scene::of(incident);
    let groups = scene.groups();
    let mut canvas = Canvas { scene: &scene, out: String::new(), places: BTreeMap::new(), verdict: verdict(incident) };

    let inner_y = 8 + HEADER;
    canvas.places.insert(scene.root.clone(), Place { y: 8, right: ACCOUNT_X + PAD + BOXES_WIDTH, x: ACCOUNT_X });
    let mut boxes_bottom = inner_y;
    let inside = scene.inside(&scene.root);
    for node in inside.iter().take(MAX_INSIDE) {
        boxes_bottom = canvas.nested(node, ACCOUNT_X + PAD, boxes_bottom, BOXES_WIDTH, 1) + GAP;
    }
    boxes_bottom = canvas.more(inside.len(), MAX_INSIDE, ACCOUNT_X + PAD, boxes_bottom);
    let cards_bottom = canvas.beside(&groups, inner_y);
    let bottom = boxes_bottom.max(cards_bottom) + PAD;
    let outside_bottom = canvas.outside(incident, inner_y);
    let height = bottom.max(outside_bottom) + 12;

    let account = scene.nodes.get(&scene.root).cloned().unwrap_or_default();
    let title = format!(
        "{}: {}",
        words(scene.kind(&scene.target)),
        scene.nodes.get(&scene.target).map(Node::label).unwrap_or_default()
    );
    let mut svg = String::new();
    let size = if alone { format!(" width=\"{WIDTH}\" height=\"{height}\"") } else { String::new() };
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tg\" viewBox=\"0 0 {WIDTH} {height}\"{size} role=\"img\" \
         aria-labelledby=\"tg-title-{number} tg-desc-{number}\"><title id=\"tg-title-{number}\">Where it sits: {}</title>\
         <desc id=\"tg-desc-{number}\">{}</desc>",
        markup(&title),
        markup(&description(incident, &scene, &groups)),
    );
    if alone {
        let _ = write!(svg, "<style>{}</style>", STYLE);
    }
    let _ = write!(svg, "<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>");
    rect(&mut svg, "box even", (ACCOUNT_X, 8), (WIDTH - ACCOUNT_X - 4, bottom - 8));
    head(&mut svg, &account, (ACCOUNT_X + PAD, 8), WIDTH - ACCOUNT_X - 2 * PAD);
    svg.push_str(&canvas.out);
    svg.push_str("</svg>");
    svg
}

/// The stylesheet that pictures need.
pub const STYLE: &str = include_str!("picture.css");

impl Canvas<'_> {
    /// One box with all inside it; answers where it ends.
    fn nested(&mut self, node: &Node, x: i64, y: i64, width: i64, depth: usize) -> i64 {
        let hit = node.id == self.scene.target;
        let detail = node.detail();
        let mut inner = y + HEADER + if detail.is_empty() { 0 } else { DETAIL };
        // The frame must lie below its contents, whose height is known only after they are drawn.
        let contents_from = self.out.len();
        let inside = if depth < MAX_NESTING { self.scene.inside(&node.id) } else { Vec::new() };
        for child in inside.iter().take(MAX_INSIDE) {
            inner = self.nested(child, x + PAD, inner, width - 2 * PAD, depth + 1) + GAP;
        }
        inner = self.more(inside.len(), MAX_INSIDE, x + PAD, inner);
        let bottom = if inside.is_empty() { inner + 4 } else { inner };
        let mut frame = String::new();
        let class = match (hit, node.known, depth % 2) {
            (true, true, _) => "box hit",
            (true, false, _) => "box hit unknown",
            (false, false, _) => "box unknown odd",
            (false, true, 0) => "box even",
            (false, true, _) => "box odd",
        };
        rect(&mut frame, class, (x, y), (width, bottom - y));
        let badge = format!("⚠ {}", self.verdict.to_uppercase());
        let badge_width = if hit { badge_width(&badge) } else { 0 };
        head(&mut frame, node, (x + PAD, y), width - 2 * PAD);
        if hit {
            let bx = x + width - badge_width - 6;
            let _ = write!(
                frame,
                "<rect class=\"badge\" x=\"{bx}\" y=\"{}\" width=\"{badge_width}\" height=\"18\" rx=\"4\"/>\
                 <text class=\"badge-text\" x=\"{}\" y=\"{}\">{badge}</text>",
                y + 6,
                bx + 8,
                y + 19
            );
        }
        text(&mut frame, "detail", (x + PAD, y + HEADER + 8), &detail, (width - 2 * PAD) / 6);
        self.out.insert_str(contents_from, &frame);
        self.places.insert(node.id.clone(), Place { y, right: x + width, x });
        bottom
    }

    fn more(&mut self, there: usize, shown: usize, x: i64, y: i64) -> i64 {
        if there <= shown {
            return y;
        }
        text(&mut self.out, "detail", (x, y + 12), &format!("and {} more", there - shown), 60);
        y + 24
    }

    /// The things beside, group by group, each group wired to the box it hangs on.
    fn beside(&mut self, groups: &[Group], from: i64) -> i64 {
        let mut y = from;
        let mut shown = 0;
        let total: usize = groups.iter().map(|g| g.attached.len()).sum();
        for (nth, group) in groups.iter().enumerate() {
            if shown == MAX_ATTACHED {
                break;
            }
            let heading = match self.scene.nodes.get(&group.anchor) {
                Some(node) => format!("With the {}", words(&node.kind)),
                None => "Elsewhere".to_owned(),
            };
            text(&mut self.out, "heading", (CARD_X, y + 12), &heading, 46);
            y += 22;
            let bus = CARD_X - 12 - 11 * i64::try_from(nth.min(3)).unwrap_or(0);
            let mut span: Option<(i64, i64)> = None;
            // Where the thing of each depth was drawn, so that what hangs on it is wired to it.
            let mut stems: Vec<i64> = Vec::new();
            for attached in group.attached.iter().take(MAX_ATTACHED - shown) {
                let depth = attached.depth.min(4);
                let x = CARD_X + INDENT * i64::try_from(depth).unwrap_or(0);
                let details = attached.node.details();
                let lines = i64::try_from(details.len().min(CARD_DETAILS)).unwrap_or(0);
                let height = CARD_HEIGHT + CARD_LINE * lines;
                let middle = y + height / 2;
                rect(
                    &mut self.out,
                    if attached.node.known { "box odd" } else { "box unknown odd" },
                    (x, y),
                    (RIGHT - x, height),
                );
                let kind = words(&attached.node.kind).to_uppercase();
                let kind = if attached.relation.is_empty() { kind } else { format!("{kind} · {}", attached.relation) };
                let room = RIGHT - x - 20;
                text(&mut self.out, "kind", (x + 10, y + 15), &kind, room / 8);
                text(&mut self.out, "name", (x + 10, y + 32), &attached.node.label(), room * 10 / 91);
                for (detail, nth) in details.iter().take(CARD_DETAILS).zip(0..) {
                    text(&mut self.out, "detail", (x + 10, y + 48 + CARD_LINE * nth), detail, room * 10 / 73);
                }
                stems.truncate(depth);
                match stems.last() {
                    Some(above) => wire(&mut self.out, &format!("M{} {}V{middle}H{x}", x - INDENT / 2, above)),
                    None => {
                        wire(&mut self.out, &format!("M{bus} {middle}H{x}"));
                        span = Some(span.map_or((middle, middle), |(first, _)| (first, middle)));
                    }
                }
                stems.push(y + height);
                y += height + 8;
                shown += 1;
            }
            if let (Some(place), Some((first, last))) = (self.places.get(&group.anchor), span) {
                let start = place.y + 34;
                wire(
                    &mut self.out,
                    &format!("M{} {start}H{bus}M{bus} {}V{}", place.right, first.min(start), last.max(start)),
                );
            }
            y += 6;
        }
        self.more(total, shown, CARD_X, y)
    }

    /// The remote side, level with the target, with an arrow in the direction of the harm.
    fn outside(&mut self, incident: &Value, from: i64) -> i64 {
        let actors = actors(incident);
        let Some(place) = self.places.get(&self.scene.target).copied() else { return from };
        if actors.is_empty() {
            return from;
        }
        let lines = i64::try_from(actors.len().min(MAX_OUTSIDE + 1)).unwrap_or(0);
        let (y, height) = (place.y, 44 + 18 * lines);
        rect(&mut self.out, "outside", (8, y), (OUTSIDE_WIDTH, height));
        text(&mut self.out, "kind", (20, y + 18), "OUTSIDE", 20);
        for (actor, nth) in actors.iter().take(MAX_OUTSIDE).zip(0..) {
            text(&mut self.out, "name", (20, y + 38 + 18 * nth), actor, 20);
        }
        let action = words(&action(incident).to_lowercase());
        let action =
            if actors.len() > MAX_OUTSIDE { format!("and {} more", actors.len() - MAX_OUTSIDE) } else { action };
        text(
            &mut self.out,
            "detail",
            (20, y + 36 + 18 * (lines.min(i64::try_from(MAX_OUTSIDE).unwrap_or(0)))),
            &action,
            24,
        );
        let (left, right, middle) = (8 + OUTSIDE_WIDTH, place.x, y + 28);
        let outward = self.verdict == "acts as attacker";
        let (from, to, tip) = if outward { (right, left + 12, left) } else { (left, right - 14, right - 2) };
        let base = if outward { tip + 13 } else { tip - 13 };
        let _ = write!(
            self.out,
            "<path class=\"strike\" d=\"M{from} {middle}H{to}\"/><path class=\"tip\" d=\"M{tip} {middle}L{base} {}V{}Z\"/>",
            middle - 8,
            middle + 8
        );
        y + height
    }
}

fn badge_width(badge: &str) -> i64 {
    i64::try_from(badge.chars().count()).unwrap_or(20) * 9 + 12
}

fn rect(out: &mut String, class: &str, (x, y): (i64, i64), (width, height): (i64, i64)) {
    let _ = write!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\"/>");
}

fn wire(out: &mut String, path: &str) {
    let _ = write!(out, "<path class=\"wire\" d=\"{path}\"/>");
}

fn head(out: &mut String, node: &Node, (x, y): (i64, i64), width: i64) {
    text(out, "kind", (x, y + 18), &words(&node.kind).to_uppercase(), width / 8);
    text(out, "name", (x, y + 36), &node.label(), width * 10 / 91);
}

/// Text cut to the characters that fit; whole, it shows under the pointer.
fn text(out: &mut String, class: &str, (x, y): (i64, i64), whole: &str, characters: i64) {
    if whole.is_empty() {
        return;
    }
    let cut = shortened(whole, usize::try_from(characters).unwrap_or(1));
    let _ = write!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}", markup(&cut));
    if cut != whole {
        let _ = write!(out, "<title>{}</title>", markup(whole));
    }
    out.push_str("</text>");
}

/// The picture in words.
fn description(incident: &Value, scene: &Scene, groups: &[Group]) -> String {
    let mut out = format!("Outermost first: {}. The last {}.", scene.path().join("; in it "), verdict(incident));
    for group in groups {
        let names =
            group.attached.iter().take(MAX_ATTACHED).map(|a| format!("{} {}", words(&a.node.kind), a.node.label()));
        let names = names.collect::<Vec<_>>().join(", ");
        let _ = match scene.nodes.get(&group.anchor) {
            Some(node) => write!(out, " With the {}: {names}.", words(&node.kind)),
            None => write!(out, " Elsewhere: {names}."),
        };
    }
    let actors = actors(incident);
    if !actors.is_empty() {
        let _ = write!(out, " Outside: {}.", actors.join(", "));
    }
    out
}
