//! What the two stages cost per record, without Kafka and without a disk: one thread, everything in memory.
//!
//! `cargo bench --no-default-features --bench stages [-- IRRELEVANT_PERCENT RECORDS]`
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

#[path = "../common/records.rs"]
mod records;

use std::sync::Arc;
use std::time::Duration;

use records::Records;
use trailgraph::domain::exposure::Checks;
use trailgraph::domain::incident::Knowledge;
use trailgraph::domain::time::Time;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::overlay::{Overlay, View};
use trailgraph::engine::record::{OutTopic, Record, TaskId};
use trailgraph::engine::stage::{Context, Stage};
use trailgraph::engine::store::{Applied, Store};
use trailgraph::stages::process::Process;
use trailgraph::stages::route::Route;

#[cfg(feature = "kafka")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Records in one commit.
const COMMIT: usize = 10_000;
/// How long a finding may wait for its topology.
const GRACE_MS: i64 = 5_000;

fn main() {
    let args: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let (shares, count) = match args.as_slice() {
        [share, count, ..] => (vec![*share], *count),
        [share] => (vec![*share], 200_000),
        [] => (vec![50, 90], 200_000),
    };
    let Some(records) = Records::load() else {
        println!("stages: ../shared/data is not there; nothing to measure");
        return;
    };
    println!("real records of each kind (irrelevant, calls, findings): {:?}", records.kinds());
    for share in shares {
        measure(&records, share, count);
    }
}

fn measure(records: &Records, irrelevant: usize, count: usize) {
    let task = TaskId { topic: "in".into(), partition: 0 };
    let record = |offset, value| Record { task: task.clone(), offset, key: None, value, headers: Vec::new() };
    let input: Vec<Record> = (0..count).map(|n| record(n as i64, records.at(n, irrelevant))).collect();
    let bytes: usize = input.iter().map(|r| r.value.len()).sum();

    let began = cpu();
    for record in &input {
        std::hint::black_box(serde_json::from_slice::<serde_json::Value>(&record.value).is_ok());
    }
    let parse = cpu() - began;

    let mut routed: Vec<Record> = Vec::new();
    let began = cpu();
    run(&Route::default(), &input, |out| {
        if out.topic == OutTopic::ByAccount {
            routed.push(Record { headers: out.headers, ..record(routed.len() as i64, out.value) });
        }
    });
    let route = cpu() - began;

    let checks = Arc::new(Checks::shipped().unwrap());
    let stage = Process { checks, ..Process::new(Arc::new(Knowledge::shipped().unwrap()), GRACE_MS) };
    let input = routed;
    let mut incidents = 0;
    let began = cpu();
    let (changes, change_bytes) = run(&stage, &input, |out| incidents += usize::from(out.topic == OutTopic::Incidents));
    let process = cpu() - began;

    let ns = |d: Duration, n: usize| d.as_nanos() / n.max(1) as u128;
    println!("{count} records, {irrelevant} % irrelevant, {} bytes each on average", bytes / count);
    println!("  a parse  {:>7} ns per record: serde_json::Value, the unit", ns(parse, count));
    let unit = |d: Duration, n: usize| ns(d, n) as f64 / ns(parse, count).max(1) as f64;
    println!(
        "  route    {:>7} ns per record, {:.2} parses; {} sent on",
        ns(route, count),
        unit(route, count),
        input.len()
    );
    println!(
        "  process  {:>7} ns per record sent on, {:.2} parses; {incidents} revisions, {changes} changelog records of {} bytes",
        ns(process, input.len()),
        unit(process, input.len()),
        change_bytes / changes.max(1)
    );
    println!("  together {:>7} ns per input record", ns(route + process, count));
}

/// This thread's time on a processor so far: what else the machine does must not show.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default())
}

/// Takes the records in commits of a fixed size; how many changelog records came of it, and their bytes.
fn run<G: Stage>(
    stage: &G,
    input: &[Record],
    mut sent: impl FnMut(trailgraph::engine::record::OutRecord),
) -> (usize, usize) {
    let (mut store, mut overlay) = (MemoryStore::new(), Overlay::default());
    let (mut changes, mut bytes) = (0, 0);
    // After every event there is, so that nothing is clamped; each commit is past the grace of the one before.
    let mut now = Time(4_000_000_000_000);
    for part in input.chunks(COMMIT) {
        now = now.plus_ms(GRACE_MS);
        let mut view = View::new(&store, &mut overlay);
        for record in part {
            // As the logs do it: what the bytes decide is not handed over.
            match stage.skip(&record.value) {
                Some(count) => view.count(count),
                None => stage.take(record, now, &mut view).unwrap(),
            }
        }
        stage.tick(now, &mut view);
        view.finish().unwrap();
        overlay.take_outputs().into_iter().for_each(&mut sent);
        for (key, value) in overlay.changes() {
            changes += 1;
            bytes += key.len() + value.map_or(0, <[u8]>::len);
        }
        store.apply(&overlay.take_writes(), Applied { position: 0, changelog_end: 0, token: None }).unwrap();
    }
    (changes, bytes)
}
