//! Security groups and their rules.

use serde_json::{Value, json};

use super::{Kind, Step};

pub const KINDS: &[Kind] = &[
    Kind {
        line: "CreateSecurityGroup sg-{b}",
        record: |s| {
            let sg = s.with("sg-{b}");
            let request = json!({ "groupName": sg, "vpcId": "vpc-0" });
            s.ec2("CreateSecurityGroup", request, json!({ "_return": true, "groupId": sg }))
        },
    },
    Kind {
        line: "DeleteSecurityGroup sg-{b}",
        record: |s| s.ec2_done("DeleteSecurityGroup", json!({ "groupId": s.with("sg-{b}") })),
    },
    Kind {
        line: "AuthorizeSecurityGroupIngress sg-{b} sgr-{a}{b} 203.0.113.{a}",
        record: |s| {
            let sg = s.with("sg-{b}");
            let rule = json!({ "groupId": sg, "securityGroupRuleId": s.with("sgr-{a}{b}"), "isEgress": false,
                "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": s.with("203.0.113.{a}/32") });
            let response = json!({ "_return": true, "securityGroupRuleSet": { "items": [rule] } });
            let request = json!({ "groupId": sg, "ipPermissions": permission(s) });
            s.ec2("AuthorizeSecurityGroupIngress", request, response)
        },
    },
    Kind {
        line: "RevokeSecurityGroupIngress sg-{b} 203.0.113.{a}",
        record: |s| {
            let request = json!({ "groupId": s.with("sg-{b}"), "ipPermissions": permission(s) });
            s.ec2_done("RevokeSecurityGroupIngress", request)
        },
    },
    Kind {
        line: "RevokeSecurityGroupIngress sg-{b} sgr-{a}{b}",
        record: |s| {
            let ids = json!({ "items": [{ "securityGroupRuleId": s.with("sgr-{a}{b}") }] });
            let request = json!({ "groupId": s.with("sg-{b}"), "securityGroupRuleIds": ids });
            s.ec2_done("RevokeSecurityGroupIngress", request)
        },
    },
    Kind {
        line: "ModifySecurityGroupRules sg-{b} sgr-{a}{b} 198.51.100.0/24",
        record: |s| {
            let rule = json!({ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "198.51.100.0/24" });
            let rules = json!([{ "securityGroupRuleId": s.with("sgr-{a}{b}"), "securityGroupRule": rule }]);
            let request = json!({ "groupId": s.with("sg-{b}"), "securityGroupRules": rules });
            s.ec2_done("ModifySecurityGroupRules", request)
        },
    },
];

fn permission(s: &Step) -> Value {
    json!({ "items": [{ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {},
        "ipRanges": { "items": [{ "cidrIp": s.with("203.0.113.{a}/32") }] }, "ipv6Ranges": {}, "prefixListIds": {} }] })
}
