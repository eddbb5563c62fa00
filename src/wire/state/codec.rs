//! The parts that stored values are made of. Whole values begin with the version of the format.

use std::sync::Arc;

use crate::domain::graph::{Provenance, Rank, Source, Stamp, Val};
use crate::domain::time::Time;

/// The version of all stored values. It is raised when one of them changes; a value of another version is refused.
pub const FORMAT: u8 = 2;

/// Why a stored value cannot be read. Nothing is assumed in its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error(
        "state of format {found}; this release reads format {FORMAT}: start with an empty state directory and changelog, and replay the input"
    )]
    Format { found: u8 },
    #[error("a damaged value: {0}")]
    Damaged(&'static str),
    #[error("a key of the unknown family {0:?}")]
    Family(char),
}

/// Writes one value.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// What a value has room for at first; most need less.
const ROOM: usize = 256;

impl Default for Writer {
    fn default() -> Writer {
        let mut bytes = Vec::with_capacity(ROOM);
        bytes.push(FORMAT);
        Writer { bytes }
    }
}

impl Writer {
    /// The value.
    pub fn done(self) -> Vec<u8> {
        self.bytes
    }

    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub fn fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Seven bits a byte, the lowest first.
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n.to_le_bytes()[0] | 0x80);
            n >>= 7;
        }
        self.bytes.push(n.to_le_bytes()[0]);
    }

    pub fn size(&mut self, n: usize) {
        self.number(n as u64);
    }

    /// Small ones of either sign are short.
    pub fn integer(&mut self, n: i64) {
        self.number(((n << 1) ^ (n >> 63)).cast_unsigned());
    }

    pub fn time(&mut self, time: Time) {
        self.integer(time.0);
    }

    pub fn text(&mut self, text: &str) {
        self.size(text.len());
        self.fixed(text.as_bytes());
    }

    /// A value, or (`None`) the absence of one.
    pub fn value(&mut self, value: Option<&Val>) {
        match value {
            None => self.byte(0),
            Some(Val::Unknown) => self.byte(1),
            Some(Val::Bool(false)) => self.byte(2),
            Some(Val::Bool(true)) => self.byte(3),
            Some(Val::Int(n)) => {
                self.byte(4);
                self.integer(*n);
            }
            Some(Val::Text(text)) => {
                self.byte(5);
                self.text(text);
            }
        }
    }

    pub fn source(&mut self, source: &Source) {
        self.byte(u8::from(source.implied));
        self.text(&source.call);
        self.text(&source.principal);
    }

    pub fn stamp(&mut self, stamp: &Stamp) {
        self.time(stamp.time);
        self.byte(stamp.rank as u8);
        self.text(&stamp.event);
    }
}

/// Reads one value.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'b> {
    rest: &'b [u8],
}

type Read<T> = Result<T, Unreadable>;

const SHORT: Unreadable = Unreadable::Damaged("it ends too early");

impl<'b> Reader<'b> {
    /// A value of this release's format.
    pub fn new(bytes: &'b [u8]) -> Read<Reader<'b>> {
        match bytes.split_first() {
            Some((&FORMAT, rest)) => Ok(Reader { rest }),
            Some((&found, _)) => Err(Unreadable::Format { found }),
            None => Err(SHORT),
        }
    }

    /// The value is read to its end.
    pub fn finish(self) -> Read<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Unreadable::Damaged("it is longer than it should be")) }
    }

    pub fn byte(&mut self) -> Read<u8> {
        let (byte, rest) = self.rest.split_first().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*byte)
    }

    pub fn flag(&mut self) -> Read<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Unreadable::Damaged("a flag that is neither set nor clear")),
        }
    }

    pub fn fixed<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*bytes)
    }

    pub fn number(&mut self) -> Read<u64> {
        let mut n: u64 = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(Unreadable::Damaged("a number without an end"))
    }

    pub fn size(&mut self) -> Read<usize> {
        usize::try_from(self.number()?).map_err(|_| Unreadable::Damaged("a size out of range"))
    }

    pub fn integer(&mut self) -> Read<i64> {
        let n = self.number()?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    pub fn time(&mut self) -> Read<Time> {
        self.integer().map(Time)
    }

    pub fn text(&mut self) -> Read<&'b str> {
        let len = self.size()?;
        let (text, rest) = self.rest.split_at_checked(len).ok_or(SHORT)?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| Unreadable::Damaged("a text that is not UTF-8"))
    }

    pub fn value(&mut self) -> Read<Option<Val>> {
        Ok(match self.byte()? {
            0 => None,
            1 => Some(Val::Unknown),
            2 => Some(Val::Bool(false)),
            3 => Some(Val::Bool(true)),
            4 => Some(Val::Int(self.integer()?)),
            5 => Some(Val::Text(self.text()?.to_owned())),
            _ => return Err(Unreadable::Damaged("a value of an unknown type")),
        })
    }

    pub fn source(&mut self) -> Read<Arc<Source>> {
        let implied = self.flag()?;
        let (call, principal) = (self.text()?.to_owned(), self.text()?.to_owned());
        Ok(Arc::new(Source { call, principal, implied }))
    }

    pub fn rank(&mut self) -> Read<Rank> {
        Rank::from_code(self.byte()?).ok_or(Unreadable::Damaged("an unknown rank"))
    }

    pub fn stamp(&mut self) -> Read<Stamp> {
        Ok(Stamp { time: self.time()?, rank: self.rank()?, event: self.text()?.into() })
    }

    pub fn provenance(&mut self) -> Read<Provenance> {
        Ok(Provenance { stamp: self.stamp()?, source: self.source()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_read_back() {
        let numbers = [0, 1, -1, 63, -64, 64, 1 << 40, i64::MAX, i64::MIN];
        let mut to = Writer::default();
        numbers.iter().for_each(|n| to.integer(*n));
        to.number(u64::MAX);
        let bytes = to.done();
        let mut from = Reader::new(&bytes).unwrap();
        assert_eq!(numbers.map(|_| from.integer().unwrap()), numbers);
        assert_eq!(from.number(), Ok(u64::MAX));
        assert_eq!(from.finish(), Ok(()));
    }

    #[test]
    fn another_format_is_refused_by_name() {
        let refused = Reader::new(&[1, 0]).map(|_| ()).unwrap_err();
        assert_eq!(refused, Unreadable::Format { found: 1 });
        assert!(refused.to_string().contains("format 1; this release reads format 2"), "{refused}");
    }

    #[test]
    fn every_cut_is_refused() {
        let by = Provenance {
            stamp: Stamp { time: Time(5), rank: Rank::Set, event: "event".into() },
            source: Arc::new(Source { call: "RunInstances".into(), principal: "ana".into(), implied: true }),
        };
        let mut to = Writer::default();
        to.stamp(&by.stamp);
        to.source(&by.source);
        to.value(Some(&Val::text("v")));
        let bytes = to.done();
        let read = |bytes: &[u8]| {
            let mut from = Reader::new(bytes)?;
            let read = (from.provenance()?, from.value()?);
            from.finish().map(|()| read)
        };
        assert_eq!(read(&bytes), Ok((by, Some(Val::text("v")))));
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
        }
        let longer = [bytes, vec![0]].concat();
        assert!(read(&longer).is_err());
    }
}
