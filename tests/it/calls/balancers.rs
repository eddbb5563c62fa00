//! Load balancers of both versions.

use serde_json::json;
use trailgraph::domain::graph::{Kind, Val};

use super::{BALANCER, after, element, none, value};
use crate::common::records::{keys, state_of};

#[test]
fn a_balancer_is_set_to_log_and_to_be_kept() {
    let attributes = json!([{"key": "access_logs.s3.enabled", "value": "true"}, {"key": "access_logs.s3.bucket", "value": "logs"},
        {"key": "deletion_protection.enabled", "value": "true"}, {"key": "routing.http.drop_invalid_header_fields.enabled", "value": "true"},
        {"key": "idle_timeout.timeout_seconds", "value": "60"}]);
    let off = json!([{"key": "deletion_protection.enabled", "value": "false"}, {"key": "access_logs.s3.bucket", "value": ""}]);
    let steps = [
        (
            "elasticloadbalancing",
            "ModifyLoadBalancerAttributes",
            json!({"loadBalancerArn": BALANCER, "attributes": attributes}),
            none(),
        ),
        (
            "elasticloadbalancing",
            "ModifyLoadBalancerAttributes",
            json!({"loadBalancerArn": BALANCER, "attributes": off}),
            none(),
        ),
        (
            "elasticloadbalancing",
            "SetIpAddressType",
            json!({"loadBalancerArn": BALANCER, "ipAddressType": "dualstack"}),
            json!({"ipAddressType": "dualstack"}),
        ),
    ];
    let before = state_of(&after(&steps[..1]), Kind::LoadBalancer, BALANCER);
    for field in ["access_logs", "deletion_protection", "drop_invalid_headers"] {
        assert_eq!(value(&before, field), Some(Val::Bool(true)), "{field}");
    }
    assert_eq!(before.named_text("access_logs_bucket"), Some("logs"));
    assert!(value(&before, "idle_timeout").is_none());
    let now = state_of(&after(&steps), Kind::LoadBalancer, BALANCER);
    assert_eq!(value(&now, "deletion_protection"), Some(Val::Bool(false)));
    assert_eq!(value(&now, "drop_invalid_headers"), Some(Val::Bool(true)));
    assert_eq!(
        (now.named_text("access_logs_bucket"), now.named_text("ip_address_type")),
        (Some(""), Some("dualstack"))
    );
    let a = json!({"loadBalancers": [{"loadBalancerArn": BALANCER, "ipAddressType": "ipv4"}]});
    let born = after(&[("elasticloadbalancing", "CreateLoadBalancer", json!({"name": "web"}), a)]);
    assert_eq!(state_of(&born, Kind::LoadBalancer, BALANCER).named_text("ip_address_type"), Some("ipv4"));
}

#[test]
fn a_classic_balancer_listens_on_ports() {
    let listener = |port: u16, protocol: &str| json!({"loadBalancerPort": port, "protocol": protocol, "instancePort": 8080, "instanceProtocol": "HTTP"});
    let logs = json!({"accessLog": {"enabled": true, "s3BucketName": "logs", "emitInterval": 5}, "crossZoneLoadBalancing": {"enabled": true}});
    let steps = [
        (
            "elasticloadbalancing",
            "CreateLoadBalancer",
            json!({"loadBalancerName": "web", "listeners": [listener(80, "HTTP")]}),
            none(),
        ),
        (
            "elasticloadbalancing",
            "CreateLoadBalancerListeners",
            json!({"loadBalancerName": "web", "listeners": [listener(443, "HTTPS")]}),
            none(),
        ),
        (
            "elasticloadbalancing",
            "ModifyLoadBalancerAttributes",
            json!({"loadBalancerName": "web", "loadBalancerAttributes": logs}),
            none(),
        ),
        (
            "elasticloadbalancing",
            "DeleteLoadBalancerListeners",
            json!({"loadBalancerName": "web", "loadBalancerPorts": [80]}),
            none(),
        ),
    ];
    let before = state_of(&after(&steps[..2]), Kind::LoadBalancer, "us-east-1/web");
    assert_eq!(keys(&before, "listeners"), ["443", "80"]);
    assert_eq!(element(&before, "listeners", "443"), Some(Val::text("HTTPS:443")));
    let now = state_of(&after(&steps), Kind::LoadBalancer, "us-east-1/web");
    assert_eq!(keys(&now, "listeners"), ["443"]);
    assert_eq!(
        (value(&now, "access_logs"), now.named_text("access_logs_bucket")),
        (Some(Val::Bool(true)), Some("logs"))
    );
}
