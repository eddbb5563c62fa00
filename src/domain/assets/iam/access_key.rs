//! Access keys of IAM users.

use crate::asset;

asset! {
    /// An access key.
    AccessKey "access_key", Unique, id "", arn "";
    unseen until USER "its user is unknown";
    facts {
        /// The user that it belongs to.
        10 USER: Text "user" -> User as "belongs_to";
        /// `Active` or `Inactive`.
        11 STATUS: Text "status" [Summary];
    }
}
