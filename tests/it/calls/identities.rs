//! Roles and users.

use serde_json::{Value, json};
use trailgraph::domain::effects::effects;
use trailgraph::domain::event::TrailEvent;
use trailgraph::domain::graph::{Kind, Val};

use super::{after, fixture, none, value};
use crate::common;
use crate::common::records::{call, keys, state_of, trail};

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/Boundary";

#[test]
fn a_role_is_described_bounded_and_limited() {
    let q = json!({"roleName": "r", "assumeRolePolicyDocument": "{}", "description": "d", "maxSessionDuration": 7200, "permissionsBoundary": BOUNDARY});
    let steps = [
        ("iam", "CreateRole", q, json!({"role": {"roleName": "r", "roleId": "AROA1"}})),
        ("iam", "UpdateRole", json!({"roleName": "r", "maxSessionDuration": 43200}), none()),
        ("iam", "UpdateRole", json!({"roleName": "r", "description": ""}), none()),
        ("iam", "UpdateRoleDescription", json!({"roleName": "r", "description": "e"}), none()),
        ("iam", "DeleteRolePermissionsBoundary", json!({"roleName": "r"}), none()),
        ("iam", "PutRolePermissionsBoundary", json!({"roleName": "r", "permissionsBoundary": BOUNDARY}), none()),
    ];
    let role = |n: usize| state_of(&after(&steps[..n]), Kind::Role, "r");
    assert_eq!(
        (role(1).named_text("description"), role(1).named_text("permissions_boundary")),
        (Some("d"), Some(BOUNDARY))
    );
    assert_eq!(value(&role(1), "max_session_duration"), Some(Val::Int(7200)));
    assert_eq!(
        (value(&role(2), "max_session_duration"), role(2).named_text("description")),
        (Some(Val::Int(43200)), Some("d"))
    );
    assert_eq!(
        (value(&role(3), "max_session_duration"), role(3).named_text("description")),
        (Some(Val::Unknown), Some(""))
    );
    assert_eq!(role(4).named_text("description"), Some("e"));
    assert_eq!(role(5).named_text("permissions_boundary"), Some(""));
    assert_eq!(role(6).named_text("permissions_boundary"), Some(BOUNDARY));
}

#[test]
fn a_user_is_bounded_joins_groups_and_has_mfa_devices() {
    let device = "arn:aws:iam::111122223333:mfa/alice";
    let of = |key: &str, v: &str| json!({"userName": "alice", key: v});
    let steps = [
        ("iam", "CreateUser", json!({"userName": "alice"}), json!({"user": {"userName": "alice", "userId": "AIDA1"}})),
        ("iam", "PutUserPermissionsBoundary", of("permissionsBoundary", BOUNDARY), none()),
        ("iam", "AddUserToGroup", of("groupName", "admins"), none()),
        ("iam", "EnableMFADevice", of("serialNumber", device), none()),
        ("iam", "DeleteUserPermissionsBoundary", json!({"userName": "alice"}), none()),
        ("iam", "RemoveUserFromGroup", of("groupName", "admins"), none()),
        ("iam", "DeactivateMFADevice", of("serialNumber", device), none()),
    ];
    let user = |n: usize| state_of(&after(&steps[..n]), Kind::User, "alice");
    assert!(
        user(1).named_list("iam_groups").unwrap().is_empty() && user(1).named_list("mfa_devices").unwrap().is_empty()
    );
    assert_eq!(user(4).named_text("permissions_boundary"), Some(BOUNDARY));
    assert_eq!(
        (keys(&user(4), "iam_groups"), keys(&user(4), "mfa_devices")),
        (vec!["admins".to_owned()], vec![device.to_owned()])
    );
    assert_eq!(user(7).named_text("permissions_boundary"), Some(""));
    assert!(keys(&user(7), "iam_groups").is_empty() && keys(&user(7), "mfa_devices").is_empty());
}

#[test]
fn the_device_of_root_is_the_accounts_and_no_users() {
    let device = "arn:aws:iam::111122223333:mfa/root-account-mfa-device";
    let q = json!({"userName": "AWS ROOT USER", "serialNumber": device});
    let writes = after(&[("iam", "EnableMFADevice", q, none())]);
    assert!(writes.iter().all(|w| w.asset.kind == Kind::Account));
    assert_eq!(keys(&state_of(&writes, Kind::Account, "111122223333"), "root_mfa_devices"), [device]);
    let mut own = call("iam", "DeactivateMFADevice", "e", 1, json!({"serialNumber": device}), none());
    own.principal.kind = "Root".to_owned();
    assert!(effects(&own).0.iter().all(|w| w.asset.kind == Kind::Account));
    (own.principal.kind, own.principal.user_name) = ("IAMUser".to_owned(), "alice".to_owned());
    assert!(effects(&own).0.iter().any(|w| w.asset.kind == Kind::User && w.asset.name == "alice"));
}

#[test]
fn who_gets_another_password_has_one() {
    let writes = after(&[("iam", "UpdateLoginProfile", json!({"userName": "alice"}), none())]);
    assert_eq!(value(&state_of(&writes, Kind::User, "alice"), "login_profile"), Some(Val::Bool(true)));
    let bob = fixture("iam/UpdateLoginProfile", Kind::User, "bob");
    assert_eq!(value(&bob, "login_profile"), Some(Val::Bool(true)));
    let Some(data) = common::data() else { return };
    let name =
        "DataDog+stratus-red-team/docs/detonation-logs/aws.privilege-escalation.iam-update-user-login-profile.json";
    let log: Value = serde_json::from_slice(&std::fs::read(data.join(name)).unwrap()).unwrap();
    let all: Vec<TrailEvent> = log.as_array().unwrap().iter().map(trail).collect();
    let event = all.iter().find(|e| e.name == "UpdateLoginProfile").unwrap();
    let (writes, gaps) = effects(event);
    assert!(gaps.is_empty());
    let user = state_of(&writes, Kind::User, "stratus-red-team-update-login-profile-user");
    assert_eq!(value(&user, "login_profile"), Some(Val::Bool(true)));
}
