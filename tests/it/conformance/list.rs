//! The list itself: each check takes a fresh broker with 10 input records and a member that has read 3.

use std::time::Duration;

use super::bench::{Bench, Denied, STUCK};

/// Hands the name of every check to a macro.
macro_rules! for_each_check {
    ($then:ident) => {
        $then! {
            an_open_transaction_is_hidden
            a_commit_shows_records_and_position_at_once_and_carries_metadata
            an_aborted_transaction_leaves_nothing
            a_zombie_is_fenced_and_its_records_are_hidden
            positions_of_a_member_that_left_are_refused
            positions_of_a_partition_that_went_to_another_are_refused
            the_transaction_timeout_frees_later_records
            a_pending_transaction_makes_the_position_unstable
            a_late_commit_does_not_tear_the_next_transaction
            an_abort_after_a_commit_that_went_through_changes_nothing
            a_transaction_is_whole_over_partitions_and_kept_in_order
            an_idle_broker_forgets_nothing
        }
    };
}
pub(crate) use for_each_check;

/// A commit is decided at once and shows a moment later, when its markers have arrived: how long that may take.
const TRIES: u32 = 200;
const BETWEEN: Duration = Duration::from_millis(50);

/// Waits until a topic's committed records are these.
fn shows(bench: &mut impl Bench, topic: &str, want: &[&str]) {
    for _ in 1..TRIES {
        if bench.read(topic, true) == want {
            return;
        }
        std::thread::sleep(BETWEEN);
    }
    assert_eq!(bench.read(topic, true), want);
}

/// The group's position, once nothing is pending.
fn settled(bench: &mut impl Bench) -> Option<(i64, String)> {
    for _ in 1..TRIES {
        match bench.offset() {
            Err(Denied::Unstable) => std::thread::sleep(BETWEEN),
            other => return other.unwrap(),
        }
    }
    bench.offset().unwrap()
}

pub fn an_open_transaction_is_hidden(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "open").unwrap();
    bench.send_offsets(&producer, 3, "mark").unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
    assert_eq!(bench.read("out", false), ["open"]);
    assert_eq!(bench.offset_now(), None);
}

pub fn a_commit_shows_records_and_position_at_once_and_carries_metadata(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "done").unwrap();
    bench.send_offsets(&producer, 3, "a-1:7:42").unwrap();
    bench.commit(&producer).unwrap();
    shows(bench, "out", &["done"]);
    assert_eq!(settled(bench), Some((3, "a-1:7:42".to_owned())));
}

pub fn an_aborted_transaction_leaves_nothing(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "gone").unwrap();
    bench.send_offsets(&producer, 3, "").unwrap();
    bench.abort(&producer).unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
    assert_eq!(settled(bench), None);
    // The next transaction isn't hidden along with it.
    bench.produce(&producer, "out", "kept").unwrap();
    bench.commit(&producer).unwrap();
    shows(bench, "out", &["kept"]);
}

pub fn a_zombie_is_fenced_and_its_records_are_hidden(bench: &mut impl Bench) {
    let zombie = bench.producer("t");
    bench.produce(&zombie, "out", "zombie").unwrap();
    let heir = bench.producer("t");
    assert_eq!(bench.commit(&zombie), Err(Denied::Fenced));
    assert_eq!(bench.produce(&zombie, "out", "zombie"), Err(Denied::Fenced));
    bench.produce(&heir, "out", "heir").unwrap();
    bench.commit(&heir).unwrap();
    shows(bench, "out", &["heir"]);
}

pub fn positions_of_a_member_that_left_are_refused(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "late").unwrap();
    bench.leave();
    assert_eq!(bench.send_offsets(&producer, 3, ""), Err(Denied::Member));
    bench.abort(&producer).unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
}

pub fn positions_of_a_partition_that_went_to_another_are_refused(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "late").unwrap();
    bench.move_away();
    assert_eq!(bench.send_offsets(&producer, 3, ""), Err(Denied::Member));
    bench.abort(&producer).unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
    assert_eq!(settled(bench), None);
}

pub fn the_transaction_timeout_frees_later_records(bench: &mut impl Bench) {
    let stuck = bench.producer(STUCK);
    bench.produce(&stuck, "out", "stuck").unwrap();
    let other = bench.producer("other");
    bench.produce(&other, "out", "later").unwrap();
    bench.commit(&other).unwrap();
    assert_eq!(bench.read("out", true), Vec::<String>::new(), "behind an open transaction");
    bench.wait_for_transaction_timeout();
    shows(bench, "out", &["later"]);
    assert_eq!(bench.commit(&stuck), Err(Denied::Fenced));
}

pub fn a_pending_transaction_makes_the_position_unstable(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    bench.send_offsets(&producer, 3, "").unwrap();
    assert_eq!(bench.offset(), Err(Denied::Unstable));
    bench.producer("t");
    assert_eq!(settled(bench), None, "a new producer settles what the old one left");
}

pub fn a_late_commit_does_not_tear_the_next_transaction(bench: &mut impl Bench) {
    let old = bench.producer("t");
    bench.produce(&old, "out", "first").unwrap();
    bench.commit_late(&old);
    let new = bench.producer("t");
    bench.produce(&new, "out", "second").unwrap();
    bench.deliver_late();
    assert_eq!(bench.read("out", true), Vec::<String>::new());
    bench.produce(&new, "out", "third").unwrap();
    bench.commit(&new).unwrap();
    shows(bench, "out", &["second", "third"]);
}

pub fn an_abort_after_a_commit_that_went_through_changes_nothing(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    bench.produce(&producer, "out", "done").unwrap();
    bench.commit(&producer).unwrap();
    assert_eq!(bench.abort(&producer), Err(Denied::NoTransaction));
    bench.producer("t");
    shows(bench, "out", &["done"]);
}

pub fn a_transaction_is_whole_over_partitions_and_kept_in_order(bench: &mut impl Bench) {
    let producer = bench.producer("t");
    for n in ["1", "2", "3"] {
        bench.produce(&producer, "out", n).unwrap();
        bench.produce(&producer, "state", n).unwrap();
    }
    assert!(bench.read("out", true).is_empty() && bench.read("state", true).is_empty());
    bench.commit(&producer).unwrap();
    shows(bench, "out", &["1", "2", "3"]);
    shows(bench, "state", &["1", "2", "3"]);
}

pub fn an_idle_broker_forgets_nothing(bench: &mut impl Bench) {
    bench.wait_for_transaction_timeout();
    assert_eq!(bench.read("in", true).len(), 10);
}
