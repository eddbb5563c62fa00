//! Security groups and their rules. A rule is its canonical permission, `ingress|tcp|22|22|0.0.0.0/0`: one permission is written in
//! many ways, and a revoke only counts if it names the same one. The `sgr-…` id is an alias of it.

use std::net::IpAddr;

use serde_json::Value;

use super::effect::{Call, Out, Row};
use super::json::{at, first, items, text, texts};
use crate::domain::assets::ec2::security_group;
use crate::domain::graph::{Kind, Rank, Val};

/// What a new group has though nobody asked: everything may leave.
const IMPLIED_EGRESS: &str = "egress|all|*|*|0.0.0.0/0";

const INGRESS: &str = "ingress";
const EGRESS: &str = "egress";

pub const ROWS: &[Row] = &[
    ("CreateSecurityGroup", create),
    ("DeleteSecurityGroup", delete),
    ("AuthorizeSecurityGroupIngress", |c, out| authorize(INGRESS, c, out)),
    ("AuthorizeSecurityGroupEgress", |c, out| authorize(EGRESS, c, out)),
    ("RevokeSecurityGroupIngress", |c, out| revoke(INGRESS, c, out)),
    ("RevokeSecurityGroupEgress", |c, out| revoke(EGRESS, c, out)),
    ("ModifySecurityGroupRules", modify),
    ("UpdateSecurityGroupRuleDescriptionsIngress", |c, out| describe(INGRESS, c, out)),
    ("UpdateSecurityGroupRuleDescriptionsEgress", |c, out| describe(EGRESS, c, out)),
];

fn create(c: &Call, out: &mut Out) {
    out.create(Kind::SecurityGroup, text(c.a, "groupId"))
        .text(security_group::NAME, c.q, "groupName")
        .text(security_group::DESCRIPTION, c.q, "groupDescription")
        .text(security_group::VPC, c.q, "vpcId")
        .implied(security_group::RULES, IMPLIED_EGRESS)
        .born_tags(c.a, c.asked_tags(&["security-group"]));
}

fn delete(c: &Call, out: &mut Out) {
    out.delete(Kind::SecurityGroup, c.either("groupId", "groupId"));
}

/// A rule without its direction, and what was written beside it.
struct Permission {
    /// `tcp|22|22|0.0.0.0/0`
    text: String,
    description: Option<String>,
}

/// `-1` has no ports in one call, 0/0 in another and -1/-1 in answers; protocols come by number, too.
fn protocol_and_ports(p: &Value) -> Option<String> {
    let protocol = text(p, "ipProtocol")?.to_ascii_lowercase();
    let protocol = match protocol.as_str() {
        "-1" | "all" => "all",
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        other => other,
    };
    let has_ports = matches!(protocol, "tcp" | "udp" | "icmp" | "icmpv6");
    let port = |path: &str| text(p, path).filter(|t| has_ports && t != "-1").unwrap_or_else(|| "*".to_owned());
    Some(format!("{protocol}|{}|{}", port("fromPort"), port("toPort")))
}

/// A network as AWS keeps it: its address without the bits outside the mask.
fn network(cidr: &str) -> String {
    let cidr = cidr.trim();
    let (address, bits) = cidr.split_once('/').unwrap_or((cidr, ""));
    let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return cidr.to_ascii_lowercase();
    };
    match address {
        IpAddr::V4(a) if bits <= u32::BITS => {
            let mask = u32::MAX.checked_shl(u32::BITS - bits).unwrap_or(0);
            format!("{}/{bits}", std::net::Ipv4Addr::from_bits(a.to_bits() & mask))
        }
        IpAddr::V6(a) if bits <= u128::BITS => {
            let mask = u128::MAX.checked_shl(u128::BITS - bits).unwrap_or(0);
            format!("{}/{bits}", std::net::Ipv6Addr::from_bits(a.to_bits() & mask))
        }
        _ => cidr.to_ascii_lowercase(),
    }
}

/// Another group as a peer: with its account where that isn't ours.
fn group(g: &Value, own: &str) -> Option<String> {
    let id = text(g, "groupId")?;
    match text(g, "userId") {
        Some(account) if account != own => Some(format!("{account}/{id}")),
        _ => Some(id),
    }
}

/// The permissions of one `ipPermissions` item or of a flat request: one for each peer.
fn permissions(p: &Value, out: &mut Out) -> Vec<Permission> {
    let mut peers: Vec<(String, Option<String>)> = Vec::new();
    for (list, field) in [("ipRanges", "cidrIp"), ("ipv6Ranges", "cidrIpv6")] {
        let ranges = items(p, list).into_iter();
        peers.extend(ranges.filter_map(|r| Some((network(&text(r, field)?), text(r, "description")))));
    }
    for l in items(p, "prefixListIds") {
        peers.extend(text(l, "prefixListId").map(|id| (id, text(l, "description"))));
    }
    for g in items(p, "groups") {
        match group(g, out.account()) {
            Some(peer) => peers.push((peer, text(g, "description"))),
            None => out.gap("names a group by its name only"),
        }
    }
    let flat = ["cidrIp", "cidrIpv6"].iter().find_map(|f| text(p, f)).map(|t| network(&t));
    peers.extend(flat.map(|peer| (peer, None)));
    let Some(what) = protocol_and_ports(p) else {
        if !peers.is_empty() {
            out.gap("a permission without protocol");
        }
        return Vec::new();
    };
    peers.into_iter().map(|(peer, description)| Permission { text: format!("{what}|{peer}"), description }).collect()
}

/// One rule of an answer's rule set, or of a ModifySecurityGroupRules.
fn rule(r: &Value, own: &str) -> Option<Permission> {
    let what = protocol_and_ports(r)?;
    let cidr = first(r, &["cidrIpv4", "cidrIpv6"]).map(|c| network(&c));
    let peer = cidr.or_else(|| text(r, "prefixListId")).or_else(|| group(at(r, "referencedGroupInfo"), own));
    let peer = peer.or_else(|| text(r, "referencedGroupId"))?;
    Some(Permission { text: format!("{what}|{peer}"), description: text(r, "description") })
}

/// The permissions that a request names, nested or flat.
fn requested(c: &Call, out: &mut Out) -> Vec<Permission> {
    let mut all = permissions(c.q, out);
    for p in items(c.q, "ipPermissions") {
        all.extend(permissions(p, out));
    }
    all
}

fn authorize(direction: &str, c: &Call, out: &mut Out) {
    let own = out.account().to_owned();
    let answered = items(c.a, "securityGroupRuleSet");
    let named = answered.iter().find_map(|r| text(r, "groupId"));
    let id = text(c.q, "groupId").or(named);
    let rules: Vec<(Permission, Option<String>)> = if answered.is_empty() {
        requested(c, out).into_iter().map(|p| (p, None)).collect()
    } else {
        answered.iter().filter_map(|r| Some((rule(r, &own)?, text(r, "securityGroupRuleId")))).collect()
    };
    if rules.is_empty() {
        out.gap("tells no rules");
    }
    let mut on = out.on(Kind::SecurityGroup, id, Rank::Set);
    for (p, alias) in rules {
        let key = format!("{direction}|{}", p.text);
        on.element(security_group::RULES, &key, Val::Text(p.description.unwrap_or_default()));
        if let Some(alias) = alias {
            on.element(security_group::RULE_IDS, &alias, Val::Text(key));
        }
    }
}

fn revoke(direction: &str, c: &Call, out: &mut Out) {
    let own = out.account().to_owned();
    let mut gone: Vec<String> = requested(c, out).into_iter().map(|p| p.text).collect();
    let mut aliases = Vec::new();
    for list in ["securityGroupRuleIds", "securityGroupRuleId"] {
        aliases.extend(texts(c.q, list, "securityGroupRuleId"));
    }
    let answered = items(c.a, "revokedSecurityGroupRuleSet");
    for r in &answered {
        gone.extend(rule(r, &own).map(|p| p.text));
        aliases.extend(text(r, "securityGroupRuleId"));
    }
    if gone.is_empty() && aliases.is_empty() {
        out.gap("tells no rules");
    }
    let id = text(c.q, "groupId").or_else(|| answered.iter().find_map(|r| text(r, "groupId")));
    let mut on = out.on(Kind::SecurityGroup, id, Rank::Removed);
    for p in gone {
        on.remove(security_group::RULES, &format!("{direction}|{p}"));
    }
    // What the alias stands for stays known, for a reader to tell which rule went.
    for alias in aliases {
        on.element(security_group::RULE_REVOKES, &alias, Val::text(""));
    }
}

/// Changes rules by id, without telling their direction or what they were: `rule_changes` has the new permission by the rule's id,
/// and a reader takes the direction from the permission that `rule_ids` has for it, which no longer holds from then on.
fn modify(c: &Call, out: &mut Out) {
    let own = out.account().to_owned();
    let lists = ["securityGroupRules", "securityGroupRule"];
    let rules: Vec<&Value> = lists.iter().flat_map(|l| items(c.q, l)).collect();
    if rules.is_empty() {
        out.gap("tells no rules");
    }
    for r in rules {
        let changed = rule(at(r, "securityGroupRule"), &own);
        let (Some(alias), Some(p)) = (text(r, "securityGroupRuleId"), changed) else {
            out.gap("tells a rule in part");
            continue;
        };
        let mut on = out.on(Kind::SecurityGroup, text(c.q, "groupId"), Rank::Set);
        on.element(security_group::RULE_CHANGES, &alias, Val::Text(p.text));
        on.element(security_group::RULE_NOTES, &alias, Val::Text(p.description.unwrap_or_default()));
    }
}

fn describe(direction: &str, c: &Call, out: &mut Out) {
    let rules = requested(c, out);
    let lists = ["securityGroupRuleDescriptions", "securityGroupRuleDescription"];
    let notes: Vec<&Value> = lists.iter().flat_map(|l| items(c.q, l)).collect();
    let mut on = out.on(Kind::SecurityGroup, text(c.q, "groupId"), Rank::Set);
    for p in rules {
        on.element(
            security_group::RULES,
            &format!("{direction}|{}", p.text),
            Val::Text(p.description.unwrap_or_default()),
        );
    }
    for n in notes {
        let alias = text(n, "securityGroupRuleId").unwrap_or_default();
        on.element(security_group::RULE_NOTES, &alias, Val::Text(text(n, "description").unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_kept_without_the_bits_outside_its_mask() {
        for (given, kept) in [
            ("100.68.0.18/18", "100.68.0.0/18"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("1.2.3.4/32", "1.2.3.4/32"),
            ("2001:DB8:0::1/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("1.2.3.4/99", "1.2.3.4/99"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(network(given), kept);
        }
    }
}
