//! Amazon EC2 Auto Scaling.

pub mod auto_scaling_group;
