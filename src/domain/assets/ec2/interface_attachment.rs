//! Attachments of network interfaces: assets with an id and an end of their own.

use serde_json::Value;

use crate::asset;
use crate::domain::effects::json::text;
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Val};

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

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("AttachNetworkInterface", attach),
    ("DetachNetworkInterface", |c, out| {
        out.end_association(Kind::InterfaceAttachment, text(c.request, "attachmentId"))
    }),
];

/// An attachment as answers describe it: a thing with an id of its own, and an end of its own.
pub fn attachment(a: &Value, interface: Option<String>, instance: Option<String>, out: &mut Writes) {
    out.create(Kind::InterfaceAttachment, text(a, "attachmentId"))
        .set(INTERFACE, interface.map(Val::Text))
        .set(INSTANCE, instance.map(Val::Text))
        .flag(DELETE_ON_TERMINATION, a, "deleteOnTermination")
        .int(DEVICE_INDEX, a, "deviceIndex");
}

fn attach(c: &Call, out: &mut Writes) {
    out.create(Kind::InterfaceAttachment, text(c.response, "attachmentId"))
        .text(INTERFACE, c.request, "networkInterfaceId")
        .text(INSTANCE, c.request, "instanceId")
        .int(DEVICE_INDEX, c.request, "deviceIndex")
        // Attached by hand an interface outlives its instance, until somebody says otherwise.
        .set(DELETE_ON_TERMINATION, Val::Bool(false));
}
