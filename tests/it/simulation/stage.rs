//! What is run under faults: counts with history, derived values and timers, and the plain reference of the same.

use std::collections::BTreeMap;

use trailgraph::domain::time::Time;
use trailgraph::engine::counts::{self, Count};
use trailgraph::engine::record::{OutRecord, OutTopic, Record};
use trailgraph::engine::stage::{Context, Logged, Stage};
use trailgraph::stages::dead_letters::refuse_internal;
use trailgraph::wire::Unavailable;

const DELAY_MS: i64 = 150;
/// How the value of a record begins that is passed over.
pub const SKIPPED: &str = "skip";

/// Logged: `c/key` count, `h/key/count` history, `p/due/key/count` timers. Derived: `d/key` from the count, `i/value` from the
/// history, `t/key/count` from the timer.
pub struct Counting;

fn out(topic: OutTopic, key: &str, value: String) -> OutRecord {
    OutRecord { topic, key: key.into(), value: value.into_bytes(), headers: Vec::new() }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn derived(key: &str, value: Option<&str>) -> (String, Option<String>) {
    let parts: Vec<&str> = key.split('/').collect();
    match (parts.as_slice(), value) {
        (["c", k], Some(v)) => (format!("d/{k}"), Some(format!("{}", v.parse::<u64>().unwrap() * 7))),
        (["h", k, _], Some(v)) => (format!("i/{v}"), Some((*k).to_owned())),
        (["p", due, k, n], v) => (format!("t/{k}/{n}"), v.map(|_| (*due).to_owned())),
        other => panic!("no such key: {other:?}"),
    }
}

fn put(cx: &mut dyn Context, key: &str, value: Option<&str>) {
    cx.put(key.into(), value.map(|v| v.as_bytes().to_vec()), Logged::Yes);
    let (key, value) = derived(key, value);
    cx.put(key.into_bytes(), value.map(String::into_bytes), Logged::No);
}

impl Stage for Counting {
    fn take(&self, record: &Record, now: Time, cx: &mut dyn Context) -> Result<(), Unavailable> {
        let (key, value) = (text(record.key.as_ref().unwrap()), text(&record.value));
        let count = cx.get(format!("c/{key}").as_bytes()).map_or(0, |v| text(&v).parse::<u64>().unwrap()) + 1;
        put(cx, &format!("c/{key}"), Some(&count.to_string()));
        put(cx, &format!("h/{key}/{count:06}"), Some(&value));
        if count.is_multiple_of(3) {
            put(cx, &format!("p/{:012}/{key}/{count:06}", now.plus_ms(DELAY_MS).0), Some(""));
        }
        cx.send(out(OutTopic::Incidents, &key, format!("{key}#{count}={value}")));
        Ok(())
    }

    fn skip(&self, value: &[u8]) -> Option<Count> {
        value.starts_with(SKIPPED.as_bytes()).then_some(counts::IRRELEVANT)
    }

    fn refuse(&self, record: &Record, why: &str, cx: &mut dyn Context) {
        refuse_internal(record, why, cx);
    }

    fn tick(&self, now: Time, cx: &mut dyn Context) {
        for (key, _) in cx.scan(b"p/", b"", usize::MAX) {
            let key = text(&key);
            let parts: Vec<&str> = key.split('/').collect();
            if parts[1].parse::<i64>().unwrap() > now.0 {
                break;
            }
            put(cx, &key, None);
            cx.send(out(OutTopic::Exposures, parts[2], format!("timer {}#{}", parts[2], parts[3])));
        }
    }

    fn due(&self, cx: &dyn Context) -> Option<Time> {
        let (key, _) = cx.scan(b"p/", b"", 1).pop()?;
        text(&key).split('/').nth(1).map(|due| Time(due.parse().unwrap()))
    }

    fn restored(&self, key: &[u8], value: Option<&[u8]>, cx: &mut dyn Context) {
        let value = value.map(text);
        let (key, value) = derived(&text(key), value.as_deref());
        cx.put(key.into_bytes(), value.map(String::into_bytes), Logged::No);
    }
}

/// What has to be there in the end, worked out without engine, broker or faults.
#[derive(Default)]
pub struct Reference {
    /// In order, by key.
    pub incidents: BTreeMap<String, Vec<String>>,
    pub timers: Vec<String>,
    pub logged: BTreeMap<String, String>,
    pub derived: BTreeMap<String, String>,
}

impl Reference {
    pub fn of(input: &[(String, String)]) -> Reference {
        let mut all = Reference::default();
        for (key, value) in input.iter().filter(|(_, value)| !value.starts_with(SKIPPED)) {
            let incidents = all.incidents.entry(key.clone()).or_default();
            let count = incidents.len() + 1;
            incidents.push(format!("{key}#{count}={value}"));
            if count % 3 == 0 {
                all.timers.push(format!("timer {key}#{count:06}"));
            }
            all.logged.insert(format!("c/{key}"), count.to_string());
            all.logged.insert(format!("h/{key}/{count:06}"), value.clone());
            all.derived.insert(format!("d/{key}"), (count * 7).to_string());
            all.derived.insert(format!("i/{value}"), key.clone());
        }
        all
    }
}
