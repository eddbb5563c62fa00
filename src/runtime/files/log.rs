//! The log of `replay`: input files are one task's records, the manifest's rename is the commit.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::changelog::{self, Entries};
use super::input::{Inputs, Problem, Reader};
use super::manifest::Manifest;
use super::outputs::{self, Appended};
use crate::domain::time::Time;
use crate::engine::log::{Assignment, Chunk, Committed, Log, LogError, Outcome, PollBudget, Polled, Skip, Skipped};
use crate::engine::record::{OutRecord, OutTopic, Record, TaskId};
use crate::engine::token::Token;
use crate::stages::dead_letters::ORIGIN;

/// How many things left out are kept by name.
const PROBLEMS_MAX: usize = 1_000;

/// What a replay reads and where it leaves its results.
#[derive(Clone, Debug)]
pub struct FilesSettings {
    pub out: PathBuf,
    pub inputs: Inputs,
    /// How far the clock jumps when the input has ended, so that nothing waits on: `join.grace`, milliseconds.
    pub grace_ms: i64,
}

/// Files as a log. Its clock moves a millisecond per record: it measures nothing, and is the same in every run.
pub struct FilesLog {
    settings: FilesSettings,
    state: PathBuf,
    /// Held as long as this lives: two replays into one directory would cut each other's outputs.
    _lock: File,
    manifest: Manifest,
    incarnation: String,
    outputs: BTreeMap<OutTopic, Appended>,
    changelog: Appended,
    open_outputs: BTreeMap<OutTopic, Vec<u8>>,
    open_changes: Vec<u8>,
    open_change_count: i64,
    cursor: Cursor,
    /// (offset, file) of every record handed out and not yet committed.
    handed: VecDeque<(i64, String)>,
    now: i64,
    assigned: bool,
    paused: bool,
    jumped: bool,
    problems: Vec<Problem>,
    restore: Option<(i64, Entries)>,
    broken: Option<String>,
}

/// Where reading is.
#[derive(Default)]
struct Cursor {
    file: usize,
    reader: Option<Reader>,
    offset: i64,
}

impl FilesLog {
    /// Opens the directory at its last commit; what a run that was killed left beyond it is cut away.
    pub fn open(settings: FilesSettings) -> io::Result<FilesLog> {
        let state = settings.out.join("state");
        fs::create_dir_all(&state)?;
        let lock = lock(&state)?;
        let manifest = Manifest::read(&state)?;
        let mut files = BTreeMap::new();
        for topic in OutTopic::ALL {
            let Some(name) = outputs::name(topic) else { continue };
            let len = manifest.outputs.get(name).copied().unwrap_or(0);
            files.insert(topic, Appended::open(&settings.out.join(name), len)?);
        }
        let changelog = Appended::open(&state.join(changelog::NAME), manifest.changelog_bytes)?;
        Ok(FilesLog {
            incarnation: format!("files-{}", manifest.seq),
            cursor: Cursor { offset: manifest.position, ..Cursor::default() },
            now: manifest.now,
            settings,
            state,
            _lock: lock,
            manifest,
            outputs: files,
            changelog,
            open_outputs: BTreeMap::new(),
            open_changes: Vec::new(),
            open_change_count: 0,
            handed: VecDeque::new(),
            assigned: false,
            paused: false,
            jumped: false,
            problems: Vec::new(),
            restore: None,
            broken: None,
        })
    }

    /// What could not be read, and why.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn problem(&mut self, file: &Path, detail: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { file: file.to_owned(), detail });
        }
    }

    /// The next record; none: all files are read.
    fn next(&mut self) -> Option<Record> {
        loop {
            let path = self.settings.inputs.files().get(self.cursor.file)?.clone();
            let name = path.to_string_lossy().into_owned();
            match self.read(&path, &name) {
                Ok((Some(piece), problem)) => {
                    if let Some(detail) = problem {
                        self.problem(&path, detail);
                    }
                    let offset = self.cursor.offset;
                    self.cursor.offset += 1;
                    let origin = format!("{name}:{}", piece.line);
                    self.handed.push_back((offset, name));
                    return Some(Record {
                        task: task(),
                        offset,
                        key: None,
                        value: piece.value,
                        headers: vec![(ORIGIN.into(), origin.into_bytes())],
                    });
                }
                Ok((None, problem)) => {
                    if let Some(detail) = problem {
                        self.problem(&path, detail);
                    }
                    self.cursor.file += 1;
                    self.cursor.reader = None;
                }
                Err(e) => {
                    self.problem(&path, e.to_string());
                    self.cursor.file += 1;
                    self.cursor.reader = None;
                }
            }
        }
    }

    fn read(&mut self, path: &Path, name: &str) -> io::Result<(Option<super::input::Piece>, Option<String>)> {
        if self.cursor.reader.is_none() {
            let mut reader = Reader::open(path)?;
            reader.skip(self.manifest.files.get(name).map_or(0, |p| p.records))?;
            self.cursor.reader = Some(reader);
        }
        self.cursor.reader.as_mut().map_or(Ok((None, None)), Reader::read)
    }

    fn write(&mut self, position: i64, seq: u64) -> io::Result<i64> {
        let mut next = self.manifest.clone();
        for (topic, bytes) in &self.open_outputs {
            if let (Some(file), Some(name)) = (self.outputs.get_mut(topic), outputs::name(*topic)) {
                next.outputs.insert(name.to_owned(), file.append(bytes)?);
            }
        }
        if !self.open_changes.is_empty() {
            next.changelog_bytes = self.changelog.append(&self.open_changes)?;
            next.changelog_records += self.open_change_count;
        }
        for (_, file) in self.handed.iter().take_while(|(offset, _)| *offset < position) {
            next.files.entry(file.clone()).or_default().records += 1;
        }
        let token = Token { incarnation: self.incarnation.clone(), seq, changelog_end: next.changelog_records };
        (next.seq, next.position, next.now) = (next.seq + 1, position, self.now);
        next.token = Some(token.to_string());
        next.write(&self.state)?;
        for (topic, file) in &mut self.outputs {
            if let Some(len) = outputs::name(*topic).and_then(|n| next.outputs.get(n)) {
                file.settle(*len);
            }
        }
        self.changelog.settle(next.changelog_bytes);
        self.manifest = next;
        self.handed.retain(|(offset, _)| *offset >= position);
        Ok(self.manifest.changelog_records)
    }

    fn forget(&mut self) {
        self.open_outputs.clear();
        self.open_changes.clear();
        self.open_change_count = 0;
    }
}

/// The one task.
fn task() -> TaskId {
    TaskId { topic: "files".into(), partition: 0 }
}

fn lock(state: &Path) -> io::Result<File> {
    let path = state.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(e) => Err(io::Error::other(format!("{}: another replay is at work here ({e})", path.display()))),
    }
}

impl Log for FilesLog {
    fn poll(&mut self, budget: PollBudget, _wait_ms: u64, skip: &Skip<'_>) -> Result<Polled, LogError> {
        if let Some(broken) = &self.broken {
            return Err(LogError::Failed(broken.clone()));
        }
        let mut polled = Polled::default();
        if !self.assigned {
            self.assigned = true;
            self.paused = true;
            polled.assignment.push(Assignment::Assigned(task()));
        } else if !self.paused {
            let mut bytes = 0;
            let mut read = 0;
            while read < budget.records && bytes < budget.bytes {
                let Some(record) = self.next() else {
                    // Not before these are taken: what waits after them has to be waited for, too.
                    polled.end = polled.is_empty();
                    break;
                };
                bytes += record.value.len();
                read += 1;
                self.now += 1;
                match skip(&record.value) {
                    Some(count) => {
                        let skipped = Skipped { offset: record.offset, bytes: record.value.len(), count };
                        polled.skip(|last| *last == record.task, || record.task.clone(), skipped);
                    }
                    None => polled.records.push(record),
                }
            }
            if polled.end && !self.jumped {
                self.jumped = true;
                self.now += self.settings.grace_ms + 1;
            }
        }
        polled.now = Time(self.now);
        Ok(polled)
    }

    fn send(&mut self, _from: &TaskId, record: OutRecord) {
        let to = self.open_outputs.entry(record.topic).or_default();
        if let Err(e) = outputs::line(&record, to) {
            self.broken = Some(e.to_string());
        }
    }

    fn send_change(&mut self, _task: &TaskId, key: &[u8], value: Option<&[u8]>) {
        match changelog::encode(key, value, &mut self.open_changes) {
            Ok(()) => self.open_change_count += 1,
            Err(e) => self.broken = Some(e.to_string()),
        }
    }

    fn commit(&mut self, positions: &[(TaskId, i64)], seq: u64) -> Outcome {
        let Some((id, position)) = positions.first() else { return Outcome::Done(BTreeMap::new()) };
        if self.broken.is_some() {
            return Outcome::NotDone;
        }
        match self.write(*position, seq) {
            Ok(end) => {
                self.forget();
                Outcome::Done(BTreeMap::from([(id.clone(), end)]))
            }
            Err(e) => {
                // The disk failed us: nothing more is taken; the next start begins at the last manifest.
                self.broken = Some(e.to_string());
                Outcome::NotDone
            }
        }
    }

    fn abort(&mut self) {
        self.forget();
    }

    fn resolve(&mut self, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Option<Committed>>, LogError> {
        let token = self.manifest.token.as_deref().and_then(Token::parse);
        let committed = token.map(|token| Committed { position: self.manifest.position, token: Some(token) });
        Ok(tasks.iter().map(|t| (t.clone(), committed.clone())).collect())
    }

    fn changelog(&mut self, _task: &TaskId, from: i64, until: i64, limit: usize) -> Result<Chunk, LogError> {
        let failed = |e: io::Error| LogError::Failed(e.to_string());
        let (mut at, mut entries) = match self.restore.take() {
            Some((at, entries)) if at == from => (at, entries),
            _ => {
                let path = self.state.join(changelog::NAME);
                (0, Entries::open(&path, 0, self.manifest.changelog_bytes).map_err(failed)?)
            }
        };
        let (mut chunk, mut bytes) = (Chunk::default(), 0);
        while at < until && bytes < limit {
            let Some((key, value)) = entries.next().map_err(failed)? else { break };
            if at >= from {
                bytes += key.len() + value.as_ref().map_or(0, Vec::len);
                chunk.records.push((key, value));
            }
            at += 1;
        }
        chunk.next = at.max(from);
        self.restore = Some((at, entries));
        Ok(chunk)
    }

    fn changelog_end(&mut self, _task: &TaskId) -> Result<i64, LogError> {
        Ok(self.manifest.changelog_records)
    }

    fn rewind(&mut self, _task: &TaskId, position: i64) {
        // Only ever to the last commit, which the manifest knows file by file.
        self.cursor = Cursor { offset: position, ..Cursor::default() };
        self.handed.clear();
    }

    fn pause(&mut self, _task: &TaskId) {
        self.paused = true;
    }

    fn resume(&mut self, _task: &TaskId) {
        self.paused = false;
    }

    fn incarnation(&self) -> String {
        self.incarnation.clone()
    }
}
