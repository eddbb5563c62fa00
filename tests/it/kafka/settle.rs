//! When everything is done.

use std::path::Path;

use trailgraph::engine::stage::Context;
use trailgraph::stages::loaded::Loaded;
use trailgraph::wire::state::keys;

use super::broker::{Broker, positions, progress, read, read_behind, wait_until};
use super::service::Service;

const BY_ACCOUNT: &str = "trailgraph.by-account.v1";

/// Waits until route has read all of the input, process all that route made of it, and no finding waits for its topology any more.
pub fn settle(broker: &Broker) {
    wait_until("route has read everything", || {
        let (at, end) = progress(broker, "route", "cloudtrail");
        at == end
    });
    let (_, behind) = read_behind(broker, BY_ACCOUNT);
    assert!(behind.iter().any(|at| *at > 0), "route made nothing of it");
    wait_until("process has read everything", || {
        let at = positions(broker, "process", BY_ACCOUNT);
        at.len() == behind.len() && at.iter().zip(&behind).all(|(at, behind)| at >= behind)
    });
    wait_until("nothing waits any more", || {
        let mut state = Loaded::default();
        for (key, value) in read(broker, "trailgraph.state.v1") {
            state.load(&key, value.as_deref());
        }
        state.scan(&[keys::PENDING], &[keys::PENDING], 1).is_empty()
    });
}

/// Both roles, each a process, until everything is done. Their logs lie in `dir`.
pub fn run_both(broker: &Broker, config: &Path, dir: &Path) {
    let route = Service::start(config, "route", &dir.join("route.log"));
    let process = Service::start(config, "process", &dir.join("process.log"));
    settle(broker);
    route.stop();
    process.stop();
}
