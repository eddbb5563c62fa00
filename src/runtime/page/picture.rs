//! The picture: boxes in boxes on the left, what is attached on the right, the outside at the far left. On a narrow screen the same in
//! one column.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::escape::{shortened, wrapped};
use super::scene::{Attached, Group, Node, Scene};
use super::words::{actors, verdict, words};
use crate::domain::incident::Incident;

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
const GAP: i64 = 10;
const BOXES_WIDTH: i64 = 520;
const CARD_X: i64 = 838;
const CARD_HEIGHT: i64 = 40;
/// Lines below the name of a box or card.
const MAX_LINES: usize = 5;
const LINE: i64 = 16;
const INDENT: i64 = 20;
const RIGHT: i64 = WIDTH - 16;
/// Tenths of a pixel that a character of small text takes.
const SMALL: i64 = 66;

/// The stylesheet that pictures need.
pub const STYLE: &str = include_str!("picture.css");

/// A box's edges, kept for the wires.
#[derive(Clone, Copy)]
struct Place {
    y: i64,
    right: i64,
    x: i64,
}

struct Canvas<'a> {
    scene: &'a Scene,
    out: Vec<Markup>,
    places: BTreeMap<String, Place>,
    verdict: &'static str,
}

/// Draws; `number` keeps ids apart where several pictures share a page, `alone` makes it a document of its own.
pub fn draw(incident: &Incident, number: usize, alone: bool) -> Markup {
    let scene = Scene::of(incident);
    let groups = scene.groups();
    let mut canvas = Canvas { scene: &scene, out: Vec::new(), places: BTreeMap::new(), verdict: verdict(incident) };

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
    let label = scene.nodes.get(&scene.target).map(Node::label).unwrap_or_default();
    let title = format!("Where it sits: {} {label}", words(scene.kind(&scene.target)));
    html! {
        svg xmlns="http://www.w3.org/2000/svg" class="tg" viewBox={ "0 0 " (WIDTH) " " (height) }
            width=[alone.then_some(WIDTH)] height=[alone.then_some(height)] role="img"
            aria-labelledby={ "tg-title-" (number) " tg-desc-" (number) } {
            title id={ "tg-title-" (number) } { (title) }
            desc id={ "tg-desc-" (number) } { (description(incident, &scene, &groups)) }
            @if alone { style { (PreEscaped(STYLE)) } }
            rect .paper width=(WIDTH) height=(height) {}
            (rect("box even", (ACCOUNT_X, 8), (WIDTH - ACCOUNT_X - 4, bottom - 8)))
            (head(&account, (ACCOUNT_X + PAD, 8), WIDTH - ACCOUNT_X - 2 * PAD))
            @for part in &canvas.out { (part) }
        }
    }
}

/// What is written below a name: what alarms first, then the rest, then the last change.
struct Line {
    class: &'static str,
    text: String,
}

fn lines(node: &Node, width: i64) -> Vec<Line> {
    let characters = usize::try_from(width * 10 / SMALL).unwrap_or(1);
    let line = |class, text: &str| {
        wrapped(text, characters).into_iter().map(move |text| Line { class, text }).collect::<Vec<_>>()
    };
    let mut out: Vec<Line> = node.alarms.iter().flat_map(|a| line("detail alarm", &format!("▲ {a}"))).collect();
    out.extend(line("detail", &node.details.join(" · ")).into_iter().filter(|l| !l.text.is_empty()));
    if !node.changed.is_empty() {
        let changed = Line { class: "detail change", text: shortened(&format!("last: {}", node.changed), characters) };
        out.truncate(MAX_LINES - 1);
        out.push(changed);
    }
    out
}

impl Canvas<'_> {
    /// One box with all inside it; returns where it ends.
    fn nested(&mut self, node: &Node, x: i64, y: i64, width: i64, depth: usize) -> i64 {
        let hit = node.id == self.scene.target;
        let lines = lines(node, width - 2 * PAD);
        let mut inner = y + HEADER + height_of(&lines);
        // The frame must lie below its contents, whose height is known only after they are drawn.
        let contents_from = self.out.len();
        let inside = if depth < MAX_NESTING { self.scene.inside(&node.id) } else { Vec::new() };
        for child in inside.iter().take(MAX_INSIDE) {
            inner = self.nested(child, x + PAD, inner + 4, width - 2 * PAD, depth + 1) + GAP;
        }
        inner = self.more(inside.len(), MAX_INSIDE, x + PAD, inner);
        let bottom = inner + 4;
        let class = match (hit, node.known, depth % 2) {
            (true, true, _) => "box hit",
            (true, false, _) => "box hit unknown",
            (false, false, _) => "box unknown odd",
            (false, true, 0) => "box even",
            (false, true, _) => "box odd",
        };
        let badge = format!("⚠ {}", self.verdict.to_uppercase());
        let badge_width = count(&badge) * 9 + 12;
        let badge_x = x + width - badge_width - 6;
        let frame = html! {
            (rect(class, (x, y), (width, bottom - y)))
            (head(node, (x + PAD, y), width - 2 * PAD))
            @if hit {
                rect .badge x=(badge_x) y=(y + 6) width=(badge_width) height="18" rx="4" {}
                text .badge-text x=(badge_x + 8) y=(y + 19) { (badge) }
            }
            (written(&lines, (x + PAD, y + HEADER + 8)))
        };
        self.out.insert(contents_from, frame);
        self.places.insert(node.id.clone(), Place { y, right: x + width, x });
        bottom
    }

    fn more(&mut self, there: usize, shown: usize, x: i64, y: i64) -> i64 {
        if there <= shown {
            return y;
        }
        self.out.push(text("detail", (x, y + 12), &format!("and {} more", there - shown), 60));
        y + 24
    }

    /// The things beside, group by group, each group wired to the box it hangs on.
    fn beside(&mut self, groups: &[Group], from: i64) -> i64 {
        let mut y = from;
        let mut shown = 0;
        let total: usize = groups.iter().map(|g| g.attached.len()).sum();
        for (group, nth) in groups.iter().zip(0_i64..) {
            if shown == MAX_ATTACHED {
                break;
            }
            self.out.push(text("heading", (CARD_X, y + 12), &heading(self.scene, group), 46));
            y += 22;
            let bus = CARD_X - 12 - 11 * nth.min(3);
            let mut span: Option<(i64, i64)> = None;
            // Where the thing of each depth was drawn, so that what hangs on it is wired to it.
            let mut stems: Vec<i64> = Vec::new();
            for attached in group.attached.iter().take(MAX_ATTACHED - shown) {
                let depth = attached.depth.min(4);
                let x = CARD_X + INDENT * i64::try_from(depth).unwrap_or(0);
                let bottom = self.card(attached, x, y);
                let middle = y + (bottom - y) / 2;
                stems.truncate(depth);
                match stems.last() {
                    Some(above) => self.out.push(wire(&format!("M{} {above}V{middle}H{x}", x - INDENT / 2))),
                    None => {
                        self.out.push(wire(&format!("M{bus} {middle}H{x}")));
                        span = Some(span.map_or((middle, middle), |(first, _)| (first, middle)));
                    }
                }
                stems.push(bottom);
                y = bottom + 8;
                shown += 1;
            }
            if let (Some(place), Some((first, last))) = (self.places.get(&group.anchor), span) {
                let start = place.y + 34;
                let path = format!("M{} {start}H{bus}M{bus} {}V{}", place.right, first.min(start), last.max(start));
                self.out.push(wire(&path));
            }
            y += 6;
        }
        self.more(total, shown, CARD_X, y)
    }

    /// A thing beside; returns where its card ends.
    fn card(&mut self, attached: &Attached, x: i64, y: i64) -> i64 {
        let room = RIGHT - x - 20;
        let lines = lines(&attached.node, room);
        let height = CARD_HEIGHT + height_of(&lines);
        let class = if attached.node.known { "box odd" } else { "box unknown odd" };
        self.out.push(html! {
            (rect(class, (x, y), (RIGHT - x, height)))
            (text("kind", (x + 10, y + 15), &kind(attached), room / 8))
            (text("name", (x + 10, y + 32), &attached.node.label(), room * 10 / 91))
            (written(&lines, (x + 10, y + 48)))
        });
        y + height
    }

    /// The remote side, level with the target, with an arrow in the direction of the harm.
    fn outside(&mut self, incident: &Incident, from: i64) -> i64 {
        let actors = actors(incident);
        let Some(place) = self.places.get(&self.scene.target).copied() else { return from };
        if actors.is_empty() {
            return from;
        }
        let (y, shown) = (place.y, actors.iter().take(MAX_OUTSIDE));
        let below = match actors.len().checked_sub(MAX_OUTSIDE).filter(|more| *more > 0) {
            Some(more) => format!("and {more} more"),
            None => words(&incident.finding.action.kind.to_lowercase()),
        };
        let lines = i64::try_from(shown.len()).unwrap_or(0);
        let height = 44 + 18 * lines + if below.is_empty() { 0 } else { 6 };
        let (left, right, middle) = (8 + OUTSIDE_WIDTH, place.x, y + 28);
        let outward = self.verdict == "acts as attacker";
        let (start, end, tip) = if outward { (right, left + 12, left) } else { (left, right - 14, right - 2) };
        let base = if outward { tip + 13 } else { tip - 13 };
        self.out.push(html! {
            (rect("outside", (8, y), (OUTSIDE_WIDTH, height)))
            (text("kind", (20, y + 18), "OUTSIDE", 20))
            @for (actor, nth) in shown.zip(0_i64..) { (text("name", (20, y + 38 + 18 * nth), actor, 20)) }
            (text("detail", (20, y + 36 + 18 * lines), &below, 24))
            path .strike d=(format!("M{start} {middle}H{end}")) {}
            path .tip d=(format!("M{tip} {middle}L{base} {}V{}Z", middle - 8, middle + 8)) {}
        });
        y + height
    }
}

fn heading(scene: &Scene, group: &Group) -> String {
    match scene.nodes.get(&group.anchor) {
        Some(node) => format!("With the {}", words(&node.kind)),
        None => "Elsewhere".to_owned(),
    }
}

/// `SECURITY GROUP · protected by`.
fn kind(attached: &Attached) -> String {
    let kind = words(&attached.node.kind).to_uppercase();
    if attached.relation.is_empty() { kind } else { format!("{kind} · {}", attached.relation) }
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(20)
}

fn height_of(lines: &[Line]) -> i64 {
    match i64::try_from(lines.len().min(MAX_LINES)) {
        Ok(n) if n > 0 => n * LINE + 2,
        _ => 0,
    }
}

fn written(lines: &[Line], (x, y): (i64, i64)) -> Markup {
    html! {
        @for (line, nth) in lines.iter().take(MAX_LINES).zip(0_i64..) {
            text class=(line.class) x=(x) y=(y + LINE * nth) { (line.text) }
        }
    }
}

fn rect(class: &str, (x, y): (i64, i64), (width, height): (i64, i64)) -> Markup {
    html! { rect class=(class) x=(x) y=(y) width=(width) height=(height) rx="7" {} }
}

fn wire(path: &str) -> Markup {
    html! { path .wire d=(path) {} }
}

fn head(node: &Node, (x, y): (i64, i64), width: i64) -> Markup {
    html! {
        (text("kind", (x, y + 18), &words(&node.kind).to_uppercase(), width / 8))
        (text("name", (x, y + 36), &node.label(), width * 10 / 91))
    }
}

/// Text cut to the characters that fit; whole, it shows under the pointer.
fn text(class: &str, (x, y): (i64, i64), whole: &str, characters: i64) -> Markup {
    let cut = shortened(whole, usize::try_from(characters).unwrap_or(1));
    html! {
        @if !whole.is_empty() {
            text class=(class) x=(x) y=(y) { (cut) @if cut != whole { title { (whole) } } }
        }
    }
}

/// The picture in words.
fn description(incident: &Incident, scene: &Scene, groups: &[Group]) -> String {
    let mut out = format!("Outermost first: {}. The last {}.", scene.path().join("; in it "), verdict(incident));
    for group in groups {
        let names =
            group.attached.iter().take(MAX_ATTACHED).map(|a| format!("{} {}", words(&a.node.kind), a.node.label()));
        out.push_str(&format!(" {}: {}.", heading(scene, group), names.collect::<Vec<_>>().join(", ")));
    }
    let actors = actors(incident);
    if !actors.is_empty() {
        out.push_str(&format!(" Outside: {}.", actors.join(", ")));
    }
    out
}

/// The same in one column, for a screen that is too narrow for the picture.
pub fn stacked(scene: &Scene, verdict: &str) -> Markup {
    let groups = scene.groups();
    html! {
        div .stacked {
            @if let Some(root) = scene.nodes.get(&scene.root) { (stacked_box(scene, root, verdict, 0)) }
            @for group in &groups {
                p .heading { (heading(scene, group)) }
                @for attached in group.attached.iter().take(MAX_ATTACHED) {
                    div class={ "place depth" (attached.depth.min(4)) } { (stacked_text(&attached.node, &kind(attached))) }
                }
                @if group.attached.len() > MAX_ATTACHED { p .why { "and " (group.attached.len() - MAX_ATTACHED) " more" } }
            }
        }
    }
}

fn stacked_box(scene: &Scene, node: &Node, verdict: &str, depth: usize) -> Markup {
    let hit = node.id == scene.target;
    let inside = if depth < MAX_NESTING { scene.inside(&node.id) } else { Vec::new() };
    html! {
        div .place .hit[hit] .unknown[!node.known] {
            @if hit { span .tag.bad { "⚠ " (verdict) } }
            (stacked_text(node, &words(&node.kind).to_uppercase()))
            @for child in inside.iter().take(MAX_INSIDE) { (stacked_box(scene, child, verdict, depth + 1)) }
            @if inside.len() > MAX_INSIDE { p .why { "and " (inside.len() - MAX_INSIDE) " more" } }
        }
    }
}

fn stacked_text(node: &Node, kind: &str) -> Markup {
    html! {
        p .kind { (kind) }
        p { b { (node.label()) } }
        @for alarm in &node.alarms { p .alarm { "▲ " (alarm) } }
        @if !node.details.is_empty() { p { (node.details.join(" · ")) } }
        @if !node.changed.is_empty() { p .why { "last: " (node.changed) } }
    }
}
