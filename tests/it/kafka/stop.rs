//! Told to stop (SIGTERM) while there is work.

use std::time::{Duration, Instant};

use super::broker::{Broker, create, fresh, produce, progress, read, wait_until};
use super::made::made;
use super::oracle::check;
use super::service::{Service, configuration, said, sum};
use super::settle::settle;

const STOP_MAX: Duration = Duration::from_secs(10);

fn wait_until_it_works(broker: &Broker) {
    wait_until("something is committed", || progress(broker, "process", "trailgraph.by-account.v1").0 > 0);
}

#[test]
fn stopped_under_load_it_ends_soon_and_does_nothing_twice() {
    const PART: usize = 20_000;
    let Some(broker) = Broker::start("stop", 21_292) else { return };
    create(&broker, &["cloudtrail", "guardduty"]);
    let records = made(3 * PART);
    let parts: Vec<&[String]> = records.chunks(PART).collect();
    let dir = fresh("stop-work");
    // One worker, so that a run ends with one line.
    let config = configuration(&broker, &dir, "[roles]\nworkers = 1\n");
    let logs = ["route", "process"].map(|role| (role, dir.join(format!("{role}.log"))));
    let start = || logs.each_ref().map(|(role, log)| Service::start(&config, role, log));

    let services = start();
    produce(&broker, "cloudtrail", parts[0]);
    wait_until_it_works(&broker);
    std::thread::scope(|scope| {
        let load = scope.spawn(|| produce(&broker, "cloudtrail", parts[1]));
        for service in services {
            let took = service.stop();
            println!("stopped in {took:?}");
            assert!(took < STOP_MAX, "{took:?}");
        }
        load.join().unwrap();
    });
    produce(&broker, "cloudtrail", parts[2]);
    let (at, end) = progress(&broker, "route", "cloudtrail");
    assert!(at < end, "nothing was left to do: {at} of {end}");

    let services = start();
    settle(&broker);
    for service in services {
        service.stop();
    }
    let [route, process] = logs.each_ref().map(|(_, log)| said(log, "worker stopped"));
    assert_eq!((route.len(), process.len()), (2, 2));
    assert!(sum(&route[1..], "records") > 0 && sum(&process[1..], "records") > 0);
    assert_eq!(sum(&route, "records"), records.len() as u64, "each record read once, both runs together");
    assert_eq!(sum(&process, "records"), read(&broker, "trailgraph.by-account.v1").len() as u64);
    assert_eq!(sum(&process, "restored"), 0, "the second run found its state on disk");
    check(&broker, &records, &dir);
}

#[test]
fn a_broker_that_does_not_answer_holds_a_stop_up_no_longer_than_its_limit() {
    let Some(broker) = Broker::start("silent", 20_392) else { return };
    create(&broker, &["cloudtrail", "guardduty"]);
    let records = made(40_000);
    produce(&broker, "cloudtrail", &records);
    let dir = fresh("silent-work");
    let log = dir.join("both.log");
    let both = Service::start(&configuration(&broker, &dir, "[limits]\nstop = \"1s\"\n"), "route,process", &log);
    wait_until_it_works(&broker);
    broker.signal("STOP");
    let began = Instant::now();
    both.signal("TERM");
    assert_eq!(both.end(), Some(1));
    let took = began.elapsed();
    assert!(Duration::from_secs(1) <= took && took < STOP_MAX, "{took:?}");
    assert!(!said(&log, "limits.stop has passed; the process ends without waiting further").is_empty());
    broker.signal("CONT");

    let both = Service::start(&configuration(&broker, &dir, ""), "route,process", &log);
    settle(&broker);
    both.stop();
    check(&broker, &records, &dir);
}
