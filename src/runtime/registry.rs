//! A schema registry that speaks Confluent's REST interface (Confluent, Karapace, Apicurio's `ccompat`).

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use apache_avro::Schema;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use super::config::SchemaRegistry;

/// One request, from the name's lookup to the answer's last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Requests for one answer, where the registry is not there or not well.
const TRIES: u32 = 5;
/// Between two of them.
const PAUSE: Duration = Duration::from_secs(1);
/// Larger answers are none of a registry.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// Schemas that one refers to, and those refer to, together.
const REFERENCES_MAX: usize = 100;
// The registry's own codes for what it doesn't have; without them a 404 is somebody else's.
// <https://docs.confluent.io/platform/current/schema-registry/develop/api.html>
const NO_SUCH_SUBJECT: u32 = 40_401;
const NO_SUCH_VERSION: u32 = 40_402;
const NO_SUCH_SCHEMA: u32 = 40_403;
/// All but the characters that RFC 3986 calls unreserved: a subject is one part of a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How much of an answer an error quotes.
const QUOTE_CHARS_MAX: usize = 300;
const WRONG_CREDENTIALS: &str = "it wants other credentials than schema_registry.username and its password";
const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// Where schemas are registered.
pub struct Registry {
    agent: Agent,
    url: String,
    /// `Basic …`
    authorization: Option<String>,
    pause: Duration,
}

#[derive(Deserialize)]
struct Registered {
    id: u32,
}

/// What is registered under an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// `others`: those it refers to, each after those that it refers to itself.
    Avro { schema: String, others: Vec<String> },
    /// What nobody can read by, however often it is asked for, and why.
    Unusable(String),
    /// Nothing, as yet.
    Nothing,
}

impl Found {
    /// How long the schemas are, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Found::Avro { schema, others } => schema.len() + others.iter().map(String::len).sum::<usize>(),
            Found::Unusable(_) | Found::Nothing => 0,
        }
    }
}

#[derive(Deserialize)]
struct Held {
    schema: String,
    /// Avro where it isn't named.
    #[serde(rename = "schemaType")]
    kind: Option<String>,
    references: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
struct Reference {
    subject: String,
    version: u32,
}

#[derive(Deserialize)]
struct Problem {
    error_code: u32,
}

struct Answer {
    status: u16,
    body: String,
    /// Longer than [`ANSWER_BYTES_MAX`], and not read.
    too_long: bool,
}

impl Registry {
    /// As the configuration says. Reads the password's file.
    pub fn new(config: &SchemaRegistry) -> anyhow::Result<Registry> {
        let authorization = match config.username.as_str() {
            "" => None,
            user => Some(basic(user, &config.password_file)?),
        };
        // Kafka's clients use the system's OpenSSL; so does this one, and its certificates.
        let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // What runs is what the file says: no proxy from the environment, and no other place that an answer points to.
            .proxy(None)
            .max_redirects(0)
            .tls_config(tls)
            .user_agent(concat!("trailgraph/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let url = config.url.trim_end_matches('/').to_owned();
        Ok(Registry { agent, url, authorization, pause: PAUSE })
    }

    /// The id of a schema under a subject: registered if that is new and allowed, else found. The registry is asked what it holds under
    /// that id, too: values are written by our schema and must be read by the same.
    pub fn id(&self, subject: &str, schema: &str) -> anyhow::Result<u32> {
        let place = || format!("schema registry {}, subject {subject}", self.url);
        let id = self.registered(subject, schema).with_context(place)?;
        self.check(id, schema).with_context(place)?;
        Ok(id)
    }

    fn registered(&self, subject: &str, schema: &str) -> anyhow::Result<u32> {
        let body = json!({ "schema": schema }).to_string();
        let path = format!("/subjects/{subject}");
        let mut answer = self.ask("registering the schema", &format!("{path}/versions"), Some(&body))?;
        // Whoever may only read may still use what someone else has registered.
        if matches!(answer.status, 403 | 405) {
            answer = self.ask("looking the schema up, as it may not be registered", &path, Some(&body))?;
        }
        match answer.status {
            200 => Ok(parsed::<Registered>(&answer)?.id),
            401 => bail!("{WRONG_CREDENTIALS}: {}", answer.said()),
            403 => bail!("these credentials may neither register nor look up a schema: {}", answer.said()),
            404 => bail!("the schema may not be registered, and is not there: {}", answer.said()),
            409 => bail!("the schema is not compatible with an earlier one of this subject: {}", answer.said()),
            _ => bail!("{}", answer.said()),
        }
    }

    fn check(&self, id: u32, schema: &str) -> anyhow::Result<()> {
        let answer = self.ask("reading the schema back", &format!("/schemas/ids/{id}"), None)?;
        if answer.status != 200 {
            bail!("reading the schema {id} back: {}", answer.said());
        }
        let held = parsed::<Held>(&answer)?.schema;
        if canonical(&held) != canonical(schema) {
            bail!("it holds another schema under the id {id} that it gave for ours");
        }
        Ok(())
    }

    /// What is registered under an id, and all that is needed to read by it.
    pub fn schema(&self, id: u32) -> anyhow::Result<Found> {
        let place = || format!("schema registry {}, schema {id}", self.url);
        let answer = self.ask("reading the schema", &format!("/schemas/ids/{id}"), None).with_context(place)?;
        if answer.says(NO_SUCH_SCHEMA) {
            return Ok(Found::Nothing);
        }
        if answer.too_long {
            return Ok(Found::Unusable(too_long()));
        }
        let held = answer.held().with_context(place)?;
        if let Some(kind) = held.kind.filter(|kind| kind != "AVRO") {
            return Ok(Found::Unusable(format!("it is of the kind {kind}")));
        }
        let mut others = Vec::new();
        match self.follow(held.references, &mut BTreeSet::new(), &mut others).with_context(place)? {
            None => Ok(Found::Avro { schema: held.schema, others }),
            Some(why) => Ok(Found::Unusable(why)),
        }
    }

    /// What is referred to, depth first: what comes later may use what came before. Some: why nobody can follow all of it. That must not end in an
    /// error: it stays so, and the record would never be passed.
    fn follow(
        &self,
        references: Option<Vec<Reference>>,
        seen: &mut BTreeSet<(String, u32)>,
        out: &mut Vec<String>,
    ) -> anyhow::Result<Option<String>> {
        for Reference { subject, version } in references.unwrap_or_default() {
            if !seen.insert((subject.clone(), version)) {
                continue;
            }
            if seen.len() > REFERENCES_MAX {
                return Ok(Some(format!("it refers to more than {REFERENCES_MAX} others")));
            }
            let path = format!("/subjects/{}/versions/{version}", utf8_percent_encode(&subject, ESCAPED));
            let answer = self.ask("reading a schema that it refers to", &path, None)?;
            if answer.too_long {
                return Ok(Some(too_long()));
            }
            if answer.says(NO_SUCH_SUBJECT) || answer.says(NO_SUCH_VERSION) {
                return Ok(Some(format!("it refers to version {version} of {subject}, which is not there")));
            }
            let held = answer.held()?;
            if let Some(why) = self.follow(held.references, seen, out)? {
                return Ok(Some(why));
            }
            out.push(held.schema);
        }
        Ok(None)
    }

    /// One answer; a registry that is not there, or not well, is asked again.
    fn ask(&self, doing: &str, path: &str, body: Option<&str>) -> anyhow::Result<Answer> {
        let mut last = String::new();
        for n in 0..TRIES {
            if n > 0 {
                tracing::warn!(doing, error = last, "the schema registry is asked again");
                std::thread::sleep(self.pause);
            }
            match self.request(path, body) {
                Ok(answer) if answer.status < 500 && answer.status != 429 => return Ok(answer),
                Ok(answer) => last = answer.said(),
                Err(error) => last = error.to_string(),
            }
        }
        Err(anyhow!("{doing}: no answer in {TRIES} tries: {last}"))
    }

    fn request(&self, path: &str, body: Option<&str>) -> Result<Answer, ureq::Error> {
        let url = format!("{}{path}", self.url);
        let mut answer = match body {
            Some(body) => {
                let mut request =
                    self.agent.post(&url).header("accept", CONTENT_TYPE).header("content-type", CONTENT_TYPE);
                if let Some(authorization) = &self.authorization {
                    request = request.header("authorization", authorization);
                }
                request.send(body)?
            }
            None => {
                let mut request = self.agent.get(&url).header("accept", CONTENT_TYPE);
                if let Some(authorization) = &self.authorization {
                    request = request.header("authorization", authorization);
                }
                request.call()?
            }
        };
        let status = answer.status().as_u16();
        match answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string() {
            Ok(body) => Ok(Answer { status, body, too_long: false }),
            // That is an answer, and would be the same again.
            Err(ureq::Error::BodyExceedsLimit(_)) => Ok(Answer { status, body: String::new(), too_long: true }),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for Registry {
    /// Without the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Answer {
    /// Whether that isn't there which this code of the registry stands for.
    fn says(&self, code: u32) -> bool {
        self.status == 404 && serde_json::from_str::<Problem>(&self.body).is_ok_and(|p| p.error_code == code)
    }

    fn held(&self) -> anyhow::Result<Held> {
        match self.status {
            200 => parsed(self),
            401 => bail!("{WRONG_CREDENTIALS}: {}", self.said()),
            403 => bail!("these credentials may not read it: {}", self.said()),
            _ => bail!("{}", self.said()),
        }
    }

    /// `HTTP 409: …`: the registry's own message where there is one.
    fn said(&self) -> String {
        let message = serde_json::from_str::<serde_json::Value>(&self.body)
            .ok()
            .and_then(|v| v.get("message").and_then(|m| m.as_str()).map(str::to_owned));
        let mut said = format!("HTTP {}", self.status);
        let text: String = message.unwrap_or_else(|| self.body.trim().to_owned());
        if !text.is_empty() {
            _ = write!(said, ": {}", text.chars().take(QUOTE_CHARS_MAX).collect::<String>());
        }
        said
    }
}

fn parsed<T: serde::de::DeserializeOwned>(answer: &Answer) -> anyhow::Result<T> {
    serde_json::from_str(&answer.body)
        .map_err(|e| anyhow!("this is no answer of a schema registry ({e}): {}", answer.said()))
}

/// A schema as it is compared: without what readers don't need. None: it is no schema.
fn canonical(text: &str) -> Option<String> {
    // Twice: where a logical type was taken off, the library's first form isn't the plain one yet.
    let once = Schema::parse_str(text).ok()?.canonical_form();
    Some(Schema::parse_str(&once).ok()?.canonical_form())
}

fn too_long() -> String {
    format!("it, or one that it refers to, is longer than {ANSWER_BYTES_MAX} bytes")
}

fn basic(user: &str, password_file: &Path) -> anyhow::Result<String> {
    let password = std::fs::read_to_string(password_file)
        .with_context(|| format!("schema_registry.password_file = {}", password_file.display()))?;
    Ok(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.trim_end()))))
}

#[cfg(test)]
#[path = "registry_tests.rs"]
pub mod tests;
