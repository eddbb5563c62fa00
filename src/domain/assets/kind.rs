//! The kinds of assets: one line each. The rest of a kind stands in its declaration.

/// Hands the code, the name, and the place of the declaration of every kind to a macro.
macro_rules! for_each_kind {
    ($then:ident) => {
        $then! {
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
            28 Topic sns::topic,
        }
    };
}
pub(super) use for_each_kind;

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

            /// The kind with this stored code.
            pub fn from_code(code: u8) -> Option<Kind> {
                match code { $($code => Some(Kind::$kind),)* _ => None }
            }
        }
    };
}

for_each_kind!(kinds);
