//! What the README prints is what the program prints. `BLESS=1` writes it there anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Puts `text` between the fences of the first block after `mark`.
fn with_block(readme: &str, mark: &str, text: &str) -> String {
    let (before, rest) = readme.split_once(mark).unwrap_or_else(|| panic!("{mark} is missing"));
    let (fence, rest) = rest.split_once("```").and_then(|(to, rest)| Some((to, rest.split_once('\n')?))).map_or_else(
        || panic!("no block follows {mark}"),
        |(to, (language, rest))| (format!("{to}```{language}\n"), rest),
    );
    let (_, after) = rest.split_once("```").unwrap_or_else(|| panic!("the block after {mark} has no end"));
    format!("{before}{mark}{fence}{text}```{after}")
}

/// A line for each field, and for each of the many things within.
fn lines(incident: &Value) -> String {
    let mut out = Vec::new();
    for (key, value) in incident.as_object().unwrap() {
        let text = match value {
            Value::Object(parts) if key == "topology" => {
                let parts = parts.iter().map(|(key, part)| format!("    {key:?}: {}", rows(part)));
                format!("{{\n{}\n  }}", parts.collect::<Vec<_>>().join(",\n"))
            }
            value => value.to_string(),
        };
        out.push(format!("  {key:?}: {text}"));
    }
    format!("{{\n{}\n}}\n", out.join(",\n"))
}

fn rows(of: &Value) -> String {
    match of.as_array().filter(|rows| !rows.is_empty()) {
        Some(rows) => {
            let rows = rows.iter().map(|row| format!("      {row}"));
            format!("[\n{}\n    ]", rows.collect::<Vec<_>>().join(",\n"))
        }
        None => of.to_string(),
    }
}

#[test]
fn the_demo_prints_what_the_readme_shows() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&out);
    let mut demo = Command::new(env!("CARGO_BIN_EXE_trailgraph"));
    let printed = demo.args(["demo", "--no-serve", "--out", out.to_str().unwrap()]).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let printed = String::from_utf8(printed.stdout).unwrap();
    let incidents = std::fs::read_to_string(out.join("replay/incidents.jsonl")).unwrap();
    let mut incident: Value = serde_json::from_str(incidents.lines().last().unwrap()).unwrap();
    // The only thing that is of the run and not of the scenario: when the revision was made.
    incident["history"][0]["time"] = json!("2026-03-03T20:25:00.000Z");
    _ = std::fs::remove_dir_all(&out);

    let shown = std::fs::read_to_string(readme()).unwrap();
    let wanted = with_block(&shown, "The demo prints:", &format!("{}\n", printed.trim_end()));
    let wanted = with_block(&wanted, "The whole incident", &lines(&incident));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(readme(), &wanted).unwrap();
    }
    let shown = std::fs::read_to_string(readme()).unwrap();
    let differs = shown.lines().zip(wanted.lines()).find(|(shown, wanted)| shown != wanted);
    assert!(shown == wanted, "README.md shows something else; BLESS=1 writes it anew: {differs:?}");
}
