//! The AWS account itself.

use crate::asset;

asset! {
    /// An AWS account.
    Account "account", Unique, id "", arn "arn:{partition}:iam::{account}:root";
    facts {
        /// The MFA devices of the root user, by serial number.
        10 ROOT_MFA_DEVICES: Set "root_mfa_devices";
    }
}
