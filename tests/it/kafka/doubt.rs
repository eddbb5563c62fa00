//! Commits whose outcome nobody says: each is found out, none is guessed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::broker::{Broker, Reader, create, fresh, produce, read};
use super::made::{is_relevant, made};
use super::oracle::check;
use super::proxy::{Fate, Plan, Proxy};
use super::service::{Service, configuration, said};
use super::settle::settle;

const INCIDENTS: &str = "trailgraph.incidents.v1";

/// How many tasks' commits were in doubt in all runs of a role, and turned out to be done, and not.
fn settled(log: &Path) -> (usize, usize) {
    let lines = said(log, "resolved");
    let of = |outcome: &str| lines.iter().filter(|l| l["outcome"] == outcome).count();
    (of("done"), of("not_done"))
}

#[test]
fn commits_in_doubt_are_found_out_and_everything_is_said_once() {
    const RECORDS: usize = 50_000;
    const PARTS: usize = 10;
    let (port, proxy) = (20_492, 20_495);
    let Some(broker) = Broker::start_behind("doubt", port, Some(proxy)) else { return };
    let proxy = Proxy::start(proxy, port + 1, Plan::new(0x9e37_79b9));
    create(&broker, &["cloudtrail", "guardduty"]);
    let records = made(RECORDS);
    let dir = fresh("doubt-work");
    let through = |records_max: usize| {
        format!(
            "[kafka]\nbootstrap_servers = \"{}\"\n[commit]\nrecords_max = {records_max}\ntimeout = \"400ms\"\n",
            broker.proxied()
        )
    };
    // What there is for process is a fifth.
    let route_config = configuration(&broker, &fresh("doubt-route"), &through(1_000));
    let config = configuration(&broker, &dir, &through(100));
    let logs = ["route", "process"].map(|role| dir.join(format!("{role}.log")));
    let route = Service::start(&route_config, "route", &logs[0]);
    let mut process = Service::start(&config, "process", &logs[1]);
    produce(&broker, "cloudtrail", &records[..RECORDS / PARTS]);
    settle(&broker);

    let stop = AtomicBool::new(false);
    let mut seen_live = std::thread::scope(|scope| {
        let live = scope.spawn(|| {
            let (mut reader, mut seen) = (Reader::new(&broker, INCIDENTS), Vec::new());
            while !stop.load(Ordering::Relaxed) {
                seen.extend(reader.next(Duration::from_millis(50)));
            }
            seen
        });
        for (n, part) in records.chunks(RECORDS / PARTS).enumerate().skip(1) {
            produce(&broker, "cloudtrail", part);
            // Killed in the middle of a doubt, or of its settling.
            if n % 3 == 0 {
                let before = said(&logs[1], "a commit is in doubt").len();
                let until = Instant::now() + Duration::from_secs(10);
                while said(&logs[1], "a commit is in doubt").len() == before && Instant::now() < until {
                    std::thread::sleep(Duration::from_millis(5));
                }
                process.kill();
                if n == 6 {
                    std::fs::remove_dir_all(dir.join("state")).unwrap();
                }
                process = Service::start(&config, "process", &logs[1]);
            }
        }
        settle(&broker);
        stop.store(true, Ordering::Relaxed);
        live.join().unwrap()
    });
    route.stop();
    process.stop();

    let mut last = read(&broker, INCIDENTS);
    last.sort();
    seen_live.sort();
    assert!(seen_live == last, "what a reader saw meanwhile is not what remains");
    let relevant = (0..RECORDS).filter(|n| is_relevant(*n)).count();
    assert_eq!(read(&broker, "trailgraph.by-account.v1").len(), relevant, "route sent each record on once");
    check(&broker, &records, &dir);

    // All this was in doubt, and came out either way.
    let fates = proxy.seen();
    println!("fates and the broker's answers: {:?}", fates.answers);
    assert_eq!(fates.torn, 0, "a late commit ended the next transaction");
    for log in &logs {
        let doubts = said(log, "a commit is in doubt").len();
        let (done, not_done) = settled(log);
        println!("{}: {doubts} in doubt; tasks: {done} done, {not_done} not", log.display());
        assert!(doubts >= 5 && done > 0 && not_done > 0, "{doubts} {done} {not_done}");
    }
    // What was late met another epoch; without a next transaction in between it may also meet the end of its own.
    let refused = |fate: Fate| fates.answers.get(&fate).map_or(0, |codes| codes.iter().filter(|c| **c != 0).count());
    assert!(refused(Fate::Hold) > 0 && refused(Fate::Straggle) > 0, "{fates:?}");
    assert!(fates.answers.contains_key(&Fate::Swallow) && fates.answers.contains_key(&Fate::CutAfter), "{fates:?}");
}
