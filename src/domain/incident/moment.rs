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

/// The same for a time that may be unknown.
pub mod option {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Time};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Moment(#[serde(with = "super")] Time);

    pub fn serialize<S: Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
        time.map(Moment).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Time>, D::Error> {
        Ok(Option::<Moment>::deserialize(from)?.map(|m| m.0))
    }
}
