//! Amazon EC2 and VPC.

pub mod address;
pub mod address_association;
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
pub mod snapshot;
pub mod subnet;
pub mod volume;
pub mod vpc;
