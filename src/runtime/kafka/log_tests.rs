//! The client's side of the log against librdkafka's mock. It says nothing of transactions, which the mock only nods to: those
//! are proven on a real broker.

use rdkafka::mocking::MockCluster;

use super::super::settings::sample;
use super::*;
use crate::engine::record::OutTopic;

const ROOM: PollBudget = PollBudget { records: 100, bytes: 1 << 20 };
const PATIENCE: Duration = Duration::from_secs(30);

/// Polls until `enough`, for a bounded time.
fn poll_until(log: &mut KafkaLog, mut enough: impl FnMut(&Polled) -> bool) {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if enough(&log.poll(ROOM, 200, &|_| None).unwrap()) {
            return;
        }
    }
    panic!("nothing came in {PATIENCE:?}");
}

#[test]
fn reads_nothing_before_it_is_resumed_and_again_after_a_rewind() {
    let cluster = MockCluster::new(1).unwrap();
    let mut settings = sample();
    settings.brokers = cluster.bootstrap_servers();
    settings.deadline = Duration::from_secs(10);
    cluster.create_topic(&settings.topics.by_account, 1, 1).unwrap();
    cluster.create_topic(&settings.topics.state, 1, 1).unwrap();
    let task = TaskId { topic: settings.topics.by_account.clone(), partition: 0 };

    // Written by a log that reads something else.
    let mut other = settings.clone();
    other.group = "other".into();
    other.stateful = false;
    let mut writer = KafkaLog::connect(other).unwrap();
    for n in 0..5_u8 {
        let headers = vec![("h".to_owned(), vec![n])];
        writer.send(&task, OutRecord { topic: OutTopic::ByAccount, key: b"1".to_vec(), value: vec![n], headers });
    }
    poll_until(&mut writer, |p| p.assignment.contains(&Assignment::Assigned(task.clone())));
    assert!(matches!(writer.commit(&[(task.clone(), 0)], 1), Outcome::Done(_)));
    drop(writer);

    let mut log = KafkaLog::connect(settings).unwrap();
    poll_until(&mut log, |p| {
        assert!(p.records.is_empty());
        p.assignment.contains(&Assignment::Assigned(task.clone()))
    });
    assert_eq!(log.resolve(std::slice::from_ref(&task)).unwrap().get(&task), Some(&None));
    assert!(log.poll(ROOM, 1_000, &|_| None).unwrap().records.is_empty(), "it is paused");
    log.resume(&task);
    let mut seen = Vec::new();
    poll_until(&mut log, |p| {
        seen.extend(p.records.iter().map(|r| (r.offset, r.value.clone(), r.headers.clone())));
        seen.len() >= 5
    });
    let want: Vec<_> = (0..5_u8).map(|n| (i64::from(n), vec![n], vec![("h".to_owned(), vec![n])])).collect();
    assert_eq!(seen, want);
    log.rewind(&task, 3);
    let mut again = Vec::new();
    poll_until(&mut log, |p| {
        again.extend(p.records.iter().map(|r| r.offset));
        again.len() >= 2
    });
    assert_eq!(again, [3, 4]);

    log.send_change(&task, b"a", Some(b"1"));
    log.send_change(&task, b"a", None);
    let Outcome::Done(ends) = log.commit(&[(task.clone(), 5)], 1) else { panic!("not done") };
    assert_eq!(ends.get(&task), Some(&2), "the offset after the last change, by its delivery report");
    // A commit without changes keeps the end.
    let Outcome::Done(ends) = log.commit(&[(task.clone(), 5)], 2) else { panic!("not done") };
    assert_eq!(ends.get(&task), Some(&2));
    let chunk = log.changelog(&task, 0, 2, 1 << 20).unwrap();
    assert_eq!(chunk.records, [(b"a".to_vec(), Some(b"1".to_vec())), (b"a".to_vec(), None)]);
    assert_eq!(chunk.next, 2);
}
