//! Auto Scaling groups and launch templates.

use serde_json::{Value, json};

use super::Kind;

pub const KINDS: &[Kind] = &[
    Kind {
        line: "UpdateAutoScalingGroup group-{a} name-{b}",
        record: |s| {
            let template = json!({ "launchTemplateName": s.with("name-{b}") });
            let request = json!({ "autoScalingGroupName": s.with("group-{a}"), "launchTemplate": template });
            s.call("autoscaling", "UpdateAutoScalingGroup", request, Value::Null)
        },
    },
    Kind {
        line: "CreateLaunchTemplate lt-{a} name-{b}",
        record: |s| {
            let one = json!({ "launchTemplateId": s.with("lt-{a}"), "launchTemplateName": s.with("name-{b}") });
            s.ec2("CreateLaunchTemplate", json!({}), json!({ "launchTemplate": one }))
        },
    },
    Kind {
        line: "DeleteLaunchTemplate lt-{a}",
        record: |s| s.ec2("DeleteLaunchTemplate", json!({ "launchTemplateId": s.with("lt-{a}") }), Value::Null),
    },
];
