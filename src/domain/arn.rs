//! Amazon Resource Names, taken apart in one place.

/// The parts of `arn:partition:service:region:account:resource`. Region and account are empty for global resources.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// All that follows the fifth colon: `instance/i-1`, `role/path/name`, `bucket/key`.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None`: the text is no ARN.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let arn = Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        (!arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty()).then_some(arn)
    }

    /// The part of the resource after its last slash or colon: the id, or the name without its path.
    pub fn name(&self) -> &'a str {
        self.resource.rsplit(['/', ':']).next().unwrap_or(self.resource)
    }

    /// The part of the resource before its first slash or colon. `None`: the resource has no type, as for buckets.
    pub fn resource_type(&self) -> Option<&'a str> {
        self.resource.split_once(['/', ':']).map(|(kind, _)| kind)
    }
}

impl std::fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Arn { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The partition of a region, by the region's prefix. The longest prefix of a family stands first.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
];

pub fn partition_of_region(region: &str) -> &'static str {
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_names_of_each_form() {
        for (text, name, resource_type) in [
            ("arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "i-1", Some("instance")),
            ("arn:aws-cn:s3:::bucket", "bucket", None),
            ("arn:aws:iam::111122223333:role/a/path/name", "name", Some("role")),
            ("arn:aws:rds:eu-west-1:111122223333:db:db1", "db1", Some("db")),
            ("arn:aws:lambda:eu-west-1:111122223333:function:fn", "fn", Some("function")),
        ] {
            let arn = Arn::parse(text).unwrap();
            assert_eq!((arn.name(), arn.resource_type()), (name, resource_type), "{text}");
            assert_eq!(arn.to_string(), text);
        }
        for text in ["", "arn", "arn:aws:s3", "i-1", "arn:aws:ec2:eu-west-1:111122223333:", "arn::s3:::b"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_partition_has_its_regions() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("eusc-de-east-1", "aws-eusc"),
            ("", "aws"),
        ] {
            assert_eq!(partition_of_region(region), partition, "{region}");
        }
    }
}
