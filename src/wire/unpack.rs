//! One input record into its pieces, whichever form it has.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

use crate::domain::event::Principal;
use crate::domain::time::Time;

use super::heads::{elements, filled, heads, scalar};
use super::limits::Limits;
use super::recognise::{Form, Heads, RecordKind, completed, form};
use super::refusal::{Reason, Refusal};
use super::scan;
use super::schemas::{Bounds, Datum, Schemas, Unavailable, Unread};
use super::trail::OwnerFields;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
/// Before the four of a schema's id, in Confluent's prefix.
const MAGIC: u8 = 0;

/// The call that a CloudTrail record is of: enough to tell most of a trail's records from those that matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// `ec2.amazonaws.com`
    pub source: Cow<'a, str>,
    /// `RunInstances`
    pub name: Cow<'a, str>,
    /// What else of the record was seen on the way.
    owner: OwnerFields<'a>,
}

impl Call<'_> {
    /// The account that the record belongs to, and its time: as [`super::account`] says it, without another reading of the record.
    pub fn account(&self) -> Result<(String, Time), Refusal> {
        self.owner.read()
    }

    /// Who made the call, as far as the record says.
    pub fn principal(&self) -> Principal {
        self.owner.principal()
    }
}

/// A part of an input record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// One bare record. Of a CloudTrail record also which call it is of, where that can be read. `own`: as in `Refused`, for whoever can't take it.
    Record { kind: RecordKind, json: &'a [u8], call: Option<Call<'a>>, own: Option<&'a [u8]> },
    /// What could not be taken. `own`: its bytes as they came; none: they can't be told apart, and only the whole input can be shown.
    Refused { refusal: Refusal, own: Option<&'a [u8]> },
    /// Holds nothing to act on by design: a control message, an empty list. To be counted and dropped.
    Control,
}

/// Calls `each` with every piece of `bytes`, in order, at least once.
pub fn unpack(bytes: &[u8], each: &mut dyn FnMut(Piece<'_>)) {
    unpack_within(&Limits::default(), bytes, each);
}

/// `unpack` with other limits than the usual.
pub fn unpack_within(limits: &Limits, bytes: &[u8], each: &mut dyn FnMut(Piece<'_>)) {
    // Where nobody is asked, nobody fails to answer.
    _ = unpack_by(None, limits, bytes, each);
}

/// `unpack_within` for input that may be behind the id of a schema; without schemas such is refused.
///
/// Err: the pieces given so far count for nothing, and the input is to be unpacked again.
pub fn unpack_by(
    schemas: Option<&dyn Schemas>,
    limits: &Limits,
    bytes: &[u8],
    each: &mut dyn FnMut(Piece<'_>),
) -> Result<(), Unavailable> {
    let mut unpacker =
        Unpacker { limits, schemas, unavailable: None, pieces: 0, expanded: 0, made: false, stopped: false, each };
    if bytes.len() > limits.bytes_max {
        let detail = format!("{} bytes, {} are allowed", bytes.len(), limits.bytes_max);
        unpacker.refuse_all(Reason::TooLarge, detail);
    } else {
        unpacker.bytes(bytes, Nesting::default());
    }
    unpacker.unavailable.map_or(Ok(()), Err)
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
    schemas: Option<&'a dyn Schemas>,
    unavailable: Option<Unavailable>,
    pieces: usize,
    expanded: usize,
    /// What is looked at now was made of what came, and is nowhere in it.
    made: bool,
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
            let refusal = Refusal::new(Reason::TooManyRecords, detail);
            return (self.each)(Piece::Refused { refusal, own: None });
        }
        (self.each)(piece);
    }

    fn refuse(&mut self, refusal: Refusal, bytes: &[u8]) {
        let own = self.own(bytes);
        self.give(Piece::Refused { refusal, own });
    }

    fn refuse_all(&mut self, reason: Reason, detail: impl Into<String>) {
        self.give(Piece::Refused { refusal: Refusal::new(reason, detail), own: None });
    }

    fn own<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        // Unpacked it may be larger than any input may be, and might fit no topic: the input does.
        (!self.made && bytes.len() <= self.limits.bytes_max).then_some(bytes)
    }

    /// `own`: where it stands in what came.
    fn record(&mut self, kind: RecordKind, json: &str, call: Option<Call<'_>>, own: &str) {
        if json.len() > self.limits.piece_bytes_max {
            let detail = format!("{} bytes, {} are allowed in one record", json.len(), self.limits.piece_bytes_max);
            return self.refuse(Refusal::new(Reason::TooLarge, detail), own.as_bytes());
        }
        let own = self.own(own.as_bytes());
        self.give(Piece::Record { kind, json: json.as_bytes(), call, own });
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
        if let [MAGIC, a, b, c, d, value @ ..] = bytes {
            return self.by_schema(u32::from_be_bytes([*a, *b, *c, *d]), value, nesting);
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

    fn by_schema(&mut self, id: u32, value: &[u8], nesting: Nesting) {
        let Some(schemas) = self.schemas else {
            let detail = format!("Avro by the schema {id}, and no schema registry is configured");
            return self.refuse_all(Reason::AvroWithoutRegistry, detail);
        };
        let bytes_max = self.limits.expanded_bytes_max.saturating_sub(self.expanded);
        match schemas.read(id, value, Bounds { bytes_max, depth_max: self.limits.depth_max }) {
            Ok(Datum::Bytes(inner)) => {
                if self.expand(inner.len()) {
                    self.bytes(&inner, nesting.deeper());
                }
            }
            Ok(Datum::Json(json)) => {
                if self.expand(json.len()) {
                    let outer = std::mem::replace(&mut self.made, true);
                    self.text(json.as_bytes(), nesting.deeper());
                    self.made = outer;
                }
            }
            Err(Unread::Refused(refusal)) => self.refuse_all(refusal.reason, refusal.detail),
            Err(Unread::Unavailable(why)) => {
                self.unavailable = Some(why);
                self.stopped = true;
            }
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
        // Checked once: what is read out of it need not be checked again. Where a part of it isn't, the others are still read.
        let whole = std::str::from_utf8(text).ok();
        let mut rest = text;
        // A broken object can be long, and seem to hold all that follow: tried again at each of those it would cost the square.
        let mut unbroken = true;
        while !rest.is_empty() && !self.stopped {
            if unbroken {
                let start = text.len() - rest.len();
                if let Some(after) = whole.and_then(|w| self.whole_object(w.get(start..)?, nesting)) {
                    rest = after.as_bytes();
                    continue;
                }
                unbroken = false;
            }
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

    /// The usual case in one pass: an object that can be read, and is not too deep. Gives what comes after it; none: nothing was done.
    fn whole_object<'t>(&mut self, text: &'t str, nesting: Nesting) -> Option<&'t str> {
        if !text.starts_with('{') {
            return None;
        }
        let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Heads<'_>>();
        let heads = objects.next()?.ok()?;
        let (piece, after) = text.split_at_checked(objects.byte_offset())?;
        // As many brackets as may be nested can't be nested too deep.
        let depth_max = self.limits.depth_max;
        if scan::brackets(piece.as_bytes()) > depth_max && scan::value_len(piece.as_bytes(), depth_max).is_err() {
            return None;
        }
        self.object_of(heads, piece, nesting);
        Some(after.trim_ascii_start())
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
        self.object_of(heads, json, nesting);
    }

    fn object_of(&mut self, heads: Heads<'_>, json: &str, nesting: Nesting) {
        let call = call(&heads);
        match form(heads) {
            Form::One(RecordKind::Trail) => self.record(RecordKind::Trail, json, call, json),
            Form::One(kind) => self.record(kind, json, None, json),
            Form::Many(array) => self.array(array, nesting.deeper()),
            Form::Inner(inner) => self.element(inner, nesting.deeper()),
            Form::Finding { detail, heads } => match completed(detail, &heads) {
                Some(whole) => self.record(RecordKind::Finding, &whole, None, json),
                None => self.record(RecordKind::Finding, detail, None, detail),
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

fn call<'a>(heads: &Heads<'a>) -> Option<Call<'a>> {
    let owner = OwnerFields::of(heads.recipient, heads.event_time, heads.timestamp, heads.user_identity);
    Some(Call { source: filled(heads.event_source)?, name: filled(heads.event_name)?, owner })
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
