//! Who acted: an AWS credential, a Kubernetes user or a database user.

use serde::{Deserialize, Serialize};

use super::Details;

/// Somebody whom a finding names as the one who acted. Empty where unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// AWS's user type: `IAMUser`, `AssumedRole`, `Role`, `Root`, `FederatedUser`, …; or one of the constants here.
    pub user_type: String,
    pub name: String,
    /// `AIDA…`, `AROA…:session`; for a Kubernetes user its uid.
    pub principal_id: String,
    pub access_key_id: String,
    /// Empty: the account of the finding, or unknown.
    pub account: String,
    /// Groups, session, database, authentication method, …
    pub details: Details,
}

impl Identity {
    pub const KUBERNETES_USER: &'static str = "KubernetesUser";
    pub const DATABASE_USER: &'static str = "DatabaseUser";

    /// Whether this is somebody whom AWS authenticated, and not a cluster or a database.
    pub fn is_aws(&self) -> bool {
        self.user_type != Identity::KUBERNETES_USER && self.user_type != Identity::DATABASE_USER
    }

    pub fn is_empty(&self) -> bool {
        self.name.is_empty() && self.principal_id.is_empty() && self.access_key_id.is_empty()
    }

    /// The unique id (`AIDA…`, `AROA…`) and the session, of which either may be empty.
    pub fn unique_id_and_session(&self) -> (&str, &str) {
        self.principal_id.split_once(':').unwrap_or((&self.principal_id, ""))
    }
}
