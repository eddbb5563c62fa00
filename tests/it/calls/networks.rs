//! Address blocks, NAT gateways, addresses.

use serde_json::{Value, json};
use trailgraph::domain::graph::{Kind, Val};

use super::{after, element, fixture, gap, none, real};
use crate::common::records::{keys, state_of};

#[test]
fn tags_that_only_the_request_tells_are_told_in_the_second_dialect_too() {
    let tags = json!({"ResourceType": "natgateway", "tag": 1, "Tag": [{"Value": true, "tag": 1, "Key": "a"}, {"Value": "x", "tag": 2, "Key": "b"}]});
    let q = json!({"CreateNatGatewayRequest": {"SubnetId": "subnet-1", "TagSpecification": tags}});
    let a = json!({"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-1"}}});
    let nat = state_of(&after(&[("ec2", "CreateNatGateway", q, a)]), Kind::NatGateway, "nat-1");
    assert_eq!(keys(&nat, "tags"), ["a", "b"]);
}

#[test]
fn vpcs_and_subnets_get_and_lose_address_blocks() {
    let first = json!({"items": [{"associationId": "vpc-cidr-assoc-1", "cidrBlock": "10.0.0.0/16"}]});
    let born = json!({"vpc": {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/16", "cidrBlockAssociationSet": first, "ipv6CidrBlockAssociationSet": {}}});
    let second = json!({"associationId": "vpc-cidr-assoc-2", "cidrBlock": "10.1.0.0/16", "cidrBlockState": {"state": "associating"}});
    let third = json!({"associationId": "vpc-cidr-assoc-3", "ipv6CidrBlock": "", "ipv6CidrBlockState": {"state": "associating"}});
    let gone = json!({"associationId": "vpc-cidr-assoc-2", "cidrBlock": "10.1.0.0/16", "cidrBlockState": {"state": "disassociating"}});
    let steps = [
        ("ec2", "CreateVpc", json!({}), born),
        (
            "ec2",
            "AssociateVpcCidrBlock",
            json!({"AssociateVpcCidrBlockRequest": {"VpcId": "vpc-1", "CidrBlock": "10.1.0.0/16"}}),
            json!({"AssociateVpcCidrBlockResponse": {"vpcId": "vpc-1", "cidrBlockAssociation": second}}),
        ),
        (
            "ec2",
            "AssociateVpcCidrBlock",
            json!({"vpcId": "vpc-1", "amazonProvidedIpv6CidrBlock": true}),
            json!({"vpcId": "vpc-1", "ipv6CidrBlockAssociation": third}),
        ),
        (
            "ec2",
            "DisassociateVpcCidrBlock",
            json!({"associationId": "vpc-cidr-assoc-2"}),
            json!({"vpcId": "vpc-1", "cidrBlockAssociation": gone}),
        ),
    ];
    let before = state_of(&after(&steps[..2]), Kind::Vpc, "vpc-1");
    assert_eq!(keys(&before, "cidr_associations"), ["vpc-cidr-assoc-1", "vpc-cidr-assoc-2"]);
    assert_eq!(element(&before, "cidr_associations", "vpc-cidr-assoc-2"), Some(Val::text("10.1.0.0/16")));
    let vpc = state_of(&after(&steps), Kind::Vpc, "vpc-1");
    assert_eq!(keys(&vpc, "cidr_associations"), ["vpc-cidr-assoc-1", "vpc-cidr-assoc-3"]);
    assert_eq!(element(&vpc, "cidr_associations", "vpc-cidr-assoc-3"), Some(Val::Unknown));

    let block = json!({"associationId": "subnet-cidr-assoc-1", "ipv6CidrBlock": "2001:db8::/64"});
    let answer = json!({"subnetId": "subnet-1", "ipv6CidrBlockAssociation": block});
    let steps = [
        ("ec2", "AssociateSubnetCidrBlock", json!({"subnetId": "subnet-1"}), answer.clone()),
        ("ec2", "DisassociateSubnetCidrBlock", json!({"associationId": "subnet-cidr-assoc-1"}), answer),
    ];
    let subnet = state_of(&after(&steps[..1]), Kind::Subnet, "subnet-1");
    assert_eq!(element(&subnet, "cidr_associations", "subnet-cidr-assoc-1"), Some(Val::text("2001:db8::/64")));
    let subnet = state_of(&after(&steps), Kind::Subnet, "subnet-1");
    assert!(keys(&subnet, "cidr_associations").is_empty());
    let cut = gap("ec2", "DisassociateVpcCidrBlock", json!({"associationId": "vpc-cidr-assoc-2"}), none());
    assert_eq!(cut, ["DisassociateVpcCidrBlock: names no vpc"]);
}

#[test]
fn creations_tell_their_blocks_and_addresses() {
    let vpc = fixture("ec2/CreateVpc", Kind::Vpc, "vpc-0a1b2c3d4e5f60001");
    let block = element(&vpc, "cidr_associations", "vpc-cidr-assoc-0a1b2c3d4e5f60001");
    assert_eq!(block, Some(Val::text("10.0.0.0/16")));
    let nat = fixture("ec2/CreateNatGateway", Kind::NatGateway, "nat-0a1b2c3d4e5f60001");
    assert_eq!(nat.named_text("address"), Some("eipalloc-0a1b2c3d4e5f60001"));
    assert!(nat.named_list("secondary_addresses").unwrap().is_empty());
    if let Some(vpc) = real("ec2.CreateVpc.json", Kind::Vpc, "vpc-0e568b18707c87afa") {
        let block = element(&vpc, "cidr_associations", "vpc-cidr-assoc-04a19e1d5bc3f9b99");
        assert_eq!(block, Some(Val::text("10.0.0.0/16")));
    }
    if let Some(nat) = real("ec2.CreateNatGateway.json", Kind::NatGateway, "nat-0dd264ee104155137") {
        assert_eq!(nat.named_text("address"), Some("eipalloc-04cbfdaf4b48e92d5"));
        assert!(nat.named_list("secondary_addresses").unwrap().is_empty());
    }
}

#[test]
fn a_nat_gateway_gets_and_loses_addresses_beside_its_first() {
    let primary =
        json!({"allocationId": "eipalloc-1", "associationId": "eipassoc-1", "isPrimary": true, "status": "succeeded"});
    let second = |status: &str| json!({"allocationId": "eipalloc-2", "associationId": "eipassoc-2", "publicIp": "198.51.100.2", "isPrimary": false, "status": status});
    let answer = |name: &str, set: Value| json!({name: {"natGatewayId": "nat-1", "natGatewayAddressSet": set}});
    let born = json!({"item": [{"allocationId": "eipalloc-3", "isPrimary": false}, primary]});
    let steps = [
        (
            "ec2",
            "CreateNatGateway",
            json!({"CreateNatGatewayRequest": {"SubnetId": "subnet-1", "AllocationId": "eipalloc-1"}}),
            json!({"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-1", "natGatewayAddressSet": born}}}),
        ),
        (
            "ec2",
            "AssociateNatGatewayAddress",
            json!({"AssociateNatGatewayAddressRequest": {"NatGatewayId": "nat-1", "AllocationId": {"tag": 1, "content": "eipalloc-2"}}}),
            answer("AssociateNatGatewayAddressResponse", json!({"item": second("associating")})),
        ),
        (
            "ec2",
            "DisassociateNatGatewayAddress",
            json!({"DisassociateNatGatewayAddressRequest": {"NatGatewayId": "nat-1", "AssociationId": {"tag": 1, "content": "eipassoc-2"}}}),
            answer("DisassociateNatGatewayAddressResponse", json!({"item": [primary, second("succeeded")]})),
        ),
    ];
    let before = state_of(&after(&steps[..2]), Kind::NatGateway, "nat-1");
    assert_eq!(before.named_text("address"), Some("eipalloc-1"));
    assert_eq!(keys(&before, "secondary_addresses"), ["eipalloc-2", "eipalloc-3"]);
    assert_eq!(element(&before, "secondary_addresses", "eipalloc-2"), Some(Val::text("198.51.100.2")));
    let nat = state_of(&after(&steps), Kind::NatGateway, "nat-1");
    assert_eq!(keys(&nat, "secondary_addresses"), ["eipalloc-3"]);
    let asked = json!({"natGatewayId": "nat-1", "allocationIds": {"items": ["eipalloc-4"]}});
    let asked = state_of(&after(&[("ec2", "AssociateNatGatewayAddress", asked, none())]), Kind::NatGateway, "nat-1");
    assert_eq!(element(&asked, "secondary_addresses", "eipalloc-4"), Some(Val::Unknown));
}

#[test]
fn an_address_named_by_its_ip_only_is_a_gap() {
    for name in ["ReleaseAddress", "DisassociateAddress"] {
        let what = gap("ec2", name, json!({"publicIp": "198.51.100.2"}), json!({"_return": true}));
        assert_eq!(what, [format!("{name}: names the address by its IP only")]);
    }
    let released = after(&[("ec2", "ReleaseAddress", json!({"allocationId": "eipalloc-1"}), none())]);
    assert!(!state_of(&released, Kind::Address, "eipalloc-1").exists);
    let a = json!({"addressTransfer": {"publicIp": "198.51.100.2", "allocationId": "eipalloc-1"}});
    let taken = gap("ec2", "AcceptAddressTransfer", json!({"address": "198.51.100.2"}), a);
    assert_eq!(taken, ["AcceptAddressTransfer: tells no allocation of this account"]);
}
