//! Histories of a small world: two of each thing, every call that makes, changes, joins and ends them, and findings about them. The
//! same names come again and again, so that ties, repetitions, reuse and contradictions are the rule.
//!
//! A history is written one step a line, and a failure prints it so. `read` takes the same lines, which makes a failure a test:
//!
//! ```text
//! #0 +1s RunInstances i-0 subnet-1 sg-1 eni-0
//! #1 +9s DeleteTags i-0 Name=n1 k1=v failed
//! ```

mod balancers;
mod buckets;
mod findings;
mod identities;
mod instances;
mod networks;
mod scaling;
mod security_groups;

use serde_json::{Value, json};
use trailgraph::domain::time::Time;

pub use self::findings::finding;
pub use self::instances::{instance, state_change};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-central-1";
/// 2026-03-02T10:00:00Z
pub const START: i64 = 1_772_445_600_000;

/// What may happen in a history, a table for each service.
const SERVICES: [&[Kind]; 8] = [
    instances::KINDS,
    security_groups::KINDS,
    networks::KINDS,
    balancers::KINDS,
    scaling::KINDS,
    identities::KINDS,
    buckets::KINDS,
    findings::KINDS,
];

/// Something that may happen: how it is written, and its record.
pub struct Kind {
    /// The call and what it is about. `{a}` and `{b}` stand for the numbers of a step's two things.
    line: &'static str,
    record: fn(&Step) -> Value,
}

pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    SERVICES.into_iter().flatten()
}

/// One record to be: what happens, when, to which two of the small world's things, and whether AWS refused.
#[derive(Clone, Copy)]
pub struct Step {
    /// Tells its record from all others.
    pub n: usize,
    pub kind: &'static Kind,
    pub second: u16,
    pub a: u8,
    pub b: u8,
    pub failed: bool,
}

impl Step {
    /// The text with the numbers of this step's things.
    fn with(&self, template: &str) -> String {
        template.replace("{a}", &self.a.to_string()).replace("{b}", &self.b.to_string())
    }

    fn id(&self) -> String {
        format!("event-{:03}", self.n)
    }

    fn call(&self, service: &str, name: &str, request: Value, response: Value) -> Value {
        trail(&self.id(), self.second, service, name, request, response)
    }

    fn ec2(&self, name: &str, request: Value, response: Value) -> Value {
        self.call("ec2", name, request, response)
    }

    /// A call of EC2 that returns nothing but that it was done.
    fn ec2_done(&self, name: &str, request: Value) -> Value {
        self.ec2(name, request, json!({ "_return": true }))
    }
}

/// On one line: a failing history is to be read, and to be pasted into a test.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let failed = if self.failed { " failed" } else { "" };
        write!(f, "#{} +{}s {}{failed}", self.n, self.second, self.with(self.kind.line))
    }
}

/// The steps of a history as it is written.
pub fn read(history: &str) -> Vec<Step> {
    let lines = history.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| step(line).unwrap_or_else(|| panic!("not a step: {line}"))).collect()
}

fn step(line: &str) -> Option<Step> {
    let (n, rest) = line.strip_prefix('#')?.split_once(" +")?;
    let (second, what) = rest.split_once("s ")?;
    let (what, failed) = what.strip_suffix(" failed").map_or((what, false), |what| (what, true));
    let (n, second) = (n.parse().ok()?, second.parse().ok()?);
    let all = kinds().flat_map(|kind| {
        let of = move |(a, b)| Step { n, kind, second, a, b, failed };
        [(0, 0), (0, 1), (1, 0), (1, 1)].map(of)
    });
    all.into_iter().find(|step| step.with(step.kind.line) == what)
}

/// The records of a history as it is written.
pub fn records(history: &str) -> Vec<Value> {
    read(history).into_iter().map(build).collect()
}

/// The record of a step.
pub fn build(step: Step) -> Value {
    let mut record = (step.kind.record)(&step);
    // Only a call is refused.
    let call = record.as_object_mut().filter(|record| record.contains_key("eventName"));
    if let Some(call) = call.filter(|_| step.failed) {
        call.insert("errorCode".into(), json!("Client.UnauthorizedOperation"));
    }
    record
}

pub fn at(second: i64) -> Time {
    Time(START + second * 1000)
}

fn text(second: u16) -> String {
    at(i64::from(second)).to_string()
}

pub fn trail(id: &str, second: u16, source: &str, name: &str, request: Value, response: Value) -> Value {
    json!({
        "eventVersion": "1.09", "eventID": id, "eventTime": text(second), "eventSource": format!("{source}.amazonaws.com"),
        "eventName": name, "awsRegion": REGION, "recipientAccountId": ACCOUNT, "readOnly": false,
        "userIdentity": { "type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/ana"), "accountId": ACCOUNT },
        "sourceIPAddress": "198.51.100.7", "userAgent": "t", "requestParameters": request, "responseElements": response,
    })
}

#[test]
fn every_step_is_read_as_it_is_written() {
    let mut lines = std::collections::BTreeSet::new();
    for kind in kinds() {
        for (a, b, failed) in [(0, 1, false), (1, 0, true)] {
            let step = Step { n: 7, kind, second: 14, a, b, failed };
            let [again] = read(&format!("{step:?}"))[..] else { panic!("{step:?}") };
            assert_eq!((format!("{again:?}"), build(again)), (format!("{step:?}"), build(step)));
        }
        assert!(lines.insert(kind.line), "two kinds of steps are written {}", kind.line);
    }
}
