//! Internet gateways.

use crate::asset;
use crate::domain::effects::json::{at, text};
use crate::domain::effects::{Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An internet gateway.
    InternetGateway "internet_gateway", Regional, id "igw-", arn "arn:{partition}:ec2:{region}:{account}:internet-gateway/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The VPC that it is attached to; empty while detached.
        10 VPC: Text "vpc" -> Vpc as "attached_to";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateInternetGateway", create_gateway),
    ("DeleteInternetGateway", |c, out| out.delete(Kind::InternetGateway, text(c.request, "internetGatewayId"))),
    ("AttachInternetGateway", attach_gateway),
    ("DetachInternetGateway", detach_gateway),
];

fn create_gateway(c: &Call, out: &mut Writes) {
    let g = at(c.response, "internetGateway");
    out.create(Kind::InternetGateway, text(g, "internetGatewayId"))
        .set(VPC, Val::text(""))
        .initial_tags(g, c.requested_tags(&["internet-gateway"]));
}

fn attach_gateway(c: &Call, out: &mut Writes) {
    out.asset(Kind::InternetGateway, text(c.request, "internetGatewayId"), Rank::Set).text(VPC, c.request, "vpcId");
}

fn detach_gateway(c: &Call, out: &mut Writes) {
    out.asset(Kind::InternetGateway, text(c.request, "internetGatewayId"), Rank::Removed).set(VPC, Val::text(""));
}
