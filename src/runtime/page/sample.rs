//! An incident of the shape on the wire, for tests.

use serde_json::{Value, json};

const HOST: &str = "i-0571588a25098a6f7";
const VPC: &str = "vpc-0aa11bb22cc33dd44";
const SUBNET: &str = "subnet-0aa11bb22cc33dd55";
const GROUP: &str = "sg-0aa11bb22cc33dd66";
const ALB: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/storefront/0123456789abcdef";
const TARGETS: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/storefront-web/0123456789abcdef";

fn node(id: &str, kind: &str, name: &str, attributes: &[(&str, &str)]) -> Value {
    let attributes: serde_json::Map<String, Value> = attributes
        .iter()
        .map(|(k, v)| ((*k).to_owned(), json!({"value": v, "source": "RunInstances 2026-03-03T13:06:30Z"})))
        .collect();
    json!({"asset_id": id, "kind": kind, "name": name, "attributes": attributes})
}

fn edge(from: &str, relation: &str, to: &str) -> Value {
    json!({"from": from, "relation": relation, "to": to, "since": "2026-03-03T13:06:30.000Z"})
}

pub fn incident() -> Value {
    json!({
        "incident_id": "111122223333/8b1e6f", "revision": 2, "revision_cause": "finding_updated", "status": "open",
        "account_id": "111122223333", "region": "eu-central-1", "severity": "high", "severity_score": 8.0,
        "title": "Host storefront-web asks for the name of a mining pool", "sample": false,
        "opened_at": "2026-03-03T14:22:30.000Z", "updated_at": "2026-03-03T20:32:00.000Z",
        "finding": {"id": "8b1e6f", "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS", "severity": 8.0, "count": 7,
            "title": "Bitcoin-related domain name queried by EC2 instance", "description": "The instance queries a mining pool.",
            "first_seen": "2026-03-03T14:16:05.000Z", "last_seen": "2026-03-03T20:24:09.000Z", "resource_role": "ACTOR",
            "action": "DNS_REQUEST", "actors": [{"domain": "pool.mining.example"}]},
        "what_happened": {"summary": "The host asked for pool.mining.example seven times in six hours: somebody very likely mines on it.",
            "explanation": "Software on the host wants to reach a mining pool. Somebody other than its owner runs programs there, and holds its role's credentials.",
            "how_sure": {"raises": ["the security group lets everything out", "port 22 is open to the internet"], "lowers": []},
            "tactics": ["Impact"], "techniques": ["T1496"],
            "references": ["https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-ec2.html"]},
        "target": {"asset_id": HOST, "arn": format!("arn:aws:ec2:eu-central-1:111122223333:instance/{HOST}"), "kind": "instance",
            "name": "storefront-web", "owner": "dana.lee@example.com, team storefront", "state_at_finding": "running", "known": true},
        "topology": {"as_of": "2026-03-03T14:16:05.000Z", "complete": false,
            "gaps": [{"what": "Public address of the host", "why": "CloudTrail does not carry it and no Describe answer was seen"},
                     {"what": "Rules of the default network ACL", "why": "made without an event"}],
            "nodes": [
                node("111122223333", "account", "111122223333", &[]), node("111122223333/region/eu-central-1", "region", "eu-central-1", &[]),
                node(VPC, "vpc", "storefront", &[("cidr", "10.20.0.0/16")]),
                node(SUBNET, "subnet", "storefront-public-a", &[("cidr", "10.20.1.0/24"), ("availability_zone", "eu-central-1a")]),
                node("subnet-0ee11bb22cc33dd77", "subnet", "storefront-public-b", &[("cidr", "10.20.2.0/24")]),
                node(HOST, "instance", "storefront-web", &[("private_ip", "10.20.1.37"), ("instance_type", "t3.medium")]),
                node("i-0ee11bb22cc33dd88", "instance", "storefront-web", &[("private_ip", "10.20.2.61")]),
                node("eni-0aa11bb22cc33dd99", "network_interface", "", &[("private_ip", "10.20.1.37")]),
                node("eni-attach-0aa1", "interface_attachment", "", &[]),
                node(GROUP, "security_group", "storefront-web", &[("ingress", "tcp 22 from 0.0.0.0/0, tcp 443 from alb"), ("egress", "all to 0.0.0.0/0")]),
                node(TARGETS, "target_group", "storefront-web", &[("port", "443")]),
                node(ALB, "load_balancer", "storefront", &[("scheme", "internet-facing")]),
                node("111122223333/auto_scaling_group/eu-central-1/storefront-web", "auto_scaling_group", "storefront-web", &[]),
                node("lt-0aa11bb22cc33ddaa", "launch_template", "storefront-web", &[("version", "2")]),
                node("111122223333/instance_profile/storefront-web", "instance_profile", "storefront-web", &[]),
                node("111122223333/role/storefront-web", "role", "storefront-web", &[("policies", "AmazonS3FullAccess, AmazonSSMManagedInstanceCore")]),
                node("igw-0aa11bb22cc33ddbb", "internet_gateway", "storefront", &[]),
                node("rtb-0aa11bb22cc33ddcc", "route_table", "storefront-public", &[]), node("rtbassoc-0aa1", "route_table_association", "", &[])],
            "edges": [
                edge(SUBNET, "in", VPC), edge("subnet-0ee11bb22cc33dd77", "in", VPC), edge(HOST, "in", SUBNET), edge(HOST, "in", VPC),
                edge("i-0ee11bb22cc33dd88", "in", "subnet-0ee11bb22cc33dd77"), edge("eni-0aa11bb22cc33dd99", "in", SUBNET),
                edge("eni-attach-0aa1", "attaches", "eni-0aa11bb22cc33dd99"), edge("eni-attach-0aa1", "attached_to", HOST),
                edge(HOST, "protected_by", GROUP), edge(GROUP, "in", VPC), edge(TARGETS, "forwards_to", HOST), edge(ALB, "forwards_to", TARGETS),
                edge(HOST, "member_of", "111122223333/auto_scaling_group/eu-central-1/storefront-web"),
                edge("111122223333/auto_scaling_group/eu-central-1/storefront-web", "launches_from", "lt-0aa11bb22cc33ddaa"),
                edge(HOST, "uses", "111122223333/instance_profile/storefront-web"),
                edge("111122223333/instance_profile/storefront-web", "has", "111122223333/role/storefront-web"),
                edge("igw-0aa11bb22cc33ddbb", "attached_to", VPC), edge("rtbassoc-0aa1", "associates", "rtb-0aa11bb22cc33ddcc"),
                edge("rtbassoc-0aa1", "associated_with", SUBNET)]},
        "timeline": [
            {"time": "2026-03-03T11:31:07.000Z", "event_name": "AuthorizeSecurityGroupIngress", "principal": "arn:aws:sts::111122223333:assumed-role/admin/dana.lee", "asset_id": "sg-alb", "error": "Client.UnauthorizedOperation"},
            {"time": "2026-03-03T11:33:02.000Z", "event_name": "AuthorizeSecurityGroupEgress", "principal": "arn:aws:sts::111122223333:assumed-role/admin/dana.lee", "asset_id": GROUP}],
        "short_term": {"validate": [{"text": "Ask the owner whether the host should mine.", "why_here": "Its tags name dana.lee@example.com.", "state": "suggested"}],
            "contain": [{"text": "Take the host out of the Auto Scaling group, so that it is kept as evidence and replaced.", "why_here": "The group would end a host that fails its health check.",
                "command": format!("aws autoscaling detach-instances --region eu-central-1 --instance-ids {HOST} \\\n  --auto-scaling-group-name storefront-web --no-should-decrement-desired-capacity"), "state": "suggested"}]},
        "structural": [{"check_id": "ec2-sg-egress-open", "asset_id": GROUP, "relation_to_target": "protects it", "contribution": "Without it the host could not have reached a pool.",
            "introduced_by": {"event": "AuthorizeSecurityGroupEgress", "principal": "arn:aws:sts::111122223333:assumed-role/admin/dana.lee", "time": "2026-03-03T11:33:02.000Z"}}],
        "related_incidents": [], "notes": [], "history": []
    })
}
