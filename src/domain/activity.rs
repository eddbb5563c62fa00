//! Calls that change nothing and still tell what somebody did: worth keeping for timelines.

use std::collections::{BTreeMap, BTreeSet};

/// Console logins, credentials taken, secrets read. Reads of S3 objects aren't among them: most of a fleet's trail is such.
pub const USUAL: [&str; 12] = [
    "ec2.amazonaws.com:GetPasswordData",
    "secretsmanager.amazonaws.com:BatchGetSecretValue",
    "secretsmanager.amazonaws.com:GetSecretValue",
    "signin.amazonaws.com:ConsoleLogin",
    "ssm.amazonaws.com:GetParameter",
    "ssm.amazonaws.com:GetParameters",
    "ssm.amazonaws.com:GetParametersByPath",
    "sts.amazonaws.com:AssumeRole",
    "sts.amazonaws.com:AssumeRoleWithSAML",
    "sts.amazonaws.com:AssumeRoleWithWebIdentity",
    "sts.amazonaws.com:GetFederationToken",
    "sts.amazonaws.com:GetSessionToken",
];

/// Which calls are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Names by event source.
    calls: BTreeMap<String, BTreeSet<String>>,
}

impl Activity {
    /// Of calls as `source:name`; what isn't such is left out.
    pub fn of<T: AsRef<str>>(calls: impl IntoIterator<Item = T>) -> Activity {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for call in calls {
            if let Some((source, name)) = split(call.as_ref()) {
                all.entry(source.to_owned()).or_default().insert(name.to_owned());
            }
        }
        Activity { calls: all }
    }

    /// The names of the calls, of whatever source.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.calls.values().flatten().map(String::as_str)
    }

    /// Whether such a call is kept, unless an AWS service made it.
    pub fn holds(&self, source: &str, name: &str) -> bool {
        self.calls.get(source).is_some_and(|names| names.contains(name))
    }
}

impl Default for Activity {
    fn default() -> Activity {
        Activity::of(USUAL)
    }
}

/// Event source and name of `source:name`; none: it isn't such.
pub fn split(call: &str) -> Option<(&str, &str)> {
    let (source, name) = call.split_once(':')?;
    let right = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    (right(source) && right(name)).then_some((source, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::effects;

    #[test]
    fn a_call_is_held_by_source_and_name() {
        let activity = Activity::of(["sts.amazonaws.com:AssumeRole", "nothing", ":x", "a b:c"]);
        assert!(activity.holds("sts.amazonaws.com", "AssumeRole"));
        assert!(!activity.holds("sts.amazonaws.com", "GetSessionToken"));
        assert!(!activity.holds("signin.amazonaws.com", "AssumeRole"));
        assert_eq!(activity.calls.len(), 1);
    }

    #[test]
    fn the_usual_ones_are_calls_that_change_nothing() {
        for call in USUAL {
            let (source, name) = split(call).unwrap();
            assert!(Activity::default().holds(source, name) && !effects::is_effect(source, name), "{call}");
        }
    }
}
