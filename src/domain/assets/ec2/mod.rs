//! Amazon EC2 and VPC.

use crate::domain::effects::Row;

pub mod address;
pub mod address_association;
pub mod cidr_blocks;
pub mod fleet;
pub mod image;
pub mod instance;
pub mod interface_attachment;
pub mod internet_gateway;
pub mod launch_template;
pub mod nat_gateway;
pub mod network_interface;
pub mod profile_association;
pub mod route_table;
pub mod route_table_association;
pub mod security_group;
pub mod sharing;
pub mod snapshot;
pub mod subnet;
pub mod tags;
pub mod volume;
pub mod vpc;

/// The API calls of the service that change the graph, by the file that follows them.
pub const CALLS: &[&[Row]] = &[
    address::CALLS,
    address_association::CALLS,
    fleet::CALLS,
    image::CALLS,
    instance::CALLS,
    interface_attachment::CALLS,
    internet_gateway::CALLS,
    launch_template::CALLS,
    nat_gateway::CALLS,
    network_interface::CALLS,
    profile_association::CALLS,
    route_table::CALLS,
    route_table_association::CALLS,
    security_group::CALLS,
    snapshot::CALLS,
    subnet::CALLS,
    tags::CALLS,
    volume::CALLS,
    vpc::CALLS,
];
