//! What a finding reports was done, and by whom from where: `service.action`, and the endpoints of `service.detection`.

use serde_json::Value;

use super::details::flatten;
use crate::domain::finding::{Action, Actor, AffectedResource};
use crate::wire::text::{at, field, many, number, string, whole};

/// Affected resources kept of one action.
const AFFECTED_MAX: usize = 500;

/// The action, its remote parties, and whether a bound left something out.
pub fn read(service: &Value) -> (Action, Vec<Actor>, bool) {
    let action = field(service, "action");
    let mut out = Action { kind: string(field(action, "actionType")), ..Action::default() };
    let (mut actors, mut truncated) = (Vec::new(), false);
    // The one object beside `actionType` is the action itself: `networkConnectionAction`, `dnsRequestAction`, …
    for part in action.as_object().into_iter().flatten().map(|(_, v)| v).filter(|v| v.is_object()) {
        truncated |= !flatten(part, "", &mut out.details);
        remote_parties(part, &mut actors);
        out.affected.extend(affected(field(part, "affectedResources")));
    }
    truncated |= out.affected.len() > AFFECTED_MAX;
    out.affected.truncate(AFFECTED_MAX);
    actors.extend(many(at(service, &["detection", "sequence", "endpoints"])).iter().map(endpoint));
    actors.retain(|a| !a.address.is_empty() || !a.domain.is_empty());
    actors.sort();
    actors.dedup();
    (out, actors, truncated)
}

fn remote_parties(part: &Value, out: &mut Vec<Actor>) {
    out.push(remote(part));
    out.extend(many(field(part, "portProbeDetails")).iter().map(remote));
    for ip in field(part, "sourceIps").as_array().into_iter().flatten() {
        out.push(Actor { address: string(ip), ..Actor::default() });
    }
    let domains = [field(part, "domain"), at(part, &["domainDetails", "domain"])];
    out.extend(domains.into_iter().map(|d| Actor { domain: string(d), ..Actor::default() }));
}

/// The remote side of an action or probe.
fn remote(part: &Value) -> Actor {
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

/// A network endpoint of an attack sequence.
fn endpoint(endpoint: &Value) -> Actor {
    Actor {
        address: string(field(endpoint, "ip")),
        domain: string(field(endpoint, "domain")),
        port: port(field(endpoint, "port")),
        country: string(at(endpoint, &["location", "country"])),
        organization: string(at(endpoint, &["autonomousSystem", "name"])),
    }
}

/// `{"AWS::S3::Bucket": "name"}`; a list of names is read, too.
fn affected(map: &Value) -> Vec<AffectedResource> {
    let mut out = Vec::new();
    for (kind, value) in map.as_object().into_iter().flatten() {
        let names: Vec<String> = match value {
            Value::Array(list) => list.iter().map(string).collect(),
            one => vec![string(one)],
        };
        let named = names.into_iter().filter(|n| !n.is_empty());
        out.extend(named.map(|name| AffectedResource { kind: kind.clone(), name }));
    }
    out
}

fn port(value: &Value) -> Option<u32> {
    number(value).filter(|n| (0.0..=f64::from(u16::MAX)).contains(n)).and_then(|n| u32::try_from(whole(n)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_call_its_caller_and_what_it_touched() {
        let service = serde_json::json!({"Action": {"ActionType": "AWS_API_CALL", "AwsApiCallAction": {"Api": "GetObject",
            "ServiceName": "s3.amazonaws.com", "CallerType": "Remote IP", "ErrorCode": "AccessDenied",
            "RemoteIpDetails": {"IpAddressV4": "198.51.100.0"},
            "AffectedResources": {"AWS::S3::Object": "arn:aws:s3:::b1/secret"},
            "RemoteAccountDetails": {"AccountId": "444455556666", "Affiliated": false}}}});
        let (action, actors, truncated) = read(&service);
        let detail = |name: &str| action.details.first(name);
        assert_eq!((detail("api"), detail("service")), (Some("GetObject"), Some("s3.amazonaws.com")));
        assert_eq!((detail("caller_type"), detail("error_code")), (Some("Remote IP"), Some("AccessDenied")));
        assert_eq!(
            (detail("remote_account"), detail("remote_account_affiliated")),
            (Some("444455556666"), Some("false"))
        );
        assert_eq!((actors.len(), truncated), (1, false));
        let touched = AffectedResource { kind: "AWS::S3::Object".into(), name: "arn:aws:s3:::b1/secret".into() };
        assert_eq!(action.affected, [touched]);
    }

    #[test]
    fn a_queried_domain_is_an_actor_and_nothing_is_none() {
        let service = serde_json::json!({"action": {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": "example.com",
            "protocol": "UDP", "blocked": true}}});
        let (action, actors, _) = read(&service);
        assert_eq!(actors, [Actor { domain: "example.com".to_owned(), ..Actor::default() }]);
        assert_eq!(action.details.first("blocked"), Some("true"));
        assert_eq!(read(&Value::Null), (Action::default(), Vec::new(), false));
    }

    #[test]
    fn objects_inside_an_action_keep_the_people_and_resources_that_they_name() {
        let service = serde_json::json!({"action": {"actionType": "KUBERNETES_PERMISSION_CHECKED",
            "kubernetesRoleBindingDetails": {"name": "binding", "roleRefName": "cluster-admin"}}});
        assert_eq!(read(&service).0.details.first("role_ref_name"), Some("cluster-admin"));
        let service = serde_json::json!({"action": {"actionType": "RDS_LOGIN_ATTEMPT", "rdsLoginAttemptAction":
            {"remoteIpDetails": {"ipAddressV4": "198.51.100.5"}, "loginAttributes": [{"user": "u"}, {"user": "v"}]}}});
        let (action, actors, _) = read(&service);
        assert_eq!((action.details.all("login_user").join(","), actors.len()), ("u,v".to_owned(), 1));
    }
}
