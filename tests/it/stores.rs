//! RocksDB holds what memory holds: both stores, over one state directory's changelog, give the same answers.

use std::path::Path;
use std::process::Command;

use trailgraph::engine::stage::Context;
use trailgraph::engine::store::Store;
use trailgraph::runtime::{files, rocks};
use trailgraph::stages::loaded::Loaded;
use trailgraph::wire::state::keys;

#[test]
fn both_stores_give_the_same_answers_on_one_changelog() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stores-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&out);
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/demo");
    let replay = || {
        let done = Command::new(env!("CARGO_BIN_EXE_trailgraph"))
            .args(["replay", "--out", out.to_str().unwrap(), scenario.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    replay();
    let state = out.join("state");
    let mut memory = Loaded::default();
    files::read_changelog(&state, &mut |k, v| memory.load(k, v)).unwrap();
    let derived = |pairs: Vec<(Vec<u8>, Vec<u8>)>| -> Vec<(Vec<u8>, Vec<u8>)> {
        // What a document depends on is derived while processing and restoring, not while loading to read.
        pairs.into_iter().filter(|(k, _)| ![keys::DEPENDS, keys::READ].contains(&k[0])).collect()
    };
    let want = derived(memory.scan(&[], &[], usize::MAX));
    assert!(want.len() > 300, "{}", want.len());
    let open = || rocks::RocksStore::open(&state.join("rocks"), &rocks::Shared::new(Default::default())).unwrap();
    assert!(derived(open().scan(&[], &[], usize::MAX).unwrap()) == want, "written while replaying");
    // The disk is lost: the next run restores it from the changelog.
    std::fs::remove_dir_all(state.join("rocks")).unwrap();
    replay();
    assert!(derived(open().scan(&[], &[], usize::MAX).unwrap()) == want, "restored from the changelog");
}
