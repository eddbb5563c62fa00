//! The whole pipeline beside a consumer that does nothing and beside Kafka Streams: the same topic, the same broker, the same run.
//!
//! `cargo bench --bench pipeline [-- RECORDS [IRRELEVANT_PERCENT…]]`; `PROFILE=1` also shows where the
//! pipeline's time goes (needs perf), `ALONE=1` leaves Kafka Streams out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a bench reads what it made itself, and ends by a panic"
)]
#![expect(clippy::disallowed_methods, reason = "a bench drives real processes in real time")]

mod broker;
#[path = "../common/records.rs"]
mod records;
mod runs;

use std::path::{Path, PathBuf};
use std::process::Command;

use broker::Broker;
use records::Records;
use runs::Took;

pub const PARTITIONS: i32 = 4;
const PORT: u16 = 20_992;
const RECORDS: usize = 2_000_000;
/// Before anything is measured: a broker that has just begun is still being compiled, and takes for it what it doesn't give to anybody.
const WARM_UP: usize = 400_000;
/// Of 100 records, how many are of no consequence to the graph.
const IRRELEVANT: [usize; 2] = [50, 90];

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let count = numbers.first().copied().unwrap_or(RECORDS);
    let shares = numbers.get(1..).filter(|s| !s.is_empty()).unwrap_or(&IRRELEVANT);
    let profile = std::env::var_os("PROFILE").is_some();
    let Some(records) = Records::load() else {
        println!("pipeline: ../shared/data is not there; nothing to measure");
        return;
    };
    let dir = fresh();
    let Some(broker) = Broker::start(&dir.join("broker"), PORT) else {
        println!("pipeline: no broker; nothing to measure");
        return;
    };
    broker.create("peer-incidents");
    println!(
        "real records of each kind (irrelevant, calls, findings): {:?}, repeated over made-up accounts",
        records.kinds()
    );
    broker.create("warm-up");
    broker.fill("warm-up", (0..WARM_UP).map(|n| records.at(n, 90)));
    runs::pipeline(&broker, "warm-up", WARM_UP, &dir, false);
    for &irrelevant in shares {
        let topic = format!("trail-{irrelevant}");
        broker.create(&topic);
        let mut bytes = 0;
        broker.fill(&topic, (0..count).map(|n| records.at(n, irrelevant)).inspect(|r| bytes += r.len()));
        println!("\n{count} records, {irrelevant} % irrelevant, {} bytes each on average", bytes / count);
        let bare = runs::bare(&broker, &topic, count);
        say("bare consumer", count, bare, bare);
        let own = runs::pipeline(&broker, &topic, count, &dir, profile);
        say("trailgraph, route and process", count, own, bare);
        if profile {
            show_profile(&dir);
        }
        if std::env::var_os("ALONE").is_some() {
            continue;
        }
        if let Some(streams) = runs::streams(&broker, &topic, &dir) {
            say("kafka streams", count, streams, bare);
            println!("  trailgraph is {:.1} times as fast as kafka streams", streams.seconds / own.seconds);
        } else {
            println!("  kafka streams: not there");
        }
    }
    drop(broker);
    _ = std::fs::remove_dir_all(&dir);
}

fn say(name: &str, count: usize, took: Took, bare: Took) {
    println!(
        "  {name:<30} {:>9.0} records/s, {:>6.2} µs of processor per record, {:>4.2} of the bare consumer's rate",
        count as f64 / took.seconds,
        took.cpu_seconds * 1e6 / count as f64,
        bare.seconds / took.seconds,
    );
}

/// Where the pipeline's processor time went: by thread, then the first lines of the profile.
fn show_profile(dir: &Path) {
    for (sort, lines) in [("comm", 6), ("comm,symbol", 12)] {
        let mut call = Command::new("perf");
        call.args(["report", "--stdio", "--no-children", "-g", "none", "--percent-limit", "1", "--sort", sort, "-i"]);
        let Ok(out) = call.arg(dir.join("perf.data")).output() else { return println!("  perf is not there") };
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        for line in text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).take(lines) {
            println!("    {}", line.trim_end());
        }
    }
}

fn fresh() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pipeline-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}
