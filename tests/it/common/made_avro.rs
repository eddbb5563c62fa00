//! Any JSON document as Avro: a schema that fits it, and the value by the library's writer.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use serde_json::{Value, json};
use trailgraph::wire::avro::AvroReader;
use trailgraph::wire::{Bounds, Datum, Reason, Refusal, Schemas, Unread};

/// Where any JSON may stand.
const ANY: [&str; 4] = ["requestParameters", "responseElements", "detail", "serviceEventDetails"];

/// Schemas that nobody has to be asked for, as text and ready to read by.
#[derive(Debug, Default)]
pub struct Known(BTreeMap<u32, (String, AvroReader)>);

impl Known {
    /// The value behind the prefix of its schema.
    pub fn put(&mut self, schema: &Value, value: Avro) -> Vec<u8> {
        let id = u32::try_from(self.0.len()).unwrap() + 0x0102_0300;
        let text = schema.to_string();
        let (reader, schema) = (AvroReader::new(&text, &[]).unwrap(), Schema::parse_str(&text).unwrap());
        self.0.insert(id, (text, reader));
        let bytes = GenericDatumWriter::builder(&schema).build().unwrap().write_value_to_vec(value).unwrap();
        [&[0], id.to_be_bytes().as_slice(), &bytes].concat()
    }

    #[allow(dead_code, reason = "for those who have to be asked")]
    pub fn texts(&self) -> impl Iterator<Item = (u32, &str)> {
        self.0.iter().map(|(id, (text, _))| (*id, text.as_str()))
    }

    /// A document by a schema of its own; none: Avro has no type for something in it.
    pub fn document(&mut self, json: &Value, nullable: bool) -> Option<Vec<u8>> {
        let (schema, value) = Maker { nullable, names: 0 }.of(json)?;
        Some(self.put(&schema, value))
    }
}

impl Schemas for Known {
    fn read(&self, id: u32, value: &[u8], bounds: Bounds) -> Result<Datum, Unread> {
        let unknown = || Unread::Refused(Refusal::new(Reason::UnknownSchema, id.to_string()));
        self.0.get(&id).ok_or_else(unknown)?.1.read(value, bounds).map_err(Unread::Refused)
    }
}

struct Maker {
    /// Every field may be null.
    nullable: bool,
    names: usize,
}

impl Maker {
    fn of(&mut self, json: &Value) -> Option<(Value, Avro)> {
        Some(match json {
            Value::Null => (json!("null"), Avro::Null),
            Value::Bool(b) => (json!("boolean"), Avro::Boolean(*b)),
            Value::Number(n) => match n.as_i64() {
                Some(n) => (json!("long"), Avro::Long(n)),
                None => (json!("double"), Avro::Double(n.as_f64()?)),
            },
            Value::String(s) => (json!("string"), Avro::String(s.clone())),
            Value::Array(items) => {
                let (of, items) = self.alike(items.iter())?;
                (json!({ "type": "array", "items": of }), Avro::Array(items))
            }
            Value::Object(map) => {
                let names: Option<Vec<String>> = map.keys().map(|k| name(k)).collect();
                let Some(names) = names else {
                    let (of, values) = self.alike(map.values())?;
                    let values = map.keys().cloned().zip(values).collect();
                    return Some((json!({ "type": "map", "values": of }), Avro::Map(values)));
                };
                let (mut fields, mut values) = (Vec::new(), Vec::new());
                for (name, json) in names.iter().zip(map.values()) {
                    let (of, value) = self.field(name, json)?;
                    fields.push(json!({ "name": name, "type": of }));
                    values.push((name.clone(), value));
                }
                self.names += 1;
                (
                    json!({ "type": "record", "name": format!("r{}", self.names), "fields": fields }),
                    Avro::Record(values),
                )
            }
        })
    }

    fn field(&mut self, name: &str, json: &Value) -> Option<(Value, Avro)> {
        let any =
            || (ANY.contains(&name) && json.is_object()).then(|| (json!("string"), Avro::String(json.to_string())));
        let (of, value) = self.of(json).or_else(any)?;
        Some(match self.nullable && of != "null" {
            true => (json!(["null", of]), Avro::Union(1, Box::new(value))),
            false => (of, value),
        })
    }

    /// Values of one type, or of a union.
    fn alike<'a>(&mut self, values: impl Iterator<Item = &'a Value>) -> Option<(Value, Vec<Avro>)> {
        let made: Vec<(Value, Avro)> = values.map(|v| self.of(v)).collect::<Option<_>>()?;
        let mut types: Vec<Value> = Vec::new();
        for (of, _) in &made {
            if !types.contains(of) {
                types.push(of.clone());
            }
        }
        // Of arrays and of maps a union holds one each.
        let many = |what: &str| types.iter().filter(|t| t["type"] == what).count() > 1;
        if many("array") || many("map") {
            return None;
        }
        Some(match types.as_slice() {
            [] => (json!("null"), Vec::new()),
            [one] => (one.clone(), made.into_iter().map(|(_, v)| v).collect()),
            _ => {
                let branch = |of: &Value| types.iter().position(|t| t == of).and_then(|n| u32::try_from(n).ok());
                let values = made
                    .into_iter()
                    .map(|(of, v)| Some(Avro::Union(branch(&of)?, Box::new(v))))
                    .collect::<Option<_>>()?;
                (Value::Array(types), values)
            }
        })
    }
}

/// A key as Avro can name it; none: it can't.
fn name(key: &str) -> Option<String> {
    if key == "detail-type" {
        return Some("detail_type".into());
    }
    let first = key.bytes().next()?;
    let right = !first.is_ascii_digit() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    right.then(|| key.to_owned())
}
