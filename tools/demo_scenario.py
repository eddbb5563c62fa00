#!/usr/bin/env python3
"""Writes knowledge/demo/: the records that `trailgraph demo` replays.

A story of two days. A pipeline builds a small web tier; a person opens it wide; Auto Scaling replaces a host; the new host asks for a
mining pool's name and GuardDuty says so. The rest is noise, duplicates and disorder, as real trails have them.

Deterministic: ids are hashes of names, times are written down. Accounts and addresses are those reserved for documentation.
Usage: tools/demo_scenario.py [DIRECTORY]
"""

import hashlib
import json
import pathlib
import sys
from datetime import datetime, timezone
from urllib.parse import quote

ACCOUNT, SHARED, ADMINISTRATOR = "111122223333", "444455556666", "123456789012"
REGION = "eu-central-1"
OFFICE, BUILDER, STRANGER = "203.0.113.24", "203.0.113.80", "198.51.100.77"
TERRAFORM_AGENT = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 terraform-provider-aws/5.84.0 aws-sdk-go-v2/1.32.8"
CONSOLE_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0"
TAGS = [("Owner", "dana.lee@example.com"), ("team", "storefront"), ("stage", "production")]


def digest(name):
    return hashlib.sha256(name.encode()).hexdigest()


def aws_id(prefix, name):
    return f"{prefix}-0{digest(prefix + name)[:16]}"


def uuid(name):
    h = digest("uuid" + name)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}"


def unique_id(prefix, name):
    return prefix + "".join(c for c in digest(prefix + name).upper() if c not in "0189")[:17]


def epoch(time):
    return int(datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())


def stamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def prose(time):
    return datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").strftime("%b %-d, %Y %-I:%M:%S %p")


def items(*values):
    return {"items": list(values)} if values else {}


def tags(name, extra=()):
    return [{"key": k, "value": v} for k, v in [("Name", name), *TAGS, *extra]]


def assumed(account, role, session, invoked_by=None, path="/"):
    unique = unique_id("AROA", account + role)
    who = {
        "type": "AssumedRole",
        "principalId": f"{unique}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "principalId": unique, "arn": f"arn:aws:iam::{account}:role{path}{role}",
                              "accountId": account, "userName": role},
            "attributes": {"creationDate": "2026-03-02T06:00:00Z", "mfaAuthenticated": "false"},
        },
    }
    if invoked_by:
        who["invokedBy"] = invoked_by
    else:
        who["accessKeyId"] = unique_id("ASIA", account + role + session)[:20]
    return who


TERRAFORM = assumed(ACCOUNT, "terraform", "storefront-apply")
DANA = assumed(ACCOUNT, "admin", "dana.lee")
SCALING = assumed(ACCOUNT, "AWSServiceRoleForAutoScaling", "AutoScaling", "autoscaling.amazonaws.com",
                  "/aws-service-role/autoscaling.amazonaws.com/")

VPC, IGW = aws_id("vpc", "storefront"), aws_id("igw", "storefront")
SUBNETS = {z: aws_id("subnet", z) for z in ("a", "b")}
RTB = aws_id("rtb", "public")
SG_WEB, SG_ALB = aws_id("sg", "web"), aws_id("sg", "alb")
LT, AMI = aws_id("lt", "web"), aws_id("ami", "web")
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
ALB_ARN = f"{ELB}:loadbalancer/app/storefront/{digest('alb')[:16]}"
TG_ARN = f"{ELB}:targetgroup/storefront-web/{digest('tg')[:16]}"
LISTENER_ARN = ALB_ARN.replace(":loadbalancer/", ":listener/") + "/" + digest("listener")[:16]
PROFILE_ARN, PROFILE_ID = f"arn:aws:iam::{ACCOUNT}:instance-profile/storefront-web", unique_id("AIPA", "web")
FIRST, SECOND, THIRD, ATTACKED = (aws_id("i", n) for n in ("first", "second", "third", "attacked"))


class Trail:
    """The CloudTrail records, in the order they happened."""

    def __init__(self):
        self.records = []

    def call(self, time, who, service, name, request, response, *, account=ACCOUNT, region=REGION, address=BUILDER,
             agent=TERRAFORM_AGENT, error=None, read_only=False, category="Management", version="1.11"):
        key = f"{len(self.records)}{time}{name}"
        invoked_by = who.get("invokedBy")
        record = {
            "eventVersion": version, "userIdentity": who, "eventTime": time, "eventSource": f"{service}.amazonaws.com",
            "eventName": name, "awsRegion": region, "sourceIPAddress": invoked_by or address,
            "userAgent": invoked_by or agent, "requestParameters": request, "responseElements": response,
            "requestID": uuid("request" + key), "eventID": uuid("event" + key), "readOnly": read_only,
            "eventType": "AwsApiCall", "managementEvent": category == "Management", "recipientAccountId": account,
            "eventCategory": category,
        }
        if error:
            record["errorCode"], record["errorMessage"] = error
            record["responseElements"] = None
        if service == "ec2" and isinstance(record["responseElements"], dict):
            body = record["responseElements"]
            record["responseElements"] = {"requestId": record["requestID"], **body} if f"{name}Response" not in body else body
        self.records.append(record)
        return record

    def terraform(self, time, service, name, request, response=None, **more):
        return self.call(time, TERRAFORM, service, name, request, response, **more)

    def scaling(self, time, service, name, request, response=None, **more):
        return self.call(time, SCALING, service, name, request, response, **more)

    def dana(self, time, service, name, request, response=None, **more):
        return self.call(time, DANA, service, name, request, response, address=OFFICE, agent=CONSOLE_AGENT, **more)


def tag_specification(kind, name):
    return items({"resourceType": kind, "tags": tags(name)})


def permission(protocol, low=None, high=None, cidrs=(), groups=()):
    p = {"ipProtocol": protocol}
    if low is not None:
        p |= {"fromPort": low, "toPort": high}
    return p | {"groups": items(*({"groupId": g} for g in groups)), "ipRanges": items(*({"cidrIp": c} for c in cidrs)),
                "ipv6Ranges": {}, "prefixListIds": {}}


def authorize(call, time, group, egress, protocol, low, high, cidr=None, source=None, **more):
    rule = {"groupOwnerId": ACCOUNT, "groupId": group, "securityGroupRuleId": aws_id("sgr", f"{group}{time}"),
            "isEgress": egress, "ipProtocol": protocol, "fromPort": low, "toPort": high}
    if source:
        rule["referencedGroupInfo"] = {"userId": ACCOUNT, "groupId": source}
    else:
        rule["cidrIpv4"] = cidr
    ports = (None, None) if protocol == "-1" else (low, high)
    request = {"groupId": group, "ipPermissions": items(permission(protocol, *ports, [cidr] if cidr else [], [source] if source else []))}
    return call(time, "ec2", "AuthorizeSecurityGroup" + ("Egress" if egress else "Ingress"), request,
                {"_return": True, "securityGroupRuleSet": items(rule)}, **more)


def create_group(trail, time, later, group, name, description, vpc=VPC):
    trail.terraform(time, "ec2", "CreateSecurityGroup",
                    {"groupName": name, "groupDescription": description, "vpcId": vpc,
                     "tagSpecificationSet": tag_specification("security-group", name)},
                    {"_return": True, "groupId": group, "tagSet": items(*tags(name))})
    trail.terraform(later, "ec2", "RevokeSecurityGroupEgress",
                    {"groupId": group, "ipPermissions": items(permission("-1", 0, 0, ["0.0.0.0/0"]))}, {"_return": True})


def network(trail):
    t = trail.terraform
    t("2026-03-02T08:00:11Z", "ec2", "CreateVpc",
      {"cidrBlock": "10.20.0.0/16", "instanceTenancy": "default", "amazonProvidedIpv6CidrBlock": False,
       "tagSpecificationSet": tag_specification("vpc", "storefront")},
      {"vpc": {"vpcId": VPC, "state": "pending", "ownerId": ACCOUNT, "cidrBlock": "10.20.0.0/16",
               "cidrBlockAssociationSet": items({"cidrBlock": "10.20.0.0/16", "associationId": aws_id("vpc-cidr-assoc", "storefront"),
                                                 "cidrBlockState": {"state": "associated"}}),
               "ipv6CidrBlockAssociationSet": {}, "dhcpOptionsId": aws_id("dopt", "storefront"), "instanceTenancy": "default",
               "tagSet": items(*tags("storefront")), "isDefault": False}})
    for zone, cidr, second in (("a", "10.20.1.0/24", "24"), ("b", "10.20.2.0/24", "24")):
        name, subnet = f"storefront-public-{zone}", SUBNETS[zone]
        t(f"2026-03-02T08:00:{second}Z", "ec2", "CreateSubnet",
          {"vpcId": VPC, "cidrBlock": cidr, "availabilityZone": REGION + zone, "tagSpecificationSet": tag_specification("subnet", name)},
          {"subnet": {"subnetId": subnet, "subnetArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{subnet}", "state": "available",
                      "vpcId": VPC, "cidrBlock": cidr, "ipv6CidrBlockAssociationSet": {}, "availableIpAddressCount": 251,
                      "availabilityZone": REGION + zone, "availabilityZoneId": {"a": "euc1-az2", "b": "euc1-az3"}[zone],
                      "ownerId": ACCOUNT, "defaultForAz": False, "mapPublicIpOnLaunch": False,
                      "assignIpv6AddressOnCreation": False, "tagSet": items(*tags(name)), "ipv6Native": False, "enableDns64": False}})
        t("2026-03-02T08:00:36Z", "ec2", "ModifySubnetAttribute",
          {"subnetId": subnet, "mapPublicIpOnLaunch": {"value": True}}, {"_return": True})
    t("2026-03-02T08:00:24Z", "ec2", "CreateInternetGateway",
      {"tagSpecificationSet": tag_specification("internet-gateway", "storefront")},
      {"internetGateway": {"internetGatewayId": IGW, "ownerId": ACCOUNT, "attachmentSet": {}, "tagSet": items(*tags("storefront")),
                           "association": {}}})
    t("2026-03-02T08:00:25Z", "ec2", "AttachInternetGateway", {"internetGatewayId": IGW, "vpcId": VPC}, {"_return": True})
    t("2026-03-02T08:00:26Z", "ec2", "CreateRouteTable",
      {"vpcId": VPC, "tagSpecificationSet": tag_specification("route-table", "storefront-public")},
      {"routeTable": {"routeTableId": RTB, "vpcId": VPC, "ownerId": ACCOUNT,
                      "routeSet": items({"destinationCidrBlock": "10.20.0.0/16", "gatewayId": "local", "state": "active",
                                         "origin": "CreateRouteTable"}),
                      "associationSet": {}, "propagatingVgwSet": {}, "tagSet": items(*tags("storefront-public"))}})
    t("2026-03-02T08:00:27Z", "ec2", "CreateRoute",
      {"routeTableId": RTB, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": IGW}, {"_return": True})
    for zone in SUBNETS:
        t("2026-03-02T08:00:38Z", "ec2", "AssociateRouteTable", {"routeTableId": RTB, "subnetId": SUBNETS[zone]},
          {"associationId": aws_id("rtbassoc", zone), "associationState": {"state": "associated"}})


def groups(trail):
    create_group(trail, "2026-03-02T08:00:40Z", "2026-03-02T08:00:41Z", SG_ALB, "storefront-alb", "Public entrance")
    create_group(trail, "2026-03-02T08:00:40Z", "2026-03-02T08:00:41Z", SG_WEB, "storefront-web", "Web servers")
    authorize(trail.terraform, "2026-03-02T08:00:43Z", SG_ALB, False, "tcp", 443, 443, cidr="0.0.0.0/0")
    authorize(trail.terraform, "2026-03-02T08:00:43Z", SG_ALB, True, "tcp", 443, 443, source=SG_WEB)
    authorize(trail.terraform, "2026-03-02T08:00:44Z", SG_WEB, False, "tcp", 443, 443, source=SG_ALB)


def identity(trail):
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}, separators=(",", ":"))
    role = {"path": "/", "roleName": "storefront-web"}
    time, pairs = "2026-03-02T08:01:02Z", [{"key": k, "value": v} for k, v in TAGS]
    more = {"region": "us-east-1"}
    trail.terraform(time, "iam", "CreateRole",
                    role | {"assumeRolePolicyDocument": trust, "maxSessionDuration": 3600, "tags": pairs},
                    {"role": role | {"roleId": unique_id("AROA", ACCOUNT + "storefront-web"), "createDate": prose(time),
                                     "arn": f"arn:aws:iam::{ACCOUNT}:role/storefront-web", "tags": pairs,
                                     "assumeRolePolicyDocument": quote(trust, safe="")}}, **more)
    for policy in ("AmazonSSMManagedInstanceCore", "AmazonS3FullAccess"):
        trail.terraform("2026-03-02T08:01:03Z", "iam", "AttachRolePolicy",
                        {"roleName": "storefront-web", "policyArn": f"arn:aws:iam::aws:policy/{policy}"}, **more)
    profile = {"path": "/", "instanceProfileName": "storefront-web"}
    trail.terraform("2026-03-02T08:01:03Z", "iam", "CreateInstanceProfile", profile | {"tags": pairs},
                    {"instanceProfile": profile | {"instanceProfileId": PROFILE_ID, "arn": PROFILE_ARN, "roles": [], "tags": pairs,
                                                   "createDate": prose("2026-03-02T08:01:03Z")}}, **more)
    trail.terraform("2026-03-02T08:01:04Z", "iam", "AddRoleToInstanceProfile",
                    {"instanceProfileName": "storefront-web", "roleName": "storefront-web"}, **more)


def template_version(trail, time, number, image):
    data = {"ImageId": image, "InstanceType": "t3.medium", "IamInstanceProfile": {"Name": "storefront-web"},
            "SecurityGroupId": {"tag": 1, "content": SG_WEB}, "MetadataOptions": {"HttpTokens": "optional", "HttpPutResponseHopLimit": 2},
            "UserData": "<sensitiveDataRemoved>"}
    space = "http://ec2.amazonaws.com/doc/2016-11-15/"
    if number == 1:
        trail.terraform(time, "ec2", "CreateLaunchTemplate",
                        {"CreateLaunchTemplateRequest": {"LaunchTemplateName": "storefront-web", "LaunchTemplateData": data,
                                                         "ClientToken": uuid("token" + time)}},
                        {"CreateLaunchTemplateResponse": {"xmlns": space, "requestId": uuid("answer" + time), "launchTemplate": {
                            "launchTemplateId": LT, "launchTemplateName": "storefront-web", "createTime": time.replace("Z", ".000Z"),
                            "createdBy": TERRAFORM["arn"], "defaultVersionNumber": 1, "latestVersionNumber": 1}}})
    else:
        answer = {"imageId": image, "instanceType": "t3.medium", "iamInstanceProfile": {"name": "storefront-web"},
                  "securityGroupIdSet": {"item": SG_WEB}, "metadataOptions": {"httpTokens": "optional", "httpPutResponseHopLimit": 2}}
        trail.terraform(time, "ec2", "CreateLaunchTemplateVersion",
                        {"CreateLaunchTemplateVersionRequest": {"LaunchTemplateId": LT, "LaunchTemplateData": data,
                                                                "ClientToken": uuid("token" + time)}},
                        {"CreateLaunchTemplateVersionResponse": {"xmlns": space, "requestId": uuid("answer" + time), "launchTemplateVersion": {
                            "launchTemplateId": LT, "launchTemplateName": "storefront-web", "versionNumber": number, "defaultVersion": False,
                            "createTime": time.replace("Z", ".000Z"), "createdBy": TERRAFORM["arn"], "launchTemplateData": answer}}})


def balancing(trail):
    elb = "elasticloadbalancing"
    trail.terraform("2026-03-02T08:01:10Z", elb, "CreateTargetGroup",
                    {"name": "storefront-web", "protocol": "HTTPS", "port": 443, "vpcId": VPC, "targetType": "instance",
                     "healthCheckPath": "/healthz", "healthCheckProtocol": "HTTPS"},
                    {"targetGroups": [{"targetGroupArn": TG_ARN, "targetGroupName": "storefront-web", "protocol": "HTTPS", "port": 443,
                                       "vpcId": VPC, "targetType": "instance", "healthCheckPath": "/healthz", "healthCheckProtocol": "HTTPS",
                                       "protocolVersion": "HTTP1", "ipAddressType": "ipv4"}]}, version="1.08")
    trail.terraform("2026-03-02T08:01:12Z", elb, "CreateLoadBalancer",
                    {"name": "storefront", "subnets": list(SUBNETS.values()), "securityGroups": [SG_ALB], "scheme": "internet-facing",
                     "type": "application", "ipAddressType": "ipv4", "tags": tags("storefront")},
                    {"loadBalancers": [{"loadBalancerArn": ALB_ARN, "loadBalancerName": "storefront", "vpcId": VPC,
                                        "dNSName": f"storefront-1029384756.{REGION}.elb.amazonaws.com", "scheme": "internet-facing",
                                        "createdTime": prose("2026-03-02T08:01:12Z"), "type": "application", "ipAddressType": "ipv4",
                                        "canonicalHostedZoneId": "Z00000000EXAMPLE", "securityGroups": [SG_ALB], "state": {"code": "provisioning"},
                                        "availabilityZones": [{"zoneName": REGION + z, "subnetId": s, "loadBalancerAddresses": []}
                                                              for z, s in SUBNETS.items()]}]}, version="1.08")
    listener = {"loadBalancerArn": ALB_ARN, "port": 443, "protocol": "HTTPS",
                "certificates": [{"certificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{uuid('certificate')}"}],
                "defaultActions": [{"type": "forward", "targetGroupArn": TG_ARN}]}
    trail.terraform("2026-03-02T08:03:51Z", elb, "CreateListener", listener,
                    {"listeners": [listener | {"listenerArn": LISTENER_ARN, "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}]}, version="1.08")


def scaling_group(trail):
    name = "storefront-web"
    trail.terraform("2026-03-02T08:03:58Z", "autoscaling", "CreateAutoScalingGroup",
                    {"autoScalingGroupName": name, "minSize": 2, "maxSize": 4, "desiredCapacity": 2,
                     "vPCZoneIdentifier": ",".join(SUBNETS.values()), "targetGroupARNs": [TG_ARN], "healthCheckType": "ELB",
                     "healthCheckGracePeriod": 300, "launchTemplate": {"launchTemplateId": LT, "version": "1"},
                     "newInstancesProtectedFromScaleIn": False,
                     "tags": [{"key": k, "value": v, "resourceId": name, "resourceType": "auto-scaling-group", "propagateAtLaunch": True}
                              for k, v in [("Name", name), *TAGS]]})


def launch(trail, time, instance, zone, address, image, version):
    """Auto Scaling starts a host: the request says almost nothing, the answer all. Then it is registered behind the load balancer."""
    eni, at = aws_id("eni", instance), epoch(time) * 1000
    member = [("aws:autoscaling:groupName", "storefront-web"), ("aws:ec2launchtemplate:id", LT), ("aws:ec2launchtemplate:version", str(version))]
    group = items({"groupId": SG_WEB, "groupName": "storefront-web"})
    token = uuid("token" + instance)
    host = {
        "instanceId": instance, "imageId": image, "currentInstanceBootMode": "uefi", "instanceState": {"code": 0, "name": "pending"},
        "privateDnsName": f"ip-{address.replace('.', '-')}.{REGION}.compute.internal", "amiLaunchIndex": 0, "productCodes": {},
        "instanceType": "t3.medium", "launchTime": at, "placement": {"availabilityZone": REGION + zone, "tenancy": "default"},
        "monitoring": {"state": "disabled"}, "subnetId": SUBNETS[zone], "vpcId": VPC, "privateIpAddress": address,
        "stateReason": {"code": "pending", "message": "pending"}, "architecture": "x86_64", "rootDeviceType": "ebs",
        "rootDeviceName": "/dev/xvda", "blockDeviceMapping": {}, "virtualizationType": "hvm", "hypervisor": "xen",
        "tagSet": items(*tags("storefront-web", member)), "clientToken": token, "groupSet": group, "sourceDestCheck": True,
        "networkInterfaceSet": items({
            "networkInterfaceId": eni, "subnetId": SUBNETS[zone], "vpcId": VPC, "ownerId": ACCOUNT, "status": "in-use",
            "macAddress": "06:" + ":".join(digest(eni)[i:i + 2] for i in range(0, 10, 2)), "privateIpAddress": address, "sourceDestCheck": True,
            "interfaceType": "interface", "groupSet": group,
            "attachment": {"attachmentId": aws_id("eni-attach", instance), "deviceIndex": 0, "networkCardIndex": 0, "status": "attaching",
                           "attachTime": at, "deleteOnTermination": True},
            "privateIpAddressesSet": {"item": [{"privateIpAddress": address, "primary": True}]}, "ipv6AddressesSet": {}, "tagSet": {}}),
        "iamInstanceProfile": {"arn": PROFILE_ARN, "id": PROFILE_ID}, "ebsOptimized": False, "enaSupport": True,
        "cpuOptions": {"coreCount": 1, "threadsPerCore": 2}, "hibernationOptions": {"configured": False}, "enclaveOptions": {"enabled": False},
        "metadataOptions": {"state": "pending", "httpTokens": "optional", "httpPutResponseHopLimit": 2, "httpEndpoint": "enabled",
                            "httpProtocolIpv4": "enabled", "httpProtocolIpv6": "disabled", "instanceMetadataTags": "disabled"},
    }
    trail.scaling(time, "ec2", "RunInstances",
                  {"instancesSet": items({"minCount": 1, "maxCount": 1}), "blockDeviceMapping": {}, "monitoring": {"enabled": False},
                   "availabilityZone": REGION + zone, "subnetId": SUBNETS[zone], "disableApiTermination": False, "disableApiStop": False,
                   "clientToken": token, "launchTemplate": {"launchTemplateId": LT, "version": str(version)},
                   "tagSpecificationSet": items({"resourceType": "instance", "tags": tags("storefront-web", member[:1])})},
                  {"reservationId": aws_id("r", instance), "ownerId": ACCOUNT, "groupSet": {},
                   "instancesSet": items(host)})
    trail.scaling(stamp(epoch(time) + 48), "elasticloadbalancing", "RegisterTargets",
                  {"targetGroupArn": TG_ARN, "targets": [{"id": instance, "port": 443}]}, version="1.08")


def retire(trail, time, instance):
    trail.scaling(time, "elasticloadbalancing", "DeregisterTargets",
                  {"targetGroupArn": TG_ARN, "targets": [{"id": instance}]}, version="1.08")
    trail.scaling(stamp(epoch(time) + 33), "ec2", "TerminateInstances", {"instancesSet": items({"instanceId": instance})},
                  {"instancesSet": items({"instanceId": instance, "currentState": {"code": 32, "name": "shutting-down"},
                                          "previousState": {"code": 16, "name": "running"}})})


def deployment(trail):
    template_version(trail, "2026-03-03T08:40:05Z", 2, aws_id("ami", "web-2"))
    trail.terraform("2026-03-03T08:40:09Z", "autoscaling", "UpdateAutoScalingGroup",
                    {"autoScalingGroupName": "storefront-web", "launchTemplate": {"launchTemplateId": LT, "version": "2"},
                     "minSize": 2, "maxSize": 4, "desiredCapacity": 2})
    retire(trail, "2026-03-03T08:45:20Z", SECOND)
    launch(trail, "2026-03-03T08:47:02Z", THIRD, "b", "10.20.2.61", aws_id("ami", "web-2"), 2)


def opening(trail):
    """A person tries things, some in vain, and in the end opens the group in both directions."""
    trail.dana("2026-03-03T11:28:40Z", "ec2", "RunInstances",
               {"instancesSet": items({"imageId": AMI, "minCount": 1, "maxCount": 1}), "instanceType": "t3.micro", "subnetId": SUBNETS["a"],
                "dryRun": True}, error=("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set."))
    authorize(trail.dana, "2026-03-03T11:31:07Z", SG_ALB, False, "tcp", 22, 22, cidr="0.0.0.0/0",
              error=("Client.UnauthorizedOperation", "You are not authorized to perform this operation."))
    authorize(trail.dana, "2026-03-03T11:32:18Z", SG_WEB, False, "tcp", 22, 22, cidr="0.0.0.0/0")
    authorize(trail.dana, "2026-03-03T11:33:02Z", SG_WEB, True, "-1", -1, -1, cidr="0.0.0.0/0")


def replacement(trail):
    """The group replaces a host; the new one has the old one's address and a name of its own."""
    retire(trail, "2026-03-03T13:04:12Z", FIRST)
    launch(trail, "2026-03-03T13:06:30Z", ATTACKED, "a", "10.20.1.37", aws_id("ami", "web-2"), 2)


def aftermath(trail):
    """What the host's credentials did, from elsewhere."""
    stolen = assumed(ACCOUNT, "storefront-web", ATTACKED)
    more = {"address": STRANGER, "agent": "aws-cli/2.22.0 md/awscrt#0.23.4 ua/2.0 os/linux"}
    trail.call("2026-03-03T14:26:10Z", stolen, "sts", "GetCallerIdentity", None, None, read_only=True, **more)
    trail.call("2026-03-03T14:27:44Z", stolen, "iam", "CreateUser", {"userName": "svc-backup"}, None, region="us-east-1",
               error=("AccessDenied", "User is not authorized to perform: iam:CreateUser"), **more)
    trail.call("2026-03-03T14:29:31Z", stolen, "ec2", "RunInstances",
               {"instancesSet": items({"imageId": AMI, "minCount": 4, "maxCount": 4}), "instanceType": "g5.12xlarge"}, None,
               error=("Client.UnauthorizedOperation", "You are not authorized to perform this operation."), **more)


READS = (("ec2", "DescribeInstances"), ("ec2", "DescribeSecurityGroups"), ("elasticloadbalancing", "DescribeTargetHealth"), ("sts", "GetCallerIdentity"),
         ("autoscaling", "DescribeAutoScalingGroups"), ("ec2", "DescribeNetworkInterfaces"))


def noise(trail):
    """What other accounts do meanwhile; nothing of it belongs to the story."""
    start = epoch("2026-03-02T00:07:00Z")
    for n in range(150):
        time = stamp(start + n * 1100 + int(digest(f"noise{n}")[:4], 16) % 900)
        account = (SHARED, ADMINISTRATOR)[n % 2]
        who = assumed(account, "reporting", f"job-{n % 5}")
        more = {"account": account, "address": f"198.51.100.{10 + n % 40}", "agent": "Boto3/1.36.2 md/Botocore#1.36.2"}
        if n % 3 == 0:
            trail.call(time, who, "s3", "GetObject", {"bucketName": "example-reports", "key": f"daily/{n}.csv", "Host": "s3.amazonaws.com"}, None,
                       read_only=True, category="Data", **more)
        elif n % 25 == 7:
            group = aws_id("sg", f"noise{n}")
            trail.call(time, who, "ec2", "CreateSecurityGroup",
                       {"groupName": f"batch-{n}", "groupDescription": "batch workers", "vpcId": aws_id("vpc", account)},
                       {"_return": True, "groupId": group}, **more)
            trail.call(time, who, "ec2", "AuthorizeSecurityGroupIngress",
                       {"groupId": group, "ipPermissions": {}, "ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrIp": "10.0.0.0/8"},
                       {"_return": True}, version="1.08", **more)
        else:
            service, name = READS[n % len(READS)]
            trail.call(time, who, service, name, None, None, read_only=True, **more)


def envelope(kind, source, account, time, resources, detail):
    return {"version": "0", "id": uuid(f"envelope{kind}{account}{time}{resources}"), "detail-type": kind, "source": source, "account": account,
            "time": time, "region": REGION, "resources": resources, "detail": detail}


def states():
    out = []
    for instance, at, seconds in ((FIRST, "2026-03-02T08:04:20Z", None), (SECOND, "2026-03-02T08:04:21Z", "2026-03-03T08:46:31Z"),
                                  (THIRD, "2026-03-03T08:47:19Z", None), (FIRST, None, "2026-03-03T13:05:26Z"),
                                  (ATTACKED, "2026-03-03T13:06:47Z", None)):
        for time, state in ((at, "running"), (seconds, "terminated")):
            if time:
                out.append(envelope("EC2 Instance State-change Notification", "aws.ec2", ACCOUNT, time,
                                    [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}"], {"instance-id": instance, "state": state}))
    return out


def finding(updated, last_seen, count):
    detector, identifier, pool = digest("detector")[:32], digest("finding")[:32], "pool.mining.example"
    eni = aws_id("eni", ATTACKED)
    return {
        "schemaVersion": "2.0", "accountId": ACCOUNT, "region": REGION, "partition": "aws", "id": identifier,
        "arn": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{detector}/finding/{identifier}",
        "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS",
        "resource": {"resourceType": "Instance", "instanceDetails": {
            "instanceId": ATTACKED, "instanceType": "t3.medium", "launchTime": "2026-03-03T13:06:30Z", "platform": None, "productCodes": [],
            "imageId": aws_id("ami", "web-2"), "imageDescription": None, "availabilityZone": REGION + "a", "instanceState": "running",
            "iamInstanceProfile": {"arn": PROFILE_ARN, "id": PROFILE_ID}, "outpostArn": None,
            "networkInterfaces": [{"networkInterfaceId": eni, "privateIpAddress": "10.20.1.37", "publicIp": "203.0.113.151",
                                   "privateIpAddresses": [{"privateIpAddress": "10.20.1.37", "privateDnsName": "ip-10-20-1-37"}],
                                   "subnetId": SUBNETS["a"], "vpcId": VPC, "ipv6Addresses": [],
                                   "securityGroups": [{"groupId": SG_WEB, "groupName": "storefront-web"}]}],
            "tags": [{"key": k, "value": v} for k, v in [("Name", "storefront-web"), *TAGS]]}},
        "service": {"serviceName": "guardduty", "detectorId": detector, "resourceRole": "ACTOR", "archived": False, "count": count,
                    "eventFirstSeen": "2026-03-03T14:16:05.000Z", "eventLastSeen": last_seen,
                    "action": {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": pool, "domainWithSuffix": "mining.example",
                                                                                 "protocol": "UDP", "blocked": False}},
                    "evidence": {"threatIntelligenceDetails": [{"threatListName": "Amazon", "threatNames": ["CryptoCurrency"]}]},
                    "additionalInfo": {"value": "{}", "type": "default"}},
        "severity": 8, "createdAt": "2026-03-03T14:22:07.412Z", "updatedAt": updated,
        "title": f"Bitcoin-related domain name queried by EC2 instance {ATTACKED}.",
        "description": f"EC2 instance {ATTACKED} is querying a domain name that is associated with Bitcoin-related activity.",
    }


def findings():
    first = finding("2026-03-03T14:22:07.412Z", "2026-03-03T14:20:51.000Z", 1)
    again = finding("2026-03-03T20:31:44.080Z", "2026-03-03T20:24:09.000Z", 7)
    return [envelope("GuardDuty Finding", "aws.guardduty", account, time, [], detail)
            for account, time, detail in ((ACCOUNT, "2026-03-03T14:22:30Z", first), (ADMINISTRATOR, "2026-03-03T14:22:31Z", first),
                                          (ACCOUNT, "2026-03-03T20:32:00Z", again))]


def disorder(records, width):
    """Delivered late by a reproducible lot: neighbours change places, none by more than a few minutes of story."""
    return sorted(records, key=lambda r: (epoch(r["eventTime"]) + int(digest(r["eventID"])[:6], 16) % width, r["eventID"]))


def write_lines(path, values):
    path.write_text("".join(json.dumps(v, separators=(",", ":")) + "\n" for v in values))


def main(directory):
    trail = Trail()
    network(trail)
    groups(trail)
    identity(trail)
    template_version(trail, "2026-03-02T08:01:08Z", 1, AMI)
    balancing(trail)
    scaling_group(trail)
    launch(trail, "2026-03-02T08:04:03Z", FIRST, "a", "10.20.1.37", AMI, 1)
    launch(trail, "2026-03-02T08:04:04Z", SECOND, "b", "10.20.2.18", AMI, 1)
    deployment(trail)
    opening(trail)
    replacement(trail)
    aftermath(trail)
    noise(trail)
    one = disorder([r for r in trail.records if r["eventTime"] < "2026-03-03"], 300)
    two = disorder([r for r in trail.records if r["eventTime"] >= "2026-03-03"], 300)
    twice = [r for r in one if r["eventName"] in ("CreateSecurityGroup", "RunInstances", "AttachInternetGateway")]
    bridged = [r for r in two if r["eventName"].startswith(("AuthorizeSecurityGroup", "RunInstances", "TerminateInstances"))]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "cloudtrail-1.json").write_text(json.dumps({"Records": one + twice[:2]}, separators=(",", ":")) + "\n")
    write_lines(directory / "cloudtrail-2.jsonl", twice[2:] + two)
    write_lines(directory / "cloudtrail-eventbridge.jsonl",
                [envelope("AWS API Call via CloudTrail", f"aws.{r['eventSource'].split('.')[0]}", r["recipientAccountId"], r["eventTime"], [], r)
                 for r in bridged])
    write_lines(directory / "instance-states.jsonl", states())
    write_lines(directory / "guardduty.jsonl", findings())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "knowledge" / "demo")
