//! What the README and docs/incident-example.json show is what the program prints. `BLESS=1` writes both anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/incident-example.json")
}

/// A line as it was sent, indented, its fields in their order.
fn example(line: &str) -> String {
    let incident: trailgraph::domain::incident::Incident = serde_json::from_str(line).unwrap();
    assert_eq!(serde_json::to_string(&incident).unwrap(), line, "what is sent is what the type says");
    format!("{}\n", serde_json::to_string_pretty(&incident).unwrap())
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

/// The first lines of the incident that tell what a reader wants to see: long ones are cut, and what is left out is marked.
fn short(incident: &Value) -> String {
    const FIELDS: [&str; 10] = [
        "schema_version",
        "incident_id",
        "revision",
        "revision_cause",
        "severity",
        "title",
        "opened_at",
        "links",
        "target",
        "history",
    ];
    const COLUMNS: usize = 180;
    let line = |name: &str, value: &Value| {
        let text = format!("{name:?}: {value}");
        match text.char_indices().nth(COLUMNS) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        }
    };
    let mut out: Vec<String> = FIELDS.iter().map(|f| format!("  {}", line(f, &incident[*f]))).collect();
    out.push(format!("  {}", line("what_happened.summary", &incident["what_happened"]["summary"])));
    let topology = &incident["topology"];
    let id = &incident["target"]["asset_id"];
    let nodes = topology["nodes"].as_array().unwrap();
    let target = nodes.iter().find(|n| n["asset_id"] == *id).unwrap();
    let group = nodes.iter().find(|n| n["rules"].as_array().is_some_and(|r| !r.is_empty())).unwrap();
    let count = |name: &str| topology[name].as_array().unwrap().len();
    out.push(format!(
        "  \"topology\": {} sources, {} nodes, {} edges, among them",
        count("sources"),
        nodes.len(),
        count("edges")
    ));
    out.push(format!("    {}", line("source", &topology["sources"][0])));
    out.push(format!("    {}", line("node", &json!({ "asset_id": id, "summary": target["summary"] }))));
    out.extend(
        target["attributes"].as_array().unwrap().iter().take(2).map(|a| format!("      {}", line("attribute", a))),
    );
    out.push(format!("    {}", line("node", &json!({ "asset_id": group["asset_id"], "summary": group["summary"] }))));
    out.extend(group["rules"].as_array().unwrap().iter().take(2).map(|r| format!("      {}", line("rule", r))));
    format!("{}\n", out.join("\n"))
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
    let incident: Value = serde_json::from_str(incidents.lines().last().unwrap()).unwrap();
    _ = std::fs::remove_dir_all(&out);

    let shown = std::fs::read_to_string(readme()).unwrap();
    let wanted = with_block(&shown, "The demo prints:", &format!("{}\n", printed.trim_end()));
    let wanted = with_block(&wanted, "The incident in short", &short(&incident));
    let example = example(incidents.lines().last().unwrap());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(readme(), &wanted).unwrap();
        std::fs::write(docs(), &example).unwrap();
    }
    let kept = std::fs::read_to_string(docs()).unwrap();
    assert!(kept == example, "docs/incident-example.json is another incident; BLESS=1 writes it anew");
    let shown = std::fs::read_to_string(readme()).unwrap();
    let differs = shown.lines().zip(wanted.lines()).find(|(shown, wanted)| shown != wanted);
    assert!(shown == wanted, "README.md shows something else; BLESS=1 writes it anew: {differs:?}");
}
