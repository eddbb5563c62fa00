//! What the engine rests on, on the real broker: the list that the model broker passes, under both group protocols.

use super::bench::KafkaBench;
use super::broker::Broker;
use super::proxy::{Plan, Proxy};
use crate::conformance::list;

/// Checks at once: most of the time each waits.
const THREADS: usize = 6;

type Check = fn(&mut KafkaBench<'_>);

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), (|bench: &mut KafkaBench<'_>| list::$name(bench)) as Check)),*] };
}

#[test]
fn kafka_passes_the_conformance_list_under_both_group_protocols() {
    let (port, proxy) = (20_592, 20_595);
    let Some(broker) = Broker::start_behind("conformance", port, Some(proxy)) else { return };
    let proxy = Proxy::start(proxy, port + 1, Plan::peaceful());
    let checks = list::for_each_check!(all);
    let mut runs: Vec<_> = ["classic", "consumer"].iter().flat_map(|p| checks.map(|check| (*p, check))).collect();
    let mut failed = Vec::new();
    while !runs.is_empty() {
        let rest = runs.split_off(runs.len().min(THREADS));
        std::thread::scope(|scope| {
            let threads: Vec<_> = runs
                .iter()
                .map(|(protocol, (name, check))| {
                    let (broker, proxy) = (&broker, &proxy);
                    let of = format!("{protocol}-{name}");
                    (of.clone(), scope.spawn(move || check(&mut KafkaBench::new(broker, proxy, &of, protocol))))
                })
                .collect();
            failed.extend(threads.into_iter().filter_map(|(of, thread)| thread.join().is_err().then_some(of)));
        });
        runs = rest;
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
