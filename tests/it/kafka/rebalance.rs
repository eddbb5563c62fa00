//! Instances that come and go, and one that was taken for dead and isn't.

use std::time::Duration;

use super::broker::{Broker, create, fresh, produce, tokens};
use super::made::made;
use super::oracle::check;
use super::proxy::{Plan, Proxy};
use super::service::{Service, configuration, said};
use super::settle::settle;

/// At once, so that there is work for a while; and again and again while something is waited for.
const BURST: usize = 3_000;
const TRICKLE: usize = 200;
const PAUSE: Duration = Duration::from_millis(200);
const RECORDS_MAX: usize = 200_000;

/// Records on their way into the input.
struct Feed<'a> {
    broker: &'a Broker,
    records: Vec<String>,
    sent: usize,
}

impl Feed<'_> {
    fn send(&mut self, count: usize) {
        let part = &self.records[self.sent..self.sent + count];
        produce(self.broker, "cloudtrail", part);
        self.sent += count;
    }

    /// Sends a burst, then a little at a time until something is so: who takes over shows only by what it commits.
    fn until(&mut self, what: &str, is_so: impl Fn() -> bool) {
        println!("{what}");
        self.send(BURST);
        while !is_so() {
            assert!(self.sent + BURST + TRICKLE < RECORDS_MAX, "waited in vain: {what}");
            self.send(TRICKLE);
            std::thread::sleep(PAUSE);
        }
    }
}

/// One instance of the process role, with one worker: what it commits is seen by that worker's transactional id.
struct Instance {
    name: &'static str,
    config: std::path::PathBuf,
    log: std::path::PathBuf,
}

impl Instance {
    fn new(broker: &Broker, name: &'static str, run: &str, protocol: &str, servers: &str) -> Instance {
        let dir = fresh(&format!("rebalance-{run}-{name}"));
        let changes = format!(
            "[kafka]\nclient_id = \"{name}\"\nbootstrap_servers = \"{servers}\"\n\
             [group]\nprotocol = \"{protocol}\"\nsession_timeout = \"6s\"\n\
             [roles]\nworkers = 1\n[commit]\nrecords_max = 100\ntimeout = \"10s\"\n"
        );
        Instance { name, config: configuration(broker, &dir, &changes), log: dir.join("log") }
    }

    fn start(&self) -> Service {
        Service::start(&self.config, "process", &self.log)
    }

    fn worker(&self) -> String {
        format!("trailgraph-process-{}-0", self.name)
    }

    /// How many partitions it has committed last.
    fn owns(&self, broker: &Broker) -> usize {
        tokens(broker).iter().filter(|t| t.starts_with(&self.worker())).count()
    }
}

fn instances_come_and_go(protocol: &str, port: u16) {
    let proxy = port + 3;
    let Some(broker) = Broker::start_behind(&format!("rebalance-{protocol}"), port, Some(proxy)) else { return };
    let proxy = Proxy::start(proxy, port + 1, Plan::peaceful());
    create(&broker, &["cloudtrail", "guardduty"]);
    let mut feed = Feed { broker: &broker, records: made(RECORDS_MAX), sent: 0 };
    let a = Instance::new(&broker, "a", protocol, protocol, &broker.servers());
    let b = Instance::new(&broker, "b", protocol, protocol, &broker.proxied());
    let _route = Service::start(&a.config, "route", &a.log.with_extension("route"));
    let all = super::broker::PARTITIONS as usize;

    // Each joins, or leaves, while there is work.
    let first = a.start();
    feed.until("a works", || a.owns(&broker) > 0);
    let second = b.start();
    feed.until("b joins", || b.owns(&broker) > 0 && a.owns(&broker) > 0);
    feed.send(BURST);
    first.stop();
    feed.until("b goes on alone", || b.owns(&broker) == all);
    let first = a.start();
    feed.until("a joins again", || a.owns(&broker) > 0 && b.owns(&broker) > 0);

    // Held in the middle of a commit, for longer than its session and its transaction.
    proxy.keep(&b.worker());
    feed.until("b commits", || proxy.keeps(&b.worker()));
    second.signal("STOP");
    feed.until("a takes over", || a.owns(&broker) == all);
    let answers = proxy.let_go(&b.worker());
    assert!(!answers.is_empty() && answers.iter().all(|code| *code != 0), "the zombie's commit: {answers:?}");
    second.signal("CONT");
    feed.until("b joins again", || b.owns(&broker) > 0);
    settle(&broker);
    for service in [first, second] {
        service.stop();
    }
    assert!(!said(&b.log, "a commit is in doubt").is_empty());
    check(&broker, &feed.records[..feed.sent], &fresh(&format!("rebalance-{protocol}-replay")));
}

#[test]
fn instances_come_and_go_and_everything_is_said_once() {
    instances_come_and_go("classic", 20_892);
}

#[test]
fn with_assignment_by_the_brokers_too() {
    instances_come_and_go("consumer", 20_992);
}
