//! What a change and a reading cost after many others: of one asset, of one subnet, and of many accounts.
//!
//! `cargo bench --no-default-features --bench growth [-- CHANGES LAUNCHES]` keeps the state in memory; with the default features it is
//! on RocksDB as well.
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
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod records;
mod task;

use std::time::{Duration, Instant};

use records::{ACCOUNT, Zipf};
use serde_json::Value;
use task::Task;
use trailgraph::domain::graph::{AssetId, Kind, StateView};
use trailgraph::domain::time::Time;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::store::Store;

#[cfg(feature = "kafka")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Of one asset.
const CHANGES: usize = 100_000;
/// Over all accounts.
const LAUNCHES: usize = 100_000;
/// Behind one subnet.
const BEHIND_SUBNET: usize = 10_000;
const ACCOUNTS: usize = 2_000;
/// How many changes are timed at the beginning and at the end.
const TIMED: usize = 1_000;

fn main() {
    let args: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let changes = args.first().copied().unwrap_or(CHANGES);
    let launches = args.get(1).copied().unwrap_or(LAUNCHES);
    println!("in memory");
    all(changes, launches, &mut |_| MemoryStore::new());
    #[cfg(feature = "rocksdb")]
    rocks(changes, launches);
}

#[cfg(feature = "rocksdb")]
fn rocks(changes: usize, launches: usize) {
    use trailgraph::runtime::rocks::{RocksSettings, RocksStore, Shared};
    let dir = std::env::temp_dir().join(format!("trailgraph-growth-{}", std::process::id()));
    let shared = Shared::new(RocksSettings::default());
    println!("on RocksDB");
    all(changes, launches, &mut |name| RocksStore::open(&dir.join(name), &shared).unwrap());
    let bytes = RocksStore::open(&dir.join("launches"), &shared).unwrap().bytes().unwrap_or_default();
    println!("  launches: {} bytes on disk each", bytes / launches.max(1) as u64);
    _ = std::fs::remove_dir_all(&dir);
}

fn all<S: Store>(changes: usize, launches: usize, open: &mut impl FnMut(&str) -> S) {
    println!("  {:<28} {:>12} {:>12} {:>7}", "changes of one", "first, us", "last, us", "ratio");
    for (name, kind, asset, call) in records::SERIES {
        let mut task = Task::new(open(name));
        let costs = series(&mut task, changes, call);
        let (first, last) = (costs.0.as_secs_f64(), costs.1.as_secs_f64());
        let us = |s: f64| s * 1e6 / TIMED as f64;
        println!("  {name:<28} {:>12.1} {:>12.1} {:>7.2}", us(first), us(last), last / first);
        println!("    changelog: {} bytes a change", task.change_bytes / task.records.max(1));
        read(&task, &AssetId::new(ACCOUNT, *kind, *asset), changes);
    }
    subnet(&mut Task::new(open("subnet")));
    spread(&mut Task::new(open("launches")), launches);
}

/// The cost of the first and of the last changes of one asset.
fn series<S: Store>(task: &mut Task<S>, changes: usize, call: &dyn Fn(usize) -> Value) -> (Duration, Duration) {
    let (mut first, mut last) = (Duration::ZERO, Duration::ZERO);
    // The very first ones pay for memory and code that is cold.
    let warm = TIMED.min(changes / 4);
    for n in 0..changes {
        let record = task.record(&call(n));
        let began = cpu();
        task.take(&record);
        let took = if n >= warm && n < warm + TIMED || n + TIMED >= changes { cpu() - began } else { Duration::ZERO };
        if n >= warm && n < warm + TIMED {
            first += took;
        }
        if n + TIMED >= changes {
            last += took;
        }
    }
    task.commit();
    (first, last)
}

/// Readings of an asset now and as of earlier times.
fn read<S: Store>(task: &Task<S>, asset: &AssetId, changes: usize) {
    let mut line = String::new();
    for back in [0, 10, 1_000, changes / 2, changes - 1] {
        let at = if back == 0 { Time::MAX } else { records::at(changes - 1 - back) };
        let (state, took) = timed(|| task.view(|view| view.state(asset, at)));
        let elements: usize = state.iter().flat_map(|s| s.lists.values()).map(std::collections::BTreeMap::len).sum();
        line.push_str(&format!("  {back} back: {:.2} ms ({elements})", ms(took)));
    }
    println!("    read{line}");
}

/// All that ever referred to a subnet, when thousands of instances came and went in it.
fn subnet<S: Store>(task: &mut Task<S>) {
    for n in 0..BEHIND_SUBNET {
        let launch = task.record(&records::launch(2 * n, ACCOUNT));
        task.take(&launch);
        let end = task.record(&records::terminate(2 * n + 1, 2 * n));
        task.take(&end);
    }
    task.commit();
    let found = |kind, t| timed(|| task.view(|view| view.referrers(ACCOUNT, "subnet/subnet-01", kind, t)));
    println!("  a subnet with {BEHIND_SUBNET} launches behind it, all of them ended");
    for (what, kind, t) in [
        ("instances now", Kind::Instance, Time::MAX),
        ("instances at half time", Kind::Instance, records::at(BEHIND_SUBNET)),
        ("instances ever", Kind::Instance, Time(i64::MIN)),
        ("route tables now", Kind::RouteTableAssociation, Time::MAX),
    ] {
        let (referrers, took) = found(kind, t);
        println!("    {what}: {} in {:.2} ms, stopped: {}", referrers.assets.len(), ms(took), referrers.stopped);
    }
}

/// Launches over many accounts, a few of which have most of them.
fn spread<S: Store>(task: &mut Task<S>, launches: usize) {
    let mut zipf = Zipf::new(ACCOUNTS);
    let tenth = (launches / 10).max(1);
    let (mut tenths, mut bytes, mut memory) = (vec![Duration::ZERO; 10], 0, Vec::new());
    for n in 0..launches {
        let account = format!("{:012}", 300_000_000_000_u64 + zipf.next() as u64);
        let record = task.record(&records::launch(n, &account));
        bytes += record.value.len();
        let began = cpu();
        task.take(&record);
        if let Some(sum) = tenths.get_mut(n / tenth) {
            *sum += cpu() - began;
        }
        if n % tenth == tenth - 1 {
            memory.push(resident_mib());
        }
    }
    task.commit();
    let us = |d: &Duration| d.as_secs_f64() * 1e6 / tenth as f64;
    let (first, last) = (us(&tenths[0]), us(&tenths[9]));
    println!(
        "  {launches} RunInstances over {ACCOUNTS} accounts: {first:.1} us each in the first tenth, {last:.1} in the last"
    );
    println!(
        "    input {} bytes each; changelog {} records, {} bytes each; memory by tenths, MiB: {memory:?}",
        bytes / launches.max(1),
        task.changes / launches.max(1),
        task.change_bytes / launches.max(1)
    );
}

fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let out = f();
    (out, began.elapsed())
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}

/// This thread's time on a processor so far, to the nanosecond.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default())
}

fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4 / 1024
}
