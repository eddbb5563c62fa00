//! One input record into its pieces, whichever form it has.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

use super::heads::{elements, heads, scalar};
use super::limits::Limits;
use super::recognise::{Form, Heads, RecordKind, completed, form};
use super::refusal::{Reason, Refusal};
use super::scan;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
/// A zero byte and the four of the schema's id.
const CONFLUENT_PREFIX: usize = 5;

/// A part of an input record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// One bare record.
    Record { kind: RecordKind, json: &'a [u8] },
    /// What could not be taken: its own bytes where it can be told apart, else the whole input.
    Refused { refusal: Refusal, bytes: &'a [u8] },
    /// Holds nothing to act on by design: a control message, an empty list. To be counted and dropped.
    Control,
}

/// Calls `each` with every piece of `bytes`, in order, at least once.
pub fn unpack(bytes: &[u8], each: &mut dyn FnMut(Piece<'_>)) {
    unpack_within(&Limits::default(), bytes, each);
}

/// `unpack` with other limits than the usual.
pub fn unpack_within(limits: &Limits, bytes: &[u8], each: &mut dyn FnMut(Piece<'_>)) {
    let mut unpacker = Unpacker { limits, input: bytes, pieces: 0, expanded: 0, stopped: false, each };
    if bytes.len() > limits.bytes_max {
        let detail = format!("{} bytes, {} are allowed", bytes.len(), limits.bytes_max);
        unpacker.refuse(Refusal::new(Reason::TooLarge, detail), bytes);
        return;
    }
    unpacker.bytes(bytes, Nesting::default());
}

heads! {
    /// One of `logEvents`.
    LogEvent { message: "message", }
}

#[derive(Clone, Copy, Default)]
struct Nesting {
    layers: usize,
    gzips: usize,
}

impl Nesting {
    fn deeper(self) -> Nesting {
        Nesting { layers: self.layers + 1, ..self }
    }
}

struct Unpacker<'a> {
    limits: &'a Limits,
    input: &'a [u8],
    pieces: usize,
    expanded: usize,
    stopped: bool,
    each: &'a mut dyn FnMut(Piece<'_>),
}

impl Unpacker<'_> {
    fn give(&mut self, piece: Piece<'_>) {
        if self.stopped {
            return;
        }
        self.pieces += 1;
        if self.pieces > self.limits.records_max {
            self.stopped = true;
            let detail = format!("more than {}; what comes after them was not read", self.limits.records_max);
            (self.each)(Piece::Refused { refusal: Refusal::new(Reason::TooManyRecords, detail), bytes: self.input });
            return;
        }
        (self.each)(piece);
    }

    fn refuse(&mut self, refusal: Refusal, bytes: &[u8]) {
        self.give(Piece::Refused { refusal, bytes });
    }

    fn refuse_all(&mut self, reason: Reason, detail: impl Into<String>) {
        let input = self.input;
        self.give(Piece::Refused { refusal: Refusal::new(reason, detail), bytes: input });
    }

    fn record(&mut self, kind: RecordKind, json: &str) {
        self.give(Piece::Record { kind, json: json.as_bytes() });
    }

    /// Counts what was made out of the input; false (and refused) where it has become too much.
    fn expand(&mut self, bytes: usize) -> bool {
        self.expanded = self.expanded.saturating_add(bytes);
        if self.expanded <= self.limits.expanded_bytes_max {
            return true;
        }
        self.refuse_all(Reason::DecompressionLimit, format!("expands beyond {} bytes", self.limits.expanded_bytes_max));
        self.stopped = true;
        false
    }

    /// Bytes of any encoding.
    fn bytes(&mut self, bytes: &[u8], nesting: Nesting) {
        if nesting.layers > self.limits.layers_max {
            return self.refuse_all(Reason::TooDeep, "envelopes within envelopes");
        }
        if bytes.starts_with(GZIP) {
            return self.gzip(bytes, nesting);
        }
        if bytes.first() == Some(&0) && bytes.len() >= CONFLUENT_PREFIX {
            return self.refuse_all(Reason::AvroWithoutRegistry, "avro: no schema registry configured");
        }
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii();
        match text.first() {
            None => self.refuse_all(Reason::NotJson, "empty"),
            Some(b'{' | b'[') => self.text(text, nesting),
            Some(_) => match decoded(text) {
                Some(inner) => {
                    if self.expand(inner.len()) {
                        self.bytes(&inner, nesting.deeper());
                    }
                }
                None => self.text(text, nesting),
            },
        }
    }

    fn gzip(&mut self, bytes: &[u8], nesting: Nesting) {
        if nesting.gzips >= self.limits.gzip_max {
            return self.refuse_all(Reason::DecompressionLimit, "gzip within gzip");
        }
        let left = self.limits.expanded_bytes_max.saturating_sub(self.expanded);
        let mut out = Vec::new();
        // One more than allowed: so that too much can be told from just enough.
        let read = MultiGzDecoder::new(bytes).take(left as u64 + 1).read_to_end(&mut out);
        if let Err(error) = read {
            return self.refuse_all(Reason::GzipBroken, error.to_string());
        }
        if self.expand(out.len()) {
            self.bytes(&out, Nesting { layers: nesting.layers + 1, gzips: nesting.gzips + 1 });
        }
    }

    /// JSON values one after the other: one document, or one per line.
    fn text(&mut self, text: &[u8], nesting: Nesting) {
        let mut rest = text;
        while !rest.is_empty() && !self.stopped {
            let found = match rest.first() {
                Some(b'{' | b'[') => scan::value_len(rest, self.limits.depth_max),
                _ => Err(Reason::NotJson),
            };
            let len = found.unwrap_or_else(|_| scan::resync(rest));
            let (piece, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            match found {
                Ok(_) => self.value(piece, nesting),
                Err(reason) => self.refuse(Refusal::new(reason, "neither a JSON object nor an array"), piece),
            }
            rest = after.trim_ascii_start();
        }
    }

    fn value(&mut self, value: &[u8], nesting: Nesting) {
        let json = match std::str::from_utf8(value) {
            Ok(json) => json,
            Err(error) => return self.refuse(Refusal::new(Reason::NotUtf8, error.to_string()), value),
        };
        match json.starts_with('[') {
            true => match serde_json::from_str::<serde::de::IgnoredAny>(json) {
                Ok(_) => self.array(json, nesting),
                Err(error) => self.refuse(Refusal::json(&error), value),
            },
            false => self.object(json, nesting),
        }
    }

    /// The elements of an array whose syntax is known to be right.
    fn array(&mut self, json: &str, nesting: Nesting) {
        let count = elements(json, &mut |element| {
            self.element(element, nesting.deeper());
            !self.stopped
        });
        match count {
            Ok(0) => self.give(Piece::Control),
            Ok(_) => {}
            Err(error) => self.refuse(Refusal::json(&error), json.as_bytes()),
        }
    }

    fn element(&mut self, json: &str, nesting: Nesting) {
        if nesting.layers > self.limits.layers_max {
            return self.refuse(Refusal::new(Reason::TooDeep, "envelopes within envelopes"), json.as_bytes());
        }
        match json.as_bytes().first() {
            Some(b'{') => self.object(json, nesting),
            Some(b'[') => self.array(json, nesting),
            _ => self.refuse(Refusal::new(Reason::WrongType, "an element that is not an object"), json.as_bytes()),
        }
    }

    fn object(&mut self, json: &str, nesting: Nesting) {
        let heads = match Heads::read(json) {
            Ok(heads) => heads,
            Err(error) => return self.refuse(Refusal::json(&error), json.as_bytes()),
        };
        match form(heads) {
            Form::One(kind) => self.record(kind, json),
            Form::Many(array) => self.array(array, nesting.deeper()),
            Form::Inner(inner) => self.element(inner, nesting.deeper()),
            Form::Finding { detail, heads } => match completed(detail, &heads) {
                Some(whole) => self.record(RecordKind::Finding, &whole),
                None => self.record(RecordKind::Finding, detail),
            },
            Form::LogEvents(events) => self.log_events(events, nesting.deeper()),
            Form::Encoded(data) => match scalar(Some(data)).and_then(|d| decoded(d.as_bytes())) {
                Some(inner) => {
                    if self.expand(inner.len()) {
                        self.bytes(&inner, nesting.deeper());
                    }
                }
                None => self.refuse(Refusal::new(Reason::WrongType, "awslogs.data is not base64"), json.as_bytes()),
            },
            Form::Control => self.give(Piece::Control),
            Form::Refused(refusal) => self.refuse(refusal, json.as_bytes()),
        }
    }

    fn log_events(&mut self, events: &str, nesting: Nesting) {
        let count = elements(events, &mut |event| {
            match LogEvent::read(event).ok().and_then(|e| scalar(e.message)) {
                Some(message) => {
                    if self.expand(message.len()) {
                        self.bytes(message.as_bytes(), nesting.deeper());
                    }
                }
                None => self.refuse(Refusal::missing("message"), event.as_bytes()),
            }
            !self.stopped
        });
        match count {
            Ok(0) => self.give(Piece::Control),
            Ok(_) => {}
            Err(error) => self.refuse(Refusal::json(&error), events.as_bytes()),
        }
    }
}

/// What base64 text holds, if it is such and holds something that could be read.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    if !text.iter().all(alphabet) {
        return None;
    }
    let inner = STANDARD.decode(text).ok()?;
    let known = inner.starts_with(GZIP) || matches!(inner.trim_ascii_start().first(), Some(b'{' | b'['));
    known.then_some(inner)
}
