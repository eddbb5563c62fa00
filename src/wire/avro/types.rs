//! The types of a schema, ready to read by.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, Name, NamespaceRef, UuidSchema};

/// AWS's keys that are no names in Avro, by the name that takes their place: a hyphen becomes an underscore.
const RENAMED: [(&str, &str); 1] = [("detail_type", "detail-type")];
/// Fields that hold any JSON, for which Avro has no type: where they are strings, the text in them is meant.
pub const ANY_JSON: [&str; 10] = [
    "Resource",
    "Service",
    "additionalEventData",
    "detail",
    "requestParameters",
    "resource",
    "responseElements",
    "service",
    "serviceEventDetails",
    "userIdentity",
];
/// Digits behind the point of a decimal.
const SCALE_MAX: usize = 38;

/// How a value is written, and what it becomes.
#[derive(Debug)]
pub enum Type {
    /// Named, and being read still.
    Unfinished,
    Null,
    Boolean,
    /// An int is written as a long is.
    Long,
    Float,
    Double,
    String,
    Bytes,
    Fixed(usize),
    /// So many to a millisecond: RFC 3339.
    Timestamp(Unit),
    /// Days: the RFC 3339 of their first moment.
    Date,
    /// Digits behind the point; bytes where their number is fixed.
    Decimal {
        scale: usize,
        bytes: Option<usize>,
    },
    /// Sixteen bytes; none: with their number before them.
    Uuid(Option<usize>),
    Enum(Vec<String>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Record(Vec<Field>),
}

#[derive(Clone, Copy, Debug)]
pub enum Unit {
    Milli,
    Micro,
    Nano,
}

#[derive(Debug)]
pub struct Field {
    /// As JSON, quotes included.
    pub key: String,
    pub any_json: bool,
    pub of: usize,
}

/// All types of a schema by their index, for schemas may hold themselves.
#[derive(Debug, Default)]
pub struct Types {
    all: Vec<Type>,
    named: BTreeMap<String, usize>,
}

impl Types {
    pub fn get(&self, at: usize) -> Option<&Type> {
        self.all.get(at)
    }

    fn push(&mut self, of: Type) -> usize {
        self.all.push(of);
        self.all.len() - 1
    }

    /// The index of a schema's type, which is made unless it is one that was named before.
    pub fn add(&mut self, schema: &Schema, within: NamespaceRef) -> Result<usize, String> {
        let made = match schema {
            Schema::Ref { name } => {
                let name = name.fullname(within);
                return self.named.get(&name).copied().ok_or_else(|| format!("{name} is nowhere defined"));
            }
            Schema::Record(record) => {
                let at = self.name(&record.name, within);
                let within = record.name.namespace().or(within);
                let mut fields = Vec::new();
                for field in &record.fields {
                    let of = self.add(&field.schema, within)?;
                    fields.push(Field { key: key(&field.name), any_json: ANY_JSON.contains(&field.name.as_str()), of });
                }
                return Ok(self.finish(at, Type::Record(fields)));
            }
            Schema::Enum(symbols) => {
                let at = self.name(&symbols.name, within);
                return Ok(self.finish(at, Type::Enum(symbols.symbols.clone())));
            }
            Schema::Fixed(fixed) | Schema::Duration(fixed) => {
                let at = self.name(&fixed.name, within);
                return Ok(self.finish(at, Type::Fixed(fixed.size)));
            }
            Schema::Uuid(UuidSchema::Fixed(fixed)) => {
                let at = self.name(&fixed.name, within);
                return Ok(self.finish(at, Type::Uuid(Some(fixed.size))));
            }
            Schema::Decimal(decimal) => {
                let (bytes, name) = match &decimal.inner {
                    InnerDecimalSchema::Bytes => (None, None),
                    InnerDecimalSchema::Fixed(fixed) => (Some(fixed.size), Some(&fixed.name)),
                };
                if decimal.scale > SCALE_MAX {
                    return Err(format!("a decimal of scale {}, {SCALE_MAX} is allowed", decimal.scale));
                }
                let made = Type::Decimal { scale: decimal.scale, bytes };
                return Ok(match name {
                    Some(name) => {
                        let at = self.name(name, within);
                        self.finish(at, made)
                    }
                    None => self.push(made),
                });
            }
            Schema::Array(array) => Type::Array(self.add(&array.items, within)?),
            Schema::Map(map) => Type::Map(self.add(&map.types, within)?),
            Schema::Union(union) => {
                Type::Union(union.variants().iter().map(|v| self.add(v, within)).collect::<Result<_, _>>()?)
            }
            Schema::Null => Type::Null,
            Schema::Boolean => Type::Boolean,
            Schema::Int | Schema::Long | Schema::TimeMillis | Schema::TimeMicros => Type::Long,
            Schema::Float => Type::Float,
            Schema::Double => Type::Double,
            Schema::String | Schema::Uuid(UuidSchema::String) => Type::String,
            Schema::Bytes | Schema::BigDecimal => Type::Bytes,
            Schema::Uuid(UuidSchema::Bytes) => Type::Uuid(None),
            Schema::Date => Type::Date,
            Schema::TimestampMillis | Schema::LocalTimestampMillis => Type::Timestamp(Unit::Milli),
            Schema::TimestampMicros | Schema::LocalTimestampMicros => Type::Timestamp(Unit::Micro),
            Schema::TimestampNanos | Schema::LocalTimestampNanos => Type::Timestamp(Unit::Nano),
        };
        Ok(self.push(made))
    }

    /// A place for a named type, which may hold itself.
    fn name(&mut self, name: &Name, within: NamespaceRef) -> usize {
        let at = self.push(Type::Unfinished);
        self.named.insert(name.fullname(within), at);
        at
    }

    fn finish(&mut self, at: usize, made: Type) -> usize {
        if let Some(place) = self.all.get_mut(at) {
            *place = made;
        }
        at
    }
}

/// A field's name as JSON has it.
fn key(name: &str) -> String {
    let renamed = RENAMED.iter().find(|(avro, _)| *avro == name).map_or(name, |(_, aws)| aws);
    serde_json::Value::from(renamed).to_string()
}
