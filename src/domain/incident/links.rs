//! Links into the AWS console.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::domain::graph::{AssetId, Kind};

/// Where to look in the AWS console. Each is empty where there is no page to link to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    pub finding: String,
    pub target: String,
}

/// Characters that need no escape in a path, a query or a fragment.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Links {
    /// Links for a finding of `region` about `target`.
    pub fn new(region: &str, finding_id: &str, target: Option<&AssetId>) -> Links {
        let (Some(console), false) = (console(region), region.is_empty()) else { return Links::default() };
        let id = encoded(finding_id);
        Links {
            finding: format!("{console}/guardduty/home?region={region}#/findings?macros=current&fId={id}"),
            target: target.and_then(|asset| page(asset, region)).map_or_else(String::new, |p| format!("{console}/{p}")),
        }
    }
}

/// The console of a region's partition. `None`: a partition whose console has no public address.
fn console(region: &str) -> Option<String> {
    if !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return None;
    }
    Some(match region {
        r if r.starts_with("cn-") => format!("https://{r}.console.amazonaws.cn"),
        r if r.starts_with("us-gov-") => format!("https://{r}.console.amazonaws-us-gov.com"),
        r if r.starts_with("us-iso") || r.starts_with("eu-iso") || r.starts_with("eusc-") => return None,
        r => format!("https://{r}.console.aws.amazon.com"),
    })
}

fn page(asset: &AssetId, region: &str) -> Option<String> {
    let name = encoded(&asset.name);
    let ec2 = |page: &str| format!("ec2/home?region={region}#{page}={name}");
    let vpc = |page: &str| format!("vpcconsole/home?region={region}#{page}={name}");
    Some(match asset.kind {
        Kind::Instance => ec2("InstanceDetails:instanceId"),
        Kind::NetworkInterface => ec2("NetworkInterface:networkInterfaceId"),
        Kind::SecurityGroup => ec2("SecurityGroup:groupId"),
        Kind::Volume => ec2("VolumeDetails:volumeId"),
        Kind::Vpc => vpc("VpcDetails:VpcId"),
        Kind::Subnet => vpc("SubnetDetails:subnetId"),
        Kind::Bucket => format!("s3/buckets/{name}"),
        Kind::Role => format!("iam/home#/roles/details/{name}"),
        Kind::User => format!("iam/home#/users/details/{name}"),
        _ => return None,
    })
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_console_of_the_partition_and_escape_names() {
        let of = |region: &str, kind, name: &str| Links::new(region, "f 1", Some(&AssetId::new("1", kind, name)));
        let ireland = of("eu-west-1", Kind::Instance, "i-1");
        assert_eq!(
            ireland.finding,
            "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?macros=current&fId=f%201"
        );
        assert_eq!(
            ireland.target,
            "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-1"
        );
        assert!(of("cn-north-1", Kind::Role, "a+b").target.ends_with(".amazonaws.cn/iam/home#/roles/details/a%2Bb"));
        assert!(
            of("us-gov-west-1", Kind::Vpc, "vpc-1")
                .finding
                .starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/")
        );
        assert_eq!(of("eu-west-1", Kind::Account, "1").target, "");
        for region in ["", "us-iso-east-1", "eu west", "evil.example/"] {
            assert_eq!(of(region, Kind::Instance, "i-1"), Links::default(), "{region}");
        }
    }
}
