//! The demo's scenario, which ships inside the program.

use std::io;
use std::path::Path;

/// File name and content, made by `tools/demo_scenario.py`.
const FILES: &[(&str, &str)] = &[
    ("cloudtrail-1.json", include_str!("../../knowledge/demo/cloudtrail-1.json")),
    ("cloudtrail-2.jsonl", include_str!("../../knowledge/demo/cloudtrail-2.jsonl")),
    ("cloudtrail-eventbridge.jsonl", include_str!("../../knowledge/demo/cloudtrail-eventbridge.jsonl")),
    ("guardduty.jsonl", include_str!("../../knowledge/demo/guardduty.jsonl")),
    ("instance-states.jsonl", include_str!("../../knowledge/demo/instance-states.jsonl")),
];

/// Writes the scenario's files into `dir`.
pub fn write(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for (name, text) in FILES {
        std::fs::write(dir.join(name), text)?;
    }
    Ok(())
}
