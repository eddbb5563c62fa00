//! Security groups and their rules.

use serde_json::Value;

use crate::asset;
use crate::domain::effects::json::{at, first, items, network, text, texts};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// A security group.
    SecurityGroup "security_group", Regional, id "sg-", arn "arn:{partition}:ec2:{region}:{account}:security-group/{name}";
    unseen until RULES "rules from before its first sign of life are unknown";
    facts {
        /// The group's name.
        10 NAME: Text "name";
        /// The group's description.
        11 DESCRIPTION: Text "description";
        /// The VPC that it belongs to.
        12 VPC: Text "vpc" -> Vpc as "in";
        /// Rules by canonical permission (`ingress|tcp|22|22|0.0.0.0/0`), with their descriptions.
        13 RULES: Map "rules" [Internal];
        /// The canonical permission that each rule id (`sgr-…`) was granted with.
        14 RULE_IDS: Map "rule_ids" [Internal];
        /// The new permission, without its direction, of each rule changed by its id.
        15 RULE_CHANGES: Map "rule_changes" [Internal];
        /// The rule ids that were revoked.
        16 RULE_REVOKES: Set "rule_revokes" [Internal];
        /// Descriptions that were given by rule id.
        17 RULE_NOTES: Map "rule_notes" [Internal];
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
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

/// What a new group has though nobody asked: everything may leave.
pub const IMPLIED_EGRESS: &str = "egress|all|*|*|0.0.0.0/0";

const INGRESS: &str = "ingress";
const EGRESS: &str = "egress";

fn create(c: &Call, out: &mut Writes) {
    out.create(Kind::SecurityGroup, text(c.response, "groupId"))
        .text(NAME, c.request, "groupName")
        .text(DESCRIPTION, c.request, "groupDescription")
        .text(VPC, c.request, "vpcId")
        .implied(RULES, IMPLIED_EGRESS)
        .initial_tags(c.response, c.requested_tags(&["security-group"]));
}

fn delete(c: &Call, out: &mut Writes) {
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

/// Another group as a peer: with its account where that isn't ours.
fn group(g: &Value, own: &str) -> Option<String> {
    let id = text(g, "groupId")?;
    match text(g, "userId") {
        Some(account) if account != own => Some(format!("{account}/{id}")),
        _ => Some(id),
    }
}

/// The permissions of one `ipPermissions` item or of a flat request: one for each peer.
fn permissions(p: &Value, out: &mut Writes) -> Vec<Permission> {
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
fn requested(c: &Call, out: &mut Writes) -> Vec<Permission> {
    let mut all = permissions(c.request, out);
    for p in items(c.request, "ipPermissions") {
        all.extend(permissions(p, out));
    }
    all
}

fn authorize(direction: &str, c: &Call, out: &mut Writes) {
    let own = out.account().to_owned();
    let answered = items(c.response, "securityGroupRuleSet");
    let named = answered.iter().find_map(|r| text(r, "groupId"));
    let id = text(c.request, "groupId").or(named);
    let rules: Vec<(Permission, Option<String>)> = if answered.is_empty() {
        requested(c, out).into_iter().map(|p| (p, None)).collect()
    } else {
        answered.iter().filter_map(|r| Some((rule(r, &own)?, text(r, "securityGroupRuleId")))).collect()
    };
    if rules.is_empty() {
        out.gap("tells no rules");
    }
    let mut on = out.asset(Kind::SecurityGroup, id, Rank::Set);
    for (p, alias) in rules {
        let key = format!("{direction}|{}", p.text);
        on.element(RULES, &key, Val::Text(p.description.unwrap_or_default()));
        if let Some(alias) = alias {
            on.element(RULE_IDS, &alias, Val::Text(key));
        }
    }
}

fn revoke(direction: &str, c: &Call, out: &mut Writes) {
    let own = out.account().to_owned();
    let mut gone: Vec<String> = requested(c, out).into_iter().map(|p| p.text).collect();
    let mut aliases = Vec::new();
    for list in ["securityGroupRuleIds", "securityGroupRuleId"] {
        aliases.extend(texts(c.request, list, "securityGroupRuleId"));
    }
    let answered = items(c.response, "revokedSecurityGroupRuleSet");
    for r in &answered {
        gone.extend(rule(r, &own).map(|p| p.text));
        aliases.extend(text(r, "securityGroupRuleId"));
    }
    if gone.is_empty() && aliases.is_empty() {
        out.gap("tells no rules");
    }
    let id = text(c.request, "groupId").or_else(|| answered.iter().find_map(|r| text(r, "groupId")));
    let mut on = out.asset(Kind::SecurityGroup, id, Rank::Removed);
    for p in gone {
        on.remove(RULES, &format!("{direction}|{p}"));
    }
    // What the alias stands for stays known, for a reader to tell which rule went.
    for alias in aliases {
        on.element(RULE_REVOKES, &alias, Val::text(""));
    }
}

/// Changes rules by id, without telling their direction or what they were: `rule_changes` has the new permission by the rule's id,
/// and a reader takes the direction from the permission that `rule_ids` has for it, which no longer holds from then on.
fn modify(c: &Call, out: &mut Writes) {
    let own = out.account().to_owned();
    let lists = ["securityGroupRules", "securityGroupRule"];
    let rules: Vec<&Value> = lists.iter().flat_map(|l| items(c.request, l)).collect();
    if rules.is_empty() {
        out.gap("tells no rules");
    }
    for r in rules {
        let changed = rule(at(r, "securityGroupRule"), &own);
        let (Some(alias), Some(p)) = (text(r, "securityGroupRuleId"), changed) else {
            out.gap("tells a rule in part");
            continue;
        };
        let mut on = out.asset(Kind::SecurityGroup, text(c.request, "groupId"), Rank::Set);
        on.element(RULE_CHANGES, &alias, Val::Text(p.text));
        on.element(RULE_NOTES, &alias, Val::Text(p.description.unwrap_or_default()));
    }
}

fn describe(direction: &str, c: &Call, out: &mut Writes) {
    let rules = requested(c, out);
    let lists = ["securityGroupRuleDescriptions", "securityGroupRuleDescription"];
    let notes: Vec<&Value> = lists.iter().flat_map(|l| items(c.request, l)).collect();
    let mut on = out.asset(Kind::SecurityGroup, text(c.request, "groupId"), Rank::Set);
    for p in rules {
        on.element(RULES, &format!("{direction}|{}", p.text), Val::Text(p.description.unwrap_or_default()));
    }
    for n in notes {
        let alias = text(n, "securityGroupRuleId").unwrap_or_default();
        on.element(RULE_NOTES, &alias, Val::Text(text(n, "description").unwrap_or_default()));
    }
}
