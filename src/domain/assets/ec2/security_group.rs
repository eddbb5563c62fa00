//! Security groups and their rules.

use crate::asset;

asset! {
    /// A security group.
    SecurityGroup "security_group", Regional, id "sg-", arn "arn:{partition}:ec2:{region}:{account}:security-group/{name}";
    unseen until RULES "rules from before its first sign of life are unknown";
    facts {
        /// The group's name.
        10 NAME: Text "name";
        /// The group's description.
        11 DESCRIPTION: Text "description";
        /// The VPC that it belongs to.
        12 VPC: Text "vpc" -> Vpc as "in";
        /// Rules by canonical permission (`ingress|tcp|22|22|0.0.0.0/0`), with their descriptions.
        13 RULES: Map "rules" [Internal];
        /// The canonical permission that each rule id (`sgr-…`) was granted with.
        14 RULE_IDS: Map "rule_ids" [Internal];
        /// The new permission, without its direction, of each rule changed by its id.
        15 RULE_CHANGES: Map "rule_changes" [Internal];
        /// The rule ids that were revoked.
        16 RULE_REVOKES: Set "rule_revokes" [Internal];
        /// Descriptions that were given by rule id.
        17 RULE_NOTES: Map "rule_notes" [Internal];
    }
}
