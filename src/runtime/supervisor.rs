//! Roles as workers: one thread each, with its own consumer and producer. When one of them ends by an error, all end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use super::config::{Config, Role};
use super::http;
use super::kafka::{KafkaLog, KafkaSettings, Topics, create_missing};
use super::metrics::Metrics;
use crate::domain::incident::Knowledge;
use crate::engine::commit::Limits;
use crate::engine::memory::MemoryStore;
use crate::engine::process::Process;
use crate::engine::record::TaskId;
use crate::engine::route::Route;
use crate::engine::stage::Stage;
use crate::engine::store::{Store, StoreError};
use crate::engine::worker::Worker;

/// What workers answer within before an error: a broker's restart fits in.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often the metrics are brought up to date.
const SHOW: Duration = Duration::from_millis(500);

/// Runs the roles until SIGTERM, SIGINT or an error.
pub fn run(config: &Config, roles: &[Role]) -> anyhow::Result<()> {
    let metrics = Metrics::new()?;
    if config.topics.create {
        let created = create_missing(&settings(config, Role::Process)).context("topics")?;
        if !created.is_empty() {
            tracing::info!(?created, "topics created");
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut workers = Vec::new();
    for role in roles {
        workers.push(start(config, *role, &metrics, &stop)?);
    }
    serve(config, roles, &metrics, &stop)?;
    stop.store(true, Ordering::Relaxed);
    let mut result = Ok(());
    for worker in workers {
        let ended = worker.join().map_err(|_| anyhow!("a worker panicked")).and_then(|r| r);
        result = result.and(ended);
    }
    result
}

fn settings(config: &Config, role: Role) -> KafkaSettings {
    let t = &config.topics;
    KafkaSettings {
        brokers: config.kafka.bootstrap_servers.clone(),
        group: format!("{}-{}", config.group.name, role.as_str()),
        instance: config.kafka.client_id.clone(),
        worker: 0,
        inputs: match role {
            Role::Process => vec![t.by_account.clone()],
            _ => config.input.topics.iter().cloned().chain([t.commands.clone()]).collect(),
        },
        topics: Topics {
            by_account: t.by_account.clone(),
            state: t.state.clone(),
            commands: t.commands.clone(),
            incidents: t.incidents.clone(),
            exposures: t.exposures.clone(),
            remediations: t.remediations.clone(),
            digests: t.digests.clone(),
            ocsf: t.ocsf.clone(),
            dead_letters: t.dead_letters.clone(),
        },
        stateful: role == Role::Process,
        partitions: t.partitions,
        replication: if t.replication_factor == 0 { -1 } else { t.replication_factor },
        deadline: DEADLINE,
        extra: config.kafka.client_options(),
    }
}

fn start(
    config: &Config,
    role: Role,
    metrics: &Metrics,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let limits = Limits {
        interval_ms: i64::try_from(config.commit.interval_ms).unwrap_or(i64::MAX),
        records: config.commit.records_max,
        bytes: config.commit.bytes_max,
    };
    let settings = settings(config, role);
    let (metrics, stop) = (metrics.clone(), stop.clone());
    let name = role.as_str();
    let work: Box<dyn FnOnce() -> anyhow::Result<()> + Send> = match role {
        Role::Route => Box::new(move || {
            let open = |_: &TaskId| Ok::<_, StoreError>(MemoryStore::new());
            work(name, &settings, open, Route, limits, &metrics, &stop)
        }),
        Role::Process => {
            let knowledge = Arc::new(Knowledge::shipped().map_err(|e| anyhow!(e))?);
            let grace_ms = i64::try_from(config.join.grace.as_millis()).unwrap_or(i64::MAX);
            let open = stores(config);
            Box::new(move || work(name, &settings, open, Process { knowledge, grace_ms }, limits, &metrics, &stop))
        }
        other => return Err(anyhow!("the role {} is not part of this version", other.as_str())),
    };
    let failed = "starting a worker";
    std::thread::Builder::new().name(format!("worker-{name}")).spawn(work).context(failed)
}

#[cfg(feature = "rocksdb")]
fn stores(config: &Config) -> impl FnMut(&TaskId) -> Result<super::rocks::RocksStore, StoreError> + Send + use<> {
    let dir = config.state.dir.clone();
    let settings = super::rocks::RocksSettings { cache_bytes: config.state.cache_bytes, ..Default::default() };
    let shared = super::rocks::Shared::new(settings);
    move |task| super::rocks::RocksStore::open(&dir.join(format!("{}-{}", task.topic, task.partition)), &shared)
}

#[cfg(not(feature = "rocksdb"))]
fn stores(_config: &Config) -> impl FnMut(&TaskId) -> Result<MemoryStore, StoreError> + Send + use<> {
    |_| Ok(MemoryStore::new())
}

/// One worker, from its first poll to its last commit.
fn work<S: Store, G: Stage>(
    role: &str,
    settings: &KafkaSettings,
    open: impl FnMut(&TaskId) -> Result<S, StoreError>,
    stage: G,
    limits: Limits,
    metrics: &Metrics,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let result = turn(role, settings, open, stage, limits, metrics, stop);
    if let Err(error) = &result {
        tracing::error!(role, error = format!("{error:#}"), "worker ended");
    }
    // The others are of no use without this one; whoever supervises the process starts it again.
    stop.store(true, Ordering::Relaxed);
    result
}

#[expect(clippy::disallowed_methods, reason = "the runtime measures how long a commit takes")]
fn turn<S: Store, G: Stage>(
    role: &str,
    settings: &KafkaSettings,
    open: impl FnMut(&TaskId) -> Result<S, StoreError>,
    stage: G,
    limits: Limits,
    metrics: &Metrics,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let log = KafkaLog::connect(settings.clone()).with_context(|| format!("role {role}"))?;
    let mut worker = Worker::new(log, open, stage, limits);
    tracing::info!(role, "worker started");
    let mut shown = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let (began, commits) = (Instant::now(), worker.counters().commits);
        let progress = worker.step().with_context(|| format!("role {role}"))?;
        if worker.counters().commits != commits {
            metrics.show_commit(role, began.elapsed().as_millis());
        }
        if shown.elapsed() >= SHOW {
            shown = Instant::now();
            metrics.show_ready(role, progress.restoring == 0);
            metrics.show_loop(role, &worker.counters());
            metrics.show_fates(role, worker.tally());
        }
    }
    while !worker.finish().with_context(|| format!("role {role}: the last commit"))? {}
    tracing::info!(role, "worker stopped");
    // Everything is committed and the stores are closed. Closing the consumer could wait for ever inside librdkafka, and a static
    // member doesn't leave its group by it anyway: the process ends instead.
    std::mem::forget(worker);
    Ok(())
}

/// The operations' endpoints, until told to stop or a worker has ended.
fn serve(config: &Config, roles: &[Role], metrics: &Metrics, stop: &Arc<AtomicBool>) -> anyhow::Result<()> {
    let names: Vec<String> = roles.iter().map(|r| r.as_str().to_owned()).collect();
    let (m, r, s) = (metrics.clone(), metrics.clone(), stop.clone());
    let pages: Vec<http::Page> = vec![
        ("/metrics", Arc::new(move || (200, "text/plain; version=0.0.4", m.text()))),
        (
            "/readyz",
            Arc::new(move || {
                if r.is_ready(&names) {
                    (200, "text/plain", "ready\n".into())
                } else {
                    (503, "text/plain", "restoring\n".into())
                }
            }),
        ),
        (
            "/healthz",
            Arc::new(move || {
                if s.load(Ordering::Relaxed) {
                    (503, "text/plain", "stopping\n".into())
                } else {
                    (200, "text/plain", "ok\n".into())
                }
            }),
        ),
    ];
    let listen: Option<SocketAddr> = match config.http.listen.as_str() {
        "" => None,
        text => Some(text.parse().with_context(|| format!("http.listen = {text}"))?),
    };
    http::serve_until(listen, pages, |at| tracing::info!(%at, "listening"), stop.clone())
}
