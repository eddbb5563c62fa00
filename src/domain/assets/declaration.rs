//! The declaration of a kind of asset, and the macro that writes one.

use super::fact::{FactDeclaration, FactId};

/// Where assets of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In one region of an account, under an id or a name that AWS gives.
    Regional,
    /// In an account, without a region.
    Global,
    /// Without a region, under a name that is unique everywhere.
    Unique,
}

/// All that is known of a kind of asset before any record is read. Everything else about the kind derives from it.
#[derive(Clone, Copy, Debug)]
pub struct AssetDeclaration {
    /// As on the wire and in `--kind`.
    pub text: &'static str,
    pub scope: Scope,
    /// The prefix of the ids that AWS gives to this kind; empty where AWS gives none.
    pub id_prefix: &'static str,
    /// The ARN with `{partition}`, `{region}`, `{account}` and `{name}`; empty where no ARN follows from the id.
    pub arn: &'static str,
    pub facts: &'static [FactDeclaration],
    /// The facts that are missing of an asset whose creation was not seen. `None`: nothing is missing.
    pub unseen: Option<Unseen>,
    pub doc: &'static str,
}

/// The unknown part of an asset whose creation was not seen.
#[derive(Clone, Copy, Debug)]
pub struct Unseen {
    /// Once this fact is known, nothing is missing.
    pub until: Option<FactId>,
    /// One known element of the list is enough: the list holds one at most.
    pub one_is_enough: bool,
    /// The missing part, as a clause for a gap.
    pub text: &'static str,
}

/// Declares a kind of asset.
///
/// ```text
/// asset! {
///     /// A subnet of a VPC.
///     Subnet "subnet", Regional, id "subnet-", arn "arn:{partition}:ec2:{region}:{account}:subnet/{name}";
///     unseen until CIDR "its CIDR and route table are unknown";
///     facts {
///         /// The VPC that it is part of.
///         10 VPC: Text "vpc" -> Vpc as "in";
///         /// Its IPv4 block.
///         11 CIDR: Text "cidr" [Summary];
///     }
/// }
/// ```
#[macro_export]
macro_rules! asset {
    (
        #[doc = $doc:literal]
        $kind:ident $text:literal, $scope:ident, id $prefix:literal, arn $arn:literal;
        $(unseen $(until $until:ident)? $(one of $one:ident)? $unseen:literal;)?
        facts {
            $(
                #[doc = $fact_doc:literal]
                $code:literal $fact:ident: $shape:ident $name:literal $(-> $to:ident as $relation:literal)? $([$($used:ident),*])?;
            )*
        }
    ) => {
        $(
            #[doc = $fact_doc]
            pub const $fact: $crate::fact_type!($shape) =
                <$crate::fact_type!($shape)>::declared($crate::domain::assets::Kind::$kind, $code);
        )*

        #[doc = $doc]
        pub const ASSET: $crate::domain::assets::AssetDeclaration = $crate::domain::assets::AssetDeclaration {
            text: $text,
            scope: $crate::domain::assets::Scope::$scope,
            id_prefix: $prefix,
            arn: $arn,
            facts: &[$(
                $crate::domain::assets::FactDeclaration {
                    id: $fact.id(),
                    name: $name,
                    shape: $crate::domain::assets::Shape::$shape,
                    reference: $crate::reference!($($to $relation)?),
                    uses: &[$($($crate::domain::assets::Use::$used),*)?],
                    doc: $fact_doc,
                },
            )*],
            unseen: $crate::unseen!($($($until)? $(one $one)? $unseen)?),
            doc: $doc,
        };
    };
}

/// The type of a fact's item, by its shape.
#[doc(hidden)]
#[macro_export]
macro_rules! fact_type {
    (Text) => {
        $crate::domain::assets::Field
    };
    (Flag) => {
        $crate::domain::assets::Field
    };
    (Int) => {
        $crate::domain::assets::Field
    };
    ($list:ident) => {
        $crate::domain::assets::List
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! reference {
    () => {
        None
    };
    ($to:ident $relation:literal) => {
        Some($crate::domain::assets::Reference { relation: $relation, to: $crate::domain::assets::Kind::$to })
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! unseen {
    () => {
        None
    };
    ($text:literal) => {
        Some($crate::domain::assets::Unseen { until: None, one_is_enough: false, text: $text })
    };
    (one $until:ident $text:literal) => {
        Some($crate::domain::assets::Unseen { until: Some($until.id()), one_is_enough: true, text: $text })
    };
    ($until:ident $text:literal) => {
        Some($crate::domain::assets::Unseen { until: Some($until.id()), one_is_enough: false, text: $text })
    };
}
