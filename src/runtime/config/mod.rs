//! `pipeline.toml`: a struct per section, every key with a default, nothing unknown accepted.
//!
//! Read once at start, checked whole (`check` reports every fault there is, not the first), passed on by value. The file that
//! ships with the project states every key with its default; a test holds the two together.

mod check;
mod duration;
mod fault;
mod kind;
mod schema;
pub mod topics;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::activity::USUAL;

pub use check::check;
pub use fault::Fault;
pub use topics::Topics;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub kafka: Kafka,
    pub input: Input,
    pub topics: Topics,
    pub group: Group,
    pub roles: Roles,
    pub join: Join,
    pub commit: Commit,
    pub limits: Limits,
    pub state: State,
    pub http: Http,
    pub log: Log,
    pub schema_registry: SchemaRegistry,
    pub output: Output,
}

/// Where the brokers are and how to talk to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kafka {
    /// `host:port`, several separated by commas.
    pub bootstrap_servers: String,
    pub client_id: String,
    pub security_protocol: SecurityProtocol,
    /// Empty where `security_protocol` has no SASL.
    pub sasl_mechanism: SaslMechanism,
    pub sasl_username: String,
    /// A file that holds the password and nothing else; secrets don't belong in this file.
    pub sasl_password_file: PathBuf,
    /// Empty: the system's certificates.
    pub ssl_ca_file: PathBuf,
    pub ssl_certificate_file: PathBuf,
    pub ssl_key_file: PathBuf,
    /// Further settings of librdkafka, for what has no key of its own. Those that exactly-once rests on are refused.
    pub options: BTreeMap<String, String>,
}

/// What is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    pub topics: Vec<String>,
    /// Calls, as `source:name`, that are kept though they change nothing.
    pub activity: Vec<String>,
}

/// Who reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// The roles append their own: `trailgraph-route`, `trailgraph-process`. Transactional ids start with it, too.
    pub name: String,
    /// A member not heard of for this long has its partitions given away. With `consumer` the brokers decide it.
    #[serde(with = "duration")]
    pub session_timeout: Duration,
    /// How the members agree on who reads what.
    pub protocol: GroupProtocol,
}

/// What this process does; `--roles` goes before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    pub run: Vec<Role>,
    /// Workers of each role in this process: each has a consumer, a transactional id and partitions of its own. 0: one for each core.
    /// 1 unless set: with the classic protocol, a restart of several workers was seen to leave partitions without an owner.
    pub workers: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Join {
    /// How long a finding may wait for its topology. Zero: it never waits. Alert first, amend after.
    #[serde(with = "duration")]
    pub grace: Duration,
}

/// When an open commit is closed: whichever comes first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Commit {
    pub interval_ms: u64,
    /// Input records.
    pub records_max: usize,
    /// Bytes of input.
    pub bytes_max: usize,
    /// How long the broker may take to answer. After that it is asked what it has.
    #[serde(with = "duration")]
    pub timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// An input record larger than this is a dead letter.
    pub record_bytes_max: usize,
    /// So is one that unpacks to more than this.
    pub unpacked_bytes_max: usize,
    /// Facts about assets that one record may state; a record with more is a dead letter.
    pub facts_per_record_max: usize,
    /// Assets in one incident's topology.
    pub topology_nodes_max: usize,
    /// More refused than this share of a window, and the worker stops. 100: never.
    pub refused_percent_max: u64,
    /// How many records such a window has at least.
    pub refused_window_records: u64,
    /// How long a stop may take before the process ends without a last commit.
    #[serde(with = "duration")]
    pub stop: Duration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// A cache of the committed log: losing it costs a restore, nothing else.
    pub dir: PathBuf,
    /// Memory for blocks read from the store, for the whole process.
    pub cache_bytes: usize,
    /// How far back the graph can be asked about, behind the newest event.
    #[serde(with = "duration")]
    pub retention: Duration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// `address:port` of the console, `/metrics`, `/healthz` and `/readyz`. Empty: none of them.
    pub listen: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub level: Level,
    pub format: LogFormat,
}

/// Where the schemas of records in Avro are: of those that come and of those that leave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemaRegistry {
    /// `http(s)://host:port`. Empty: there is none.
    pub url: String,
    /// Empty: none is sent.
    pub username: String,
    /// A file that holds the password and nothing else.
    pub password_file: PathBuf,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    pub encoding: Encoding,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityProtocol {
    #[default]
    Plaintext,
    Ssl,
    SaslPlaintext,
    SaslSsl,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaslMechanism {
    #[default]
    #[serde(rename = "")]
    None,
    #[serde(rename = "PLAIN")]
    Plain,
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupProtocol {
    /// By the members themselves, through a leader among them.
    #[default]
    Classic,
    /// By the brokers (KIP-848).
    Consumer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Route,
    Process,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Avro where there is a schema registry, else JSON.
    #[default]
    #[serde(rename = "")]
    ByRegistry,
    Json,
    Avro,
}

impl Config {
    /// Whether incidents leave as Avro.
    pub fn is_avro(&self) -> bool {
        match self.output.encoding {
            Encoding::ByRegistry => !self.schema_registry.url.is_empty(),
            Encoding::Json => false,
            Encoding::Avro => true,
        }
    }
}

impl SecurityProtocol {
    /// librdkafka's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            SecurityProtocol::Plaintext => "plaintext",
            SecurityProtocol::Ssl => "ssl",
            SecurityProtocol::SaslPlaintext => "sasl_plaintext",
            SecurityProtocol::SaslSsl => "sasl_ssl",
        }
    }

    pub fn sasl(self) -> bool {
        matches!(self, SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl)
    }

    pub fn ssl(self) -> bool {
        matches!(self, SecurityProtocol::Ssl | SecurityProtocol::SaslSsl)
    }
}

impl SaslMechanism {
    /// librdkafka's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            SaslMechanism::None => "",
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl Role {
    /// As in `roles.run` and `--roles`.
    pub fn parse(text: &str) -> Option<Role> {
        match text.trim() {
            "route" => Some(Role::Route),
            "process" => Some(Role::Process),
            _ => None,
        }
    }
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}

// Defaults: those of pipeline.toml, where each is explained.

impl Default for Kafka {
    fn default() -> Kafka {
        Kafka {
            bootstrap_servers: "127.0.0.1:9092".into(),
            client_id: "trailgraph".into(),
            security_protocol: SecurityProtocol::default(),
            sasl_mechanism: SaslMechanism::default(),
            sasl_username: String::new(),
            sasl_password_file: PathBuf::new(),
            ssl_ca_file: PathBuf::new(),
            ssl_certificate_file: PathBuf::new(),
            ssl_key_file: PathBuf::new(),
            options: BTreeMap::new(),
        }
    }
}

impl Default for Input {
    fn default() -> Input {
        Input { topics: vec!["cloudtrail".into(), "guardduty".into()], activity: USUAL.map(str::to_owned).to_vec() }
    }
}

impl Default for Group {
    fn default() -> Group {
        Group {
            name: "trailgraph".into(),
            session_timeout: Duration::from_secs(45),
            protocol: GroupProtocol::default(),
        }
    }
}

impl Default for Roles {
    fn default() -> Roles {
        Roles { run: vec![Role::Route, Role::Process], workers: 1 }
    }
}

impl Default for Join {
    fn default() -> Join {
        Join { grace: Duration::from_secs(5) }
    }
}

impl Default for Commit {
    fn default() -> Commit {
        Commit { interval_ms: 100, records_max: 50_000, bytes_max: 64 << 20, timeout: Duration::from_secs(30) }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            record_bytes_max: 16 << 20,
            unpacked_bytes_max: 256 << 20,
            facts_per_record_max: 100_000,
            topology_nodes_max: 200,
            refused_percent_max: 100,
            refused_window_records: 1_000,
            stop: Duration::from_secs(30),
        }
    }
}

impl Default for State {
    fn default() -> State {
        State { dir: "state".into(), cache_bytes: 256 << 20, retention: Duration::from_secs(90 * 24 * 60 * 60) }
    }
}

impl Default for Http {
    fn default() -> Http {
        Http { listen: "127.0.0.1:9464".into() }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log { level: Level::Info, format: LogFormat::Text }
    }
}

#[cfg(test)]
mod tests;

impl Kafka {
    /// What every client gets beside the pipeline's own settings, by librdkafka's names.
    ///
    /// Err: the password's file can't be read.
    pub fn client_options(&self) -> std::io::Result<BTreeMap<String, String>> {
        let mut all = self.options.clone();
        let mut set = |name: &str, value: String| {
            if !value.is_empty() {
                all.insert(name.to_owned(), value);
            }
        };
        set("security.protocol", self.security_protocol.as_str().to_owned());
        if self.security_protocol.sasl() {
            set("sasl.mechanism", self.sasl_mechanism.as_str().to_owned());
            set("sasl.username", self.sasl_username.clone());
            let file = &self.sasl_password_file;
            let password = std::fs::read_to_string(file).map_err(|e| {
                std::io::Error::new(e.kind(), format!("kafka.sasl_password_file = {}: {e}", file.display()))
            })?;
            set("sasl.password", password.trim_end().to_owned());
        }
        if self.security_protocol.ssl() {
            set("ssl.ca.location", self.ssl_ca_file.display().to_string());
            set("ssl.certificate.location", self.ssl_certificate_file.display().to_string());
            set("ssl.key.location", self.ssl_key_file.display().to_string());
        }
        Ok(all)
    }
}

impl Role {
    /// As in the configuration and in `--roles`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Route => "route",
            Role::Process => "process",
        }
    }
}
