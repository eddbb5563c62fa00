//! A schema registry that speaks Confluent's REST interface (Confluent, Karapace, Apicurio's `ccompat`): asked once, at start.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use apache_avro::Schema;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use super::config::Output;

/// One request, from the name's lookup to the answer's last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Requests for one answer, where the registry is not there or not well.
const TRIES: u32 = 5;
/// Between two of them.
const PAUSE: Duration = Duration::from_secs(1);
/// Larger answers are none of a registry.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// How much of an answer an error quotes.
const QUOTE_CHARS_MAX: usize = 300;
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

#[derive(Deserialize)]
struct Held {
    schema: String,
}

struct Answer {
    status: u16,
    body: String,
}

impl Registry {
    /// As the configuration says. Reads the password's file.
    pub fn new(output: &Output) -> anyhow::Result<Registry> {
        let authorization = match output.schema_registry_username.as_str() {
            "" => None,
            user => Some(basic(user, &output.schema_registry_password_file)?),
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
        let url = output.schema_registry.trim_end_matches('/').to_owned();
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
            401 => bail!(
                "it wants other credentials than output.schema_registry_username and its password: {}",
                answer.said()
            ),
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
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        Ok(Answer { status: answer.status().as_u16(), body })
    }
}

impl Answer {
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

fn basic(user: &str, password_file: &Path) -> anyhow::Result<String> {
    let password = std::fs::read_to_string(password_file)
        .with_context(|| format!("output.schema_registry_password_file = {}", password_file.display()))?;
    Ok(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.trim_end()))))
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
