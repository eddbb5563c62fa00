//! IAM roles.

use crate::asset;
use crate::domain::assets::iam::identity::{self, Identity};
use crate::domain::effects::json::{self, at, document, given, int, text};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// An IAM role.
    Role "role", Global, id "", arn "arn:{partition}:iam::{account}:role/{name}";
    unseen until UNIQUE_ID "policies from before its first sign of life are unknown";
    facts {
        /// The unique id (`AROA…`).
        10 UNIQUE_ID: Text "unique_id" [UniqueId];
        /// The ARN, with its path.
        11 ARN: Text "arn";
        /// The path.
        12 PATH: Text "path";
        /// The longest session in seconds.
        13 MAX_SESSION_DURATION: Int "max_session_duration";
        /// The policy that bounds its permissions.
        14 PERMISSIONS_BOUNDARY: Text "permissions_boundary";
        /// The policy that says who may assume it.
        15 TRUST_POLICY: Text "trust_policy";
        /// The description.
        16 DESCRIPTION: Text "description";
        /// The attached managed policies, by ARN.
        17 POLICIES: Set "policies";
        /// The inline policies: documents by name.
        18 INLINE_POLICIES: Map "inline_policies";
    }
}

/// How calls about policies name it, and the facts that they change.
const IDENTITY: Identity = Identity {
    named: identity::ROLE,
    boundary: PERMISSIONS_BOUNDARY,
    policies: POLICIES,
    inline_policies: INLINE_POLICIES,
};

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateRole", create_role),
    ("CreateServiceLinkedRole", create_role),
    ("DeleteRole", |c, out| out.delete(Kind::Role, text(c.request, "roleName"))),
    ("DeleteServiceLinkedRole", |c, out| out.delete(Kind::Role, text(c.request, "roleName"))),
    ("UpdateAssumeRolePolicy", trust),
    ("UpdateRole", update_role),
    ("UpdateRoleDescription", |c, out| describe(c, &mut out.asset(Kind::Role, text(c.request, "roleName"), Rank::Set))),
    ("PutRolePermissionsBoundary", |c, out| identity::put_boundary(c, &IDENTITY, out)),
    ("DeleteRolePermissionsBoundary", |c, out| identity::delete_boundary(c, &IDENTITY, out)),
    ("AttachRolePolicy", |c, out| identity::attach(c, &IDENTITY, out)),
    ("DetachRolePolicy", |c, out| identity::detach(c, &IDENTITY, out)),
    ("PutRolePolicy", |c, out| identity::put_inline(c, &IDENTITY, out)),
    ("DeleteRolePolicy", |c, out| identity::delete_inline(c, &IDENTITY, out)),
    ("TagRole", |c, out| identity::tag(c, identity::ROLE, out)),
    ("UntagRole", |c, out| identity::untag(c, identity::ROLE, out)),
];

fn create_role(c: &Call, out: &mut Writes) {
    let r = at(c.response, "role");
    let name = text(r, "roleName").or_else(|| text(c.request, "roleName"));
    let asked = document(c.request, "assumeRolePolicyDocument");
    if r.is_null() {
        out.gap("the answer tells no unique id");
    }
    let mut on = out.create(Kind::Role, name);
    describe(c, &mut on);
    on.text(UNIQUE_ID, r, "roleId")
        .text(ARN, r, "arn")
        .set(PATH, text(r, "path").or_else(|| text(c.request, "path")).map(Val::Text))
        .int(MAX_SESSION_DURATION, c.request, "maxSessionDuration")
        .text(PERMISSIONS_BOUNDARY, c.request, "permissionsBoundary")
        .set(TRUST_POLICY, asked.or_else(|| document(r, "assumeRolePolicyDocument")))
        .reset(INLINE_POLICIES)
        .reset_tags()
        .tags(&identity::initial_tags(c, r));
    // The service attaches the policy of a service-linked role without an event of its own.
    if c.event.name != "CreateServiceLinkedRole" {
        on.reset(POLICIES);
    }
}

fn trust(c: &Call, out: &mut Writes) {
    let policy = document(c.request, "policyDocument").unwrap_or(Val::Unknown);
    out.asset(Kind::Role, text(c.request, "roleName"), Rank::Set).set(TRUST_POLICY, policy);
}

/// A description that isn't asked for stays. Of a duration that isn't, AWS's reference says that it becomes an hour, which no record shows.
fn update_role(c: &Call, out: &mut Writes) {
    let duration = int(c.request, "maxSessionDuration").map_or(Val::Unknown, Val::Int);
    let mut on = out.asset(Kind::Role, text(c.request, "roleName"), Rank::Set);
    describe(c, &mut on);
    on.set(MAX_SESSION_DURATION, duration);
}

/// An empty description takes one away.
fn describe(c: &Call, on: &mut AssetWriter) {
    if given(c.request, "description") {
        on.set(DESCRIPTION, json::val(c.request, "description").unwrap_or_else(|| Val::text("")));
    }
}
