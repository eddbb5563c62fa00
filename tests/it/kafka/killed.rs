//! Killed (SIGKILL) at any moment, its disk lost now and then.

use std::time::Duration;

use super::broker::{Broker, create, fresh, produce};
use super::made::made;
use super::oracle::check;
use super::service::{Service, configuration};
use super::settle::settle;

#[test]
fn killed_at_random_and_robbed_of_its_disk_it_says_everything_once() {
    const RECORDS: usize = 200_000;
    const KILLS: u64 = 20;
    let Some(broker) = Broker::start("killed", 20_192) else { return };
    create(&broker, &["cloudtrail", "guardduty"]);
    let records = made(RECORDS);
    let dir = fresh("killed-work");
    let config = configuration(&broker, &dir, "");
    let _route = Service::start(&config, "route", &dir.join("route.log"));
    let mut process = Service::start(&config, "process", &dir.join("process.log"));
    // Fed in parts, so that there is work left at every kill; the moments are spread by a fixed sequence.
    let mut moment: u64 = 0x9e37_79b9;
    for (n, part) in records.chunks(RECORDS / KILLS as usize).enumerate() {
        produce(&broker, "cloudtrail", part);
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(200 + (moment >> 33) % 1_800));
        process.kill();
        if n % 5 == 4 {
            std::fs::remove_dir_all(dir.join("state")).unwrap();
        }
        process = Service::start(&config, "process", &dir.join("process.log"));
    }
    settle(&broker);
    process.stop();
    check(&broker, &records, &dir);
}
