//! Launch templates.

use serde_json::Value;

use crate::asset;
use crate::domain::effects::json::{self, at, given, int, items, tail, text, texts};
use crate::domain::effects::{AssetWriter, Call, Row, Writes};
use crate::domain::graph::{Kind, Rank, Val};

asset! {
    /// A launch template.
    LaunchTemplate "launch_template", Regional, id "lt-", arn "arn:{partition}:ec2:{region}:{account}:launch-template/{name}";
    unseen "what was set before its first sign of life is unknown";
    facts {
        /// The template's name, by which groups may refer to it.
        10 NAME: Text "name" [Alias];
        /// The newest version.
        11 LATEST_VERSION: Int "latest_version";
        /// The version that is used where none is named.
        12 DEFAULT_VERSION: Int "default_version" [Summary];
        /// The image that it launches.
        13 IMAGE: Text "image";
        /// The instance type.
        14 TYPE: Text "type" [Summary];
        /// Whether the metadata service requires a session token (IMDSv2): `required`, `optional`.
        15 IMDS_TOKENS: Text "imds_tokens";
        /// How many network hops a metadata response may take.
        16 IMDS_HOP_LIMIT: Int "imds_hop_limit";
        /// User data was given. CloudTrail masks its content.
        17 USER_DATA: Text "user_data";
        /// The security groups.
        18 GROUPS: Set "groups";
        /// The instance profile, by name.
        19 INSTANCE_PROFILE: Text "instance_profile";
    }
}

/// The API calls that change it.
pub const CALLS: &[Row] = &[
    ("CreateLaunchTemplate", create_template),
    ("CreateLaunchTemplateVersion", create_version),
    ("ModifyLaunchTemplate", modify_template),
    ("DeleteLaunchTemplate", delete_template),
];

/// The parameters of a version that it does not name. A version inherits from the version that it names as its source; without one it
/// inherits nothing.
#[derive(Clone, Copy)]
enum Unnamed {
    None,
    Inherited,
}

impl Unnamed {
    fn value(self) -> Val {
        match self {
            Unnamed::None => Val::text(""),
            Unnamed::Inherited => Val::Unknown,
        }
    }
}

/// The launch parameters of a template's newest version.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html>
fn data(on: &mut AssetWriter, d: &Value, unnamed: Unnamed) {
    let value = |path: &str| json::val(d, path).unwrap_or_else(|| unnamed.value());
    on.set(IMAGE, value("imageId"))
        .set(TYPE, value("instanceType"))
        .set(INSTANCE_PROFILE, profile(d).map_or_else(|| unnamed.value(), Val::Text));
    // Metadata options that a version does not name follow the defaults of the image and the account.
    let hops = int(d, "metadataOptions.httpPutResponseHopLimit");
    on.set(IMDS_TOKENS, json::val(d, "metadataOptions.httpTokens").unwrap_or(Val::Unknown))
        .set(IMDS_HOP_LIMIT, hops.map_or(Val::Unknown, Val::Int));
    let user_data = if given(d, "userData") { Val::Unknown } else { unnamed.value() };
    on.set(USER_DATA, user_data);
    let groups = groups(d);
    if groups.is_some() || matches!(unnamed, Unnamed::None) {
        on.replace(GROUPS, &groups.unwrap_or_default());
    }
}

/// The profile's name: the end of its ARN, or the name itself.
fn profile(d: &Value) -> Option<String> {
    let of = at(d, "iamInstanceProfile");
    text(of, "arn").map(|a| tail(&a).to_owned()).or_else(|| text(of, "name"))
}

/// The security groups of the instance, or those of its network interfaces. `None`: neither is named.
fn groups(d: &Value) -> Option<Vec<String>> {
    let lists = ["securityGroupIdSet", "securityGroupId", "securityGroupIds"];
    if let Some(list) = lists.iter().find(|l| given(d, l)) {
        return Some(texts(d, list, "groupId"));
    }
    let interfaces = ["networkInterfaceSet", "networkInterface", "networkInterfaces"];
    let interfaces: Vec<&Value> = interfaces.iter().flat_map(|l| items(d, l)).collect();
    let named = |n: &Value| {
        let lists = ["groupSet", "groups", "securityGroupId", "securityGroupIds"];
        lists.iter().find(|l| given(n, l)).map(|l| texts(n, l, "groupId"))
    };
    let all: Vec<Vec<String>> = interfaces.into_iter().filter_map(named).collect();
    (!all.is_empty()).then(|| all.concat())
}

fn create_template(c: &Call, out: &mut Writes) {
    let t = at(c.response, "launchTemplate");
    let mut on = out.create(Kind::LaunchTemplate, text(t, "launchTemplateId"));
    on.set(NAME, text(t, "launchTemplateName").or_else(|| text(c.request, "launchTemplateName")).map(Val::Text))
        .int(LATEST_VERSION, t, "latestVersionNumber")
        .int(DEFAULT_VERSION, t, "defaultVersionNumber")
        .initial_tags(t, c.requested_tags(&["launch-template"]));
    data(&mut on, at(c.request, "launchTemplateData"), Unnamed::None);
}

fn create_version(c: &Call, out: &mut Writes) {
    let v = at(c.response, "launchTemplateVersion");
    let id = text(v, "launchTemplateId").or_else(|| text(c.request, "launchTemplateId"));
    let mut on = out.asset(Kind::LaunchTemplate, id, Rank::Set);
    on.text(NAME, v, "launchTemplateName").int(LATEST_VERSION, v, "versionNumber");
    let answered = at(v, "launchTemplateData");
    let unnamed = if given(c.request, "sourceVersion") { Unnamed::Inherited } else { Unnamed::None };
    data(&mut on, if answered.is_null() { at(c.request, "launchTemplateData") } else { answered }, unnamed);
}

fn modify_template(c: &Call, out: &mut Writes) {
    let id = c.either("launchTemplate.launchTemplateId", "launchTemplateId");
    out.asset(Kind::LaunchTemplate, id, Rank::Set).int(
        DEFAULT_VERSION,
        c.response,
        "launchTemplate.defaultVersionNumber",
    );
}

fn delete_template(c: &Call, out: &mut Writes) {
    out.delete(Kind::LaunchTemplate, c.either("launchTemplate.launchTemplateId", "launchTemplateId"));
}
