//! Roles, users, access keys and instance profiles.

use serde_json::{Value, json};

use super::{ACCOUNT, Kind, Step};

pub const KINDS: &[Kind] = &[
    Kind {
        line: "CreateRole role-{a} AROA{a}{b}",
        record: |s| {
            let role = s.with("role-{a}");
            let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
            let one = json!({ "roleName": role, "roleId": s.with("AROA{a}{b}"), "arn": arn });
            let request = json!({ "roleName": role, "assumeRolePolicyDocument": "{}" });
            s.call("iam", "CreateRole", request, json!({ "role": one }))
        },
    },
    Kind { line: "DeleteRole role-{a}", record: |s| iam(s, "DeleteRole", json!({ "roleName": s.with("role-{a}") })) },
    Kind { line: "AttachRolePolicy role-{a} P{b}", record: |s| policy(s, "AttachRolePolicy") },
    Kind { line: "DetachRolePolicy role-{a} P{b}", record: |s| policy(s, "DetachRolePolicy") },
    Kind {
        line: "CreateUser user-{b} AIDA{a}{b}",
        record: |s| {
            let user = s.with("user-{b}");
            let one = json!({ "userName": user, "userId": s.with("AIDA{a}{b}"), "path": "/" });
            s.call("iam", "CreateUser", json!({ "userName": user }), json!({ "user": one }))
        },
    },
    Kind { line: "DeleteUser user-{b}", record: |s| iam(s, "DeleteUser", json!({ "userName": s.with("user-{b}") })) },
    Kind {
        line: "CreateAccessKey user-{b} AKIA{a}",
        record: |s| {
            let user = s.with("user-{b}");
            let key = json!({ "accessKeyId": s.with("AKIA{a}"), "userName": user, "status": "Active" });
            s.call("iam", "CreateAccessKey", json!({ "userName": user }), json!({ "accessKey": key }))
        },
    },
    Kind {
        line: "DeleteAccessKey user-{b} AKIA{a}",
        record: |s| {
            let request = json!({ "accessKeyId": s.with("AKIA{a}"), "userName": s.with("user-{b}") });
            iam(s, "DeleteAccessKey", request)
        },
    },
    Kind {
        line: "CreateInstanceProfile profile-{a}",
        record: |s| {
            let profile = s.with("profile-{a}");
            let one = json!({ "instanceProfileName": profile, "instanceProfileId": s.with("AIPA{a}"), "roles": [] });
            let request = json!({ "instanceProfileName": profile });
            s.call("iam", "CreateInstanceProfile", request, json!({ "instanceProfile": one }))
        },
    },
    Kind {
        line: "AddRoleToInstanceProfile profile-{b} role-{a}",
        record: |s| profile_role(s, "AddRoleToInstanceProfile"),
    },
    Kind {
        line: "RemoveRoleFromInstanceProfile profile-{b} role-{a}",
        record: |s| profile_role(s, "RemoveRoleFromInstanceProfile"),
    },
];

fn iam(s: &Step, name: &str, request: Value) -> Value {
    s.call("iam", name, request, Value::Null)
}

fn policy(s: &Step, name: &str) -> Value {
    iam(s, name, json!({ "roleName": s.with("role-{a}"), "policyArn": s.with("arn:aws:iam::aws:policy/P{b}") }))
}

fn profile_role(s: &Step, name: &str) -> Value {
    iam(s, name, json!({ "instanceProfileName": s.with("profile-{b}"), "roleName": s.with("role-{a}") }))
}
