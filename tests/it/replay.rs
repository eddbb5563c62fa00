//! `replay` as its users meet it: files in, files out, once.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::common;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trailgraph")).args(arguments).output().unwrap()
}

fn ok(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A new directory of this test run.
fn fresh(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo")
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn replayed(name: &str) -> PathBuf {
    let out = fresh(name);
    ok(&["replay", "--out", out.to_str().unwrap(), scenario().to_str().unwrap()]);
    out
}

#[test]
fn the_scenario_gives_one_incident_with_its_surroundings() {
    let out = replayed("scenario");
    let incidents = lines(&out.join("incidents.jsonl"));
    let incident = incidents.last().unwrap();
    assert_eq!(incident["finding"]["type"], "CryptoCurrency:EC2/BitcoinTool.B!DNS");
    assert_eq!(incident["finding"]["count"], 7);
    assert_eq!((&incident["severity"], &incident["status"]), (&"high".into(), &"open".into()));
    assert_eq!(incident["target"]["known"], true);
    assert_eq!(incident["target"]["kind"], "instance");
    assert_eq!(incident["topology"]["complete"], true, "{:?}", incident["topology"]["gaps"]);
    let kinds: Vec<_> =
        incident["topology"]["nodes"].as_array().unwrap().iter().map(|n| n["kind"].as_str().unwrap()).collect();
    for kind in [
        "account",
        "region",
        "vpc",
        "subnet",
        "instance",
        "network_interface",
        "security_group",
        "image",
        "auto_scaling_group",
        "target_group",
        "load_balancer",
        "instance_profile",
        "role",
        "route_table",
        "internet_gateway",
    ] {
        assert!(kinds.contains(&kind), "{kind} is missing among {kinds:?}");
    }
    let ids: std::collections::BTreeSet<_> = incidents.iter().map(|i| i["incident_id"].as_str()).collect();
    assert_eq!(ids.len(), 1, "the administrator's copy is the member's");
    for section in ["timeline", "short_term", "structural", "related_incidents", "notes", "history"] {
        assert!(!incident[section].is_null(), "{section}");
    }
}

#[test]
fn a_second_run_over_the_same_input_adds_nothing() {
    let out = replayed("twice");
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let before = ["incidents.jsonl", "dead-letters.jsonl", "state/changelog"].map(read);
    let line = ok(&["replay", "--out", out.to_str().unwrap(), scenario().to_str().unwrap()]);
    assert!(line.starts_with("0 records in 0 inputs:"), "{line}");
    assert_eq!(["incidents.jsonl", "dead-letters.jsonl", "state/changelog"].map(read), before);
    // The same records under other names are duplicates: facts and findings that are known already.
    let copy = fresh("copy");
    for entry in std::fs::read_dir(scenario()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(format!("again-{}", entry.file_name().to_string_lossy()))).unwrap();
    }
    ok(&["replay", "--out", out.to_str().unwrap(), copy.to_str().unwrap()]);
    assert_eq!(read("incidents.jsonl"), before[0]);
}

#[test]
fn what_a_killed_run_left_behind_its_last_commit_is_cut_away() {
    use std::io::Write;
    let out = replayed("killed");
    let before = std::fs::read(out.join("incidents.jsonl")).unwrap();
    for name in ["incidents.jsonl", "state/changelog"] {
        std::fs::File::options().append(true).open(out.join(name)).unwrap().write_all(b"half a li").unwrap();
    }
    ok(&["replay", "--out", out.to_str().unwrap(), scenario().to_str().unwrap()]);
    assert_eq!(std::fs::read(out.join("incidents.jsonl")).unwrap(), before);
    ok(&["assets", "--state", out.to_str().unwrap()]);
}

#[test]
fn reading_as_of_a_time_tells_then_from_now() {
    let out = replayed("as-of");
    let state = out.to_str().unwrap();
    let instances = |at: &str| -> Vec<String> {
        let text = ok(&[
            "assets",
            "--state",
            state,
            "--kind",
            "instance",
            "--account",
            "111122223333",
            "--as-of",
            at,
            "--json",
        ]);
        text.lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["asset_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (before, after) = (instances("2026-03-03T12:00:00Z"), instances("2026-03-03T14:22:00Z"));
    assert!(!before.is_empty() && before != after, "{before:?} {after:?}");
    assert!(after.contains(&"i-0571588a25098a6f7".to_owned()) && !before.contains(&"i-0571588a25098a6f7".to_owned()));
    // The private address went from the replaced instance to the new one.
    let whois = |at: &str| ok(&["whois", "10.20.1.37", "--state", state, "--at", at]);
    assert!(whois("2026-03-03T14:22:00Z").contains("i-0571588a25098a6f7"));
    assert!(!whois("2026-03-03T12:00:00Z").contains("i-0571588a25098a6f7"));
    assert!(whois("2026-03-01T00:00:00Z").contains("no known owner"));
    let graph = ok(&["graph", "i-0571588a25098a6f7", "--state", state, "--as-of", "2026-03-03T14:22:00Z"]);
    assert!(graph.contains("load_balancer") && graph.contains("--in-->"), "{graph}");
}

#[test]
fn a_finding_whose_asset_never_comes_is_an_incident_by_the_end_of_the_input() {
    let (input, out) = (fresh("lonely-input"), fresh("lonely"));
    let text = std::fs::read_to_string(scenario().join("guardduty.jsonl")).unwrap();
    std::fs::write(input.join("one.json"), text.lines().next().unwrap()).unwrap();
    ok(&["replay", "--out", out.to_str().unwrap(), input.to_str().unwrap()]);
    let incidents = lines(&out.join("incidents.jsonl"));
    assert_eq!(incidents.len(), 1);
    assert_eq!(
        (&incidents[0]["target"]["known"], &incidents[0]["topology"]["complete"]),
        (&false.into(), &false.into())
    );
}

#[test]
fn a_record_of_every_call_is_applied() {
    let (input, out) = (common::fixtures(), fresh("fixtures"));
    let line = ok(&["replay", "--out", out.to_str().unwrap(), input.to_str().unwrap()]);
    let all = common::files(&input, &[".json"]).len();
    assert!(line.starts_with(&format!("{all} records")) && line.contains(&format!(" {all} applied")), "{line}");
    assert!(lines(&out.join("dead-letters.jsonl")).is_empty(), "{line}");
}

#[test]
fn every_real_record_is_accounted_for() {
    let Some(data) = common::data() else { return };
    let out = fresh("real");
    let line = ok(&["replay", "--out", out.to_str().unwrap(), data.to_str().unwrap()]);
    println!("{line}");
    let number = |fate: &str| -> u64 {
        let at = line.find(&format!(" {fate}")).unwrap_or_else(|| panic!("{fate}: {line}"));
        line[..at].rsplit(' ').next().unwrap().parse().unwrap()
    };
    let all: u64 = line.split(' ').next().unwrap().parse().unwrap();
    let fates = ["applied", "failed call", "activity", "irrelevant", "recognised", "control", "refused"];
    assert_eq!(all, fates.iter().map(|f| number(f)).sum::<u64>(), "{line}");
    assert!(all > 31_000 && number("irrelevant") > 30_000 && number("applied") > 100, "{line}");
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains(line.trim()), "README.md says otherwise: {line}");
    // One dead letter each, with a reason and its bytes.
    let letters = lines(&out.join("dead-letters.jsonl"));
    assert_eq!(letters.len() as u64, number("refused"));
    assert!(letters.iter().all(|l| !l["reason"].as_str().unwrap().is_empty() && l["value_base64"].is_string()));
    for incident in lines(&out.join("incidents.jsonl")) {
        assert!(incident["incident_id"].is_string() && incident["finding"]["type"].is_string());
    }
}

#[test]
fn wrong_calls_and_wrong_configurations_are_told_from_failed_work() {
    assert_eq!(run(&["replay"]).status.code(), Some(2));
    assert_eq!(run(&["assets", "--state", "/nonexistent"]).status.code(), Some(1));
    let dir = fresh("faults");
    let file = dir.join("pipeline.toml");
    std::fs::write(&file, "[commit]\ninterval_ms = \"soon\"\n[joint]\ngrace = \"5s\"\n").unwrap();
    let output = run(&["validate", "-c", file.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("2 faults") && text.contains("interval_ms") && text.contains("joint"), "{text}");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline.toml");
    ok(&["validate", "-c", shipped.to_str().unwrap()]);
}
