//! What a finding reports was done: the action, its details, and the remote parties.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `service.action`, without its remote parties.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Action {
    /// `NETWORK_CONNECTION`, `PORT_PROBE`, `DNS_REQUEST`, `AWS_API_CALL`, …; empty where absent.
    pub kind: String,
    /// `direction`, `protocol`, `blocked`, `local_port`, `api`, `service`, …
    pub details: Details,
    /// `affectedResources` of an API call.
    pub affected: Vec<AffectedResource>,
}

impl Action {
    /// The ports of the resource itself: a port probe names several.
    pub fn local_ports(&self) -> impl Iterator<Item = u16> {
        self.details.all("local_port").iter().filter_map(|p| p.parse().ok())
    }
}

/// A resource that an API call of the finding touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AffectedResource {
    /// `AWS::S3::Bucket`
    pub kind: String,
    /// A name or an ARN.
    pub name: String,
}

/// Named values, in order, each value once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Details(BTreeMap<String, Vec<String>>);

impl Details {
    /// Names kept.
    pub const NAMES_MAX: usize = 200;
    /// Values kept for one name.
    pub const VALUES_MAX: usize = 100;
    /// Characters kept of one value.
    pub const VALUE_CHARS_MAX: usize = 2_000;

    /// Adds a value, once; false if a bound left something of it out. An empty value says nothing.
    pub fn add(&mut self, name: &str, value: &str) -> bool {
        if value.is_empty() {
            return true;
        }
        if !self.0.contains_key(name) && self.0.len() >= Details::NAMES_MAX {
            return false;
        }
        let kept: String = value.chars().take(Details::VALUE_CHARS_MAX).collect();
        let whole = kept.len() == value.len();
        let values = self.0.entry(name.to_owned()).or_default();
        if values.contains(&kept) {
            return whole;
        }
        if values.len() >= Details::VALUES_MAX {
            return false;
        }
        values.push(kept);
        whole
    }

    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The first value of this name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Details {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Details {
        let mut details = Details::default();
        for (name, value) in pairs {
            details.add(&name.into(), &value.into());
        }
        details
    }
}

/// A remote party of a finding. Empty where unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Actor {
    pub address: String,
    pub domain: String,
    pub port: Option<u32>,
    pub country: String,
    pub organization: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_once_and_bounds_are_told() {
        let mut details = Details::default();
        assert!(details.add("port", "22") && details.add("port", "80") && details.add("port", "22"));
        assert_eq!(details.all("port"), ["22", "80"]);
        assert!(details.add("none", "") && details.first("none").is_none());
        assert!(!details.add("long", &"x".repeat(Details::VALUE_CHARS_MAX + 1)));
        assert_eq!(details.first("long").map(str::len), Some(Details::VALUE_CHARS_MAX));
        for n in 0..Details::VALUES_MAX {
            details.add("many", &n.to_string());
        }
        assert!(details.add("many", "5") && !details.add("many", "more"));
        for n in 0..Details::NAMES_MAX {
            details.add(&format!("name-{n}"), "v");
        }
        assert_eq!(details.iter().count(), Details::NAMES_MAX);
    }
}
