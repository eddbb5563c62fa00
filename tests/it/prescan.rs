//! Messages that are decided on their bytes: never one that matters, and each counted once, whatever becomes of the commits.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trailgraph::engine::commit::Limits;
use trailgraph::engine::counts;
use trailgraph::engine::memory::MemoryStore;
use trailgraph::engine::model::broker::{Broker, Stored};
use trailgraph::engine::model::fault::{Faults, Random, Rates};
use trailgraph::engine::model::{ModelLog, input};
use trailgraph::engine::record::{OutTopic, Record};
use trailgraph::engine::safety::Safety;
use trailgraph::engine::stage::Stage;
use trailgraph::engine::store::StoreError;
use trailgraph::engine::worker::Worker;
use trailgraph::stages::route::Route;

use crate::common::history::at;
use crate::common::live::{Live, task};
use crate::simulation::stage::Counting;

/// Every key and value that `recognise` looks for, and names that are followed or not.
const KEYS: [&str; 32] = [
    "Records",
    "Findings",
    "detail-type",
    "detail",
    "account",
    "region",
    "messageType",
    "logEvents",
    "message",
    "awslogs",
    "data",
    "aws",
    "eventName",
    "eventName",
    "eventName",
    "eventSource",
    "eventSource",
    "eventTime",
    "eventType",
    "userIdentity",
    "insightDetails",
    "recipientAccountId",
    "recipientAccountId",
    "accountId",
    "id",
    "type",
    "resource",
    "service",
    "createdAt",
    "instance-id",
    "state",
    "time",
];
const VALUES: [&str; 18] = [
    "RunInstances",
    "RunInstances",
    "ConsoleLogin",
    "DescribeInstances",
    "DescribeInstances",
    "Decrypt",
    "eventName",
    "clientName",
    "ec2.amazonaws.com",
    "ec2.amazonaws.com",
    "signin.amazonaws.com",
    "111122223333",
    "2024-05-01T10:00:00Z",
    "DATA_MESSAGE",
    "GuardDuty Finding",
    "EC2 Instance State-change Notification",
    "Recon:EC2/Portscan",
    "i-0123456789abcdef0",
];

fn pick<'a>(random: &mut Random, of: &[&'a str]) -> &'a str {
    of[random.below(of.len() as u64) as usize]
}

/// A record that is whole, for a name: the seed of most mutations.
fn record(name: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","accountId":"111122223333"}},"eventTime":"2024-05-01T10:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333","requestParameters":{{"filterSet":{{}}}}}}"#
    )
}

fn finding() -> String {
    let service =
        r#"{"service":{"eventFirstSeen":"2024-05-01T10:00:00Z"},"resource":{"tags":[{"eventName":"Decrypt"}]}"#;
    format!(
        r#"{service},"id":"f","type":"Recon:EC2/Portscan","accountId":"111122223333","createdAt":"2024-05-01T10:00:00Z"}}"#
    )
}

fn state_change() -> String {
    let envelope = r#"{"detail-type":"EC2 Instance State-change Notification","account":"111122223333","time":"2024-05-01T10:00:00Z""#;
    format!(r#"{envelope},"detail":{{"eventName":"Decrypt","instance-id":"i-0123456789abcdef0","state":"running"}}}}"#)
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// JSON of the words that matter, some of it as text or base64 within JSON, some of the letters escaped.
fn json(random: &mut Random, depth: u64) -> String {
    match random.below(if depth == 0 { 4 } else { 9 }) {
        0 | 1 => quoted(pick(random, &VALUES)),
        2 => random.below(9).to_string(),
        3 => ["null", "true", "\"\""][random.below(3) as usize].to_owned(),
        4 => format!("[{},{}]", json(random, depth - 1), json(random, depth - 1)),
        5 => quoted(&object(random, depth - 1)),
        6 => quoted(&STANDARD.encode(record(pick(random, &VALUES)))),
        _ => object(random, depth - 1),
    }
}

fn object(random: &mut Random, depth: u64) -> String {
    let member = |random: &mut Random| format!("{}:{}", quoted(pick(random, &KEYS)), json(random, depth));
    let members: Vec<String> = (0..random.below(7)).map(|_| member(random)).collect();
    format!("{{{}}}", members.join(","))
}

fn whole(random: &mut Random) -> String {
    match random.below(8) {
        0 => finding(),
        1 => state_change(),
        2 | 3 => record("DescribeInstances"),
        4 => record(pick(random, &VALUES)),
        5 => format!(r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{}}}"#, record(pick(random, &VALUES))),
        6 => format!(r#"{{"Records":[{}]}}"#, record(pick(random, &VALUES))),
        _ => object(random, 3),
    }
}

/// Cut, spliced, doubled, escaped, or with a byte changed.
fn mutate(text: String, random: &mut Random) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    for _ in 0..random.below(3) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, whole(random).into_bytes())),
            2 => bytes.extend_from_slice(format!("\n{}", whole(random)).as_bytes()),
            3 => drop(bytes.splice(at..at, json(random, 1).into_bytes())),
            4 => {
                let letter = bytes.get(at).copied().filter(u8::is_ascii_alphabetic);
                if let Some(letter) = letter {
                    drop(bytes.splice(at..=at, format!("\\u{:04x}", letter).into_bytes()));
                }
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = b"\"\\{}[]:,x"[random.below(9) as usize];
                }
            }
        }
    }
    bytes
}

#[test]
fn what_is_passed_over_never_matters() {
    let (route, mut random) = (Route::default(), Random::new(9));
    let (mut passed, mut matter) = (0, 0);
    for case in 0..60_000 {
        let text = whole(&mut random);
        let value = mutate(text, &mut random);
        let skipped = route.skip(&value);
        let mut live = Live::default();
        let record = Record { task: task(), offset: case, key: None, value, headers: Vec::new() };
        route.take(&record, at(1), &mut live).unwrap();
        let matters = live.sent.iter().any(|out| out.topic == OutTopic::ByAccount);
        assert!(!(matters && skipped.is_some()), "{}", record.value.escape_ascii());
        passed += usize::from(skipped.is_some());
        matter += usize::from(matters);
    }
    assert!(passed > 10_000 && matter > 10_000, "{passed} passed over, {matter} matter");
}

#[test]
fn an_irrelevant_message_is_passed_over_in_each_form_that_holds_it_openly() {
    let route = Route::default();
    let bare = record("DescribeInstances");
    for (message, want) in [
        (bare.clone(), true),
        (format!(r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{bare}}}"#), true),
        (format!(r#"{{"Records":[{bare}]}}"#), true),
        (format!(r#"{{"Records":[{bare},{bare}]}}"#), false),
        (record("RunInstances"), false),
        (record("ConsoleLogin"), false),
        (finding(), false),
        (state_change(), false),
    ] {
        assert_eq!(route.skip(message.as_bytes()).is_some(), want, "{message}");
    }
}

/// Broken *and* irrelevant is irrelevant: whole, it would have been dropped as well. Broken and followed stays a dead letter.
#[test]
fn a_malformed_message_counts_as_what_it_names() {
    let route = Route::default();
    let broken = |name| record(name).replace("}}}", "}");
    assert_eq!(route.skip(broken("DescribeInstances").as_bytes()), Some(counts::IRRELEVANT.of("trail")));
    assert_eq!(route.skip(broken("RunInstances").as_bytes()), None);
    let mut live = Live::default();
    let value = broken("RunInstances").into_bytes();
    route.take(&Record { task: task(), offset: 0, key: None, value, headers: Vec::new() }, at(1), &mut live).unwrap();
    assert_eq!(live.count_of(counts::REFUSED), 1);
}

/// Commits fail, fall into doubt, and turn out to be done or not; rewound records are passed over again and count once.
#[test]
fn each_record_passed_over_counts_once_whatever_becomes_of_the_commits() {
    let (mut disturbed, mut quiet) = (0, 0);
    for seed in 0..300 {
        let rates = Rates { crash: 0, commit: 20, marker: 150 };
        let broker = Rc::new(RefCell::new(Broker::new(Faults::new(seed, rates), Safety::default())));
        broker.borrow_mut().assign(task(), "a");
        let open = |_: &_| -> Result<MemoryStore, StoreError> { Ok(MemoryStore::new()) };
        let limits = Limits { interval_ms: 40, records: 7, ..Limits::default() };
        let mut worker = Worker::new(ModelLog::join(&broker, "a"), open, Counting, limits);
        let mut random = Random::new(seed);
        let mut want = 0;
        for n in 0..60 {
            let skip = random.permille(600);
            want += u64::from(skip);
            let value = if skip { format!("skip{n}") } else { format!("v{n}") };
            let record = Stored { key: b"k".to_vec(), value: Some(value.into_bytes()) };
            broker.borrow_mut().append(&input(&task()), record);
            broker.borrow_mut().advance(10);
            _ = worker.step();
        }
        if worker.log().has_crashed() {
            continue;
        }
        broker.borrow_mut().faults.rates = Rates::default();
        broker.borrow_mut().quiesce();
        for _ in 0..100 {
            broker.borrow_mut().advance(50);
            worker.step().unwrap();
        }
        assert!(worker.finish().unwrap());
        assert_eq!(counts::sum(worker.tally(), counts::IRRELEVANT), want, "seed {seed}");
        assert_eq!(broker.borrow_mut().offset(&task()).unwrap().unwrap().0, 60, "seed {seed}");
        let c = worker.counters();
        disturbed += usize::from(c.not_done + c.in_doubt_not_done > 0);
        quiet += usize::from(c.not_done + c.in_doubt == 0);
    }
    assert!(disturbed > 10 && quiet > 10, "{disturbed} {quiet}");
}
