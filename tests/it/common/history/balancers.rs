//! Target groups, listeners and their rules.

use serde_json::{Value, json};

use super::{ACCOUNT, Kind, REGION, Step};

pub const KINDS: &[Kind] = &[
    Kind {
        line: "CreateTargetGroup tg-{b}",
        record: |s| {
            let one = json!({ "targetGroupArn": target_group(s), "targetGroupName": s.with("tg-{b}"), "vpcId": "vpc-0",
                "port": 80 });
            elb(s, "CreateTargetGroup", json!({}), json!({ "targetGroups": [one] }))
        },
    },
    Kind {
        line: "DeleteTargetGroup tg-{b}",
        record: |s| elb(s, "DeleteTargetGroup", json!({ "targetGroupArn": target_group(s) }), Value::Null),
    },
    Kind { line: "RegisterTargets tg-{b} i-{a}", record: |s| targets(s, "RegisterTargets") },
    Kind { line: "DeregisterTargets tg-{b} i-{a}", record: |s| targets(s, "DeregisterTargets") },
    Kind {
        line: "CreateListener listener-{a} tg-{b}",
        record: |s| {
            let one = json!({ "listenerArn": listener(s), "protocol": "HTTP", "port": 80 });
            let request = json!({ "loadBalancerArn": arn("loadbalancer/app/lb/1"), "defaultActions": forward(s) });
            elb(s, "CreateListener", request, json!({ "listeners": [one] }))
        },
    },
    Kind {
        line: "ModifyListener listener-{a} tg-{b}",
        record: |s| {
            let request = json!({ "listenerArn": listener(s), "defaultActions": forward(s) });
            elb(s, "ModifyListener", request, json!({}))
        },
    },
    Kind {
        line: "DeleteListener listener-{a}",
        record: |s| elb(s, "DeleteListener", json!({ "listenerArn": listener(s) }), Value::Null),
    },
    Kind {
        line: "CreateRule listener-{a} rule-{b} tg-{b}",
        record: |s| {
            let request = json!({ "listenerArn": listener(s), "actions": forward(s) });
            elb(s, "CreateRule", request, json!({ "rules": [{ "ruleArn": rule(s) }] }))
        },
    },
    Kind {
        line: "DeleteRule listener-{a} rule-{b}",
        record: |s| elb(s, "DeleteRule", json!({ "ruleArn": rule(s) }), Value::Null),
    },
];

fn elb(s: &Step, name: &str, request: Value, response: Value) -> Value {
    s.call("elasticloadbalancing", name, request, response)
}

fn arn(resource: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{resource}")
}

fn target_group(s: &Step) -> String {
    arn(&s.with("targetgroup/tg-{b}/1"))
}

fn listener(s: &Step) -> String {
    arn(&s.with("listener/app/lb/1/{a}"))
}

fn rule(s: &Step) -> String {
    arn(&s.with("listener-rule/app/lb/1/{a}/{b}"))
}

fn forward(s: &Step) -> Value {
    json!([{ "type": "forward", "targetGroupArn": target_group(s) }])
}

/// One instance on two ports: one record that says one thing twice.
fn targets(s: &Step, name: &str) -> Value {
    let i = s.with("i-{a}");
    let targets = json!([{ "id": i, "port": 80 }, { "id": i, "port": 8080 + u16::from(s.b) }]);
    elb(s, name, json!({ "targetGroupArn": target_group(s), "targets": targets }), Value::Null)
}
