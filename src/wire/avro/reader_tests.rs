use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Days, Decimal, Duration, Millis, Months, Uuid};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const BOUNDS: Bounds = Bounds { bytes_max: 1 << 20, depth_max: 64 };

fn reader(schema: &serde_json::Value) -> AvroReader {
    AvroReader::new(&schema.to_string(), &[]).unwrap()
}

/// As the library writes it.
fn written(schema: &serde_json::Value, value: Avro) -> Vec<u8> {
    let schema = Schema::parse_str(&schema.to_string()).unwrap();
    GenericDatumWriter::builder(&schema).build().unwrap().write_value_to_vec(value).unwrap()
}

fn json_of(schema: &serde_json::Value, bytes: &[u8]) -> Result<String, Reason> {
    match reader(schema).read(bytes, BOUNDS) {
        Ok(Datum::Json(json)) => Ok(json),
        Ok(Datum::Bytes(bytes)) => panic!("{bytes:?}"),
        Err(refusal) => Err(refusal.reason),
    }
}

/// A type in a record of its own, so that it isn't the whole value.
fn field(of: serde_json::Value) -> serde_json::Value {
    json!({"type": "record", "name": "r", "fields": [{"name": "f", "type": of}]})
}

#[test]
fn every_type_has_its_json() {
    let logical = |of: &str, logical: &str| json!({"type": of, "logicalType": logical});
    let fixed = |size: usize| json!({"type": "fixed", "name": "x", "size": size});
    let moment = "\"2023-07-10T12:09:56.123Z\"";
    let ms = 1_688_990_996_123_i64;
    let uuid = Uuid::parse_str("6f1c3b70-0b1f-4a62-8d8e-a1b2c3d4e5f6").unwrap();
    let of_decimal = |n: i16| Avro::Decimal(Decimal::from(n.to_be_bytes()));
    let mut cases = vec![
        (json!("null"), Avro::Null, "null"),
        (json!("boolean"), Avro::Boolean(true), "true"),
        (json!("boolean"), Avro::Boolean(false), "false"),
        (json!("int"), Avro::Int(i32::MIN), "-2147483648"),
        (json!("long"), Avro::Long(i64::MIN), "-9223372036854775808"),
        (json!("long"), Avro::Long(i64::MAX), "9223372036854775807"),
        (json!("float"), Avro::Float(0.1), "0.1"),
        (json!("double"), Avro::Double(5.5), "5.5"),
        (json!("double"), Avro::Double(f64::NAN), "null"),
        (json!("string"), Avro::String("a\"\\\n\u{1}é".into()), r#""a\"\\\n\u0001é""#),
        (json!("bytes"), Avro::Bytes(b"text".to_vec()), "\"text\""),
        (json!("bytes"), Avro::Bytes(vec![0xff, 0xfe, 0]), "\"//4A\""),
        (fixed(3), Avro::Fixed(3, vec![0xff, 0xfe, 0]), "\"//4A\""),
        (json!({"type": "enum", "name": "e", "symbols": ["a", "b"]}), Avro::Enum(1, "b".into()), "\"b\""),
        (json!({"type": "array", "items": "int"}), Avro::Array(vec![Avro::Int(1), Avro::Int(-2)]), "[1,-2]"),
        (json!({"type": "array", "items": "int"}), Avro::Array(vec![]), "[]"),
        (json!({"type": "map", "values": "int"}), Avro::Map([("a\"".into(), Avro::Int(1))].into()), r#"{"a\"":1}"#),
        (json!(["null", "int"]), Avro::Union(0, Box::new(Avro::Null)), "null"),
        (json!(["null", "int"]), Avro::Union(1, Box::new(Avro::Int(7))), "7"),
        (logical("int", "date"), Avro::Date(19_548), "\"2023-07-10T00:00:00.000Z\""),
        (logical("int", "time-millis"), Avro::TimeMillis(5), "5"),
        (logical("long", "time-micros"), Avro::TimeMicros(6), "6"),
        (logical("long", "timestamp-millis"), Avro::TimestampMillis(ms), moment),
        (logical("long", "timestamp-micros"), Avro::TimestampMicros(ms * 1_000 + 999), moment),
        (logical("long", "timestamp-nanos"), Avro::TimestampNanos(ms * 1_000_000 + 999_999), moment),
        (logical("long", "local-timestamp-millis"), Avro::LocalTimestampMillis(ms), moment),
        (logical("long", "timestamp-millis"), Avro::TimestampMillis(-1), "\"1969-12-31T23:59:59.999Z\""),
        (logical("long", "timestamp-millis"), Avro::TimestampMillis(i64::MAX), "9223372036854775807"),
        (logical("string", "uuid"), Avro::Uuid(uuid), "\"6f1c3b70-0b1f-4a62-8d8e-a1b2c3d4e5f6\""),
        // A word of somebody's own changes nothing.
        (logical("string", "arn"), Avro::String("a".into()), "\"a\""),
    ];
    let mut by_uuid = fixed(16);
    by_uuid["logicalType"] = "uuid".into();
    cases.push((by_uuid, Avro::Uuid(uuid), "\"6f1c3b70-0b1f-4a62-8d8e-a1b2c3d4e5f6\""));
    let mut duration = fixed(12);
    duration["logicalType"] = "duration".into();
    let half = Duration::new(Months::new(1), Days::new(2), Millis::new(0xff00));
    cases.push((duration, Avro::Duration(half), "\"AQAAAAIAAAAA/wAA\""));
    for (scale, n, text) in [(0, 80, "80"), (1, 80, "8.0"), (1, -5, "-0.5"), (3, 7, "0.007"), (2, -1234, "-12.34")] {
        let of = json!({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": scale});
        cases.push((of, of_decimal(n), text));
    }
    for (of, value, want) in cases {
        let schema = field(of);
        let bytes = written(&schema, Avro::Record(vec![("f".into(), value)]));
        assert_eq!(json_of(&schema, &bytes), Ok(format!("{{\"f\":{want}}}")), "{schema}");
    }
    // More digits than a number has.
    assert_eq!(decimal(&[1; 17], 2), None);
    assert_eq!(decimal(&[], 2).as_deref(), Some("0.00"));
}

#[test]
fn text_and_bytes_alone_are_what_they_hold() {
    let read = |schema: serde_json::Value, value: Avro| reader(&schema).read(&written(&schema, value), BOUNDS).unwrap();
    let bytes = |text: &str| Datum::Bytes(text.as_bytes().to_vec());
    assert_eq!(read(json!("string"), Avro::String("{}".into())), bytes("{}"));
    assert_eq!(read(json!("bytes"), Avro::Bytes(b"{}".to_vec())), bytes("{}"));
    let union = json!(["null", "string", {"type": "map", "values": "int"}]);
    assert_eq!(read(union.clone(), Avro::Union(1, Box::new(Avro::String("{}".into())))), bytes("{}"));
    let map = Avro::Union(2, Box::new(Avro::Map([("a".into(), Avro::Int(1))].into())));
    assert_eq!(read(union, map), Datum::Json("{\"a\":1}".into()));
    assert_eq!(read(json!({"type": "fixed", "name": "f", "size": 2}), Avro::Fixed(2, b"{}".to_vec())), bytes("{}"));
}

#[test]
fn what_avro_has_no_name_or_type_for_is_what_it_was() {
    let schema = json!({"type": "record", "name": "r", "fields": [
        {"name": "detail_type", "type": "string"},
        {"name": "detail", "type": ["null", "string"]},
        {"name": "other", "type": "string"},
        {"name": "more", "type": {"type": "map", "values": "string"}},
    ]});
    let text = |t: &str| Avro::String(t.into());
    let value = |detail: &str| {
        Avro::Record(vec![
            ("detail_type".into(), text("x")),
            ("detail".into(), Avro::Union(1, Box::new(text(detail)))),
            ("other".into(), text("{}")),
            ("more".into(), Avro::Map([("requestParameters".into(), text("{\"a\":1}"))].into())),
        ])
    };
    let deep = format!("{}{}", "{\"a\":".repeat(100), "1".to_owned() + &"}".repeat(100));
    for (detail, want) in [
        (r#" {"a": "b"} "#, r#"{"a": "b"}"#.to_owned()),
        ("plain", "\"plain\"".to_owned()),
        ("{\"a\":}", r#""{\"a\":}""#.to_owned()),
        ("{} {}", r#""{} {}""#.to_owned()),
        (&deep, json!(deep).to_string()),
    ] {
        let want =
            format!(r#"{{"detail-type":"x","detail":{want},"other":"{{}}","more":{{"requestParameters":{{"a":1}}}}}}"#);
        assert_eq!(json_of(&schema, &written(&schema, value(detail))), Ok(want));
    }
}

#[test]
fn schemas_hold_themselves_and_others() {
    let list = json!({"type": "record", "name": "n.list", "fields": [
        {"name": "v", "type": "int"}, {"name": "next", "type": ["null", "list"]}]});
    let node = |v, next: Option<Avro>| {
        let next = next.map_or(Avro::Union(0, Box::new(Avro::Null)), |n| Avro::Union(1, Box::new(n)));
        Avro::Record(vec![("v".into(), Avro::Int(v)), ("next".into(), next)])
    };
    let bytes = written(&list, node(1, Some(node(2, None))));
    assert_eq!(json_of(&list, &bytes), Ok(r#"{"v":1,"next":{"v":2,"next":null}}"#.into()));

    let outer = json!({"type": "record", "name": "o.outer", "fields": [{"name": "list", "type": "n.list"}]});
    let reader = AvroReader::new(&outer.to_string(), &[list.to_string()]).unwrap();
    assert_eq!(reader.read(&bytes, BOUNDS), Ok(Datum::Json(r#"{"list":{"v":1,"next":{"v":2,"next":null}}}"#.into())));
    assert!(AvroReader::new(&outer.to_string(), &[]).is_err());
    assert!(AvroReader::new("{}", &[]).is_err());
    assert!(AvroReader::new(&"[".repeat(100_000), &[]).is_err());
}

/// Numbers as Avro writes them, one after the other.
fn longs(all: &[i64]) -> Vec<u8> {
    let write = |n: &i64| written(&json!("long"), Avro::Long(*n));
    all.iter().flat_map(write).collect()
}

#[test]
fn blocks_may_tell_their_bytes() {
    let array = json!({"type": "array", "items": "long"});
    for (blocks, want) in [(vec![-1, 1, 7, 0], "[7]"), (vec![1, 5, -2, 2, 6, 7, 1, 8, 0], "[5,6,7,8]"), (vec![0], "[]")]
    {
        assert_eq!(json_of(&array, &longs(&blocks)).as_deref(), Ok(want));
    }
    let map = json!({"type": "map", "values": "long"});
    assert_eq!(json_of(&map, &[1, 6, 2, b'k', 4, 0]).as_deref(), Ok("{\"k\":2}"));
}

#[test]
fn nothing_costs_more_than_its_bounds() {
    let array = json!({"type": "array", "items": "null"});
    for bomb in [longs(&[i64::MAX]), longs(&[i64::MIN, 0]), longs(&[-i64::MAX, 0])] {
        assert_eq!(json_of(&array, &bomb), Err(Reason::DecompressionLimit), "{bomb:?}");
    }
    let empty = field(json!({"type": "array", "items": {"type": "record", "name": "e", "fields": []}}));
    assert_eq!(json_of(&empty, &longs(&[i64::MAX])), Err(Reason::DecompressionLimit));
    // A text longer than all that is left.
    assert_eq!(json_of(&field(json!("string")), &longs(&[i64::MAX])), Err(Reason::Truncated));
    assert_eq!(json_of(&field(json!("string")), &longs(&[-1])), Err(Reason::AvroBroken));

    let list = json!({"type": "record", "name": "l", "fields": [{"name": "next", "type": ["null", "l"]}]});
    let just = format!("{}null{}", "{\"next\":".repeat(64), "}".repeat(64));
    assert_eq!(json_of(&list, &[vec![2; 63], vec![0]].concat()), Ok(just));
    assert_eq!(json_of(&list, &[vec![2; 64], vec![0]].concat()), Err(Reason::TooDeep));
    assert_eq!(json_of(&list, &vec![2; 1_000_000]), Err(Reason::TooDeep));
    let endless = json!({"type": "record", "name": "l", "fields": [{"name": "next", "type": "l"}]});
    assert_eq!(json_of(&endless, &[]), Err(Reason::TooDeep));
}

#[test]
fn what_the_schema_does_not_allow_is_refused() {
    for (of, bytes) in [
        (json!("boolean"), vec![2]),
        (json!(["null", "int"]), longs(&[2])),
        (json!(["null", "int"]), longs(&[-1])),
        (json!({"type": "enum", "name": "e", "symbols": ["a"]}), longs(&[1])),
        (json!({"type": "enum", "name": "e", "symbols": ["a"]}), longs(&[-1])),
        (json!("long"), vec![0xff; 11]),
        (json!("long"), [vec![0xff; 9], vec![2]].concat()),
        // One byte too many: by another schema.
        (json!("long"), vec![0, 0]),
    ] {
        assert_eq!(json_of(&field(of.clone()), &bytes), Err(Reason::AvroBroken), "{of} {bytes:?}");
    }
    assert_eq!(json_of(&field(json!("string")), &[4, 0xff, 0xff]), Err(Reason::NotUtf8));
}

#[test]
fn a_value_that_ends_too_early_is_not_taken_for_a_shorter_one() {
    let schema = json!({"type": "record", "name": "r", "fields": [
        {"name": "a", "type": ["null", "string"]},
        {"name": "b", "type": {"type": "array", "items": "double"}},
        {"name": "c", "type": {"type": "map", "values": {"type": "fixed", "name": "x", "size": 3}}},
        {"name": "d", "type": "boolean"},
    ]});
    let whole = written(
        &schema,
        Avro::Record(vec![
            ("a".into(), Avro::Union(1, Box::new(Avro::String("text".into())))),
            ("b".into(), Avro::Array(vec![Avro::Double(1.5), Avro::Double(2.5)])),
            ("c".into(), Avro::Map([("k".into(), Avro::Fixed(3, vec![1, 2, 3]))].into())),
            ("d".into(), Avro::Boolean(true)),
        ]),
    );
    assert!(json_of(&schema, &whole).is_ok());
    for end in 0..whole.len() {
        assert_eq!(json_of(&schema, &whole[..end]), Err(Reason::Truncated), "{end}");
    }
}

proptest! {
    /// Whatever the bytes: JSON within its bounds, or a reason.
    #[test]
    fn any_bytes_by_any_schema_are_json_or_refused(which in 0usize..5, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let schema = [
            json!({"type": "record", "name": "l", "fields": [{"name": "n", "type": ["null", "l", "string"]}, {"name": "b", "type": "bytes"}]}),
            json!({"type": "array", "items": {"type": "map", "values": ["null", "float", "double", "boolean"]}}),
            json!({"type": "map", "values": {"type": "array", "items": {"type": "long", "logicalType": "timestamp-micros"}}}),
            json!({"type": "map", "values": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}}),
            json!({"type": "array", "items": {"type": "enum", "name": "e", "symbols": ["a", "b", "c"]}}),
        ][which].clone();
        let bounds = Bounds { bytes_max: 4_000, depth_max: 10 };
        if let Ok(Datum::Json(json)) = reader(&schema).read(&bytes, bounds) {
            prop_assert!(json.len() <= 4_000);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
        }
    }
}
