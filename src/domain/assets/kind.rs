//! The kinds of assets: one line each. The rest of a kind stands in its declaration.

use super::declaration::{AssetDeclaration, Scope};
use super::fact::{FactDeclaration, FactId, Field, List, Reference, Shape};
use super::{account, autoscaling, ec2, elasticloadbalancing, iam, s3};

macro_rules! kinds {
    ($($code:literal $kind:ident $service:ident::$resource:ident,)*) => {
        /// What an asset is. The code is stored and never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Kind {
            $(#[doc = concat!("See `assets::", stringify!($service), "::", stringify!($resource), "`.")] $kind = $code,)*
        }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind,)*];

            /// The kind's declaration.
            pub const fn declaration(self) -> &'static AssetDeclaration {
                match self { $(Kind::$kind => &$service::$resource::ASSET,)* }
            }

            /// The kind with this stored code.
            pub fn from_code(code: u8) -> Option<Kind> {
                match code { $($code => Some(Kind::$kind),)* _ => None }
            }
        }

        /// The facts that every kind has, of this kind.
        const fn common(kind: Kind) -> &'static [FactDeclaration] {
            match kind {
                $(Kind::$kind => {
                    const FACTS: &[FactDeclaration] = &of_every_kind(Kind::$kind);
                    FACTS
                })*
            }
        }
    };
}

kinds! {
    1 Account account::account,
    2 Region account::region,
    3 Vpc ec2::vpc,
    4 Subnet ec2::subnet,
    5 SecurityGroup ec2::security_group,
    6 Instance ec2::instance,
    7 NetworkInterface ec2::network_interface,
    8 InterfaceAttachment ec2::interface_attachment,
    9 Address ec2::address,
    10 AddressAssociation ec2::address_association,
    11 InternetGateway ec2::internet_gateway,
    12 NatGateway ec2::nat_gateway,
    13 RouteTable ec2::route_table,
    14 RouteTableAssociation ec2::route_table_association,
    15 Volume ec2::volume,
    16 Snapshot ec2::snapshot,
    17 Image ec2::image,
    18 AutoScalingGroup autoscaling::auto_scaling_group,
    19 LaunchTemplate ec2::launch_template,
    20 LoadBalancer elasticloadbalancing::load_balancer,
    21 TargetGroup elasticloadbalancing::target_group,
    22 InstanceProfile iam::instance_profile,
    23 ProfileAssociation ec2::profile_association,
    24 Role iam::role,
    25 User iam::user,
    26 AccessKey iam::access_key,
    27 Bucket s3::bucket,
}

/// The code of [`Kind::region`] in every kind.
const REGION: u8 = 1;
/// The code of [`Kind::tags`] in every kind.
const TAGS: u8 = 2;

const fn of_every_kind(kind: Kind) -> [FactDeclaration; 2] {
    let reference: Option<Reference> = None;
    [
        FactDeclaration {
            id: FactId { kind, code: REGION },
            name: "region",
            shape: Shape::Text,
            reference,
            uses: &[],
            doc: "The region that the asset is in.",
        },
        FactDeclaration {
            id: FactId { kind, code: TAGS },
            name: "tags",
            shape: Shape::Map,
            reference,
            uses: &[],
            doc: "The asset's tags: values by key.",
        },
    ]
}

impl Kind {
    /// As on the wire and in `--kind`.
    pub fn text(self) -> &'static str {
        self.declaration().text
    }

    /// The prefix of ids that AWS gives to this kind; empty where it gives none.
    pub fn id_prefix(self) -> &'static str {
        self.declaration().id_prefix
    }

    /// The kind of this name.
    pub fn from_text(text: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|k| k.text() == text)
    }

    /// The kind of an id by its prefix: `i-…`, `sg-…`. The longest prefix wins (`eni-attach-` before `eni-`).
    pub fn of_id(id: &str) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .filter(|k| !k.id_prefix().is_empty() && id.starts_with(k.id_prefix()))
            .max_by_key(|k| k.id_prefix().len())
    }

    /// Whether assets of this kind are in a region. IAM has none, and a bucket's region is not the record's.
    pub fn is_regional(self) -> bool {
        self.declaration().scope == Scope::Regional
    }

    /// All facts of the kind: those that every kind has, then its own.
    pub fn facts(self) -> impl Iterator<Item = &'static FactDeclaration> {
        common(self).iter().chain(self.declaration().facts)
    }

    /// The fact of this name.
    pub fn fact(self, name: &str) -> Option<FactId> {
        self.facts().find(|f| f.name == name).map(|f| f.id)
    }

    /// The region of an asset of this kind.
    pub const fn region(self) -> Field {
        Field::declared(self, REGION)
    }

    /// The tags of an asset of this kind.
    pub const fn tags(self) -> List {
        List::declared(self, TAGS)
    }

    /// The facts of this kind that name assets of another kind.
    pub fn references(self) -> impl Iterator<Item = (FactId, Reference)> {
        self.declaration().facts.iter().filter_map(|f| f.reference.map(|r| (f.id, r)))
    }

    /// The field by which an asset of this kind names one of another kind. `None`: it has no such field.
    pub fn field_to(self, to: Kind) -> Option<FactId> {
        let facts = self.declaration().facts.iter();
        facts.filter(|f| !f.shape.is_list()).find(|f| f.reference.is_some_and(|r| r.to == to)).map(|f| f.id)
    }
}
