//! Listeners and their rules: the actions of a load balancer.

use serde_json::Value;

use crate::domain::assets::elasticloadbalancing::load_balancer;
use crate::domain::effects::json::{given, items, text, texts};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateListener", create_listener),
    ("ModifyListener", modify_listener),
    ("DeleteListener", delete_listener),
    ("CreateRule", create_rule),
    ("ModifyRule", modify_rule),
    ("DeleteRule", delete_rule),
];

/// The target groups that actions forward to.
fn forwards(actions: Vec<&Value>) -> Vec<String> {
    let mut groups = Vec::new();
    for a in actions {
        groups.extend(text(a, "targetGroupArn"));
        groups.extend(texts(a, "forwardConfig.targetGroups", "targetGroupArn"));
    }
    groups
}

/// The balancer's ARN in a listener's or a rule's: `…:listener/app/name/id/listener` -> `…:loadbalancer/app/name/id`.
fn balancer_of(arn: &str) -> Option<String> {
    let (head, path) = arn.split_once(":listener/").or_else(|| arn.split_once(":listener-rule/"))?;
    let mut parts = path.split('/');
    let (kind, name, id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{head}:loadbalancer/{kind}/{name}/{id}"))
}

/// What a listener or a rule forwards to, whole: `actions` says so until it is said anew. `target_groups` only says "has ever".
fn act(of: &str, actions: &str, c: &Call, on: &mut AssetWriter) {
    if given(c.request, actions) {
        let groups = forwards(items(c.request, actions));
        on.element(load_balancer::ACTIONS, of, Val::Text(groups.join(" ")));
        for g in groups {
            on.element(load_balancer::TARGET_GROUPS, &g, Val::text(of));
        }
    }
}

fn listener(c: &Call, balancer: Option<String>, arn: &str, out: &mut Writes) {
    let answered = items(c.response, "listeners").into_iter().next().unwrap_or(&Value::Null);
    let said = |what: &str| text(c.request, what).or_else(|| text(answered, what));
    let mut on = out.asset(Kind::LoadBalancer, balancer, Rank::Set);
    let what: Vec<String> = ["protocol", "port"].into_iter().filter_map(said).collect();
    if !what.is_empty() {
        on.element(load_balancer::LISTENERS, arn, Val::Text(what.join(":")));
    }
    act(arn, "defaultActions", c, &mut on);
}

fn create_listener(c: &Call, out: &mut Writes) {
    match items(c.response, "listeners").into_iter().find_map(|l| text(l, "listenerArn")) {
        Some(arn) => listener(c, text(c.request, "loadBalancerArn"), &arn, out),
        None => out.gap("the answer names no listener"),
    }
}

fn modify_listener(c: &Call, out: &mut Writes) {
    let arn = text(c.request, "listenerArn").unwrap_or_default();
    let answered = items(c.response, "listeners").into_iter().find_map(|l| text(l, "loadBalancerArn"));
    listener(c, answered.or_else(|| balancer_of(&arn)), &arn, out);
}

/// Its rules go with it, and no record names them: that it ended is kept, for whoever reads them.
fn delete_listener(c: &Call, out: &mut Writes) {
    let arn = text(c.request, "listenerArn").unwrap_or_default();
    out.asset(Kind::LoadBalancer, balancer_of(&arn), Rank::Removed)
        .remove(load_balancer::LISTENERS, &arn)
        .remove(load_balancer::ACTIONS, &arn)
        .element(load_balancer::ENDED_LISTENERS, &arn, Val::text(""));
}

fn create_rule(c: &Call, out: &mut Writes) {
    let rules = items(c.response, "rules");
    let Some(rule) = rules.into_iter().find_map(|r| text(r, "ruleArn")) else {
        return out.gap("the answer names no rule");
    };
    act(&rule, "actions", c, &mut out.asset(Kind::LoadBalancer, balancer_of(&rule), Rank::Set));
}

fn modify_rule(c: &Call, out: &mut Writes) {
    let rule = text(c.request, "ruleArn").unwrap_or_default();
    act(&rule, "actions", c, &mut out.asset(Kind::LoadBalancer, balancer_of(&rule), Rank::Set));
}

fn delete_rule(c: &Call, out: &mut Writes) {
    let rule = text(c.request, "ruleArn").unwrap_or_default();
    out.asset(Kind::LoadBalancer, balancer_of(&rule), Rank::Removed).remove(load_balancer::ACTIONS, &rule);
}
