//! What a broker has to do for the engine to be exactly once. The model has to pass it as real Kafka does: a [`Bench`] of
//! another broker runs the same list.

#[path = "conformance/bench.rs"]
mod bench;
#[path = "conformance/model.rs"]
mod model;

use bench::{Bench, Denied};
use model::ModelBench;

/// A fresh broker with 10 input records and a member that has read 3.
fn fresh() -> impl Bench {
    ModelBench::new()
}

#[test]
fn an_open_transaction_is_hidden() {
    let mut bench = fresh();
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "open").unwrap();
    bench.send_offsets(&producer, 3, "mark").unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
    assert_eq!(bench.read("out", false), ["open"]);
    assert_eq!(bench.offset_now(), None);
}

#[test]
fn a_commit_shows_records_and_position_at_once_and_carries_metadata() {
    let mut bench = fresh();
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "done").unwrap();
    bench.send_offsets(&producer, 3, "a-1:7:42").unwrap();
    bench.commit(&producer).unwrap();
    assert_eq!(bench.read("out", true), ["done"]);
    assert_eq!(bench.offset(), Ok(Some((3, "a-1:7:42".to_owned()))));
}

#[test]
fn an_aborted_transaction_leaves_nothing() {
    let mut bench = fresh();
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "gone").unwrap();
    bench.send_offsets(&producer, 3, "").unwrap();
    bench.abort(&producer).unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
    assert_eq!(bench.offset(), Ok(None));
    // The next transaction isn't hidden along with it.
    bench.produce(&producer, "out", "kept").unwrap();
    bench.commit(&producer).unwrap();
    assert_eq!(bench.read("out", true), ["kept"]);
}

#[test]
fn a_zombie_is_fenced_and_its_records_are_hidden() {
    let mut bench = fresh();
    let zombie = bench.producer("t");
    bench.produce(&zombie, "out", "zombie").unwrap();
    let heir = bench.producer("t");
    assert_eq!(bench.commit(&zombie), Err(Denied::Fenced));
    assert_eq!(bench.produce(&zombie, "out", "zombie"), Err(Denied::Fenced));
    bench.produce(&heir, "out", "heir").unwrap();
    bench.commit(&heir).unwrap();
    assert_eq!(bench.read("out", true), ["heir"]);
}

#[test]
fn positions_of_a_member_that_left_are_refused() {
    let mut bench = fresh();
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "late").unwrap();
    bench.leave();
    assert_eq!(bench.send_offsets(&producer, 3, ""), Err(Denied::Member));
    bench.abort(&producer).unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
}

#[test]
fn the_transaction_timeout_frees_later_records() {
    let mut bench = fresh();
    let stuck = bench.producer("stuck");
    bench.produce(&stuck, "out", "stuck").unwrap();
    let other = bench.producer("other");
    bench.produce(&other, "out", "later").unwrap();
    bench.commit(&other).unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new(), "behind an open transaction");
    bench.wait_for_transaction_timeout();
    assert_eq!(bench.read("out", true), ["later"]);
    assert_eq!(bench.commit(&stuck), Err(Denied::Fenced));
}

#[test]
fn a_pending_transaction_makes_the_position_unstable() {
    let mut bench = fresh();
    let producer = bench.producer("t");
    bench.send_offsets(&producer, 3, "").unwrap();
    assert_eq!(bench.offset(), Err(Denied::Unstable));
    bench.producer("t");
    assert_eq!(bench.offset(), Ok(None), "a new producer settles what the old one left");
}

#[test]
fn a_late_commit_does_not_tear_the_next_transaction() {
    let mut bench = fresh();
    let old = bench.producer("t");
    bench.produce(&old, "out", "first").unwrap();
    bench.commit_late(&old);
    let new = bench.producer("t");
    bench.produce(&new, "out", "second").unwrap();
    bench.deliver_late();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
    bench.produce(&new, "out", "third").unwrap();
    bench.commit(&new).unwrap();
    assert_eq!(bench.read("out", true), ["second", "third"]);
}

#[test]
fn an_abort_after_a_commit_that_went_through_changes_nothing() {
    let mut bench = fresh();
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "done").unwrap();
    bench.commit(&producer).unwrap();
    assert_eq!(bench.abort(&producer), Err(Denied::NoTransaction));
    bench.producer("t");
    assert_eq!(bench.read("out", true), ["done"]);
}

#[test]
fn a_transaction_is_whole_over_partitions_and_kept_in_order() {
    let mut bench = fresh();
    let producer = bench.producer("t");
    for n in ["1", "2", "3"] {
        bench.produce(&producer, "out", n).unwrap();
        bench.produce(&producer, "state", n).unwrap();
    }
    assert!(bench.read("out", true).is_empty() && bench.read("state", true).is_empty());
    bench.commit(&producer).unwrap();
    assert_eq!(bench.read("out", true), ["1", "2", "3"]);
    assert_eq!(bench.read("state", true), ["1", "2", "3"]);
}

#[test]
fn an_idle_broker_forgets_nothing() {
    let mut bench = fresh();
    bench.wait_for_transaction_timeout();
    assert_eq!(bench.read("in", true).len(), 10);
}
