//! Calls that change nothing: which of them go on to their account, and which end where they come in.

use crate::common::history::{ACCOUNT, at, trail};
use crate::common::live::{Live, record, stage};
use serde_json::{Value, json};
use trailgraph::domain::activity::Activity;
use trailgraph::engine::counts;
use trailgraph::engine::record::OutTopic;
use trailgraph::engine::stage::Stage;
use trailgraph::stages::retention::Retention;
use trailgraph::stages::route::Route;
use trailgraph::wire::Limits;

fn call(service: &str, name: &str, identity: Value) -> Value {
    let mut record = trail("e", 1, service, name, json!({}), json!({}));
    record["userIdentity"] = identity;
    record
}

fn person() -> Value {
    json!({"type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/ann"), "userName": "ann"})
}

/// What the first stage sends on under the account.
fn routed(route: &Route, value: &Value) -> usize {
    let mut live = Live::default();
    route.take(&record(0, value), at(1), &mut live).unwrap();
    assert!(live.sent.iter().all(|r| r.topic == OutTopic::ByAccount && r.key == ACCOUNT.as_bytes()));
    assert_eq!(live.count_of(counts::ROUTED) + live.count_of(counts::IRRELEVANT), 1);
    live.sent.len()
}

#[test]
fn what_people_do_goes_on_and_what_services_do_does_not() {
    let route = Route::default();
    for (service, name, identity, want) in [
        ("signin", "ConsoleLogin", person(), 1),
        ("sts", "AssumeRole", person(), 1),
        ("sts", "AssumeRole", json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}), 0),
        ("sts", "AssumeRole", json!({"type": "AssumedRole", "invokedBy": "cloudformation.amazonaws.com"}), 0),
        // Who took it isn't told: kept, as it may have been somebody.
        ("sts", "AssumeRole", Value::Null, 1),
        ("secretsmanager", "GetSecretValue", person(), 1),
        ("secretsmanager", "ListSecrets", person(), 0),
        ("s3", "GetObject", person(), 0),
        // The same name of another service is another call.
        ("ec2", "GetSecretValue", person(), 0),
    ] {
        assert_eq!(routed(&route, &call(service, name, identity.clone())), want, "{service} {name} {identity}");
    }
}

#[test]
fn the_configuration_says_what_is_kept() {
    let login = call("signin", "ConsoleLogin", person());
    let listing = call("secretsmanager", "ListSecrets", person());
    let keep = |calls: &[&str]| Route::new(Limits::default(), Activity::of(calls), None);
    let other = keep(&["secretsmanager.amazonaws.com:ListSecrets"]);
    assert_eq!((routed(&other, &login), routed(&other, &listing)), (0, 1));
    assert_eq!((routed(&keep(&[]), &login), routed(&keep(&[]), &listing)), (0, 0));
}

#[test]
fn activity_is_counted_and_changes_nothing() {
    let (stage, mut live) = (stage(Retention::FOREVER), Live::default());
    for value in [call("signin", "ConsoleLogin", person()), call("sts", "GetCallerIdentity", person())] {
        stage.take(&record(0, &value), at(1), &mut live).unwrap();
        stage.tick(at(2), &mut live);
    }
    assert_eq!((live.count_of(counts::ACTIVITY), live.count_of(counts::IRRELEVANT)), (1, 1));
    assert_eq!((live.dump(), live.sent.len()), (Vec::<String>::new(), 0));
}
