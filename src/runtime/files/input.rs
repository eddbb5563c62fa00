//! What there is to read: files found, sorted, and cut into records.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

/// A line longer than this is cut, and told so in its headers.
pub const MAX_LINE_BYTES: u64 = 64 << 20;
/// A file that is one record may not be larger: it is held in memory whole.
pub const MAX_FILE_BYTES: u64 = 512 << 20;
/// Files in one run.
pub const MAX_FILES: usize = 1_000_000;

const ENDINGS: [&str; 4] = [".json", ".jsonl", ".json.gz", ".jsonl.gz"];

/// The files of a run, in the order in which they are read.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    files: Vec<PathBuf>,
}

/// Something that was left out, and why: for the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    pub detail: String,
}

impl Inputs {
    /// Finds files: a file named explicitly is taken whatever its ending, a directory gives those below it with a known one.
    /// Nothing below `except` (where outputs go) is input.
    pub fn find(named: &[PathBuf], except: &Path) -> io::Result<Inputs> {
        let except = except.canonicalize().unwrap_or_else(|_| except.to_path_buf());
        let mut files = Vec::new();
        let mut open = Vec::new();
        for path in named {
            let path = path.canonicalize().map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
        while let Some(dir) = open.pop() {
            if dir.starts_with(&except) {
                continue;
            }
            for entry in dir.read_dir().map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", dir.display())))? {
                let entry = entry?;
                let path = entry.path();
                // A link to a directory is not followed: it may lead back up.
                if entry.file_type()?.is_dir() {
                    open.push(path);
                } else if is_known(&path) && path.is_file() {
                    files.push(path);
                }
            }
            if files.len() > MAX_FILES {
                return Err(io::Error::other(format!("more than {MAX_FILES} input files")));
            }
        }
        files.sort();
        files.dedup();
        Ok(Inputs { files })
    }

    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The sum of the files' sizes, for a progress bar.
    pub fn bytes(&self) -> u64 {
        self.files.iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum()
    }
}

fn is_known(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    ENDINGS.iter().any(|e| name.ends_with(e))
}

/// One record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub value: Vec<u8>,
    /// Counted from 1; 1 where the file is one record.
    pub line: u64,
    /// Not whole: the line was too long, or the file could be read no further.
    pub cut: bool,
}

/// A file being read.
pub enum Reader {
    /// One record. Compressed ones are handed over as they are: unpacking, and its bounds, are the wire's.
    Whole(Option<File>),
    Lines {
        from: Box<dyn BufRead + Send>,
        line: u64,
        ended: bool,
    },
}

impl Reader {
    /// Opens a file. Without a telling ending a file is one record.
    pub fn open(path: &Path) -> io::Result<Reader> {
        let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let file = File::open(path)?;
        let lines = |from: Box<dyn BufRead + Send>| Reader::Lines { from, line: 0, ended: false };
        Ok(if name.ends_with(".jsonl") {
            lines(Box::new(BufReader::with_capacity(1 << 18, file)))
        } else if name.ends_with(".jsonl.gz") {
            lines(Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(BufReader::new(file)))))
        } else {
            Reader::Whole(Some(file))
        })
    }

    /// The next record and, where something had to be left out, what. Blank lines are no records.
    pub fn read(&mut self) -> io::Result<(Option<Piece>, Option<String>)> {
        match self {
            Reader::Whole(file) => match file.take() {
                None => Ok((None, None)),
                Some(file) => whole(file),
            },
            Reader::Lines { from, line, ended } => loop {
                if *ended {
                    return Ok((None, None));
                }
                let (piece, problem) = next_line(from.as_mut(), line, ended)?;
                match piece {
                    Some(p) if p.value.iter().all(u8::is_ascii_whitespace) && problem.is_none() => {}
                    other => return Ok((other, problem)),
                }
            },
        }
    }

    /// Passes over records that were read before.
    pub fn skip(&mut self, records: u64) -> io::Result<()> {
        for _ in 0..records {
            if self.read()?.0.is_none() {
                break;
            }
        }
        Ok(())
    }
}

fn whole(file: File) -> io::Result<(Option<Piece>, Option<String>)> {
    let mut value = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut value)?;
    if value.len() as u64 > MAX_FILE_BYTES {
        return Ok((None, Some(format!("larger than {MAX_FILE_BYTES} bytes; split it into lines (.jsonl)"))));
    }
    if value.iter().all(u8::is_ascii_whitespace) {
        return Ok((None, None));
    }
    Ok((Some(Piece { value, line: 1, cut: false }), None))
}

fn next_line(from: &mut dyn BufRead, line: &mut u64, ended: &mut bool) -> io::Result<(Option<Piece>, Option<String>)> {
    let mut value = Vec::new();
    let read = from.take(MAX_LINE_BYTES).read_until(b'\n', &mut value);
    let broken = match read {
        Ok(0) => {
            *ended = true;
            return Ok((None, None));
        }
        Ok(_) => None,
        // A damaged archive is the file's fault, and what came before counts; a failing disk is not.
        Err(e) if is_damage(&e) => {
            *ended = true;
            Some(format!("damaged after line {line}: {e}"))
        }
        Err(e) => return Err(e),
    };
    *line += 1;
    let whole = value.last() == Some(&b'\n');
    if whole {
        value.pop();
        if value.last() == Some(&b'\r') {
            value.pop();
        }
    }
    let mut cut = broken.is_some();
    if !whole && !cut && value.len() as u64 == MAX_LINE_BYTES {
        cut = skip_line(from)?;
    }
    if value.is_empty() && broken.is_some() {
        return Ok((None, broken));
    }
    Ok((Some(Piece { value, line: *line, cut }), broken))
}

/// Reads to the line's end without keeping it; true if there was anything.
fn skip_line(from: &mut dyn BufRead) -> io::Result<bool> {
    let mut any = false;
    loop {
        let buffer = from.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any);
        }
        let (used, found) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (at + 1, true),
            None => (buffer.len(), false),
        };
        any |= used > usize::from(found);
        from.consume(used);
        if found {
            return Ok(any);
        }
    }
}

fn is_damage(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof)
}
