//! Values of any schema as the JSON that says the same.
//!
//! Written by hand and not by the library's reader, which goes as deep as a value says, takes a value that ends too early for one with
//! nulls, and makes a tree where a text is wanted. What is made here is bounded in length and depth while it is made.

use apache_avro::Schema;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::types::{ANY_JSON, Field, Type, Types, Unit};
use crate::domain::time::Time;
use crate::wire::refusal::{Reason, Refusal};
use crate::wire::schemas::{Bounds, Datum};

/// Of a number: seven bits in each.
const NUMBER_BYTES_MAX: usize = 10;

/// Reads values of one schema.
#[derive(Debug)]
pub struct AvroReader {
    types: Types,
    root: usize,
}

impl AvroReader {
    /// `others`: the schemas that it refers to, each after those that it refers to itself.
    ///
    /// Err: it is no schema, or refers to what isn't there.
    pub fn new(schema: &str, others: &[String]) -> Result<AvroReader, String> {
        let (schema, others) = Schema::parse_str_with_list(schema, others).map_err(|e| e.to_string())?;
        let mut types = Types::default();
        for other in &others {
            types.add(other, None)?;
        }
        let root = types.add(&schema, None)?;
        Ok(AvroReader { types, root })
    }

    /// One value that takes all of `bytes`.
    pub fn read(&self, bytes: &[u8], bounds: Bounds) -> Result<Datum, Refusal> {
        let mut reading = Reading { types: &self.types, rest: bytes, out: Vec::new(), bounds };
        let datum = match self.plain(&mut reading)? {
            Some(text) => Datum::Bytes(text.to_vec()),
            None => {
                reading.value(self.root, false, 0)?;
                Datum::Json(String::from_utf8(std::mem::take(&mut reading.out)).map_err(|e| broken(e.to_string()))?)
            }
        };
        match reading.rest.len() {
            0 => Ok(datum),
            n => Err(broken(format!("{n} bytes follow the value: it was written by another schema"))),
        }
    }

    /// The bytes of a value that is text or bytes and nothing else; none: it is more, and nothing was read.
    fn plain<'b>(&self, reading: &mut Reading<'_, 'b>) -> Result<Option<&'b [u8]>, Refusal> {
        let start = reading.rest;
        let mut at = self.root;
        if let Some(Type::Union(of)) = self.types.get(at) {
            at = reading.branch(of)?;
        }
        match self.types.get(at) {
            Some(Type::String | Type::Bytes) => reading.sized().map(Some),
            Some(Type::Fixed(n)) => reading.take(*n).map(Some),
            _ => {
                reading.rest = start;
                Ok(None)
            }
        }
    }
}

struct Reading<'t, 'b> {
    types: &'t Types,
    rest: &'b [u8],
    out: Vec<u8>,
    bounds: Bounds,
}

impl<'b> Reading<'_, 'b> {
    /// A value and all within it. `any_json`: a text in it may be JSON itself. `depth`: how many values hold it.
    fn value(&mut self, at: usize, any_json: bool, depth: usize) -> Result<(), Refusal> {
        let types = self.types;
        match types.get(at) {
            None | Some(Type::Unfinished) => Err(broken("a type that is not defined".into())),
            Some(Type::Null) => self.put(b"null"),
            Some(Type::Boolean) => match self.take(1)? {
                [0] => self.put(b"false"),
                [1] => self.put(b"true"),
                other => Err(broken(format!("{other:?} is no boolean"))),
            },
            Some(Type::Long) => {
                let n = self.long()?;
                self.put(n.to_string().as_bytes())
            }
            Some(Type::Float) => {
                let bytes = self.array()?;
                self.json(&f32::from_le_bytes(bytes))
            }
            Some(Type::Double) => {
                let bytes = self.array()?;
                self.json(&f64::from_le_bytes(bytes))
            }
            Some(Type::String) => {
                let text = self.text()?;
                match any_json.then(|| object(text, self.bounds.depth_max)).flatten() {
                    Some(object) => self.put(object.as_bytes()),
                    None => self.json(text),
                }
            }
            Some(Type::Bytes) => {
                let bytes = self.sized()?;
                self.bytes(bytes)
            }
            Some(Type::Fixed(n)) => {
                let bytes = self.take(*n)?;
                self.bytes(bytes)
            }
            Some(Type::Timestamp(unit)) => {
                let n = self.long()?;
                self.moment(match unit {
                    Unit::Milli => n,
                    Unit::Micro => n.div_euclid(1_000),
                    Unit::Nano => n.div_euclid(1_000_000),
                })
            }
            Some(Type::Date) => {
                let days = self.long()?;
                self.moment(days.saturating_mul(24 * 60 * 60 * 1_000))
            }
            Some(Type::Decimal { scale, bytes }) => {
                let bytes = self.fixed_or_sized(*bytes)?;
                match decimal(bytes, *scale) {
                    Some(number) => self.put(number.as_bytes()),
                    None => self.bytes(bytes),
                }
            }
            Some(Type::Uuid(bytes)) => {
                let bytes = self.fixed_or_sized(*bytes)?;
                match uuid(bytes) {
                    Some(text) => self.json(&text),
                    None => self.bytes(bytes),
                }
            }
            Some(Type::Enum(symbols)) => {
                let n = self.long()?;
                let symbol = usize::try_from(n).ok().and_then(|n| symbols.get(n));
                let symbol = symbol.ok_or_else(|| broken(format!("symbol {n} of {}", symbols.len())))?;
                self.json(symbol)
            }
            Some(Type::Union(of)) => {
                let at = self.branch(of)?;
                self.value(at, any_json, depth)
            }
            Some(Type::Array(items)) => self.array_of(*items, depth),
            Some(Type::Map(values)) => self.map_of(*values, depth),
            Some(Type::Record(fields)) => self.record(fields, depth),
        }
    }

    fn record(&mut self, fields: &[Field], depth: usize) -> Result<(), Refusal> {
        let depth = self.deeper(depth)?;
        self.put(b"{")?;
        for (n, field) in fields.iter().enumerate() {
            self.comma(n)?;
            self.put(field.key.as_bytes())?;
            self.put(b":")?;
            self.value(field.of, field.any_json, depth)?;
        }
        self.put(b"}")
    }

    fn array_of(&mut self, items: usize, depth: usize) -> Result<(), Refusal> {
        let depth = self.deeper(depth)?;
        self.put(b"[")?;
        let mut n = 0;
        while let Some(count) = self.block()? {
            for _ in 0..count {
                self.comma(n)?;
                self.value(items, false, depth)?;
                n += 1;
            }
        }
        self.put(b"]")
    }

    fn map_of(&mut self, values: usize, depth: usize) -> Result<(), Refusal> {
        let depth = self.deeper(depth)?;
        self.put(b"{")?;
        let mut n = 0;
        while let Some(count) = self.block()? {
            for _ in 0..count {
                self.comma(n)?;
                let key = self.text()?;
                self.json(key)?;
                self.put(b":")?;
                self.value(values, ANY_JSON.contains(&key), depth)?;
                n += 1;
            }
        }
        self.put(b"}")
    }

    fn comma(&mut self, n: usize) -> Result<(), Refusal> {
        if n > 0 { self.put(b",") } else { Ok(()) }
    }

    fn deeper(&self, depth: usize) -> Result<usize, Refusal> {
        if depth >= self.bounds.depth_max {
            return Err(Refusal::new(Reason::TooDeep, format!("more than {} values within values", depth)));
        }
        Ok(depth + 1)
    }

    /// How many items follow; none: there are no more.
    fn block(&mut self) -> Result<Option<u64>, Refusal> {
        let count = self.long()?;
        if count < 0 {
            // Then their bytes are told, too, for those who pass over them.
            self.long()?;
        }
        Ok((count != 0).then_some(count.unsigned_abs()))
    }

    fn branch(&mut self, of: &[usize]) -> Result<usize, Refusal> {
        let n = self.long()?;
        let at = usize::try_from(n).ok().and_then(|n| of.get(n)).copied();
        at.ok_or_else(|| broken(format!("branch {n} of a union of {}", of.len())))
    }

    fn take(&mut self, n: usize) -> Result<&'b [u8], Refusal> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or_else(|| {
            Refusal::new(Reason::Truncated, format!("{n} bytes are wanted and {} left", self.rest.len()))
        })?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        self.take(N)?.try_into().map_err(|_| broken(format!("no {N} bytes")))
    }

    /// Bytes with their number before them.
    fn sized(&mut self) -> Result<&'b [u8], Refusal> {
        let n = self.long()?;
        self.take(usize::try_from(n).map_err(|_| broken(format!("{n} bytes long")))?)
    }

    fn fixed_or_sized(&mut self, n: Option<usize>) -> Result<&'b [u8], Refusal> {
        match n {
            Some(n) => self.take(n),
            None => self.sized(),
        }
    }

    fn text(&mut self) -> Result<&'b str, Refusal> {
        std::str::from_utf8(self.sized()?).map_err(|e| Refusal::new(Reason::NotUtf8, e.to_string()))
    }

    /// Seven bits at a time, the lowest first; zigzag.
    fn long(&mut self) -> Result<i64, Refusal> {
        let mut n = 0_u64;
        for at in 0..NUMBER_BYTES_MAX {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (7 * at);
            if shifted >> (7 * at) != bits {
                break;
            }
            n |= shifted;
            if byte & 0x80 == 0 {
                return Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed());
            }
        }
        Err(broken("a number beyond 64 bits".into()))
    }

    fn put(&mut self, text: &[u8]) -> Result<(), Refusal> {
        if self.out.len().saturating_add(text.len()) > self.bounds.bytes_max {
            let detail = format!("expands beyond {} bytes", self.bounds.bytes_max);
            return Err(Refusal::new(Reason::DecompressionLimit, detail));
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    /// What isn't a number in JSON (not finite) becomes null.
    fn json(&mut self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), Refusal> {
        let text = serde_json::to_vec(value).map_err(|e| broken(e.to_string()))?;
        self.put(&text)
    }

    /// As text if they are such, else as base64.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.json(text),
            Err(_) => self.json(&STANDARD.encode(bytes)),
        }
    }

    /// What no calendar has stays a number.
    fn moment(&mut self, ms: i64) -> Result<(), Refusal> {
        match jiff::Timestamp::from_millisecond(ms) {
            Ok(_) => self.json(&Time(ms).to_string()),
            Err(_) => self.put(ms.to_string().as_bytes()),
        }
    }
}

fn broken(detail: String) -> Refusal {
    Refusal::new(Reason::AvroBroken, detail)
}

/// The text if it is a JSON object of bounded depth.
fn object(text: &str, depth_max: usize) -> Option<&str> {
    let text = text.trim();
    let is_whole = || crate::wire::scan::value_len(text.as_bytes(), depth_max) == Ok(text.len());
    (text.starts_with('{') && is_whole() && serde_json::from_str::<&RawValue>(text).is_ok()).then_some(text)
}

/// The number of a big-endian two's complement; none: it has more digits than any that is needed.
fn decimal(bytes: &[u8], scale: usize) -> Option<String> {
    let sign = bytes.first().map_or(0, |b| if b & 0x80 == 0 { 0 } else { 0xff });
    let mut whole = [sign; 16];
    let start = whole.len().checked_sub(bytes.len())?;
    whole.get_mut(start..)?.copy_from_slice(bytes);
    let n = i128::from_be_bytes(whole);
    let minus = if n < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", n.unsigned_abs(), width = scale + 1);
    let (integer, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    Some(format!("{minus}{integer}{point}{fraction}"))
}

/// The five groups of a UUID; none: these are not sixteen bytes.
fn uuid(bytes: &[u8]) -> Option<String> {
    let n = u128::from_be_bytes(bytes.try_into().ok()?);
    let hex = format!("{n:032x}");
    let group = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Some([group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-"))
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
