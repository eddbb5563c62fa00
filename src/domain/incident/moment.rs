//! How a document's times are written: RFC 3339 where people read it (JSON), milliseconds elsewhere (Avro, storage).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::domain::time::Time;

pub fn serialize<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { to.collect_str(time) } else { time.0.serialize(to) }
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    if from.is_human_readable() {
        let text = String::deserialize(from)?;
        Time::parse(&text).ok_or_else(|| D::Error::custom("not a time"))
    } else {
        i64::deserialize(from).map(Time)
    }
}
