//! Roles as workers: each worker is a thread with its own consumer, producer and partitions. When one of them ends by an error, all end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use super::config::{Config, GroupProtocol, Role};
use super::health::{Health, Readiness};
use super::http;
use super::kafka::{BATCH_BYTES_MAX, KafkaLog, KafkaSettings, Protocol, batch_bytes, create_missing};
use super::metrics::Metrics;
use super::observer::Observer;
use super::registry::Registry;
use super::schemas::RegistrySchemas;
use super::stages::{self, Encodings};
use super::watch::{Measured, Watch};
use crate::domain::exposure::Checks;
use crate::domain::incident::Knowledge;
use crate::engine::commit::Limits;
use crate::engine::memory::MemoryStore;
use crate::engine::record::TaskId;
use crate::engine::stage::Stage;
use crate::engine::store::{Store, StoreError};
use crate::engine::worker::Worker;
use crate::wire::avro::{self, AvroWriter};
use crate::wire::{Encoding, Schemas};

/// What workers answer within before an error: a broker's restart fits in.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a stop looks whether a worker has ended.
const LOOK: Duration = Duration::from_millis(20);
/// Workers of a role, however many cores there are.
const WORKERS_MAX: u32 = 64;

/// Runs the roles until SIGTERM, SIGINT or an error.
pub fn run(config: &Config, roles: &[Role]) -> anyhow::Result<()> {
    let (metrics, health) = (Metrics::new()?, Health::new(config.commit.timeout));
    let encodings = encodings(config, roles)?;
    if config.topics.create {
        let created = create_missing(&settings(config, Role::Process, 0)?).context("topics")?;
        if !created.is_empty() {
            tracing::info!(?created, "topics created");
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut workers = Vec::new();
    for role in roles {
        let observe = |worker| observer(config, *role, worker, &metrics, &health);
        workers.append(&mut start(config, *role, &observe, &encodings, &stop)?);
    }
    serve(config, &metrics, &health, &stop)?;
    stop.store(true, Ordering::Relaxed);
    end(workers, config.limits.stop)
}

/// Waits for the workers' last commits and for their clients to be closed. What isn't through by then ends with the process:
/// whoever starts it again resolves an open commit and goes on behind the last one.
#[expect(clippy::disallowed_methods, reason = "a stop has a deadline")]
fn end(workers: Vec<JoinHandle<anyhow::Result<()>>>, limit: Duration) -> anyhow::Result<()> {
    let until = Instant::now() + limit;
    let mut result = Ok(());
    for worker in workers {
        while !worker.is_finished() && Instant::now() < until {
            std::thread::sleep(LOOK);
        }
        let ended = if worker.is_finished() {
            worker.join().map_err(|_| anyhow!("a worker panicked")).and_then(|r| r)
        } else {
            let name = worker.thread().name().unwrap_or_default().to_owned();
            tracing::error!(worker = name, limit = ?limit, "limits.stop has passed; the process ends without waiting further");
            Err(anyhow!(
                "{name} didn't stop within limits.stop = {limit:?}; what it had open is done again at the next start"
            ))
        };
        result = result.and(ended);
    }
    result
}

/// How many workers each role has.
fn workers(config: &Config) -> u32 {
    match config.roles.workers {
        0 => std::thread::available_parallelism()
            .map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
            .min(WORKERS_MAX),
        n => n,
    }
}

fn settings(config: &Config, role: Role, worker: u32) -> anyhow::Result<KafkaSettings> {
    Ok(KafkaSettings {
        brokers: config.kafka.bootstrap_servers.clone(),
        group: format!("{}-{}", config.group.name, role.as_str()),
        protocol: match config.group.protocol {
            GroupProtocol::Classic => Protocol::Classic { session_timeout: config.group.session_timeout },
            GroupProtocol::Consumer => Protocol::Consumer,
        },
        instance: config.kafka.client_id.clone(),
        worker,
        inputs: match role {
            Role::Process => vec![config.topics.by_account.clone()],
            Role::Route => config.input.topics.clone(),
        },
        topics: config.topics.clone(),
        stateful: role == Role::Process,
        batch_bytes: BATCH_BYTES_MAX,
        record_bytes_max: config.limits.record_bytes_max,
        commit_timeout: config.commit.timeout,
        deadline: DEADLINE,
        extra: config.kafka.client_options()?,
    })
}

/// How documents leave. For Avro the registry has to know the schema before the first one does.
fn encodings(config: &Config, roles: &[Role]) -> anyhow::Result<Encodings> {
    if !config.is_avro() || !roles.contains(&Role::Process) {
        return Ok(Encodings::default());
    }
    let registry = Registry::new(&config.schema_registry)?;
    Ok(Encodings {
        incidents: avro_of(&registry, &config.topics.incidents, avro::INCIDENT)?,
        exposures: avro_of(&registry, &config.topics.exposures, avro::EXPOSURE)?,
    })
}

fn avro_of(registry: &Registry, topic: &str, schema: &str) -> anyhow::Result<Encoding> {
    let subject = format!("{topic}-value");
    let id = registry.id(&subject, schema)?;
    tracing::info!(subject, id, "schema registered");
    let writer = AvroWriter::new(schema, id).map_err(|e| anyhow!("the schema of {topic}: {e}"))?;
    Ok(Encoding::Avro(Arc::new(writer)))
}

/// By which records in Avro are read.
fn schemas(config: &Config) -> anyhow::Result<Option<Arc<dyn Schemas>>> {
    if config.schema_registry.url.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(RegistrySchemas::new(Registry::new(&config.schema_registry)?))))
}

/// Of a worker that is about to begin.
#[expect(clippy::disallowed_methods, reason = "from now on it has to turn")]
fn observer(config: &Config, role: Role, worker: u32, metrics: &Metrics, health: &Health) -> Observer {
    let topics = config.topics.all().into_iter().map(|topic| (topic.key, topic.name.to_owned())).collect();
    let observer = Observer::new(role.as_str(), worker, topics, metrics.clone(), health.clone());
    observer.turned(Instant::now(), Readiness::Joining);
    observer
}

/// Starts the workers of a role. What they share is made once.
fn start(
    config: &Config,
    role: Role,
    observe: &dyn Fn(u32) -> Observer,
    encodings: &Encodings,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Vec<JoinHandle<anyhow::Result<()>>>> {
    match role {
        Role::Route => {
            let stage = stages::route(config, schemas(config)?);
            let open = |_: &TaskId| Ok::<_, StoreError>(MemoryStore::new());
            spawn(config, role, observe, stop, &stage, &open)
        }
        Role::Process => {
            let knowledge = Arc::new(Knowledge::shipped().map_err(|e| anyhow!(e))?);
            let checks = Arc::new(Checks::shipped().map_err(|e| anyhow!(e))?);
            let stage = stages::process(config, knowledge, checks, encodings.clone());
            spawn(config, role, observe, stop, &stage, &stores(config))
        }
    }
}

/// One thread for each worker.
fn spawn<S: Store + Measured>(
    config: &Config,
    role: Role,
    observe: &dyn Fn(u32) -> Observer,
    stop: &Arc<AtomicBool>,
    stage: &(impl Stage + Clone + Send + 'static),
    open: &(impl FnMut(&TaskId) -> Result<S, StoreError> + Clone + Send + 'static),
) -> anyhow::Result<Vec<JoinHandle<anyhow::Result<()>>>> {
    let (name, limits) = (role.as_str(), stages::commit_limits(config));
    let batch_bytes = batch_bytes(&settings(config, role, 0)?).context("topics")?;
    let mut threads = Vec::new();
    for worker in 0..workers(config) {
        let settings = KafkaSettings { batch_bytes, ..settings(config, role, worker)? };
        let (watch, stop) = (Watch::new(observe(worker)), stop.clone());
        let (stage, open) = (stage.clone(), open.clone());
        let work = move || work(name, &settings, open, stage, limits, watch, &stop);
        let thread = std::thread::Builder::new().name(format!("{name}-{worker}")).spawn(work);
        threads.push(thread.context("starting a worker")?);
    }
    Ok(threads)
}

/// Opens the stores of tasks. Of a partition that another worker of this process has lost, the store is waited for until that one lets go.
#[cfg(feature = "rocksdb")]
#[expect(clippy::disallowed_methods, reason = "the wait has a deadline")]
fn stores(
    config: &Config,
) -> impl FnMut(&TaskId) -> Result<super::rocks::RocksStore, StoreError> + Clone + Send + use<> {
    let dir = config.state.dir.clone();
    let settings = super::rocks::RocksSettings { cache_bytes: config.state.cache_bytes, ..Default::default() };
    let shared = super::rocks::Shared::new(settings);
    move |task| {
        let dir = dir.join(format!("{}-{}", task.topic, task.partition));
        let until = Instant::now() + DEADLINE;
        loop {
            match super::rocks::RocksStore::open(&dir, &shared) {
                Err(error) if error.0.contains(HELD_HERE) && Instant::now() < until => std::thread::sleep(LOOK),
                opened => return opened,
            }
        }
    }
}

/// What RocksDB says of a database that is open in this process already.
#[cfg(feature = "rocksdb")]
const HELD_HERE: &str = "lock hold by current process";

#[cfg(not(feature = "rocksdb"))]
fn stores(_config: &Config) -> impl FnMut(&TaskId) -> Result<MemoryStore, StoreError> + Clone + Send + use<> {
    |_| Ok(MemoryStore::new())
}

/// One worker, from its first poll to its last commit and the closing of its clients.
fn work<S: Store + Measured, G: Stage>(
    role: &str,
    settings: &KafkaSettings,
    open: impl FnMut(&TaskId) -> Result<S, StoreError>,
    stage: G,
    limits: Limits,
    watch: Watch,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let number = settings.worker;
    let ended = |error: &anyhow::Error| {
        tracing::error!(role, worker = number, error = format!("{error:#}"), "worker ended");
        // The others are of no use without this one; whoever supervises the process starts it again.
        stop.store(true, Ordering::Relaxed);
    };
    let connected = KafkaLog::connect(settings.clone()).with_context(|| format!("role {role}"));
    let mut worker = Worker::new(connected.inspect_err(ended)?, open, stage, limits);
    tracing::info!(role, worker = number, "worker started");
    // Told before the clients are closed: without a broker that may take long.
    let result = turn(role, &mut worker, watch, stop).inspect_err(ended);
    let counters = worker.counters();
    drop(worker);
    if result.is_ok() {
        let (records, commits, restored) = (counters.records, counters.commits, counters.restored);
        tracing::info!(role, worker = number, records, commits, restored, "worker stopped");
    }
    result
}

/// Turns the loop until told to stop; then the last commit.
fn turn<F: FnMut(&TaskId) -> Result<S, StoreError>, S: Store + Measured, G: Stage>(
    role: &str,
    worker: &mut Worker<KafkaLog, F, S, G>,
    mut watch: Watch,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let turned = worker.step();
        watch.turned(worker, turned.as_ref().ok().copied());
        turned.with_context(|| format!("role {role}"))?;
    }
    loop {
        let finished = worker.finish();
        watch.turned(worker, None);
        if finished.with_context(|| format!("role {role}: the last commit"))? {
            break;
        }
    }
    Ok(())
}

/// The operations' endpoints, until told to stop or a worker has ended.
#[expect(clippy::disallowed_methods, reason = "how long a worker stands still is measured against the clock")]
fn serve(config: &Config, metrics: &Metrics, health: &Health, stop: &Arc<AtomicBool>) -> anyhow::Result<()> {
    let answer = |good: &str, state: Result<(), String>| match state {
        Ok(()) => (200, "text/plain", format!("{good}\n")),
        Err(why) => (503, "text/plain", format!("{why}\n")),
    };
    let stopping = |stop: &AtomicBool| if stop.load(Ordering::Relaxed) { Err("stopping".to_owned()) } else { Ok(()) };
    let metrics = metrics.clone();
    let (alive, ready) = ((health.clone(), stop.clone()), (health.clone(), stop.clone()));
    let pages: Vec<http::Page> = vec![
        ("/metrics", Arc::new(move || (200, "text/plain; version=0.0.4", metrics.text()))),
        ("/readyz", Arc::new(move || answer("ready", stopping(&ready.1).and_then(|()| ready.0.ready(Instant::now()))))),
        ("/healthz", Arc::new(move || answer("ok", stopping(&alive.1).and_then(|()| alive.0.alive(Instant::now()))))),
    ];
    let listen: Option<SocketAddr> = match config.http.listen.as_str() {
        "" => None,
        text => Some(text.parse().with_context(|| format!("http.listen = {text}"))?),
    };
    http::serve_until(listen, pages, |at| tracing::info!(%at, "listening"), stop.clone())
}
