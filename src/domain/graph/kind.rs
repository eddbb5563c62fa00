//! Kinds of assets, and how one is named.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($code:literal $variant:ident $text:literal $prefix:literal,)*) => {
        /// What an asset is. The code is stored: never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind { $($variant = $code,)* }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// As on the wire and in `--kind`.
            pub fn text(self) -> &'static str { match self { $(Kind::$variant => $text,)* } }

            /// The prefix of ids that AWS gives to this kind; empty where it gives none.
            pub fn id_prefix(self) -> &'static str { match self { $(Kind::$variant => $prefix,)* } }

            pub fn from_code(code: u8) -> Option<Kind> { match code { $($code => Some(Kind::$variant),)* _ => None } }

            pub fn from_text(text: &str) -> Option<Kind> { match text { $($text => Some(Kind::$variant),)* _ => None } }
        }
    };
}

kinds! {
    1 Account "account" "",
    2 Region "region" "",
    3 Vpc "vpc" "vpc-",
    4 Subnet "subnet" "subnet-",
    5 SecurityGroup "security_group" "sg-",
    6 Instance "instance" "i-",
    7 NetworkInterface "network_interface" "eni-",
    8 InterfaceAttachment "interface_attachment" "eni-attach-",
    9 Address "address" "eipalloc-",
    10 AddressAssociation "address_association" "eipassoc-",
    11 InternetGateway "internet_gateway" "igw-",
    12 NatGateway "nat_gateway" "nat-",
    13 RouteTable "route_table" "rtb-",
    14 RouteTableAssociation "route_table_association" "rtbassoc-",
    15 Volume "volume" "vol-",
    16 Snapshot "snapshot" "snap-",
    17 Image "image" "ami-",
    18 AutoScalingGroup "auto_scaling_group" "",
    19 LaunchTemplate "launch_template" "lt-",
    20 LoadBalancer "load_balancer" "",
    21 TargetGroup "target_group" "",
    22 InstanceProfile "instance_profile" "",
    23 ProfileAssociation "profile_association" "iip-assoc-",
    24 Role "role" "",
    25 User "user" "",
    26 AccessKey "access_key" "",
    27 Bucket "bucket" "",
}

impl Kind {
    /// The kind of an id by its prefix: `i-…`, `sg-…`. The longest prefix wins (`eni-attach-` before `eni-`).
    pub fn of_id(id: &str) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .filter(|k| !k.id_prefix().is_empty() && id.starts_with(k.id_prefix()))
            .max_by_key(|k| k.id_prefix().len())
    }
}

/// An asset: account, kind, and its name within the kind.
///
/// The name is AWS's id where there is one (`i-…`), the ARN for load balancers and target groups (version 2), `region/name` for Auto
/// Scaling groups and classic load balancers, the plain name for IAM things and buckets, the region's name for a region, and the account's id for an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AssetId {
    pub account: String,
    pub kind: Kind,
    pub name: String,
}

impl AssetId {
    pub fn new(account: impl Into<String>, kind: Kind, name: impl Into<String>) -> AssetId {
        AssetId { account: account.into(), kind, name: name.into() }
    }

    /// As on the wire: AWS's own id, ARN or bucket name where that is unique in itself; else `account/kind/name`.
    pub fn text(&self) -> String {
        match self.kind {
            Kind::Account | Kind::Bucket | Kind::AccessKey => self.name.clone(),
            Kind::LoadBalancer | Kind::TargetGroup if self.name.starts_with("arn:") => self.name.clone(),
            k if !k.id_prefix().is_empty() => self.name.clone(),
            k => format!("{}/{}/{}", self.account, k.text(), self.name),
        }
    }
}
