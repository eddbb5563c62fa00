//! The schemas of a registry, asked for once each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::registry::{Found, Registry};
use crate::wire::avro::AvroReader;
use crate::wire::{Bounds, Datum, Reason, Refusal, Schemas, Unavailable, Unread};

/// Ids that are remembered, and the length of their schemas together. Above either all is forgotten and asked for again.
const KNOWN_MAX: usize = 1_000;
const KNOWN_BYTES_MAX: usize = 64 << 20;
/// How long an id stays refused. Records with such ids come in crowds, and a schema may be registered late.
const REFUSED_FOR: Duration = Duration::from_secs(10);

/// Reads records by the schemas of a registry.
#[derive(Debug)]
pub struct RegistrySchemas {
    registry: Registry,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    known: BTreeMap<u32, Known>,
    bytes: usize,
}

#[derive(Clone, Debug)]
enum Known {
    Reader(Arc<AvroReader>),
    Refused { refusal: Refusal, until: Instant },
}

impl RegistrySchemas {
    pub fn new(registry: Registry) -> RegistrySchemas {
        RegistrySchemas { registry, memory: Mutex::default() }
    }

    fn ask(&self, id: u32, now: Instant) -> Result<Known, Unavailable> {
        // Held while the registry is asked: whoever needs the same schema waits for the one answer.
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = memory.known.get(&id)
            && !matches!(known, Known::Refused { until, .. } if *until <= now)
        {
            return Ok(known.clone());
        }
        let found = self.registry.schema(id).map_err(|e| Unavailable(format!("{e:#}")))?;
        let bytes = found.bytes();
        let known = known(id, found, now);
        if memory.known.len() >= KNOWN_MAX || memory.bytes.saturating_add(bytes) > KNOWN_BYTES_MAX {
            *memory = Memory::default();
        }
        memory.bytes += bytes;
        memory.known.insert(id, known.clone());
        Ok(known)
    }
}

/// What an answer is worth.
fn known(id: u32, found: Found, now: Instant) -> Known {
    let why = match found {
        Found::Avro { schema, others } => match AvroReader::new(&schema, &others) {
            Ok(reader) => {
                tracing::info!(id, "schema read");
                return Known::Reader(Arc::new(reader));
            }
            Err(error) => format!("the schema {id} can't be read by: {error}"),
        },
        Found::Unusable(why) => format!("the schema {id} can't be read by: {why}"),
        Found::Nothing => format!("the schema registry has no schema {id}"),
    };
    let until = now.checked_add(REFUSED_FOR).unwrap_or(now);
    Known::Refused { refusal: Refusal::new(Reason::UnknownSchema, why), until }
}

impl Schemas for RegistrySchemas {
    #[expect(clippy::disallowed_methods, reason = "what was unknown may be known a while later")]
    fn read(&self, id: u32, value: &[u8], bounds: Bounds) -> Result<Datum, Unread> {
        match self.ask(id, Instant::now()).map_err(Unread::Unavailable)? {
            Known::Reader(reader) => reader.read(value, bounds).map_err(Unread::Refused),
            Known::Refused { refusal, .. } => Err(Unread::Refused(refusal)),
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
mod tests {
    use super::super::registry::tests::{fake, held, lines, registry, said};
    use super::*;

    const BOUNDS: Bounds = Bounds { bytes_max: 1_000, depth_max: 9 };
    const MAP: &str = r#"{"type":"map","values":"int"}"#;

    fn no_such() -> (u16, String) {
        (404, r#"{"error_code":40403,"message":"Schema not found"}"#.into())
    }

    fn refused(detail: &str) -> Result<Datum, Unread> {
        Err(Unread::Refused(Refusal::new(Reason::UnknownSchema, detail)))
    }

    #[test]
    fn a_schema_is_asked_for_once() {
        let (url, told) = fake(vec![held(MAP), held("\"string\"")]);
        let schemas = RegistrySchemas::new(registry(&url));
        for _ in 0..3 {
            assert_eq!(schemas.read(7, &[0], BOUNDS), Ok(Datum::Json("{}".into())));
            assert_eq!(schemas.read(8, &[2, b'x'], BOUNDS), Ok(Datum::Bytes(b"x".to_vec())));
        }
        assert_eq!(lines(&told), ["GET /schemas/ids/7", "GET /schemas/ids/8"]);
        let broken = Refusal::new(Reason::Truncated, "1 bytes are wanted and 0 left");
        assert_eq!(schemas.read(7, &[], BOUNDS), Err(Unread::Refused(broken)));
    }

    #[test]
    fn what_is_no_schema_to_read_by_is_refused_and_what_is_not_there_yet_for_a_while() {
        let other = (200, r#"{"schema":"{}","schemaType":"JSON"}"#.to_owned());
        let (url, told) = fake(vec![other, held("{}"), no_such(), held(MAP)]);
        let schemas = RegistrySchemas::new(registry(&url));
        for _ in 0..2 {
            assert_eq!(schemas.read(1, &[0], BOUNDS), refused("the schema 1 can't be read by: it is of the kind JSON"));
            let Err(Unread::Refused(refusal)) = schemas.read(2, &[0], BOUNDS) else { panic!() };
            assert!(refusal.to_string().starts_with("unknown_schema: the schema 2 can't be read by: "), "{refusal}");
            assert_eq!(schemas.read(3, &[0], BOUNDS), refused("the schema registry has no schema 3"));
        }
        assert_eq!(lines(&told).len(), 3);
        assert!(matches!(schemas.ask(3, Instant::now() + REFUSED_FOR), Ok(Known::Reader(_))));
    }

    #[test]
    fn without_an_answer_nothing_is_said_of_the_record_and_nothing_remembered() {
        let (url, _told) = fake([vec![said(503, "leader lost"); 5], vec![held(MAP)]].concat());
        let schemas = RegistrySchemas::new(registry(&url));
        let why =
            format!("schema registry {url}, schema 7: reading the schema: no answer in 5 tries: HTTP 503: leader lost");
        assert_eq!(schemas.read(7, &[0], BOUNDS), Err(Unread::Unavailable(Unavailable(why))));
        assert_eq!(schemas.read(7, &[0], BOUNDS), Ok(Datum::Json("{}".into())));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let long = |n: usize| held(&format!("{MAP}{}", " ".repeat(n)));
        let part = KNOWN_BYTES_MAX / 20;
        let (url, told) = fake(vec![long(part); 25]);
        let schemas = RegistrySchemas::new(registry(&url));
        for id in 0..19 {
            assert!(schemas.read(id, &[0], BOUNDS).is_ok());
        }
        assert!(schemas.read(0, &[0], BOUNDS).is_ok());
        assert_eq!(lines(&told).len(), 19);
        // One more, and all are asked for again.
        for id in [19, 0, 0] {
            assert!(schemas.read(id, &[0], BOUNDS).is_ok());
        }
        assert_eq!(lines(&told).len(), 2);
        assert!(schemas.memory.lock().unwrap().bytes <= KNOWN_BYTES_MAX);

        let (url, told) = fake(vec![no_such(); KNOWN_MAX + 2]);
        let schemas = RegistrySchemas::new(registry(&url));
        for id in 0..=KNOWN_MAX {
            assert!(schemas.read(u32::try_from(id).unwrap(), &[0], BOUNDS).is_err());
        }
        assert_eq!(schemas.memory.lock().unwrap().known.len(), 1);
        assert_eq!(lines(&told).len(), KNOWN_MAX + 1);
    }
}
