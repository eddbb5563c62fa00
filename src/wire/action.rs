//! What a finding says was done, and by whom: `service.action` and, for sequences, `service.detection`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text::{at, field, many, number, string, whole};
use crate::domain::event::{Action, Actor};

/// Values of one detail that are kept beside each other.
const SEPARATOR: char = ',';

pub fn read(service: &Value) -> Action {
    let action = field(service, "action");
    let mut out = Action { kind: string(field(action, "actionType")), ..Action::default() };
    // The one object beside `actionType` is the action itself: `networkConnectionAction`, `dnsRequestAction`, …
    for part in action.as_object().into_iter().flatten().map(|(_, v)| v).filter(|v| v.is_object()) {
        one(part, &mut out);
    }
    for endpoint in many(at(service, &["detection", "sequence", "endpoints"])) {
        out.actors.push(Actor {
            address: string(field(endpoint, "ip")),
            domain: string(field(endpoint, "domain")),
            port: port(field(endpoint, "port")),
            country: string(at(endpoint, &["location", "country"])),
            organization: string(at(endpoint, &["autonomousSystem", "name"])),
        });
    }
    out.actors.retain(|a| !a.address.is_empty() || !a.domain.is_empty());
    out.actors.sort();
    out.actors.dedup();
    out
}

fn one(part: &Value, out: &mut Action) {
    details(part, "", &mut out.details);
    out.actors.push(actor(part));
    for probe in many(field(part, "portProbeDetails")) {
        details(probe, "", &mut out.details);
        out.actors.push(actor(probe));
    }
    for login in many(field(part, "loginAttributes")) {
        details(login, "login_", &mut out.details);
    }
    for ip in field(part, "sourceIps").as_array().into_iter().flatten() {
        out.actors.push(Actor { address: string(ip), ..Actor::default() });
    }
    let domains = [field(part, "domain"), at(part, &["domainDetails", "domain"])];
    out.actors.extend(domains.into_iter().map(|d| Actor { domain: string(d), ..Actor::default() }));
}

/// The remote side of an action or probe.
fn actor(part: &Value) -> Actor {
    let remote = field(part, "remoteIpDetails");
    let first = |paths: [&[&str]; 2]| {
        paths.into_iter().map(|p| string(at(remote, p))).find(|s| !s.is_empty()).unwrap_or_default()
    };
    Actor {
        address: first([&["ipAddressV4"], &["ipAddressV6"]]),
        domain: String::new(),
        port: port(at(part, &["remotePortDetails", "port"])),
        country: first([&["country", "countryName"], &["country", "countryCode"]]),
        organization: first([&["organization", "asnOrg"], &["organization", "org"]]),
    }
}

fn port(value: &Value) -> Option<u32> {
    number(value).filter(|n| (0.0..=f64::from(u16::MAX)).contains(n)).and_then(|n| u32::try_from(whole(n)).ok())
}

/// Scalars and lists of them by name, and the local side. Remote sides are actors.
fn details(part: &Value, prefix: &str, out: &mut BTreeMap<String, String>) {
    for (key, value) in part.as_object().into_iter().flatten() {
        let texts: Vec<String> = match value {
            Value::Array(list) => list.iter().map(string).collect(),
            value => vec![string(value)],
        };
        for text in texts {
            add(out, format!("{prefix}{}", name(key)), text);
        }
    }
    for (path, name) in [
        (&["localPortDetails", "port"][..], "local_port"),
        (&["localPortDetails", "portName"], "local_port_name"),
        (&["localIpDetails", "ipAddressV4"], "local_address"),
        (&["localIpDetails", "ipAddressV6"], "local_address"),
        (&["remotePortDetails", "port"], "remote_port"),
        (&["remoteAccountDetails", "accountId"], "remote_account"),
        (&["remoteAccountDetails", "affiliated"], "remote_account_affiliated"),
    ] {
        add(out, name.to_owned(), string(at(part, path)));
    }
}

/// Adds a value to those of the same name, once.
fn add(out: &mut BTreeMap<String, String>, name: String, text: String) {
    if text.is_empty() {
        return;
    }
    let all = out.entry(name).or_default();
    if all.split(SEPARATOR).any(|t| t == text) {
        return;
    }
    if !all.is_empty() {
        all.push(SEPARATOR);
    }
    all.push_str(&text);
}

/// `connectionDirection` as `direction`, `errorCode` as `error_code`.
fn name(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    match out.as_str() {
        "connection_direction" => "direction".to_owned(),
        "service_name" => "service".to_owned(),
        _ => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_call_and_the_caller() {
        let service = serde_json::json!({"Action": {"ActionType": "AWS_API_CALL", "AwsApiCallAction": {"Api": "GetObject",
            "ServiceName": "s3.amazonaws.com", "CallerType": "Remote IP", "ErrorCode": "AccessDenied",
            "RemoteIpDetails": {"IpAddressV4": "198.51.100.0"}}}});
        let action = read(&service);
        let detail = |k: &str| action.details.get(k).map(String::as_str);
        assert_eq!((detail("api"), detail("service")), (Some("GetObject"), Some("s3.amazonaws.com")));
        assert_eq!((detail("caller_type"), detail("error_code")), (Some("Remote IP"), Some("AccessDenied")));
        assert_eq!(action.actors.len(), 1);
    }

    #[test]
    fn a_queried_domain_is_an_actor_and_nothing_is_none() {
        let service = serde_json::json!({"action": {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": "example.com",
            "protocol": "UDP", "blocked": true}}});
        let action = read(&service);
        assert_eq!(action.actors, [Actor { domain: "example.com".to_owned(), ..Actor::default() }]);
        assert_eq!(action.details.get("blocked").map(String::as_str), Some("true"));
        assert_eq!(read(&Value::Null), Action::default());
    }
}
