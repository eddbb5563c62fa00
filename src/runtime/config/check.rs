//! Finds everything that is wrong with a configuration in one go: what isn't TOML, what isn't known, what doesn't fit, and what
//! doesn't go together.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::kind::Kind;
use super::schema::{OPTIONS_REFUSED, SECTIONS};
use super::{Config, Encoding, Fault, SaslMechanism, duration};
use crate::domain::activity;

/// An unknown word is taken for a known one at this many edits or fewer.
const SUGGESTION_EDITS_MAX: usize = 3;
/// Kafka's own bound on topic names.
const TOPIC_CHARS_MAX: usize = 249;

/// The configuration, or every fault in it, in the order of the file.
pub fn check(text: &str, file: &str) -> Result<Config, Vec<Fault>> {
    let mut faults = Faults { text, file, found: Vec::new() };
    let (document, errors) = DeTable::parse_recoverable(text);
    for e in &errors {
        faults.add(e.span().map_or(0, |s| s.start), e.message().replace('\n', ", "));
    }
    let document = document.get_ref();
    sections(document, &mut faults);
    if faults.found.is_empty() {
        // The table has let everything through, so this cannot fail unless table and structs disagree; then it is still a fault.
        match toml::from_str::<Config>(text) {
            Ok(config) => {
                together(&config, document, &mut faults);
                if faults.found.is_empty() {
                    return Ok(config);
                }
            }
            Err(e) => faults.add(e.span().map_or(0, |s| s.start), e.message().to_string()),
        }
    }
    faults.found.sort_by_key(|f| (f.line, f.column));
    Err(faults.found)
}

struct Faults<'a> {
    text: &'a str,
    file: &'a str,
    found: Vec<Fault>,
}

impl Faults<'_> {
    fn add(&mut self, at: usize, message: String) {
        self.found.push(Fault::at(self.text, self.file, at, message));
    }
}

fn sections(document: &DeTable<'_>, faults: &mut Faults<'_>) {
    for (key, value) in document.iter() {
        let name = key.get_ref().as_ref();
        let Some(section) = SECTIONS.iter().find(|s| s.name == name) else {
            // A key above the first [section] most likely belongs into one.
            let home = SECTIONS.iter().find(|s| s.keys.iter().any(|(k, _)| *k == name));
            let hint = match home {
                Some(s) => format!("; it belongs into [{}]", s.name),
                None => suggest(name, SECTIONS.iter().map(|s| s.name)),
            };
            let what = if value.get_ref().is_table() { "section" } else { "key" };
            faults.add(key.span().start, format!("unknown {what} `{name}`{hint}"));
            continue;
        };
        let Some(table) = value.get_ref().as_table() else {
            faults.add(value.span().start, format!("`{name}` is a section: write [{name}]"));
            continue;
        };
        for (key, value) in table.iter() {
            let word = key.get_ref().as_ref();
            match section.keys.iter().find(|(k, _)| *k == word) {
                Some((_, kind)) => fits(&format!("{name}.{word}"), kind, value, faults),
                None => {
                    let hint = suggest(word, section.keys.iter().map(|(k, _)| *k));
                    faults.add(key.span().start, format!("unknown key `{name}.{word}`{hint}"));
                }
            }
        }
    }
}

fn fits(path: &str, kind: &Kind, value: &Spanned<DeValue<'_>>, faults: &mut Faults<'_>) {
    let at = value.span().start;
    let is = value.get_ref().type_str();
    let mut wrong = |wanted: &str| faults.add(at, format!("`{path}` must be {wanted}, not {} {is}", article(is)));
    match (kind, value.get_ref()) {
        (Kind::Text { empty }, DeValue::String(text)) => {
            if !empty && text.trim().is_empty() {
                faults.add(at, format!("`{path}` must not be empty"));
            }
        }
        (Kind::Text { .. }, _) => wrong("a string"),
        (Kind::Bool, DeValue::Boolean(_)) => {}
        (Kind::Bool, _) => wrong("true or false"),
        (Kind::Integer { min, max }, DeValue::Integer(number)) => {
            if !integer(number).is_some_and(|n| (*min..=*max).contains(&n)) {
                faults.add(at, format!("`{path}` must be from {min} to {max}, not {}", number.as_str()));
            }
        }
        (Kind::Integer { .. }, _) => wrong("a whole number"),
        (Kind::Duration { min, max }, DeValue::String(text)) => {
            let bounds = [*min, *max].map(|ms| duration::print(std::time::Duration::from_millis(ms)));
            let [from, to] = &bounds;
            match duration::parse(text).map(|d| d.as_millis()) {
                None => faults
                    .add(at, format!("`{path}` must be a duration like \"250ms\", \"5s\", \"2m\", not \"{text}\"")),
                Some(ms) if ms < u128::from(*min) || ms > u128::from(*max) => {
                    faults.add(at, format!("`{path}` must be from {from} to {to}, not {text}"));
                }
                Some(_) => {}
            }
        }
        (Kind::Duration { .. }, _) => wrong("a duration in quotes like \"5s\""),
        (Kind::Choice(words), DeValue::String(text)) => choice(path, at, text, words, faults),
        (Kind::Choice(_), _) => wrong("a string"),
        (Kind::Choices(_) | Kind::Names | Kind::Calls, DeValue::Array(items)) => {
            if items.is_empty() && !matches!(kind, Kind::Calls) {
                faults.add(at, format!("`{path}` must name at least one"));
            }
            let mut seen = BTreeSet::new();
            for item in items.iter() {
                let at = item.span().start;
                let Some(text) = item.get_ref().as_str() else {
                    let is = item.get_ref().type_str();
                    faults.add(at, format!("`{path}` must be a list of strings; this is {} {is}", article(is)));
                    continue;
                };
                if let Kind::Choices(words) = kind {
                    choice(path, at, text, words, faults);
                } else if matches!(kind, Kind::Calls) {
                    if activity::split(text).is_none() {
                        let message =
                            format!("`{path}`: \"{text}\" is no call; one is \"sts.amazonaws.com:AssumeRole\"");
                        faults.add(at, message);
                    }
                } else if text.trim().is_empty() {
                    faults.add(at, format!("`{path}` must not hold an empty name"));
                }
                if !seen.insert(text) {
                    faults.add(at, format!("`{path}` names \"{text}\" twice"));
                }
            }
        }
        (Kind::Choices(_) | Kind::Names | Kind::Calls, _) => wrong("a list of strings"),
        (Kind::TextMap, DeValue::Table(table)) => {
            for (key, value) in table.iter() {
                let word = key.get_ref();
                // `a.b = "c"` unquoted is a table in a table; librdkafka's names are full of dots, so say what to do.
                if value.get_ref().is_table() {
                    faults.add(
                        key.span().start,
                        format!("`{path}`: names with dots need quotes, as in \"{word}.…\" = \"…\""),
                    );
                } else if value.get_ref().as_str().is_none() {
                    faults.add(value.span().start, format!("`{path}.{word}` must be a string"));
                }
                if OPTIONS_REFUSED.contains(&word.as_ref()) {
                    faults.add(
                        key.span().start,
                        format!(
                            "`{path}.{word}` is not to be set here: correctness rests on it, or it has its own key"
                        ),
                    );
                }
            }
        }
        (Kind::TextMap, _) => wrong("a table of strings"),
    }
}

fn choice(path: &str, at: usize, text: &str, words: &[&str], faults: &mut Faults<'_>) {
    if words.contains(&text) {
        return;
    }
    let list: Vec<String> = words.iter().filter(|w| !w.is_empty()).map(|w| format!("\"{w}\"")).collect();
    let hint = suggest(text, words.iter().copied());
    faults.add(at, format!("`{path}` must be one of {}, not \"{text}\"{hint}", list.join(", ")));
}

/// What only shows when several keys are seen together. Each fault stands at the key that is to be changed, or at its section.
fn together(config: &Config, document: &DeTable<'_>, faults: &mut Faults<'_>) {
    let place = |section: &str, key: &str| place(document, section, key);

    for server in config.kafka.bootstrap_servers.split(',') {
        if !host_and_port(server.trim()) {
            let message = format!(
                "`kafka.bootstrap_servers` must be host:port, several separated by commas; \"{server}\" is not"
            );
            faults.add(place("kafka", "bootstrap_servers"), message);
        }
    }
    let protocol = config.kafka.security_protocol;
    if protocol.sasl() {
        if config.kafka.sasl_mechanism == SaslMechanism::None {
            faults.add(place("kafka", "security_protocol"), "this needs `kafka.sasl_mechanism`".into());
        }
        if config.kafka.sasl_username.is_empty() {
            faults.add(place("kafka", "security_protocol"), "this needs `kafka.sasl_username`".into());
        }
        if config.kafka.sasl_password_file.as_os_str().is_empty() {
            faults.add(place("kafka", "security_protocol"), "this needs `kafka.sasl_password_file`".into());
        }
    } else if config.kafka.sasl_mechanism != SaslMechanism::None {
        let message =
            format!("`kafka.sasl_mechanism` has no effect while `security_protocol` is \"{}\"", protocol.as_str());
        faults.add(place("kafka", "sasl_mechanism"), message);
    }
    let files = [&config.kafka.ssl_ca_file, &config.kafka.ssl_certificate_file, &config.kafka.ssl_key_file];
    for (key, path) in ["ssl_ca_file", "ssl_certificate_file", "ssl_key_file"].iter().zip(files) {
        if !protocol.ssl() && !path.as_os_str().is_empty() {
            let message = format!("`kafka.{key}` has no effect while `security_protocol` is \"{}\"", protocol.as_str());
            faults.add(place("kafka", key), message);
        }
    }
    if config.kafka.ssl_certificate_file.as_os_str().is_empty() != config.kafka.ssl_key_file.as_os_str().is_empty() {
        faults.add(
            place("kafka", "ssl_key_file"),
            "`kafka.ssl_certificate_file` and `kafka.ssl_key_file` go together".into(),
        );
    }

    // A topic in two places would be read as what it is not, or read what we write, without end.
    let mut taken: Vec<(&str, String)> = Vec::new();
    let inputs = config.input.topics.iter().map(|name| ("input", "topics", name.as_str()));
    let outputs = config.topics.all().into_iter().map(|topic| ("topics", topic.key, topic.name));
    for (section, key, name) in inputs.chain(outputs) {
        let at = place(section, key);
        if name.len() > TOPIC_CHARS_MAX
            || matches!(name, "." | "..")
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        {
            faults.add(
                at,
                format!(
                    "\"{name}\" is no name for a topic: letters, digits, `.`, `_` and `-`, at most {TOPIC_CHARS_MAX}"
                ),
            );
        }
        match taken.iter().find(|(other, _)| *other == name) {
            Some((_, owner)) => {
                faults.add(at, format!("`{section}.{key}` names \"{name}\", which `{owner}` names already"))
            }
            None => taken.push((name, format!("{section}.{key}"))),
        }
    }

    if config.limits.unpacked_bytes_max < config.limits.record_bytes_max {
        let message = "`limits.unpacked_bytes_max` must not be below `limits.record_bytes_max`".into();
        faults.add(place("limits", "unpacked_bytes_max"), message);
    }
    if !config.http.listen.is_empty() && config.http.listen.parse::<std::net::SocketAddr>().is_err() {
        let message = format!(
            "`http.listen` must be address:port as in \"127.0.0.1:9464\", or empty, not \"{}\"",
            config.http.listen
        );
        faults.add(place("http", "listen"), message);
    }
    registry(config, document, faults);
}

fn registry(config: &Config, document: &DeTable<'_>, faults: &mut Faults<'_>) {
    let place = |key: &str| place(document, "schema_registry", key);
    let registry = &config.schema_registry;
    let url = registry.url.as_str();
    if config.output.encoding == Encoding::Avro && url.is_empty() {
        let at = self::place(document, "output", "encoding");
        faults.add(at, "Avro needs `schema_registry.url`".into());
    }
    if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
        faults.add(place("url"), format!("`schema_registry.url` must be an http or https URL, not \"{url}\""));
    }
    if url.contains('@') {
        let message = "`schema_registry.url` must not hold credentials; there is `schema_registry.username`";
        faults.add(place("url"), message.into());
    }
    if registry.username.is_empty() != registry.password_file.as_os_str().is_empty() {
        let message = "`schema_registry.username` and `schema_registry.password_file` go together";
        faults.add(place("username"), message.into());
    }
    if !registry.username.is_empty() && url.is_empty() {
        let message = "`schema_registry.username` has no effect without `schema_registry.url`";
        faults.add(place("username"), message.into());
    }
}

/// Where a key's value stands; where it is left to its default, its section; where that is absent, the start.
fn place(document: &DeTable<'_>, section: &str, key: &str) -> usize {
    let Some((_, table)) = document.iter().find(|(k, _)| k.get_ref().as_ref() == section) else { return 0 };
    let inner = table.get_ref().as_table().and_then(|t| t.iter().find(|(k, _)| k.get_ref().as_ref() == key));
    inner.map_or(table.span().start, |(_, value)| value.span().start)
}

fn host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains(char::is_whitespace) && port.parse::<u16>().is_ok_and(|p| p != 0)
    })
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// `; did you mean …?`, or nothing where nothing is near.
fn suggest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let limit = SUGGESTION_EDITS_MAX.min(word.chars().count() / 2);
    let near = known
        .filter(|k| !k.is_empty())
        .map(|k| (strsim::levenshtein(&word.to_lowercase(), &k.to_lowercase()), k))
        .min();
    match near {
        Some((n, known)) if n <= limit => format!("; did you mean `{known}`?"),
        _ => String::new(),
    }
}
