//! Associations of Elastic IP addresses: assets with an id and an end of their own.

use crate::asset;

asset! {
    /// The association of an Elastic IP address with an interface.
    AddressAssociation "address_association", Regional, id "eipassoc-", arn "";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The allocation.
        10 ADDRESS: Text "address" -> Address as "associates";
        /// The public address, where the request named it by that.
        11 PUBLIC_IP: Text "public_ip" [Ip];
        /// The interface.
        12 INTERFACE: Text "interface" -> NetworkInterface as "associated_with";
        /// The instance.
        13 INSTANCE: Text "instance" -> Instance as "associated_with";
        /// The private address that it is mapped to.
        14 PRIVATE_IP: Text "private_ip" [Ip];
    }
}
