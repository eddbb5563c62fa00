use std::collections::BTreeSet;

use super::*;

const SHIPPED: &str = include_str!("../../../pipeline.toml");

/// `line:column message` of every fault.
fn faults(text: &str) -> Vec<String> {
    match check(text, "pipeline.toml") {
        Ok(_) => Vec::new(),
        Err(found) => found.iter().map(|f| format!("{}:{} {}", f.line, f.column, f.message)).collect(),
    }
}

#[test]
fn the_shipped_file_is_valid_and_states_the_defaults() {
    let shipped = check(SHIPPED, "pipeline.toml");
    assert_eq!(shipped, Ok(Config::default()));
    assert_eq!(check("", "pipeline.toml"), Ok(Config::default()));
}

/// Three places name the keys: the structs, the schema and the shipped file. None may know more than the others.
#[test]
fn structs_schema_and_shipped_file_name_the_same_keys() {
    let from_schema: BTreeSet<String> =
        schema::SECTIONS.iter().flat_map(|s| s.keys.iter().map(move |(k, _)| format!("{}.{k}", s.name))).collect();
    let keys = |table: toml::Table| -> BTreeSet<String> {
        let section = |(s, v): (&String, &toml::Value)| -> Vec<String> {
            v.as_table().unwrap().keys().map(|k| format!("{s}.{k}")).collect()
        };
        table.iter().flat_map(section).collect()
    };
    assert_eq!(keys(toml::Table::try_from(Config::default()).unwrap()), from_schema);
    assert_eq!(keys(SHIPPED.parse().unwrap()), from_schema);
}

/// A valid value other than the default for every key, where it can be made up from the row alone.
fn other(kind: &kind::Kind, now: &toml::Value) -> toml::Value {
    use kind::Kind::*;
    match kind {
        Text { .. } => format!("{}x", now.as_str().unwrap()).into(),
        Bool => (!now.as_bool().unwrap()).into(),
        Integer { min, max } => if now.as_integer() == Some(*min) { *max } else { *min }.into(),
        Duration { min, max } => {
            let print = |ms| duration::print(std::time::Duration::from_millis(ms));
            if now.as_str() == Some(&print(*min)) { print(*max) } else { print(*min) }.into()
        }
        Choice(words) => (*words.iter().find(|w| Some(**w) != now.as_str()).unwrap()).into(),
        Choices(words) => vec![*words.last().unwrap()].into(),
        Names => vec!["x"].into(),
        Calls => vec!["x:y"].into(),
        TextMap => toml::Table::from_iter([("client.rack".to_owned(), "a".into())]).into(),
    }
}

/// Each key, changed alone, changes the configuration; and each is read somewhere outside of it.
#[test]
fn every_key_arrives_and_is_read() {
    let default = toml::Table::try_from(Config::default()).unwrap();
    let readers = readers();
    let mut unread = Vec::new();
    for section in schema::SECTIONS {
        for (key, kind) in section.keys {
            let value = other(kind, &default[section.name][key]);
            let text = toml::Table::from_iter([(
                section.name.to_owned(),
                toml::Table::from_iter([((*key).to_owned(), value)]).into(),
            )]);
            let changed: Config = toml::from_str(&text.to_string()).unwrap();
            assert_ne!(changed, Config::default(), "{}.{key}", section.name);
            // Topics are read as the table that they are.
            let is_topic = Topics::default().all().iter().any(|topic| section.name == "topics" && topic.key == *key);
            let key = if is_topic { "topics.all" } else { key };
            let read = |text: &String| {
                let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                text.match_indices(&format!(".{key}")).any(|(at, found)| ends(&text[at + found.len()..]))
            };
            if !readers.iter().any(read) {
                unread.push(format!("{}.{key}", section.name));
            }
        }
    }
    assert!(unread.is_empty(), "nothing reads {unread:?}");
}

/// The runtime's code without what defines and checks the keys, and without tests.
fn readers() -> Vec<String> {
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/runtime")];
    let mut out = Vec::new();
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let defines = dir.ends_with("config") && name != "mod.rs";
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") && !defines {
                let text = std::fs::read_to_string(&path).unwrap();
                out.push(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned());
            }
        }
    }
    assert!(out.len() > 10);
    out
}

#[test]
fn all_faults_are_reported_at_once_and_in_order() {
    let text = r#"
interval_ms = 5
[joni]
grace = "5s"
[join]
grase = "5s"
grace = 5
[commit]
interval_ms = 0
records_max = "many"
[log]
level = "infos"
[group]
session_timeout = "45 seconds"
[roles]
run = ["route", "proces", 3, "route"]
"#;
    assert_eq!(
        faults(text),
        [
            "2:1 unknown key `interval_ms`; it belongs into [commit]",
            "3:2 unknown section `joni`; did you mean `join`?",
            "6:1 unknown key `join.grase`; did you mean `grace`?",
            "7:9 `join.grace` must be a duration in quotes like \"5s\", not an integer",
            "9:15 `commit.interval_ms` must be from 10 to 30000, not 0",
            "10:15 `commit.records_max` must be a whole number, not a string",
            "12:9 `log.level` must be one of \"error\", \"warn\", \"info\", \"debug\", \"trace\", not \"infos\"; did you mean `info`?",
            "14:19 `group.session_timeout` must be a duration like \"250ms\", \"5s\", \"2m\", not \"45 seconds\"",
            "16:17 `roles.run` must be one of \"route\", \"process\", not \"proces\"; did you mean `process`?",
            "16:27 `roles.run` must be a list of strings; this is an integer",
            "16:30 `roles.run` names \"route\" twice",
        ]
    );
}

#[test]
fn what_is_not_toml_hides_nothing_else() {
    let found = faults("[join]\ngrace = \n[commit]\ninterval_ms = 1\n");
    assert!(found.iter().any(|f| f.starts_with("2:")), "{found:?}");
    assert!(found.iter().any(|f| f.starts_with("4:15 `commit.interval_ms`")), "{found:?}");
}

#[test]
fn keys_that_do_not_go_together() {
    let cases = [
        ("[kafka]\nsecurity_protocol = \"sasl_ssl\"\n", 3, "2:21 this needs `kafka.sasl_mechanism`"),
        (
            "[kafka]\nsasl_mechanism = \"PLAIN\"\n",
            1,
            "2:18 `kafka.sasl_mechanism` has no effect while `security_protocol` is \"plaintext\"",
        ),
        (
            "[kafka]\nbootstrap_servers = \"a:1, b\"\n",
            1,
            "2:21 `kafka.bootstrap_servers` must be host:port, several separated by commas; \" b\" is not",
        ),
        (
            "[input]\ntopics = [\"trailgraph.incidents.v1\"]\n",
            1,
            "1:1 `topics.incidents` names \"trailgraph.incidents.v1\", which `input.topics` names already",
        ),
        (
            "[topics]\nstate = \"o c\"\n",
            1,
            "2:9 \"o c\" is no name for a topic: letters, digits, `.`, `_` and `-`, at most 249",
        ),
        (
            "[input]\nactivity = [\"AssumeRole\"]\n",
            1,
            "2:13 `input.activity`: \"AssumeRole\" is no call; one is \"sts.amazonaws.com:AssumeRole\"",
        ),
        ("[output]\nencoding = \"avro\"\n", 1, "2:12 Avro needs `schema_registry.url`"),
        (
            "[schema_registry]\nurl = \"r:8081\"\n",
            1,
            "2:7 `schema_registry.url` must be an http or https URL, not \"r:8081\"",
        ),
        (
            "[schema_registry]\nurl = \"http://a:b@r:8081\"\nusername = \"a\"\n",
            2,
            "2:7 `schema_registry.url` must not hold credentials; there is `schema_registry.username`",
        ),
        (
            "[schema_registry]\nusername = \"a\"\npassword_file = \"f\"\n",
            1,
            "2:12 `schema_registry.username` has no effect without `schema_registry.url`",
        ),
        (
            "[http]\nlisten = \"localhost\"\n",
            1,
            "2:10 `http.listen` must be address:port as in \"127.0.0.1:9464\", or empty, not \"localhost\"",
        ),
        (
            "[limits]\nunpacked_bytes_max = 65536\n",
            1,
            "2:22 `limits.unpacked_bytes_max` must not be below `limits.record_bytes_max`",
        ),
        (
            "[kafka.options]\n\"transactional.id\" = \"mine\"\n",
            1,
            "2:1 `kafka.options.transactional.id` is not to be set here: correctness rests on it, or it has its own key",
        ),
        (
            "[kafka.options]\nlinger.ms = \"5\"\n",
            1,
            "2:1 `kafka.options`: names with dots need quotes, as in \"linger.…\" = \"…\"",
        ),
    ];
    for (text, count, first) in cases {
        let found = faults(text);
        assert_eq!((found.len(), found.first().map(String::as_str)), (count, Some(first)), "{text}");
    }
}

#[test]
fn a_file_changes_only_what_it_names() {
    let text = "kafka.options.\"socket.keepalive.enable\" = \"true\"\n[join]\ngrace = \"0s\"\n[http]\nlisten = \"\"\n";
    let config = check(text, "pipeline.toml").unwrap();
    assert_eq!(config.join.grace, Duration::ZERO);
    assert_eq!(config.kafka.options.get("socket.keepalive.enable").map(String::as_str), Some("true"));
    assert_eq!(config.commit, Commit::default());
}

mod any_text {
    use proptest::prelude::*;

    proptest! {
        /// Whatever is in the file, there is an answer, and its places lie within the file.
        #[test]
        fn is_answered(text in "([a-z]{0,6}|\\[join\\]|grace|=|\"5s\"|\\.|\n|[0-9]{1,20}|é|\\{|\\[|\\]|,){0,40}") {
            if let Err(faults) = super::check(&text, "f") {
                prop_assert!(!faults.is_empty());
                for f in faults {
                    prop_assert!(f.line >= 1 && f.line <= text.matches('\n').count() + 1);
                }
            }
        }
    }
}

/// As the topics' values are described: Avro where a schema registry is configured, JSON otherwise; unless said otherwise.
#[test]
fn a_registry_makes_incidents_avro_unless_told_otherwise() {
    let registry = "[schema_registry]\nurl = \"http://r:8081\"\n";
    let is_avro = |text: &str| check(text, "pipeline.toml").unwrap().is_avro();
    assert!(!is_avro(""));
    assert!(is_avro(registry));
    assert!(is_avro(&format!("{registry}[output]\nencoding = \"avro\"\n")));
    assert!(!is_avro(&format!("{registry}[output]\nencoding = \"json\"\n")));
}
