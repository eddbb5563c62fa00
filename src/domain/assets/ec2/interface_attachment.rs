//! Attachments of network interfaces: assets with an id and an end of their own.

use crate::asset;

asset! {
    /// The attachment of a network interface to an instance.
    InterfaceAttachment "interface_attachment", Regional, id "eni-attach-", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The interface.
        10 INTERFACE: Text "interface" -> NetworkInterface as "attaches";
        /// The instance.
        11 INSTANCE: Text "instance" -> Instance as "attached_to";
        /// Whether the interface goes with the instance.
        12 DELETE_ON_TERMINATION: Flag "delete_on_termination";
        /// The place on the instance; 0 is the primary interface.
        13 DEVICE_INDEX: Int "device_index";
    }
}
