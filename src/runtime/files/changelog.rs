//! The changelog as a file: length, checksum, key, value; one after the other.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Its name below `OUT/state`.
pub const NAME: &str = "changelog";

/// Larger ones are damage.
pub const MAX_ENTRY_BYTES: u32 = 256 << 20;

const PUT: u8 = 1;
const DELETE: u8 = 0;
/// Length and checksum.
const HEAD: u64 = 4 + 8;

/// A key with its value; none: deleted.
pub type Entry = (Vec<u8>, Option<Vec<u8>>);

/// Appends one entry's bytes.
pub fn encode(key: &[u8], value: Option<&[u8]>, to: &mut Vec<u8>) -> io::Result<()> {
    let len = 1 + 4 + key.len() + value.map_or(0, <[u8]>::len);
    let len = u32::try_from(len).ok().filter(|l| *l <= MAX_ENTRY_BYTES);
    let (Some(len), Ok(key_len)) = (len, u32::try_from(key.len())) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a state entry is too large"));
    };
    let mut body = Vec::with_capacity(len as usize);
    body.push(if value.is_some() { PUT } else { DELETE });
    body.extend_from_slice(&key_len.to_be_bytes());
    body.extend_from_slice(key);
    body.extend_from_slice(value.unwrap_or_default());
    to.extend_from_slice(&len.to_be_bytes());
    to.extend_from_slice(&fnv(&body).to_be_bytes());
    to.extend_from_slice(&body);
    Ok(())
}

/// Reads entries in order, never past the committed length.
pub struct Entries {
    from: BufReader<File>,
    at: u64,
    until: u64,
}

impl Entries {
    /// From byte `at` to byte `until`.
    pub fn open(path: &Path, at: u64, until: u64) -> io::Result<Entries> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(Entries { from: BufReader::with_capacity(1 << 18, file), at, until })
    }

    /// The next entry; none: the end. Damage before the end is an error: what was committed must be there.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.at >= self.until {
            return Ok(None);
        }
        let damaged =
            |at: u64| io::Error::new(io::ErrorKind::InvalidData, format!("the changelog is damaged at byte {at}"));
        let (mut len, mut sum) = ([0; 4], [0; 8]);
        self.from.read_exact(&mut len)?;
        self.from.read_exact(&mut sum)?;
        let len = u32::from_be_bytes(len);
        if len > MAX_ENTRY_BYTES || self.at + HEAD + u64::from(len) > self.until {
            return Err(damaged(self.at));
        }
        let mut body = vec![0; len as usize];
        self.from.read_exact(&mut body)?;
        if fnv(&body) != u64::from_be_bytes(sum) {
            return Err(damaged(self.at));
        }
        let entry = split(&body).ok_or_else(|| damaged(self.at))?;
        self.at += HEAD + u64::from(len);
        Ok(Some(entry))
    }
}

fn split(body: &[u8]) -> Option<Entry> {
    let (&kind, rest) = body.split_first()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (key, value) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
    match kind {
        PUT => Some((key.to_vec(), Some(value.to_vec()))),
        DELETE => Some((key.to_vec(), None)),
        _ => None,
    }
}

/// FNV-1a, 64 bits: finds torn and flipped bytes, keeps nobody out.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}
