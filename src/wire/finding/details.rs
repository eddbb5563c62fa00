//! Nested JSON as named values: what has no field of its own in a finding.

use serde_json::Value;

use crate::domain::finding::Details;
use crate::wire::text::string;

/// How deep objects are followed; GuardDuty nests less.
const DEPTH_MAX: usize = 8;

/// Names that say the same in fewer words. A prefix stands for what follows it, too.
const NAMES: &[(&str, &str)] = &[
    ("local_port_details_port", "local_port"),
    ("local_ip_details_ip_address_v4", "local_address"),
    ("local_ip_details_ip_address_v6", "local_address"),
    ("remote_port_details_port", "remote_port"),
    ("remote_account_details_account_id", "remote_account"),
    ("remote_account_details_", "remote_account_"),
    ("connection_direction", "direction"),
    ("service_name", "service"),
    ("domain_details_domain", "domain"),
];

/// Lists whose elements stand for themselves.
const TRANSPARENT: &[(&str, &str)] = &[("port_probe_details", ""), ("login_attributes", "login")];

/// Remote parties are actors, affected resources have a list of their own.
const ELSEWHERE: &[&str] = &["remote_ip_details", "affected_resources"];

/// Adds all scalars beneath `value` under their paths in `snake_case`; false if a bound left something out.
pub fn flatten(value: &Value, prefix: &str, out: &mut Details) -> bool {
    walk(value, prefix, DEPTH_MAX, out)
}

fn walk(value: &Value, path: &str, depth: usize, out: &mut Details) -> bool {
    match value {
        Value::Null => true,
        Value::Object(_) | Value::Array(_) if depth == 0 => false,
        Value::Array(list) => {
            let mut whole = true;
            for value in list {
                whole &= walk(value, path, depth - 1, out);
            }
            whole
        }
        Value::Object(map) => {
            let mut whole = true;
            for (key, value) in map {
                let key = snake_case(key);
                if !ELSEWHERE.contains(&key.as_str()) {
                    whole &= walk(value, &joined(path, &key), depth - 1, out);
                }
            }
            whole
        }
        scalar => out.add(&shortened(path), &string(scalar)),
    }
}

fn joined(path: &str, key: &str) -> String {
    let key = TRANSPARENT.iter().find(|(list, _)| *list == key).map_or(key, |(_, own)| own);
    match (path, key) {
        ("", key) => key.to_owned(),
        (path, "") => path.to_owned(),
        (path, key) => format!("{path}_{key}"),
    }
}

fn shortened(path: &str) -> String {
    let short = NAMES.iter().find_map(|(long, short)| path.strip_prefix(long).map(|rest| format!("{short}{rest}")));
    short.unwrap_or_else(|| path.to_owned())
}

/// `actionType` as `action_type`, `requestURI` as `request_uri`, `S3_BUCKET` as `s3_bucket`.
pub fn snake_case(key: &str) -> String {
    let mut out = String::new();
    let mut before_is_lower = false;
    for c in key.chars() {
        if c.is_uppercase() && before_is_lower {
            out.push('_');
        }
        before_is_lower = c.is_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_objects_and_lists_become_named_values() {
        let value = serde_json::json!({"kubernetesRoleDetails": {"name": "admin", "Kind": "ClusterRole"}, "blocked": false,
            "portProbeDetails": [{"localPortDetails": {"port": 22}}, {"localPortDetails": {"port": 80, "portName": "HTTP"}}],
            "remoteIpDetails": {"ipAddressV4": "198.51.100.1"}, "sourceIps": ["198.51.100.2"], "none": null});
        let mut out = Details::default();
        assert!(flatten(&value, "", &mut out));
        let all: Vec<_> = out.iter().map(|(n, v)| (n, v.join(","))).collect();
        assert_eq!(
            all,
            [
                ("blocked", "false".to_owned()),
                ("kubernetes_role_details_kind", "ClusterRole".to_owned()),
                ("kubernetes_role_details_name", "admin".to_owned()),
                ("local_port", "22,80".to_owned()),
                ("local_port_name", "HTTP".to_owned()),
                ("source_ips", "198.51.100.2".to_owned()),
            ]
        );
        let deep = (0..20).fold(serde_json::json!(1), |v, _| serde_json::json!({ "a": v }));
        assert!(!flatten(&deep, "", &mut out));
        assert_eq!(snake_case("requestURI"), "request_uri");
        assert_eq!(snake_case("S3_BUCKET"), "s3_bucket");
    }
}
