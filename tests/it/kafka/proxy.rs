//! A proxy between clients and a broker that does to commits what a network may: it swallows the answer, holds the question back
//! until everybody has gone on, or breaks the line. It understands of the protocol what that takes: frames, and EndTxn.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// ApiKeys.
const ADD_PARTITIONS_TO_TXN: i16 = 24;
const END_TXN: i16 = 26;
const FRAME_BYTES_MAX: usize = 128 << 20;
/// Longer than `commit.timeout` and the settling after it together: the next transaction has begun.
const HOLD: Duration = Duration::from_millis(1_500);
/// For the answer to a commit whose client has gone.
const LAST_ANSWER: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// What befalls one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Pass,
    /// The broker commits and says so; nobody hears it.
    Swallow,
    /// The broker hears of it when its client has long gone on.
    Hold,
    /// The line breaks; the client asks again on another one, and what was on the first arrives much later.
    Straggle,
    /// The line breaks before the client hears the answer.
    CutAfter,
    /// The broker hears of it when the test says so.
    Keep,
}

/// What befalls, one after the other, the commits of each transactional id that are disturbed: whoever commits often enough meets all.
const DISTURBANCES: [Fate; 6] = [Fate::Hold, Fate::Swallow, Fate::Straggle, Fate::Hold, Fate::Swallow, Fate::CutAfter];
/// How many commits of one id pass between two that are disturbed.
const UNDISTURBED: std::ops::RangeInclusive<u64> = 2..=4;

/// The fates of commits in the order in which they come, from a seed.
pub struct Plan {
    seed: u64,
    disturbs: bool,
    /// By transactional id: how many were disturbed, and how many are to pass before the next.
    ids: BTreeMap<Vec<u8>, (usize, u64)>,
}

impl Plan {
    pub fn new(seed: u64) -> Plan {
        Plan { seed, disturbs: true, ids: BTreeMap::new() }
    }

    /// Nothing befalls any.
    pub fn peaceful() -> Plan {
        Plan { disturbs: false, ..Plan::new(0) }
    }

    fn next(&mut self, id: &[u8]) -> Fate {
        if !self.disturbs {
            return Fate::Pass;
        }
        let (disturbed, passing) = self.ids.entry(id.to_vec()).or_insert((0, *UNDISTURBED.start()));
        if let Some(left) = passing.checked_sub(1) {
            *passing = left;
            return Fate::Pass;
        }
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (least, most) = UNDISTURBED.into_inner();
        *passing = least + (self.seed >> 33) % (most - least + 1);
        *disturbed += 1;
        DISTURBANCES[(*disturbed - 1) % DISTURBANCES.len()]
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The broker's error codes.
    pub answers: BTreeMap<Fate, Vec<i16>>,
    /// Late commits that the broker took for those of another transaction, which was still being filled.
    pub torn: usize,
    /// Of each producer and epoch: how often it put a partition into a transaction.
    begun: BTreeMap<Producer, usize>,
}

/// Transactional id and epoch.
type Producer = (Vec<u8>, i16);

struct Shared {
    broker: u16,
    plan: Mutex<Plan>,
    seen: Mutex<Seen>,
    /// Transactional ids whose commits are kept, and the answers to those let go.
    kept: Mutex<BTreeMap<Vec<u8>, Kept>>,
    let_go: Condvar,
    stop: AtomicBool,
}

#[derive(Default)]
struct Kept {
    waiting: usize,
    is_over: bool,
    answers: Vec<i16>,
}

pub struct Proxy(Arc<Shared>);

impl Proxy {
    /// Listens on `port` and forwards to `broker`, both on the loopback.
    pub fn start(port: u16, broker: u16, plan: Plan) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let shared = Arc::new(Shared {
            broker,
            plan: Mutex::new(plan),
            seen: Mutex::default(),
            kept: Mutex::default(),
            let_go: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let all = shared.clone();
        std::thread::spawn(move || {
            while !all.stop.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((client, _)) => {
                        let shared = all.clone();
                        client.set_nonblocking(false).unwrap();
                        std::thread::spawn(move || connection(&shared, client));
                    }
                    Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::sleep(LOOK),
                    Err(e) => panic!("proxy: {e}"),
                }
            }
        });
        Proxy(shared)
    }

    /// Keeps the commits of a transactional id back from now on.
    pub fn keep(&self, id: &str) {
        self.0.kept.lock().unwrap().insert(id.into(), Kept::default());
    }

    /// Whether one is kept at the moment.
    pub fn keeps(&self, id: &str) -> bool {
        self.0.kept.lock().unwrap().get(id.as_bytes()).is_some_and(|kept| kept.waiting > 0)
    }

    /// Lets those kept go on to the broker, and says what it answered.
    pub fn let_go(&self, id: &str) -> Vec<i16> {
        let mut kept = self.0.kept.lock().unwrap();
        kept.get_mut(id.as_bytes()).unwrap().is_over = true;
        self.0.let_go.notify_all();
        let is_open = |kept: &mut BTreeMap<Vec<u8>, Kept>| kept[id.as_bytes()].waiting > 0;
        let (mut kept, timeout) = self.0.let_go.wait_timeout_while(kept, LAST_ANSWER, is_open).unwrap();
        assert!(!timeout.timed_out(), "the broker doesn't answer");
        kept.remove(id.as_bytes()).unwrap().answers
    }

    pub fn seen(&self) -> Seen {
        self.0.seen.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// A commit that the broker hasn't answered.
struct Asked {
    fate: Fate,
    producer: Producer,
    /// What its producer had begun when it asked.
    begun: usize,
}

/// Those of one connection, by correlation id.
type Waiting = Mutex<BTreeMap<i32, Asked>>;

fn connection(shared: &Shared, client: TcpStream) {
    let Ok(broker) = TcpStream::connect(("127.0.0.1", shared.broker)) else { return };
    let waiting = Waiting::default();
    for line in [&client, &broker] {
        line.set_nodelay(true).unwrap();
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            _ = answers(shared, &broker, &client, &waiting);
            _ = client.shutdown(Shutdown::Both);
        });
        _ = questions(shared, &client, &broker, &waiting);
        // A held commit outlives its client: what the broker says to it is wanted.
        let until = Instant::now() + LAST_ANSWER;
        while !waiting.lock().unwrap().is_empty() && Instant::now() < until {
            std::thread::sleep(LOOK);
        }
        _ = broker.shutdown(Shutdown::Both);
    });
}

/// Client to broker.
fn questions(shared: &Shared, mut client: &TcpStream, mut broker: &TcpStream, waiting: &Waiting) -> io::Result<()> {
    loop {
        let frame = frame(&mut client)?;
        match i16_at(&frame, 4) {
            ADD_PARTITIONS_TO_TXN => {
                *shared.seen.lock().unwrap().begun.entry(Transaction::of(&frame).producer).or_default() += 1;
            }
            END_TXN => {
                let transaction = Transaction::of(&frame);
                if transaction.commit {
                    let asked = befall(shared, client, transaction.producer);
                    waiting.lock().unwrap().insert(i32_at(&frame, 8), asked);
                }
            }
            _ => {}
        }
        broker.write_all(&frame)?;
    }
}

/// Draws a commit's fate, and holds it up where that is it.
fn befall(shared: &Shared, client: &TcpStream, producer: Producer) -> Asked {
    let fate = if is_kept(shared, &producer.0) { Fate::Keep } else { shared.plan.lock().unwrap().next(&producer.0) };
    let begun = shared.seen.lock().unwrap().begun.get(&producer).copied().unwrap_or(0);
    if fate == Fate::Straggle {
        _ = client.shutdown(Shutdown::Both);
    }
    if matches!(fate, Fate::Hold | Fate::Straggle) {
        std::thread::sleep(HOLD);
    }
    Asked { fate, producer, begun }
}

/// Whether commits of this id are kept; if so, waits until they no longer are.
fn is_kept(shared: &Shared, id: &[u8]) -> bool {
    let mut all = shared.kept.lock().unwrap();
    let Some(kept) = all.get_mut(id).filter(|kept| !kept.is_over) else { return false };
    kept.waiting += 1;
    drop(shared.let_go.wait_while(all, |all| all.get(id).is_some_and(|kept| !kept.is_over)).unwrap());
    true
}

/// Broker to client.
fn answers(shared: &Shared, mut broker: &TcpStream, mut client: &TcpStream, waiting: &Waiting) -> io::Result<()> {
    let mut client_is_there = true;
    loop {
        let frame = frame(&mut broker)?;
        let asked = waiting.lock().unwrap().remove(&i32_at(&frame, 4));
        let fate = asked.map(|asked| {
            // After the correlation id: how long to wait, then the error.
            let code = i16_at(&frame, 12);
            let mut seen = shared.seen.lock().unwrap();
            seen.answers.entry(asked.fate).or_default().push(code);
            let begun_since = seen.begun.get(&asked.producer).copied().unwrap_or(0) > asked.begun;
            seen.torn += usize::from(code == 0 && begun_since);
            if asked.fate == Fate::Keep
                && let Some(kept) = shared.kept.lock().unwrap().get_mut(&asked.producer.0)
            {
                kept.waiting -= 1;
                kept.answers.push(code);
                shared.let_go.notify_all();
            }
            asked.fate
        });
        match fate {
            Some(Fate::Swallow) => {}
            Some(Fate::CutAfter) => return client.shutdown(Shutdown::Both),
            _ if client_is_there => client_is_there = client.write_all(&frame).is_ok(),
            _ => {}
        }
    }
}

/// What AddPartitionsToTxn and EndTxn begin with.
struct Transaction {
    producer: Producer,
    /// Of EndTxn: commit, not abort.
    commit: bool,
}

impl Transaction {
    /// Length, api key, version, correlation id, client id; then transactional id, producer id, epoch; then commit or not.
    fn of(frame: &[u8]) -> Transaction {
        let version = i16_at(frame, 6);
        assert!(version <= 1, "version {version} has another layout");
        let end_of_text = |at: usize| at + 2 + usize::try_from(i16_at(frame, at)).unwrap_or(0);
        let id = end_of_text(12);
        let epoch = end_of_text(id) + 8;
        Transaction {
            producer: (frame[id + 2..end_of_text(id)].to_vec(), i16_at(frame, epoch)),
            commit: frame[epoch + 2] == 1,
        }
    }
}

/// Four bytes of length and what they announce.
fn frame(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    from.read_exact(&mut frame)?;
    let length = usize::try_from(i32_at(&frame, 0)).unwrap();
    assert!((8..FRAME_BYTES_MAX).contains(&length), "no frame of Kafka's: {length} bytes");
    frame.resize(4 + length, 0);
    from.read_exact(&mut frame[4..])?;
    Ok(frame)
}

fn i16_at(bytes: &[u8], at: usize) -> i16 {
    i16::from_be_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}
