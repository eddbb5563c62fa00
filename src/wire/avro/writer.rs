//! Documents as Avro: the JSON that leaves otherwise, value by value, by the schema that ships, behind the prefix by which Confluent's
//! clients find a schema.
//!
//! The bytes are made from the JSON document itself, so that the two can't tell different things; whatever the schema doesn't know,
//! or misses, is an error and not left out. Written by hand and not by a library's values, whose maps have no order: the same document
//! gives the same bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::schema::Name;
use serde_json::{Map, Value};

use crate::domain::time::Time;
use crate::wire::encoding::Mismatch;

/// The schema of an incident, as it is registered.
pub const INCIDENT: &str = include_str!("../../../schemas/incident.avsc");

/// The schema of an exposure.
pub const EXPOSURE: &str = include_str!("../../../schemas/exposure.avsc");

/// Before the schema's id in the prefix.
const MAGIC: u8 = 0;

/// Writes documents of one schema.
#[derive(Debug)]
pub struct AvroWriter {
    id: u32,
    shape: Shape,
}

impl AvroWriter {
    /// `id`: by which the registry knows the schema. Err: the schema is none, or has types that no document of ours needs.
    pub fn new(schema: &str, id: u32) -> Result<AvroWriter, String> {
        let schema = Schema::parse_str(schema).map_err(|e| e.to_string())?;
        Ok(AvroWriter { id, shape: Shape::of(&schema, &mut BTreeMap::new())? })
    }

    /// Prefix and value.
    pub fn bytes(&self, document: &Value) -> Result<Vec<u8>, Mismatch> {
        let mut out = vec![MAGIC];
        out.extend_from_slice(&self.id.to_be_bytes());
        self.shape.write(document, &mut out).map_err(|mut at| {
            at.path.reverse();
            Mismatch { path: at.path.join("."), wanted: at.wanted }
        })?;
        Ok(out)
    }
}

/// A type of the schema, as far as documents need them. Names are resolved.
#[derive(Clone, Debug)]
enum Shape {
    Null,
    Boolean,
    Int,
    Long,
    Double,
    Text,
    /// Milliseconds here, RFC 3339 in JSON.
    Moment,
    Enum(Arc<Vec<String>>),
    Array(Arc<Shape>),
    Map(Arc<Shape>),
    Record(Arc<Vec<(String, Shape)>>),
    /// `["null", T]`, in this order.
    Optional(Arc<Shape>),
    /// Any other union of branches that JSON tells apart: the first that fits is written.
    Union(Arc<Vec<Shape>>),
}

/// A mismatch on its way out: the path's last part comes first.
struct At {
    path: Vec<String>,
    wanted: String,
}

fn wanted(what: impl fmt::Display, is: &Value) -> At {
    let is: String = is.to_string().chars().take(40).collect();
    At { path: Vec::new(), wanted: format!("{what} is wanted, not {is}") }
}

impl At {
    fn within(mut self, part: impl fmt::Display) -> At {
        self.path.push(part.to_string());
        self
    }
}

impl Shape {
    fn of(schema: &Schema, named: &mut BTreeMap<String, Shape>) -> Result<Shape, String> {
        Ok(match schema {
            Schema::Null => Shape::Null,
            Schema::Boolean => Shape::Boolean,
            Schema::Int => Shape::Int,
            Schema::Long => Shape::Long,
            Schema::Double => Shape::Double,
            Schema::String => Shape::Text,
            Schema::TimestampMillis => Shape::Moment,
            Schema::Array(array) => Shape::Array(Arc::new(Shape::of(&array.items, named)?)),
            Schema::Map(map) => Shape::Map(Arc::new(Shape::of(&map.types, named)?)),
            Schema::Union(union) => match union.variants() {
                [Schema::Null, other] => Shape::Optional(Arc::new(Shape::of(other, named)?)),
                branches => {
                    let shapes = branches.iter().map(|b| Shape::of(b, named)).collect::<Result<Vec<_>, _>>()?;
                    if !shapes.iter().all(Shape::is_plain) {
                        return Err("a union of types that JSON does not tell apart".into());
                    }
                    Shape::Union(Arc::new(shapes))
                }
            },
            Schema::Enum(symbols) => {
                let shape = Shape::Enum(Arc::new(symbols.symbols.clone()));
                named.insert(full(&symbols.name), shape.clone());
                shape
            }
            Schema::Record(record) => {
                let mut fields = Vec::new();
                for field in &record.fields {
                    fields.push((field.name.clone(), Shape::of(&field.schema, named)?));
                }
                let shape = Shape::Record(Arc::new(fields));
                named.insert(full(&record.name), shape.clone());
                shape
            }
            Schema::Ref { name } => {
                let name = full(name);
                named.get(&name).cloned().ok_or_else(|| format!("{name} before it is defined"))?
            }
            other => return Err(format!("no document needs the type {other:?}")),
        })
    }

    /// A type that JSON tells from every other plain one.
    fn is_plain(&self) -> bool {
        matches!(self, Shape::Null | Shape::Boolean | Shape::Long | Shape::Text)
    }

    fn fits(&self, json: &Value) -> bool {
        match self {
            Shape::Null => json.is_null(),
            Shape::Boolean => json.is_boolean(),
            Shape::Long => json.is_i64(),
            Shape::Text => json.is_string(),
            _ => false,
        }
    }

    fn write(&self, json: &Value, out: &mut Vec<u8>) -> Result<(), At> {
        match (self, json) {
            (Shape::Null, Value::Null) => {}
            (Shape::Boolean, Value::Bool(b)) => out.push(u8::from(*b)),
            (Shape::Int, json) => {
                let n = json.as_i64().filter(|n| i32::try_from(*n).is_ok()).ok_or_else(|| wanted("an int", json))?;
                long(n, out);
            }
            (Shape::Long, json) => long(json.as_i64().ok_or_else(|| wanted("a long", json))?, out),
            (Shape::Double, json) => {
                let n = json.as_f64().ok_or_else(|| wanted("a double", json))?;
                out.extend_from_slice(&n.to_le_bytes());
            }
            (Shape::Text, Value::String(s)) => text(s, out),
            (Shape::Moment, Value::String(s)) => {
                let time = Time::parse(s).ok_or_else(|| wanted("a time", json))?;
                long(time.0, out);
            }
            (Shape::Enum(symbols), Value::String(s)) => {
                let at = symbols.iter().position(|symbol| symbol == s).and_then(|at| i64::try_from(at).ok());
                long(at.ok_or_else(|| wanted(symbols.join(" or "), json))?, out);
            }
            (Shape::Array(items), Value::Array(values)) => blocks(values.len(), out, |out| {
                values.iter().enumerate().try_for_each(|(n, v)| items.write(v, out).map_err(|at| at.within(n)))
            })?,
            (Shape::Map(values), Value::Object(map)) => blocks(map.len(), out, |out| {
                map.iter().try_for_each(|(key, value)| {
                    text(key, out);
                    values.write(value, out).map_err(|at| at.within(key))
                })
            })?,
            (Shape::Record(fields), Value::Object(map)) => record(fields, map, out)?,
            (Shape::Optional(_), Value::Null) => long(0, out),
            (Shape::Optional(some), json) => {
                long(1, out);
                some.write(json, out)?;
            }
            (Shape::Union(branches), json) => {
                let fitting = branches.iter().zip(0_i64..).find(|(branch, _)| branch.fits(json));
                let (branch, at) = fitting.ok_or_else(|| wanted("a value of the union", json))?;
                long(at, out);
                branch.write(json, out)?;
            }
            (Shape::Null, json) => return Err(wanted("null", json)),
            (Shape::Boolean, json) => return Err(wanted("true or false", json)),
            (Shape::Text, json) => return Err(wanted("a text", json)),
            (Shape::Moment, json) => return Err(wanted("a time", json)),
            (Shape::Enum(symbols), json) => return Err(wanted(symbols.join(" or "), json)),
            (Shape::Array(_), json) => return Err(wanted("a list", json)),
            (Shape::Map(_) | Shape::Record(_), json) => return Err(wanted("an object", json)),
        }
        Ok(())
    }
}

/// With its namespace.
fn full(name: &Name) -> String {
    name.fullname(None)
}

/// Field by field in the schema's order. What the schema doesn't name would get lost without a word.
fn record(fields: &[(String, Shape)], map: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), At> {
    if let Some(unknown) = map.keys().find(|key| !fields.iter().any(|(name, _)| name == *key)) {
        return Err(At { path: vec![unknown.clone()], wanted: "the schema has no such field".into() });
    }
    for (name, shape) in fields {
        let Some(value) = map.get(name) else {
            return Err(At { path: vec![name.clone()], wanted: "is missing".into() });
        };
        shape.write(value, out).map_err(|at| at.within(name))?;
    }
    Ok(())
}

/// One block of `count`, then the end.
fn blocks(count: usize, out: &mut Vec<u8>, each: impl FnOnce(&mut Vec<u8>) -> Result<(), At>) -> Result<(), At> {
    if count > 0 {
        long(i64::try_from(count).unwrap_or(i64::MAX), out);
        each(out)?;
    }
    long(0, out);
    Ok(())
}

fn text(s: &str, out: &mut Vec<u8>) {
    long(i64::try_from(s.len()).unwrap_or(i64::MAX), out);
    out.extend_from_slice(s.as_bytes());
}

/// Zigzag, then seven bits at a time, the lowest first.
fn long(n: i64, out: &mut Vec<u8>) {
    let mut rest = (n.wrapping_shl(1) ^ (n >> 63)).cast_unsigned();
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push((rest & 0x7f) as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wire::avro::AvroReader;
    use crate::wire::schemas::{Bounds, Datum};

    /// What a reader gets who knows the writer's schema only.
    fn read(schema: &str, bytes: &[u8]) -> Value {
        let bounds = Bounds { bytes_max: usize::MAX, depth_max: 64 };
        match AvroReader::new(schema, &[]).unwrap().read(bytes, bounds).unwrap() {
            Datum::Json(json) => serde_json::from_str(&json).unwrap(),
            Datum::Bytes(bytes) => panic!("{bytes:?}"),
        }
    }

    fn agrees(schema: &str, document: &Value) {
        let bytes = AvroWriter::new(schema, 7).unwrap().bytes(document).unwrap();
        assert_eq!(&bytes[..5], [0, 0, 0, 0, 7]);
        assert_eq!(read(schema, &bytes[5..]), *document);
    }

    /// The demo's incident.
    fn demo() -> Value {
        serde_json::from_str(include_str!("../../../docs/incident-example.json")).unwrap()
    }

    #[test]
    fn the_demo_incident_says_the_same_in_avro() {
        agrees(INCIDENT, &demo());
    }

    #[test]
    fn an_exposure_says_the_same_in_avro() {
        use crate::domain::exposure::{Evidence, Exposure, Framework, IntroducedBy, Verdict};
        use crate::domain::incident::{Origin, Severity, SourceView};
        let source = SourceView {
            time: Time(1_000),
            event_id: "e".into(),
            call: "AuthorizeSecurityGroupIngress".into(),
            principal: "arn:p".into(),
            implied: false,
            origin: Origin::Event,
        };
        let open = Exposure {
            exposure_id: "111122223333:ec2-sg-ingress-ssh:sg-1".into(),
            check_id: "ec2-sg-ingress-ssh".into(),
            asset_id: "sg-1".into(),
            kind: "security_group".into(),
            account_id: "111122223333".into(),
            region: "eu-central-1".into(),
            result: Verdict::Fail,
            severity: Severity::High,
            introduced_by: Some(IntroducedBy::from(&source)),
            evidence: vec![Evidence {
                asset_id: "sg-1".into(),
                name: "rules".into(),
                value: "tcp 22 from 0.0.0.0/0".into(),
                source,
            }],
            missing: vec!["a".into()],
            frameworks: vec![Framework { name: "n".into(), version: "1".into(), requirement: "r".into() }],
            first_seen: Some(Time(1_000)),
            changed_at: Time(2_000),
            attached: Some(true),
        };
        let unknown = Exposure {
            result: Verdict::NotApplicable,
            introduced_by: None,
            first_seen: None,
            attached: None,
            ..open.clone()
        };
        for exposure in [open, unknown] {
            agrees(EXPOSURE, &serde_json::to_value(exposure).unwrap());
        }
    }

    /// A schema that only names its fields leaves readers to guess; an enum without a default breaks old ones.
    #[test]
    fn every_field_has_a_doc_and_every_enum_a_default() {
        fn check(schema: &Value, path: &str) {
            match schema {
                Value::Array(all) => all.iter().for_each(|s| check(s, path)),
                Value::Object(map) => {
                    let named = map.contains_key("fields") || map.contains_key("symbols");
                    assert!(!named || map.get("doc").is_some_and(|d| !d.as_str().unwrap().is_empty()), "{path}");
                    assert!(!map.contains_key("symbols") || map.contains_key("default"), "{path}");
                    for field in map.get("fields").and_then(Value::as_array).into_iter().flatten() {
                        let path = format!("{path}.{}", field["name"].as_str().unwrap());
                        assert!(field["doc"].as_str().is_some_and(|d| !d.is_empty()), "{path}");
                        check(&field["type"], &path);
                    }
                    check(map.get("items").unwrap_or(&Value::Null), path);
                    check(map.get("type").unwrap_or(&Value::Null), path);
                }
                _ => {}
            }
        }
        check(&serde_json::from_str(INCIDENT).unwrap(), "incident");
        check(&serde_json::from_str(EXPOSURE).unwrap(), "exposure");
    }

    #[test]
    fn the_prefix_is_confluents() {
        let writer =
            AvroWriter::new(r#"{"type":"record","name":"r","fields":[{"name":"a","type":"long"}]}"#, 0x0102_0304);
        assert_eq!(writer.unwrap().bytes(&json!({ "a": -3 })).unwrap(), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_the_schema_does_not_say_is_an_error_with_its_place() {
        let writer = AvroWriter::new(INCIDENT, 1).unwrap();
        let fault = |change: &dyn Fn(&mut Value)| {
            let mut document = demo();
            change(&mut document);
            writer.bytes(&document).unwrap_err().to_string()
        };
        assert_eq!(fault(&|d| d["extra"] = json!(1)), "extra: the schema has no such field");
        assert_eq!(
            fault(&|d| d["topology"]["nodes"][1]["kind"] = json!(4)),
            "topology.nodes.1.kind: a text is wanted, not 4"
        );
        assert_eq!(fault(&|d| _ = d.as_object_mut().unwrap().remove("title")), "title: is missing");
        let status = "status: open or contained or snoozed or closed is wanted, not \"gone\"";
        assert_eq!(fault(&|d| d["status"] = json!("gone")), status);
        assert_eq!(fault(&|d| d["opened_at"] = json!("soon")), "opened_at: a time is wanted, not \"soon\"");
        assert_eq!(fault(&|d| d["revision"] = json!(1_i64 << 40)), "revision: an int is wanted, not 1099511627776");
        assert!(AvroWriter::new(r#"{"type":"record","name":"r","fields":[{"name":"a","type":"bytes"}]}"#, 1).is_err());
    }

    /// Any document that fits the schema.
    fn fitting(shape: &Shape) -> BoxedStrategy<Value> {
        let text = "[a-zé\\\\\" ]{0,6}";
        match shape {
            Shape::Null => Just(Value::Null).boxed(),
            Shape::Union(branches) => branches.iter().map(fitting).reduce(|a, b| prop_oneof![a, b].boxed()).unwrap(),
            Shape::Boolean => any::<bool>().prop_map(|b| json!(b)).boxed(),
            Shape::Int => any::<i32>().prop_map(|n| json!(n)).boxed(),
            Shape::Long => any::<i64>().prop_map(|n| json!(n)).boxed(),
            Shape::Double => (-1e9..1e9).prop_map(|n: f64| json!(n)).boxed(),
            Shape::Text => text.prop_map(|s| json!(s)).boxed(),
            Shape::Moment => {
                (-62_000_000_000_000_i64..253_000_000_000_000).prop_map(|ms| json!(Time(ms).to_string())).boxed()
            }
            Shape::Enum(symbols) => proptest::sample::select(symbols.to_vec()).prop_map(|s| json!(s)).boxed(),
            Shape::Array(items) => prop::collection::vec(fitting(items), 0..3).prop_map(|all| json!(all)).boxed(),
            Shape::Map(values) => prop::collection::btree_map(text, fitting(values), 0..3)
                .prop_map(|all| Value::Object(all.into_iter().collect()))
                .boxed(),
            Shape::Optional(some) => prop_oneof![Just(Value::Null), fitting(some)].boxed(),
            Shape::Record(fields) => fields
                .iter()
                .map(|(name, shape)| {
                    fitting(shape).prop_map({
                        let name = name.clone();
                        move |v| (name.clone(), v)
                    })
                })
                .collect::<Vec<_>>()
                .prop_map(|all| Value::Object(all.into_iter().collect()))
                .boxed(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_incident_says_the_same_in_avro(document in fitting(&AvroWriter::new(INCIDENT, 1).unwrap().shape)) {
            agrees(INCIDENT, &document);
        }

        #[test]
        fn any_exposure_says_the_same_in_avro(document in fitting(&AvroWriter::new(EXPOSURE, 1).unwrap().shape)) {
            agrees(EXPOSURE, &document);
        }
    }
}
