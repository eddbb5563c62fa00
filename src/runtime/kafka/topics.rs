//! Creates the topics that are missing; never changes one that is there.

use std::collections::BTreeMap;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::errors::KafkaFault;
use super::settings::{BATCH_BYTES_MAX, KafkaSettings};

/// A replication factor of a topic that is created: as the broker is told.
const BROKERS_DEFAULT: i32 = -1;

/// Creates what is missing among the project's own topics, and says which it were. An error where `by-account` and `state`
/// are there with unequal numbers of partitions: tasks and their changelogs would not meet.
pub fn create_missing(settings: &KafkaSettings) -> Result<Vec<String>, KafkaFault> {
    let fault = |doing| move |error| KafkaFault { doing, error };
    let admin: AdminClient<DefaultClientContext> =
        AdminClient::from_config(&settings.admin()).map_err(fault("connecting as admin"))?;
    let metadata = admin.inner().fetch_metadata(None, settings.deadline).map_err(fault("listing topics"))?;
    let there: BTreeMap<&str, usize> = metadata.topics().iter().map(|t| (t.name(), t.partitions().len())).collect();
    let t = &settings.topics;
    let pair = (there.get(t.by_account.as_str()).copied(), there.get(t.state.as_str()).copied());
    if let (Some(a), Some(b)) = pair
        && a != b
    {
        let why = format!("{} has {a} partitions and {} {b}: they must be equal", t.by_account, t.state);
        return Err(KafkaFault { doing: "comparing topics", error: KafkaError::AdminOpCreation(why) });
    }
    // One that is there decides for the other.
    let partitions = pair.0.or(pair.1).and_then(|n| i32::try_from(n).ok()).unwrap_or(t.partitions);
    let largest = settings.message_bytes_max().to_string();
    let replication = if t.replication_factor == 0 { BROKERS_DEFAULT } else { t.replication_factor };
    let all = t.all();
    let new: Vec<NewTopic<'_>> = all
        .iter()
        .filter(|topic| !there.contains_key(topic.name))
        .map(|topic| {
            let new = NewTopic::new(topic.name, partitions, TopicReplication::Fixed(replication))
                .set("max.message.bytes", &largest);
            topic.settings.iter().fold(new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let options = AdminOptions::new().operation_timeout(Some(settings.deadline));
    let results =
        runtime("creating topics")?.block_on(admin.create_topics(&new, &options)).map_err(fault("creating topics"))?;
    let mut created = Vec::new();
    for result in results {
        match result {
            Ok(name) => created.push(name),
            // Another instance was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                let error = KafkaError::AdminOpCreation(format!("{name}: {code}"));
                return Err(KafkaFault { doing: "creating topics", error });
            }
        }
    }
    Ok(created)
}

/// A batch of a partition with its headers stays below this share of what its topic allows.
const SHARE: (usize, usize) = (9, 10);

/// How large a batch may be so that every topic written to takes it: one that was made by others may allow less than ours do.
pub fn batch_bytes(settings: &KafkaSettings) -> Result<usize, KafkaFault> {
    let fault = |doing| move |error| KafkaFault { doing, error };
    let admin: AdminClient<DefaultClientContext> =
        AdminClient::from_config(&settings.admin()).map_err(fault("connecting as admin"))?;
    let written = settings.topics.all();
    let asked: Vec<_> = written.iter().map(|topic| ResourceSpecifier::Topic(topic.name)).collect();
    let options = AdminOptions::new().request_timeout(Some(settings.deadline));
    let results = runtime("reading topics' limits")?
        .block_on(admin.describe_configs(&asked, &options))
        .map_err(fault("reading topics' limits"))?;
    // One that isn't there, or may not be looked at, sets no limit: what is too large for it will say so.
    let limits = results.iter().filter_map(|r| r.as_ref().ok()?.get("max.message.bytes")?.value.as_ref()?.parse().ok());
    let least = limits.min().unwrap_or(BATCH_BYTES_MAX);
    Ok((least / SHARE.1 * SHARE.0).min(BATCH_BYTES_MAX))
}

fn runtime(doing: &'static str) -> Result<tokio::runtime::Runtime, KafkaFault> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| KafkaFault { doing, error: KafkaError::AdminOpCreation(e.to_string()) })
}
