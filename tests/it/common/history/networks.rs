//! VPCs, subnets, addresses, interfaces and routes.

use serde_json::{Value, json};

use super::{Kind, Step};

pub const KINDS: &[Kind] = &[
    Kind {
        line: "CreateVpc vpc-{a}",
        record: |s| {
            let one = json!({ "vpcId": s.with("vpc-{a}"), "cidrBlock": "10.0.0.0/16" });
            s.ec2("CreateVpc", json!({}), json!({ "vpc": one }))
        },
    },
    Kind { line: "DeleteVpc vpc-{a}", record: |s| s.ec2_done("DeleteVpc", json!({ "vpcId": s.with("vpc-{a}") })) },
    Kind {
        line: "CreateSubnet subnet-{b} vpc-{a}",
        record: |s| {
            let one = json!({ "subnetId": s.with("subnet-{b}"), "vpcId": s.with("vpc-{a}"),
                "cidrBlock": s.with("10.0.{b}.0/24") });
            s.ec2("CreateSubnet", json!({}), json!({ "subnet": one }))
        },
    },
    Kind {
        line: "DeleteSubnet subnet-{b}",
        record: |s| s.ec2_done("DeleteSubnet", json!({ "subnetId": s.with("subnet-{b}") })),
    },
    Kind {
        line: "AllocateAddress eipalloc-{a} 198.51.100.{a}",
        record: |s| {
            let response = json!({ "allocationId": s.with("eipalloc-{a}"), "publicIp": s.with("198.51.100.{a}"),
                "domain": "vpc" });
            s.ec2("AllocateAddress", json!({}), response)
        },
    },
    Kind {
        line: "ReleaseAddress eipalloc-{a}",
        record: |s| s.ec2_done("ReleaseAddress", json!({ "allocationId": s.with("eipalloc-{a}") })),
    },
    Kind {
        line: "AssociateAddress eipalloc-{a} eni-{b}",
        record: |s| {
            let request = json!({ "allocationId": s.with("eipalloc-{a}"), "networkInterfaceId": s.with("eni-{b}") });
            s.ec2("AssociateAddress", request, json!({ "associationId": s.with("eipassoc-{a}{b}") }))
        },
    },
    Kind {
        line: "AssociateAddress eipalloc-{b} i-{a}",
        record: |s| {
            let request = json!({ "allocationId": s.with("eipalloc-{b}"), "instanceId": s.with("i-{a}") });
            s.ec2("AssociateAddress", request, json!({ "associationId": s.with("eipassoc-{a}{b}") }))
        },
    },
    Kind {
        line: "DisassociateAddress eipassoc-{a}{b}",
        record: |s| s.ec2_done("DisassociateAddress", json!({ "associationId": s.with("eipassoc-{a}{b}") })),
    },
    Kind {
        line: "CreateNetworkInterface eni-{b} vpc-{a} subnet-{b} sg-{b}",
        record: |s| {
            let group = json!({ "groupId": s.with("sg-{b}"), "groupName": "g" });
            let one = json!({ "networkInterfaceId": s.with("eni-{b}"), "subnetId": s.with("subnet-{b}"),
                "vpcId": s.with("vpc-{a}"), "privateIpAddress": s.with("10.0.0.{a}"), "groupSet": { "items": [group] } });
            let request = json!({ "subnetId": s.with("subnet-{b}") });
            s.ec2("CreateNetworkInterface", request, json!({ "networkInterface": one }))
        },
    },
    Kind {
        line: "AttachNetworkInterface eni-{b} i-{a}",
        record: |s| {
            let request =
                json!({ "networkInterfaceId": s.with("eni-{b}"), "instanceId": s.with("i-{a}"), "deviceIndex": 1 });
            s.ec2("AttachNetworkInterface", request, json!({ "attachmentId": s.with("eni-attach-{a}{b}") }))
        },
    },
    // The attachment that a launch made, and one that was made since.
    Kind { line: "DetachNetworkInterface eni-attach-{a}", record: |s| detach(s, "eni-attach-{a}") },
    Kind { line: "DetachNetworkInterface eni-attach-{a}{b}", record: |s| detach(s, "eni-attach-{a}{b}") },
    Kind {
        line: "ModifyNetworkInterfaceAttribute eni-{a} sg-{b}",
        record: |s| {
            let groups = json!({ "items": [{ "groupId": s.with("sg-{b}") }] });
            let request = json!({ "networkInterfaceId": s.with("eni-{a}"), "groupSet": groups });
            s.ec2_done("ModifyNetworkInterfaceAttribute", request)
        },
    },
    Kind {
        line: "DeleteNetworkInterface eni-{a}",
        record: |s| s.ec2_done("DeleteNetworkInterface", json!({ "networkInterfaceId": s.with("eni-{a}") })),
    },
    Kind {
        line: "AssociateRouteTable rtb-{a} subnet-{b}",
        record: |s| {
            let request = json!({ "routeTableId": s.with("rtb-{a}"), "subnetId": s.with("subnet-{b}") });
            s.ec2("AssociateRouteTable", request, json!({ "associationId": s.with("rtbassoc-{a}{b}") }))
        },
    },
    // The association may come to replace, over others, itself.
    Kind {
        line: "ReplaceRouteTableAssociation rtbassoc-{a}{b} rtb-{b}",
        record: |s| {
            let request = json!({ "associationId": s.with("rtbassoc-{a}{b}"), "routeTableId": s.with("rtb-{b}") });
            let new = format!("rtbassoc-{}{}", s.b, 1 - s.a);
            s.ec2("ReplaceRouteTableAssociation", request, json!({ "newAssociationId": new }))
        },
    },
    Kind {
        line: "CreateRoute rtb-{a} igw-{b}",
        record: |s| route(s, "CreateRoute", json!({ "gatewayId": s.with("igw-{b}") })),
    },
    Kind {
        line: "ReplaceRoute rtb-{a} nat-{b}",
        record: |s| route(s, "ReplaceRoute", json!({ "natGatewayId": s.with("nat-{b}") })),
    },
    Kind { line: "DeleteRoute rtb-{a}", record: |s| route(s, "DeleteRoute", json!({})) },
];

fn detach(s: &Step, attachment: &str) -> Value {
    s.ec2_done("DetachNetworkInterface", json!({ "attachmentId": s.with(attachment) }))
}

fn route(s: &Step, name: &str, mut to: Value) -> Value {
    to["routeTableId"] = s.with("rtb-{a}").into();
    to["destinationCidrBlock"] = "0.0.0.0/0".into();
    s.ec2_done(name, to)
}
