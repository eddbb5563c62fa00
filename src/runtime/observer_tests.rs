use super::super::config::Level;
use super::super::logging::tests::logged;
use super::*;
use crate::engine::notes::Resolution;
use crate::wire::{Reason, RecordKind};

const DOCUMENT: &str = include_str!("../../docs/metrics.md");

fn task(partition: i32) -> TaskId {
    TaskId { topic: "trailgraph.by-account.v1".into(), partition }
}

fn observer() -> Observer {
    let topics = BTreeMap::from([("incidents", "my.incidents".to_owned())]);
    Observer::new("process", 0, topics, Metrics::new().unwrap(), Health::new(Duration::ZERO))
}

fn standing(task: &TaskId) -> Standing<'_> {
    let end = Some(End { begin: 0, end: 12, at: None });
    Standing { task, running: true, position: Some(5), newest: Some(Time(60_000)), end, state_bytes: Some(4_096) }
}

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn start() -> Instant {
    Instant::now()
}

/// One of everything.
fn all_seen() -> Observer {
    let mut it = observer();
    let (task, start) = (task(3), start());
    it.note(&TaskEvent::Assigned(task.clone()), start);
    it.note(&TaskEvent::Restored { task: task.clone(), records: 7 }, start + Duration::from_millis(1_500));
    it.note(&TaskEvent::InDoubt { seq: 4 }, start);
    it.note(&TaskEvent::Resolved { task: task.clone(), outcome: Resolution::NotDone }, start);
    it.commit(Duration::from_millis(30));
    let tally = Tally::from([
        (counts::APPLIED.of(RecordKind::Trail.text()), 2),
        (counts::REFUSED.of(counts::NO_KIND), 1),
        (counts::DEAD_LETTERS.of(Reason::NotJson.text()), 1),
        (counts::OUTPUTS.of("incidents"), 3),
        (counts::GAPS, 5),
    ]);
    it.show_sums(&Counters { records: 9, bytes: 900, commits: 6, in_doubt: 1, ..Counters::default() }, &tally);
    it.show_now(&[standing(&task)], true, Time(90_000));
    it
}

/// Name, type, labels and help of every family in an exposition.
fn families(text: &str) -> BTreeMap<String, (String, BTreeSet<String>, String)> {
    let mut out: BTreeMap<String, (String, BTreeSet<String>, String)> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|l| l.split_once(' ')) {
            out.entry(name.into()).or_default().2 = help.into();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|l| l.split_once(' ')) {
            out.entry(name.into()).or_default().0 = kind.into();
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let (name, labels) = series.strip_suffix('}').and_then(|s| s.split_once('{')).unwrap_or((series, ""));
            let suffixes = ["_bucket", "_sum", "_count"];
            let base = suffixes.iter().find_map(|s| name.strip_suffix(s)).filter(|n| out.contains_key(*n));
            let family = out.get_mut(base.unwrap_or(name)).unwrap_or_else(|| panic!("{line}: no HELP, no TYPE"));
            let named = labels.split(',').filter_map(|l| l.split_once('=')).map(|(name, _)| name.to_owned());
            family.1.extend(named.filter(|name| name != "le"));
        }
    }
    out
}

/// The rows of the document: `| name | type | labels | what it says |`.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>, String)> {
    let mut out = BTreeMap::new();
    for row in DOCUMENT.lines().filter(|l| l.starts_with("| `trailgraph_")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        // Tables of other shapes are about something else.
        let [name, kind, labels, help] = cells[..] else { continue };
        let labels = labels.split(", ").map(|l| l.trim_matches('`').to_owned()).collect();
        out.insert(name.trim_matches('`').to_owned(), (kind.to_owned(), labels, help.to_owned()));
    }
    out
}

#[test]
fn the_exposition_is_what_the_document_says() {
    let shown = families(&all_seen().metrics.text());
    assert_eq!(shown, documented());
    for (name, (kind, _, help)) in &shown {
        assert!(name.starts_with("trailgraph_") && !help.is_empty());
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        let wrong = ["milli", "_ms", "kilo", "minutes", "_kb", "_mb"];
        assert!(!wrong.iter().any(|w| name.contains(w)), "{name}: base units only");
    }
}

#[test]
fn values_are_those_of_the_worker() {
    let text = all_seen().metrics.text();
    for line in [
        r#"trailgraph_records_total{fate="applied",kind="trail",role="process"} 2"#,
        r#"trailgraph_records_total{fate="refused",kind="none",role="process"} 1"#,
        r#"trailgraph_dead_letters_total{reason="not_json",role="process"} 1"#,
        r#"trailgraph_output_records_total{role="process",topic="my.incidents"} 3"#,
        r#"trailgraph_input_bytes_total{role="process"} 900"#,
        r#"trailgraph_commits_total{outcome="done",role="process"} 6"#,
        r#"trailgraph_commit_duration_seconds_bucket{role="process",le="0.025"} 0"#,
        r#"trailgraph_commit_duration_seconds_bucket{role="process",le="0.05"} 1"#,
        r#"trailgraph_restore_duration_seconds_sum{role="process"} 1.5"#,
        r#"trailgraph_doubts_resolved_total{outcome="not_done",role="process"} 1"#,
        r#"trailgraph_lag_records{partition="3",role="process",topic="trailgraph.by-account.v1"} 7"#,
        r#"trailgraph_lag_seconds{partition="3",role="process",topic="trailgraph.by-account.v1"} 30"#,
        r#"trailgraph_state_bytes{partition="3",role="process",topic="trailgraph.by-account.v1"} 4096"#,
        r#"trailgraph_assigned_partitions{role="process"} 1"#,
        r#"trailgraph_last_turn_timestamp_seconds{role="process"} 90"#,
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
}

#[test]
fn sums_only_rise_and_partitions_that_went_leave_no_series() {
    let mut it = observer();
    let (first, second) = (task(1), task(2));
    let counters = |records| Counters { records, ..Counters::default() };
    it.show_sums(&counters(5), &Tally::new());
    it.show_sums(&counters(8), &Tally::new());
    assert!(it.metrics.text().contains(r#"trailgraph_input_records_total{role="process"} 8"#));
    it.show_now(&[standing(&first), standing(&second)], true, Time(0));
    assert!(it.metrics.text().contains(r#"partition="1""#));
    it.show_now(&[standing(&second)], true, Time(0));
    let text = it.metrics.text();
    assert!(!text.contains(r#"partition="1""#) && text.contains(r#"partition="2""#), "{text}");
}

#[test]
fn a_role_is_the_sum_of_its_workers() {
    let mut first = observer();
    let health = Health::new(Duration::ZERO);
    let mut second = Observer::new("process", 1, BTreeMap::new(), first.metrics.clone(), health);
    let (one, two, three) = (task(1), task(2), task(3));
    let counters = |records| Counters { records, ..Counters::default() };
    first.show_sums(&counters(5), &Tally::new());
    second.show_sums(&counters(7), &Tally::new());
    first.show_sums(&counters(6), &Tally::new());
    second.show_now(&[standing(&one)], true, Time(80_000));
    first.show_now(&[standing(&two), Standing { running: false, ..standing(&three) }], false, Time(90_000));
    let text = first.metrics.text();
    for line in [
        r#"trailgraph_input_records_total{role="process"} 13"#,
        r#"trailgraph_assigned_partitions{role="process"} 3"#,
        r#"trailgraph_restoring_partitions{role="process"} 1"#,
        r#"trailgraph_ready{role="process"} 0"#,
        r#"trailgraph_last_turn_timestamp_seconds{role="process"} 80"#,
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
}

#[test]
fn every_change_of_a_task_is_logged_with_its_fields() {
    let lines = logged(Level::Info, || {
        let (mut it, start) = (observer(), start());
        let task = task(3);
        for (note, seconds) in [
            (TaskEvent::Assigned(task.clone()), 0),
            (TaskEvent::Wiped(task.clone()), 1),
            (TaskEvent::Restored { task: task.clone(), records: 7 }, 2),
            (TaskEvent::InDoubt { seq: 4 }, 5),
            (TaskEvent::Resolved { task: task.clone(), outcome: Resolution::Done }, 6),
            (TaskEvent::Revoked(task.clone()), 7),
            (TaskEvent::Lost(task), 8),
        ] {
            it.note(&note, start + Duration::from_secs(seconds));
        }
    });
    let said: Vec<&str> = lines.iter().map(|l| l["fields"]["message"].as_str().unwrap()).collect();
    let wiped = "the store was not a part of what is committed: thrown away";
    assert_eq!(said, ["assigned", wiped, "restored", "in doubt", "resolved", "revoked", "lost"]);
    assert!(lines.iter().all(|l| l["fields"]["role"] == "process"));
    let about =
        |l: &serde_json::Value| l["fields"]["topic"] == "trailgraph.by-account.v1" && l["fields"]["partition"] == 3;
    assert_eq!(lines.iter().filter(|l| about(l)).count(), 6);
    assert_eq!((&lines[2]["fields"]["seconds"], &lines[2]["fields"]["records"]), (&2.0.into(), &7.into()));
    assert_eq!(lines[3]["fields"]["commit"], 4);
    assert_eq!((&lines[4]["fields"]["outcome"], &lines[4]["fields"]["seconds"]), (&"done".into(), &1.0.into()));
}
