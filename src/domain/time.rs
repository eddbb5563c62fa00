//! Points in time: UTC milliseconds, the resolution of everything on the wire.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub i64);

impl Time {
    /// Later than every time that can be written as RFC 3339.
    pub const MAX: Time = Time(i64::MAX);

    /// Reads RFC 3339 with any offset and any number of decimals, and the blank-separated form of some pipelines
    /// (`2025-02-25 20:40:06.000000000`, taken as UTC).
    pub fn parse(text: &str) -> Option<Time> {
        let text = text.trim();
        if let Ok(t) = text.parse::<jiff::Timestamp>() {
            return Some(Time(t.as_millisecond()));
        }
        let utc = format!("{}Z", text.replacen(' ', "T", 1));
        utc.parse::<jiff::Timestamp>().ok().map(|t| Time(t.as_millisecond()))
    }

    /// The start of the second this lies in. CloudTrail's times have a resolution of one second.
    pub fn second(self) -> Time {
        Time(self.0.div_euclid(1000) * 1000)
    }

    pub fn plus_ms(self, ms: i64) -> Time {
        Time(self.0.saturating_add(ms))
    }
}

/// RFC 3339 UTC with milliseconds, as on the wire.
impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(t) => write!(f, "{t:.3}"),
            Err(_) => write!(f, "out-of-range({})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_pipelines_write_and_prints_milliseconds() {
        for (text, want) in [
            ("2023-07-10T12:09:56Z", "2023-07-10T12:09:56.000Z"),
            ("2023-07-10T12:03:18.000Z", "2023-07-10T12:03:18.000Z"),
            ("2025-02-25 20:40:06.000000000", "2025-02-25T20:40:06.000Z"),
            ("2023-07-10T14:09:56.1234+02:00", "2023-07-10T12:09:56.123Z"),
        ] {
            assert_eq!(Time::parse(text).unwrap().to_string(), want, "{text}");
        }
        assert_eq!(Time::parse("eventTime"), None);
    }
}
