//! Undisturbed: what ships with the project and all the real records that there are.

use std::path::Path;

use trailgraph::runtime::files::{Inputs, Reader};

use super::broker::{Broker, create, fresh, produce};
use super::oracle::Result;
use super::service::configuration;
use super::settle::run_both;
use crate::common;

/// The inputs as `replay` cuts them out of files: raw bytes, compressed ones as they are.
fn inputs(named: &[&Path], except: &Path) -> Vec<Vec<u8>> {
    let named: Vec<_> = named.iter().map(|p| p.to_path_buf()).collect();
    let mut all = Vec::new();
    for file in Inputs::find(&named, except).unwrap().files() {
        let mut reader = Reader::open(file).unwrap();
        loop {
            let (piece, problem) = reader.read().unwrap();
            assert_eq!(problem, None, "{}", file.display());
            let Some(piece) = piece else { break };
            all.push(piece.value);
        }
    }
    all
}

#[test]
fn real_records_through_route_and_process_give_what_replay_gives() {
    let Some(broker) = Broker::start("same", 20_092) else { return };
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    let data = common::data();
    let dir = fresh("same-work");
    // Larger than brokers and clients take unless they are told to.
    let large = dir.join("large.json");
    std::fs::write(&large, vec![b'x'; 3 << 20]).unwrap();
    let named: Vec<&Path> = [Some(scenario.as_path()), Some(&large), data.as_deref()].into_iter().flatten().collect();
    let want = Result::replayed(&named, &dir.join("replay"));
    let inputs = inputs(&named, &dir.join("replay"));
    println!("{} inputs, {} incidents, {} dead letters", inputs.len(), want.incidents.len(), want.dead_letters.len());
    if data.is_some() {
        assert!(inputs.len() > 4_000 && want.dead_letters.len() > 400, "the walk found next to nothing");
    }
    create(&broker, &["cloudtrail", "guardduty"]);
    produce(&broker, "cloudtrail", &inputs);
    // The real records are years apart, and a replay keeps everything.
    let config = configuration(&broker, &dir, "[state]\nretention = \"3650d\"");
    run_both(&broker, &config, &dir);
    Result::emitted(&broker).assert_is(&want);
}
