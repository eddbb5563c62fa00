//! `trailgraph whois`

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::json;

use super::{Failure, Outcome, StateArg, say, state, time};
use crate::domain::assets::ec2::network_interface;
use crate::domain::graph;
use crate::domain::time::Time;
use crate::stages::graph_view::GraphView;

#[derive(Debug, clap::Args)]
pub struct Whois {
    /// A private or public address
    ip: String,
    #[command(flatten)]
    state: StateArg,
    /// Only in this VPC: the same private address lives in many
    #[arg(long)]
    vpc: Option<String>,
    /// As it was at this time; default: as of the newest record
    #[arg(long, value_parser = time)]
    at: Option<Time>,
    #[arg(long)]
    json: bool,
}

impl Whois {
    pub fn run(self) -> Outcome {
        let ip: IpAddr = self.ip.parse().map_err(|_| Failure::Call(format!("{}: not an IP address", self.ip)))?;
        let state = state::open(&self.state.state)?;
        let view = GraphView(&state);
        let at = self.at.unwrap_or(Time::MAX);
        let accounts: BTreeSet<_> = state::all(&state, None).into_iter().map(|a| a.account).collect();
        let mut known = false;
        for account in accounts {
            for graph::Owner { interface, instance } in
                graph::address_owner(&view, &account, &ip.to_string(), self.vpc.as_deref(), at)
            {
                known = true;
                let vpc = interface.as_ref().and_then(|i| graph::at(&view, i, at));
                let vpc = vpc.and_then(|s| s.text(network_interface::VPC).map(str::to_owned)).unwrap_or_default();
                let (interface, instance) = (interface.map(|i| i.text()), instance.map(|i| i.text()));
                if self.json {
                    say(&json!({ "ip": ip.to_string(), "account_id": account, "vpc": vpc,
                        "network_interface": interface, "asset_id": instance })
                    .to_string());
                } else {
                    let held = instance.unwrap_or_else(|| "no instance".into());
                    say(&format!(
                        "{ip}  {account}  {vpc}  {}  {held}",
                        interface.unwrap_or_else(|| "interface unknown".into())
                    ));
                }
            }
        }
        if !known {
            say(&if self.json {
                json!({ "ip": ip.to_string(), "owner": null }).to_string()
            } else {
                format!("{ip}  no known owner")
            });
        }
        Ok(())
    }
}
