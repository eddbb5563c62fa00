//! Reading the incident's JSON leniently: revisions of other versions must still show what they hold.

use serde_json::Value;

/// The text at a path; empty where there is none.
pub fn at(value: &Value, path: &[&str]) -> String {
    scalar(look(value, path))
}

/// The first of several names that holds something.
pub fn any_of(value: &Value, names: &[&str]) -> String {
    names.iter().map(|n| who_or_what(look(value, &[n]))).find(|t| !t.is_empty()).unwrap_or_default()
}

pub fn look<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().try_fold(value, |v, name| v.get(name)).unwrap_or(&Value::Null)
}

pub fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    look(value, path).as_array().map_or(&[], Vec::as_slice)
}

pub fn scalar(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        _ => String::new(),
    }
}

/// A thing that may be named by text or by an object that holds its name.
fn who_or_what(value: &Value) -> String {
    match value {
        Value::Object(_) => {
            any_of(value, &["arn", "name", "event_name", "user_name", "principal_id", "invoked_by", "id"])
        }
        other => scalar(other),
    }
}

/// Everything a value says, one line per statement: texts as they are, objects as `name: value`.
pub fn statements(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().flat_map(one_line).collect(),
        Value::Object(map) => map
            .iter()
            .filter_map(|(k, v)| Some((k, inline(v))).filter(|(_, t)| !t.is_empty()))
            .map(|(k, t)| format!("{}: {t}", words(k)))
            .collect(),
        other => Some(scalar(other)).filter(|t| !t.is_empty()).into_iter().collect(),
    }
}

fn one_line(value: &Value) -> Option<String> {
    let what = any_of(value, &["what", "missing", "text"]);
    let why = any_of(value, &["why", "reason", "because"]);
    let line = match (what.is_empty(), why.is_empty()) {
        (false, false) => format!("{what}: {why}"),
        (false, true) => what,
        _ => inline(value),
    };
    Some(line).filter(|l| !l.is_empty())
}

/// A value in one line.
pub fn inline(value: &Value) -> String {
    match value {
        Value::Array(values) => join(values.iter().map(inline), ", "),
        Value::Object(_) => statements(value).join("; "),
        other => scalar(other),
    }
}

fn join(texts: impl Iterator<Item = String>, with: &str) -> String {
    texts.filter(|t| !t.is_empty()).collect::<Vec<_>>().join(with)
}

/// `load_balancer` as words.
pub fn words(name: &str) -> String {
    match name {
        "vpc" => "VPC".into(),
        other => other.replace('_', " "),
    }
}

/// A time without what nobody reads at a glance: `2026-03-03 14:22:07 UTC`.
pub fn when(time: &str) -> String {
    match (time.split_once('T'), time.ends_with('Z')) {
        (Some((day, rest)), true) => {
            format!("{day} {} UTC", rest.trim_end_matches('Z').split('.').next().unwrap_or_default())
        }
        _ => time.to_owned(),
    }
}

/// The remote parties of the finding, one text each.
pub fn actors(incident: &Value) -> Vec<String> {
    list(incident, &["finding", "actors"])
        .iter()
        .map(|actor| match actor {
            Value::Object(_) => {
                let place =
                    [at(actor, &["organization"]), at(actor, &["country"])].into_iter().filter(|t| !t.is_empty());
                let name = any_of(actor, &["domain", "address", "name"]);
                let port = at(actor, &["port"]);
                let port = if port.is_empty() { port } else { format!(" port {port}") };
                let place = join(place, ", ");
                if place.is_empty() { format!("{name}{port}") } else { format!("{name}{port} ({place})") }
            }
            other => scalar(other),
        })
        .filter(|t| !t.trim().is_empty())
        .collect()
}

/// What the asset did or suffered, in two or three words; never only a colour.
pub fn verdict(incident: &Value) -> &'static str {
    match at(incident, &["finding", "resource_role"]).to_ascii_uppercase().as_str() {
        "ACTOR" => "acts as attacker",
        "TARGET" => "under attack",
        _ => "affected",
    }
}

/// `DNS_REQUEST`: the kind of the finding's action, whether given bare or with its details.
pub fn action(incident: &Value) -> String {
    let action = look(incident, &["finding", "action"]);
    let kind = any_of(action, &["kind", "type", "action_type"]);
    if kind.is_empty() { scalar(action) } else { kind }
}
