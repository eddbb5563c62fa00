//! An asset in one line: what a responder looks for first.

use super::node::RuleView;
use crate::domain::graph::{AssetState, Kind, Val};

/// Peers that stand for every address.
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];
/// Rules and list elements that one summary names.
const NAMED_MAX: usize = 4;
/// Between the parts of a summary.
const BETWEEN: &str = " · ";
const OPEN: &str = "open to the world:";
const IMDS_V1: &str = "IMDSv1 allowed";
const ALL_LEAVES: &str = "all traffic may leave";

/// The parts of a summary.
pub fn summary_parts(summary: &str) -> impl Iterator<Item = &str> {
    summary.split(BETWEEN).filter(|part| !part.is_empty())
}

/// Whether a part of a summary names what an attacker needs.
pub fn is_alarming(part: &str) -> bool {
    [OPEN, IMDS_V1, ALL_LEAVES].iter().any(|words| part.starts_with(words))
}

impl RuleView {
    /// The rule lets every address in.
    pub fn is_open_to_the_world(&self) -> bool {
        self.direction == "ingress" && self.is_for_anywhere()
    }

    /// The rule lets everything out to every address.
    pub fn lets_all_out(&self) -> bool {
        self.direction == "egress" && self.protocol == "all" && self.is_for_anywhere()
    }

    fn is_for_anywhere(&self) -> bool {
        ANYWHERE.contains(&self.peer.as_str())
    }

    /// `tcp 22`, `tcp 8000-8080`, `all traffic`.
    pub fn traffic(&self) -> String {
        match (self.protocol.as_str(), self.from_port, self.to_port) {
            ("all", ..) => "all traffic".to_owned(),
            (protocol @ ("icmp" | "icmpv6"), ..) => protocol.to_owned(),
            (protocol, Some(from), Some(to)) if from == to => format!("{protocol} {from}"),
            (protocol, Some(from), Some(to)) => format!("{protocol} {from}-{to}"),
            (protocol, ..) => format!("{protocol}, all ports"),
        }
    }
}

/// The summary of an asset in this state. Empty: nothing is known that would fill one.
pub fn summary<'r>(kind: Kind, state: &AssetState, rules: impl Iterator<Item = &'r RuleView>) -> String {
    let mut parts = Parts { state, parts: Vec::new() };
    match kind {
        Kind::SecurityGroup => parts.rules(rules),
        Kind::Instance => {
            parts.texts(&["type", "state"]);
            parts.labelled("private", "private_ip");
            parts.metadata();
        }
        Kind::Role | Kind::User => {
            parts.names("", "policies");
            parts.names("inline", "inline_policies");
            parts.labelled("boundary", "permissions_boundary");
        }
        Kind::Vpc | Kind::Subnet => {
            parts.texts(&["cidr", "availability_zone"]);
            parts.flag("map_public_ip_on_launch", "gives public addresses");
        }
        Kind::NetworkInterface => {
            parts.labelled("private", "private_ip");
            parts.labelled("public", "public_ip");
        }
        Kind::Address => parts.texts(&["public_ip"]),
        Kind::RouteTable => parts.routes(),
        Kind::LoadBalancer => parts.texts(&["scheme", "type", "dns_name"]),
        Kind::TargetGroup => {
            parts.texts(&["protocol", "port"]);
        }
        Kind::Volume | Kind::Snapshot => {
            parts.labelled("GiB", "size");
            parts.flag("encrypted", "encrypted");
            parts.names("shared with", "shared_with");
        }
        Kind::Image => parts.names("shared with", "shared_with"),
        Kind::AutoScalingGroup => parts.labelled("desired", "desired"),
        Kind::LaunchTemplate => parts.labelled("default version", "default_version"),
        Kind::AccessKey => parts.texts(&["status"]),
        Kind::Bucket => {
            parts.labelled("ACL", "acl");
            parts.texts(&["region"]);
        }
        _ => {}
    }
    parts.parts.join(BETWEEN)
}

struct Parts<'s> {
    state: &'s AssetState,
    parts: Vec<String>,
}

impl Parts<'_> {
    fn value(&self, field: &str) -> Option<String> {
        match &self.state.named(field)?.value {
            Val::Text(text) if !text.is_empty() => Some(text.clone()),
            Val::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn texts(&mut self, fields: &[&str]) {
        let values: Vec<String> = fields.iter().filter_map(|f| self.value(f)).collect();
        self.parts.extend(values);
    }

    fn labelled(&mut self, label: &str, field: &str) {
        let value = self.value(field);
        self.parts.extend(value.map(|v| format!("{label} {v}")));
    }

    fn flag(&mut self, field: &str, text: &str) {
        if self.state.named(field).is_some_and(|f| f.value == Val::Bool(true)) {
            self.parts.push(text.to_owned());
        }
    }

    /// The keys of a list, ARNs by their last part.
    fn names(&mut self, label: &str, list: &str) {
        let Some(elements) = self.state.named_list(list).filter(|l| !l.is_empty()) else { return };
        let names: Vec<&str> = elements.keys().map(|k| k.rsplit('/').next().unwrap_or(k)).collect();
        self.some(label, &names);
    }

    fn some(&mut self, label: &str, names: &[impl AsRef<str>]) {
        let mut text = names.iter().take(NAMED_MAX).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
        if let Some(more) = names.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
            text.push_str(&format!(" and {more} more"));
        }
        self.parts.push(if label.is_empty() { text } else { format!("{label} {text}") });
    }

    fn metadata(&mut self) {
        match self.value("imds_tokens").as_deref() {
            Some("optional") => self.parts.push(IMDS_V1.to_owned()),
            Some("required") => self.parts.push("IMDSv2 only".to_owned()),
            _ => {}
        }
    }

    /// Where the default routes lead.
    fn routes(&mut self) {
        let Some(routes) = self.state.named_list("routes") else { return };
        for destination in ANYWHERE {
            let to = routes.get(destination).and_then(|e| e.value.as_ref()).and_then(Val::as_text);
            self.parts.extend(to.map(|to| format!("{destination} → {to}")));
        }
    }

    /// Rules open to the world, then how many there are.
    fn rules<'r>(&mut self, rules: impl Iterator<Item = &'r RuleView>) {
        let rules: Vec<&RuleView> = rules.collect();
        let mut open: Vec<String> = rules.iter().filter(|r| r.is_open_to_the_world()).map(|r| r.traffic()).collect();
        open.dedup();
        if !open.is_empty() {
            self.some(OPEN, &open);
        }
        if rules.iter().any(|r| r.lets_all_out()) {
            self.parts.push(ALL_LEAVES.to_owned());
        }
        let ingress = rules.iter().filter(|r| r.direction == "ingress").count();
        self.parts.push(format!("{ingress} ingress, {} egress rules", rules.len() - ingress));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(direction: &str, protocol: &str, ports: Option<(i64, i64)>, peer: &str) -> RuleView {
        RuleView {
            direction: direction.into(),
            protocol: protocol.into(),
            from_port: ports.map(|p| p.0),
            to_port: ports.map(|p| p.1),
            peer: peer.into(),
            description: String::new(),
            rule_id: String::new(),
            source: 0,
        }
    }

    #[test]
    fn a_group_says_first_which_of_its_rules_are_open_to_the_world() {
        let rules = [
            rule("egress", "all", None, "0.0.0.0/0"),
            rule("ingress", "tcp", Some((22, 22)), "::/0"),
            rule("ingress", "tcp", Some((8000, 8080)), "0.0.0.0/0"),
            rule("ingress", "tcp", Some((443, 443)), "198.51.100.0/24"),
        ];
        let text = summary(Kind::SecurityGroup, &AssetState::default(), rules.iter());
        assert_eq!(
            text,
            "open to the world: tcp 22, tcp 8000-8080 · all traffic may leave · 3 ingress, 1 egress rules"
        );
        let none = summary(Kind::SecurityGroup, &AssetState::default(), rules.iter().take(1));
        assert_eq!(none, "all traffic may leave · 0 ingress, 1 egress rules");
    }
}
