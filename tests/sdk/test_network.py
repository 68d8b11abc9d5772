"""VPCs, vSwitches and security groups: every call, every refusal that a client waits for."""

import ipaddress
import re
import uuid

import pytest

from sdk import ZONES, client_of, every_numbered_page, every_page, refused, until


@pytest.fixture(scope="module")
def vpc(sdk):
    made = sdk.vpc.CreateVpc(
        VpcName="network", Description="of a test", CidrBlock="10.0.0.0/16", Tag=[{"Key": "team", "Value": "a&b=c ü"}]
    )
    assert re.fullmatch(r"vpc-bp1[a-z0-9]{18}", made["VpcId"])
    assert re.fullmatch(r"vtb-bp1[a-z0-9]{18}", made["RouteTableId"])
    assert re.fullmatch(r"vrt-bp1[a-z0-9]{18}", made["VRouterId"])
    until("Available", lambda: sdk.vpc.DescribeVpcAttribute(VpcId=made["VpcId"])["Status"])
    yield made["VpcId"]
    sdk.vpc.DeleteVpc(VpcId=made["VpcId"])
    with refused("InvalidVpcId.NotFound", 404):
        sdk.vpc.DescribeVpcAttribute(VpcId=made["VpcId"])


@pytest.fixture(scope="module")
def vswitch(sdk, vpc):
    made = sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="10.0.1.0/24", VSwitchName="one")
    assert re.fullmatch(r"vsw-bp1[a-z0-9]{18}", made["VSwitchId"])
    until("Available", lambda: sdk.vpc.DescribeVSwitchAttributes(VSwitchId=made["VSwitchId"])["Status"])
    yield made["VSwitchId"]
    sdk.vpc.DeleteVSwitch(VSwitchId=made["VSwitchId"])


@pytest.fixture(scope="module")
def group(sdk, vpc):
    made = sdk.ecs.CreateSecurityGroup(VpcId=vpc, SecurityGroupName="group", Description="of a test")
    assert re.fullmatch(r"sg-bp1[a-z0-9]{17}", made["SecurityGroupId"])
    yield made["SecurityGroupId"]
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=made["SecurityGroupId"])


def ids(answer):
    return [vpc["VpcId"] for vpc in answer["Vpcs"]["Vpc"]]


def test_a_vpc_is_what_it_was_made(sdk, vpc, vswitch):
    (listed,) = sdk.vpc.DescribeVpcs(VpcId=vpc)["Vpcs"]["Vpc"]
    assert (listed["VpcName"], listed["CidrBlock"], listed["IsDefault"]) == ("network", "10.0.0.0/16", False)
    assert listed["Tags"]["Tag"] == [{"Key": "team", "Value": "a&b=c ü"}]
    assert listed["VSwitchIds"]["VSwitchId"] == [vswitch]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", listed["CreationTime"])
    assert listed["RouterTableIds"]["RouterTableIds"][0].startswith("vtb-bp1")
    tables = sdk.vpc.DescribeRouteTableList(VpcId=vpc)["RouterTableList"]["RouterTableListType"]
    assert [table["RouteTableType"] for table in tables] == ["System"]


def test_a_vpc_is_renamed(sdk, vpc):
    sdk.vpc.ModifyVpcAttribute(VpcId=vpc, Description="changed")
    seen = sdk.vpc.DescribeVpcAttribute(VpcId=vpc)
    assert (seen["VpcName"], seen["Description"]) == ("network", "changed")


def test_lists_are_narrowed_and_paged(sdk, vpc):
    more = [sdk.vpc.CreateVpc(VpcName=f"page-{number}")["VpcId"] for number in range(3)]
    try:
        pages = every_numbered_page(sdk.vpc.DescribeVpcs, ids, size=2, VpcName="page-*")
        assert sorted(pages) == sorted(more)
        everything = every_numbered_page(sdk.vpc.DescribeVpcs, ids, size=1)
        assert set(more) | {vpc} <= set(everything) and len(everything) == len(set(everything))
        assert ids(sdk.vpc.DescribeVpcs(Tag=[{"Key": "team", "Value": "a&b=c ü"}])) == [vpc]
        assert ids(sdk.vpc.DescribeVpcs(Tag=[{"Key": "team", "Value": "other"}])) == []
        assert sorted(ids(sdk.vpc.DescribeVpcs(VpcId=",".join(more)))) == sorted(more)
    finally:
        for one in more:
            sdk.vpc.DeleteVpc(VpcId=one)


def test_ranges_that_cannot_be_are_refused(sdk, vpc, vswitch):
    with refused("InvalidParameter.CidrBlock", 400):
        sdk.vpc.CreateVpc(CidrBlock="100.64.0.0/16")
    with refused("InvalidParameter.CidrBlock", 400):
        sdk.vpc.CreateVpc(CidrBlock="10.0.0.1/16")
    with refused("InvalidCidrBlock.Malformed", 400):
        sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="10.1.0.0/24")
    with refused("InvalidCidrBlock.Overlapped", 400):
        sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[1], CidrBlock="10.0.1.128/25")
    with refused("InvalidZoneId.NotFound", 404):
        sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId="cn-hangzhou-x", CidrBlock="10.0.9.0/24")
    assert sdk.vpc.DescribeVSwitches(VpcId=vpc)["TotalCount"] == 1


def test_what_is_in_use_stays(sdk, vpc, vswitch):
    with refused("DependencyViolation.VSwitch", 400):
        sdk.vpc.DeleteVpc(VpcId=vpc)


def test_what_is_unknown_is_not_found(sdk):
    with refused("InvalidVpcId.NotFound", 404):
        sdk.vpc.DeleteVpc(VpcId="vpc-bp1000000000000000000")
    with refused("InvalidVSwitchId.NotFound", 404):
        sdk.vpc.DeleteVSwitch(VSwitchId="vsw-bp1000000000000000000")
    with refused("InvalidSecurityGroupId.NotFound", 404):
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId="sg-bp100000000000000000")
    assert ids(sdk.vpc.DescribeVpcs(VpcId="vpc-bp1000000000000000000")) == []


def test_a_fresh_vswitch_has_all_its_addresses(sdk, vswitch):
    seen = sdk.vpc.DescribeVSwitchAttributes(VSwitchId=vswitch)
    assert (seen["AvailableIpAddressCount"], seen["ZoneId"], seen["VSwitchName"]) == (252, ZONES[0], "one")
    sdk.vpc.ModifyVSwitchAttribute(VSwitchId=vswitch, VSwitchName="two")
    (listed,) = sdk.vpc.DescribeVSwitches(VSwitchName="two")["VSwitches"]["VSwitch"]
    assert listed["VSwitchId"] == vswitch


def test_a_token_makes_a_request_repeatable(sdk):
    token = str(uuid.uuid4())
    first = sdk.vpc.CreateVpc(VpcName="token", ClientToken=token)["VpcId"]
    try:
        assert sdk.vpc.CreateVpc(VpcName="token", ClientToken=token)["VpcId"] == first
        assert sdk.vpc.DescribeVpcs(VpcName="token")["TotalCount"] == 1
        with refused("IdempotentParameterMismatch", 400):
            sdk.vpc.CreateVpc(VpcName="other", ClientToken=token)
    finally:
        sdk.vpc.DeleteVpc(VpcId=first)


def test_a_dry_run_tells_and_changes_nothing(sdk, vpc):
    with refused("DryRunOperation", 400):
        sdk.vpc.CreateVpc(VpcName="dry", DryRun=True)
    assert sdk.vpc.DescribeVpcs(VpcName="dry")["TotalCount"] == 0
    with refused("InvalidVpcId.NotFound", 404):
        sdk.vpc.DeleteVpc(VpcId="vpc-bp1000000000000000000", DryRun=True)


def rules(sdk, group, direction="all"):
    answer = sdk.ecs.DescribeSecurityGroupAttribute(SecurityGroupId=group, Direction=direction)
    return answer["Permissions"]["Permission"]


def test_rules_come_and_go(sdk, group):
    web = {"IpProtocol": "tcp", "PortRange": "80/80", "SourceCidrIp": "10.0.0.0/16"}
    sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=group, Priority="10", Description="the web", **web)
    (rule,) = rules(sdk, group)
    assert re.fullmatch(r"sgr-bp1[a-z0-9]{17}", rule["SecurityGroupRuleId"])
    shown = [rule[name] for name in ("IpProtocol", "PortRange", "Policy", "Priority", "SourceCidrIp", "Direction")]
    assert shown == ["TCP", "80/80", "Accept", "10", "10.0.0.0/16", "ingress"]
    assert rule["Description"] == "the web"

    sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=group, Priority="10", **web)
    assert len(rules(sdk, group)) == 1
    out = [
        {"IpProtocol": "ALL", "PortRange": "-1/-1", "DestCidrIp": "192.168.0.0/24", "Policy": "drop"},
        {"IpProtocol": "ICMP", "PortRange": "-1/-1", "DestGroupId": group},
    ]
    sdk.ecs.AuthorizeSecurityGroupEgress(SecurityGroupId=group, Permissions=out)
    assert {rule["Policy"] for rule in rules(sdk, group, "egress")} == {"Accept", "Drop"}
    listed = every_page(
        sdk.ecs.DescribeSecurityGroupAttribute,
        lambda answer: answer["Permissions"]["Permission"],
        size=10,
        SecurityGroupId=group,
    )
    assert len(listed) == 3

    sdk.ecs.RevokeSecurityGroup(SecurityGroupId=group, Priority="10", **web)
    sdk.ecs.RevokeSecurityGroup(SecurityGroupId=group, Priority="10", **web)
    sdk.ecs.RevokeSecurityGroupEgress(
        SecurityGroupId=group, SecurityGroupRuleId=[rule["SecurityGroupRuleId"] for rule in rules(sdk, group)]
    )
    assert rules(sdk, group) == []


def test_a_rule_is_changed(sdk, group):
    web = {"IpProtocol": "tcp", "PortRange": "80/80", "SourceCidrIp": "10.0.0.0/16"}
    sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=group, **web)
    (before,) = rules(sdk, group)
    rule = before["SecurityGroupRuleId"]
    sdk.ecs.ModifySecurityGroupRule(SecurityGroupId=group, SecurityGroupRuleId=rule, PortRange="8080/8081", Policy="drop")
    (after,) = rules(sdk, group)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"PortRange", "Policy"}
    assert (after["PortRange"], after["Policy"]) == ("8080/8081", "Drop")
    with refused("InvalidSecurityGroupRuleId.NotFound", 404):
        sdk.ecs.ModifySecurityGroupEgressRule(SecurityGroupId=group, SecurityGroupRuleId=rule, Priority="2")
    out = {"SecurityGroupId": group, "IpProtocol": "tcp", "PortRange": "53/53", "DestCidrIp": "10.0.0.0/16"}
    sdk.ecs.AuthorizeSecurityGroupEgress(**out)
    (way_out,) = rules(sdk, group, "egress")
    one = {"SecurityGroupId": group, "SecurityGroupRuleId": way_out["SecurityGroupRuleId"]}
    sdk.ecs.ModifySecurityGroupEgressRule(Priority="2", **one)
    assert rules(sdk, group, "egress")[0]["Priority"] == "2"
    sdk.ecs.RevokeSecurityGroupEgress(SecurityGroupId=group, SecurityGroupRuleId=[way_out["SecurityGroupRuleId"]])
    sdk.ecs.RevokeSecurityGroup(SecurityGroupId=group, SecurityGroupRuleId=[rule])
    with refused("InvalidSecurityGroupRuleId.NotFound", 404):
        sdk.ecs.RevokeSecurityGroup(SecurityGroupId=group, SecurityGroupRuleId=[rule])


@pytest.mark.parametrize(
    "direction, suffix, change, peer, own",
    [("ingress", "", "ModifySecurityGroupRule", "Source", "Dest"), ("egress", "Egress", "ModifySecurityGroupEgressRule", "Dest", "Source")],
)
def test_a_rule_names_both_sides_and_their_ports(sdk, group, direction, suffix, change, peer, own):
    def ask(action, **rule):
        getattr(sdk.ecs, action)(SecurityGroupId=group, **rule)

    def shown():
        names = [f"{own}CidrIp", f"Ipv6{own}CidrIp", "SourcePortRange", "Description"]
        return sorted([rule[name] for name in names] for rule in rules(sdk, group, direction))

    authorize, revoke = (f"{verb}SecurityGroup{suffix}" for verb in ("Authorize", "Revoke"))
    plain = {"IpProtocol": "tcp", "PortRange": "80/80", f"{peer}CidrIp": "10.0.0.0/16"}
    ipv4 = plain | {"SourcePortRange": "1024/65535", f"{own}CidrIp": "10.0.1.7"}
    ipv6 = {"IpProtocol": "udp", "PortRange": "53/53", f"Ipv6{peer}CidrIp": "::/0", "SourcePortRange": "53/53", f"Ipv6{own}CidrIp": "fd69:7374::7"}
    ask(authorize, Permissions=[plain, ipv4, ipv6])
    ask(authorize, **ipv4)
    ask(authorize, **ipv6)
    ask(change, Description="of names", **ipv6)
    all = [["", "", "", ""], ["", "fd69:7374::7/128", "53/53", "of names"], ["10.0.1.7/32", "", "1024/65535", ""]]
    assert shown() == all
    ask(revoke, **ipv4)
    assert shown() == all[:2]
    ask(revoke, **ipv6)
    assert shown() == all[:1]
    ask(authorize, Permissions=[ipv6])
    ask(revoke, Permissions=[ipv6, ipv4])
    assert shown() == all[:1]
    (id,) = [rule["SecurityGroupRuleId"] for rule in rules(sdk, group, direction)]
    ask(change, SecurityGroupRuleId=id, SourcePortRange="7/9", **{f"{own}CidrIp": "10.0.2.0/24"})
    assert shown() == [["10.0.2.0/24", "", "7/9", ""]]
    with refused("InvalidParameter.Conflict", 400):
        ask(change, SecurityGroupRuleId=id, **{f"Ipv6{own}CidrIp": "::/0"})
    ask(revoke, SecurityGroupRuleId=[id])


def test_tags_come_and_go(sdk, vpc, vswitch, group):
    tagged = lambda client, **what: [
        (tag["TagKey"], tag["TagValue"]) for tag in client.ListTagResources(**what)["TagResources"].get("TagResource", [])
    ]
    for client, kind, id in ((sdk.vpc, "VSWITCH", vswitch), (sdk.ecs, "securitygroup", group)):
        what = {"ResourceType": kind, "ResourceId": [id]}
        client.TagResources(Tag=[{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": "test"}], **what)
        assert tagged(client, **what) == [("stage", "test"), ("team", "blue")]
        untag = client.UnTagResources if client is sdk.vpc else client.UntagResources
        untag(TagKey=["stage"], **what)
        assert tagged(client, **what) == [("team", "blue")]
        untag(All=True, **what)
        assert tagged(client, **what) == []
    with refused("InvalidInstanceIds.NotFound", 400):
        sdk.vpc.TagResources(ResourceType="VPC", ResourceId=[vswitch], Tag=[{"Key": "a", "Value": "b"}])


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"PortRange": "81/80"}, "InvalidPortRange.Malformed", 400),
        ({"Priority": "0"}, "InvalidPriority.Malformed", 400),
        ({"Policy": "maybe"}, "InvalidPolicy.Malformed", 400),
        ({"IpProtocol": "sctp"}, "InvalidIpProtocol.ValueNotSupported", 400),
        ({"SourceCidrIp": "10.0.0.0/33"}, "InvalidSourceCidrIp.Malformed", 400),
        ({"SourceCidrIp": ""}, "MissingParameter.Source", 400),
        ({"SourceCidrIp": "", "SourceGroupId": "sg-bp100000000000000000"}, "InvalidSourceGroupId.NotFound", 404),
    ],
)
def test_rules_that_make_no_sense_are_refused(sdk, group, change, code, status):
    rule = {"IpProtocol": "tcp", "PortRange": "80/80", "SourceCidrIp": "10.0.0.0/16"} | change
    with refused(code, status):
        sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=group, **rule)
    assert rules(sdk, group) == []


def test_a_group_is_changed_and_found(sdk, vpc, group):
    sdk.ecs.ModifySecurityGroupAttribute(SecurityGroupId=group, SecurityGroupName="renamed")
    sdk.ecs.ModifySecurityGroupPolicy(SecurityGroupId=group, InnerAccessPolicy="Drop")
    assert sdk.ecs.DescribeSecurityGroupAttribute(SecurityGroupId=group)["InnerAccessPolicy"] == "Drop"
    found = sdk.ecs.DescribeSecurityGroups(VpcId=vpc, SecurityGroupName="renamed")["SecurityGroups"]["SecurityGroup"]
    assert [one["SecurityGroupId"] for one in found] == [group]
    assert (found[0]["SecurityGroupType"], found[0]["EcsCount"]) == ("normal", 0)


def test_a_vpc_with_a_group_stays(sdk):
    vpc = sdk.vpc.CreateVpc()["VpcId"]
    group = sdk.ecs.CreateSecurityGroup(VpcId=vpc)["SecurityGroupId"]
    with refused("DependencyViolation.SecurityGroup", 400):
        sdk.vpc.DeleteVpc(VpcId=vpc)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_there_is_no_internet_and_no_classic_network(sdk):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    with refused("OperationUnsupported.EipAddress", 400):
        sdk.vpc.AllocateEipAddress()
    shown = sdk.vpc.DescribeEipAddresses()
    assert (shown["TotalCount"], shown["EipAddresses"]["EipAddress"]) == (0, [])
    with refused("Forbidden.EnableClassicLink", 400):
        sdk.vpc.EnableVpcClassicLink(VpcId=vpc)
    sdk.vpc.DisableVpcClassicLink(VpcId=vpc)
    sdk.vpc.DeleteVpc(VpcId=vpc)
    with refused("InvalidVpcId.NotFound", 404):
        sdk.vpc.EnableVpcClassicLink(VpcId=vpc)


def test_groups_tell_which_others_name_them(sdk):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    first, second = [sdk.ecs.CreateSecurityGroup(VpcId=vpc)["SecurityGroupId"] for _ in range(2)]
    ask = lambda: sdk.ecs.DescribeSecurityGroupReferences(SecurityGroupId=[first, second])
    assert ask()["SecurityGroupReferences"]["SecurityGroupReference"] == []
    rule = {"IpProtocol": "tcp", "PortRange": "80/80", "SourceGroupId": first}
    sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=second, **rule)
    (reference,) = ask()["SecurityGroupReferences"]["SecurityGroupReference"]
    assert reference["SecurityGroupId"] == first
    (naming,) = reference["ReferencingSecurityGroups"]["ReferencingSecurityGroup"]
    assert naming["SecurityGroupId"] == second
    with refused("MissingParameter.SecurityGroupId", 400):
        sdk.ecs.DescribeSecurityGroupReferences(SecurityGroupId=[])
    sdk.ecs.RevokeSecurityGroup(SecurityGroupId=second, **rule)
    for group in (first, second):
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_a_vpc_has_more_ranges(sdk):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    answer = sdk.vpc.AssociateVpcCidrBlock(VpcId=vpc, SecondaryCidrBlock="192.168.0.0/16", IpVersion="IPV4")
    assert (answer["CidrBlock"], answer["IpVersion"]) == ("192.168.0.0/16", "IPV4")
    ranges = lambda answer: answer["SecondaryCidrBlocks"]["SecondaryCidrBlock"]
    assert ranges(sdk.vpc.DescribeVpcAttribute(VpcId=vpc)) == ["192.168.0.0/16"]
    (listed,) = sdk.vpc.DescribeVpcs(VpcId=vpc)["Vpcs"]["Vpc"]
    assert ranges(listed) == ["192.168.0.0/16"]
    vswitch = sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="192.168.7.0/24")["VSwitchId"]
    for code, what in [
        ("Duplicated.SecondaryCidrBlock", {"SecondaryCidrBlock": "192.168.0.0/16"}),
        ("InvalidCidrBlock", {"SecondaryCidrBlock": "192.168.128.0/17"}),
        ("IllegalParam.SecondaryCidrBlock", {"SecondaryCidrBlock": "169.254.0.0/16"}),
        ("IllegalParam.SecondaryCidrBlock", {"SecondaryCidrBlock": "10.1.0.1/16"}),
        ("IllegalParam.IpVersion", {"SecondaryCidrBlock": "10.1.0.0/16", "IpVersion": "IPV5"}),
        ("ParamExclusive.SecondaryCidrAndIpv6Cidr", {"SecondaryCidrBlock": "10.1.0.0/16", "IpVersion": "IPV6"}),
        ("InvalidParameter.IPv6CidrBlock", {"IPv6CidrBlock": "2001:db8::/56"}),
        ("MissingParam.SecondaryCidrOrIpv6Cidr", {}),
    ]:
        with refused(code, 400):
            sdk.vpc.AssociateVpcCidrBlock(VpcId=vpc, **what)
    for change in (sdk.vpc.AssociateVpcCidrBlock, sdk.vpc.UnassociateVpcCidrBlock):
        with refused("InvalidVpc.NotFound", 400):
            change(VpcId="vpc-bp1000000000000000000", SecondaryCidrBlock="10.1.0.0/16")
    for octet in range(1, 5):
        sdk.vpc.AssociateVpcCidrBlock(VpcId=vpc, SecondaryCidrBlock=f"10.{octet}.0.0/16")
    with refused("QuotaExceeded.VpcMultiCidr", 400):
        sdk.vpc.AssociateVpcCidrBlock(VpcId=vpc, SecondaryCidrBlock="10.9.0.0/16")
    with refused("OperationFailed.CidrInUse", 400):
        sdk.vpc.UnassociateVpcCidrBlock(VpcId=vpc, SecondaryCidrBlock="192.168.0.0/16")
    with refused("InvalidSecondaryCidrBlock.NotFound", 400):
        sdk.vpc.UnassociateVpcCidrBlock(VpcId=vpc, SecondaryCidrBlock="10.0.0.0/16")
    sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.UnassociateVpcCidrBlock(VpcId=vpc, SecondaryCidrBlock="192.168.0.0/16")
    assert ranges(sdk.vpc.DescribeVpcAttribute(VpcId=vpc)) == [f"10.{octet}.0.0/16" for octet in range(1, 5)]
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_a_vpc_and_its_vswitches_have_ipv6(sdk):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    seen = lambda: sdk.vpc.DescribeVpcAttribute(VpcId=vpc)
    assert (seen()["EnabledIpv6"], seen()["Ipv6CidrBlock"]) == (False, "")
    place = {"VpcId": vpc, "ZoneId": ZONES[0]}
    with refused("OperationFailed.VpcIpv6Disabled", 400):
        sdk.vpc.CreateVSwitch(CidrBlock="10.0.1.0/24", Ipv6CidrBlock=1, **place)
    answer = sdk.vpc.AssociateVpcCidrBlock(VpcId=vpc, IpVersion="IPV6")
    given = ipaddress.ip_network(answer["CidrBlock"])
    assert (given.version, given.prefixlen, given.is_private, answer["IpVersion"]) == (6, 56, True, "IPV6")
    assert seen()["EnabledIpv6"] and seen()["Ipv6CidrBlock"] == str(given)
    assert [it["Ipv6CidrBlock"] for it in seen()["Ipv6CidrBlocks"]["Ipv6CidrBlock"]] == [str(given)]
    with refused("OperationFailed.Ipv6CidrBlockExisted", 400):
        sdk.vpc.AssociateVpcCidrBlock(VpcId=vpc, IpVersion="IPV6")
    vswitch = sdk.vpc.CreateVSwitch(CidrBlock="10.0.1.0/24", Ipv6CidrBlock=255, **place)["VSwitchId"]
    range_of = lambda id: sdk.vpc.DescribeVSwitchAttributes(VSwitchId=id)["Ipv6CidrBlock"]
    assert ipaddress.ip_network(range_of(vswitch)) == list(given.subnets(new_prefix=64))[255]
    with refused("OperationFailed.Ipv6CidrBlockExisted", 400):
        sdk.vpc.CreateVSwitch(CidrBlock="10.0.2.0/24", Ipv6CidrBlock=255, **place)
    with refused("IllegalParam.Ipv6CidrBlock", 400):
        sdk.vpc.CreateVSwitch(CidrBlock="10.0.2.0/24", Ipv6CidrBlock=256, **place)
    table = seen()["VRouterId"] and sdk.vpc.DescribeRouteTableList(VpcId=vpc)
    (table,) = [it["RouteTableId"] for it in table["RouterTableList"]["RouterTableListType"]]
    routes = sdk.vpc.DescribeRouteEntryList(RouteTableId=table, IpVersion="ipv6")["RouteEntrys"]["RouteEntry"]
    assert [it["DestinationCidrBlock"] for it in routes] == [range_of(vswitch)]
    plain = sdk.vpc.CreateVSwitch(CidrBlock="10.0.2.0/24", **place)["VSwitchId"]
    change = lambda **how: sdk.vpc.ModifyVSwitchAttribute(VSwitchId=plain, **how)
    with refused("OperationFailed.IPv6Disabled", 400):
        change(EnableIPv6=True)
    with refused("ParamExclusive.DisableIpv6AndIpv6CidrBlock", 400):
        change(EnableIPv6=False, Ipv6CidrBlock=3)
    with refused("OperationFailed.Ipv6CidrBlockExisted", 400):
        change(EnableIPv6=True, Ipv6CidrBlock=255)
    change(EnableIPv6=True, Ipv6CidrBlock=3)
    change(EnableIPv6=True)
    assert [range_of(plain)] == [str(list(given.subnets(new_prefix=64))[3])]
    change(EnableIPv6=False)
    assert range_of(plain) == ""
    with refused("OperationFailed.IpV6VSwitchInuse", 400):
        sdk.vpc.ModifyVpcAttribute(VpcId=vpc, EnableIPv6=False)
    with refused("OperationFailed.IpV6VSwitchInuse", 400):
        sdk.vpc.UnassociateVpcCidrBlock(VpcId=vpc, IPv6CidrBlock=str(given))
    with refused("InvalidIpv6CidrBlock.NotFound", 400):
        sdk.vpc.UnassociateVpcCidrBlock(VpcId=vpc, IPv6CidrBlock="fd00::/56")
    with refused("ParamExclusive.SecondaryCidrAndIpv6Cidr", 400):
        sdk.vpc.UnassociateVpcCidrBlock(VpcId=vpc, IPv6CidrBlock=str(given), SecondaryCidrBlock="10.1.0.0/16")
    for id in (vswitch, plain):
        sdk.vpc.DeleteVSwitch(VSwitchId=id)
    sdk.vpc.UnassociateVpcCidrBlock(VpcId=vpc, IPv6CidrBlock=str(given))
    assert not seen()["EnabledIpv6"]
    bare = sdk.vpc.CreateVSwitch(CidrBlock="10.0.1.0/24", **place)["VSwitchId"]
    with refused("OperationFailed.VpcIpv6Disabled", 400):
        sdk.vpc.ModifyVSwitchAttribute(VSwitchId=bare, EnableIPv6=True, Ipv6CidrBlock=3)
    sdk.vpc.DeleteVSwitch(VSwitchId=bare)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_the_default_vpc_needs_no_ranges(sdk):
    with refused("OperationFailed.DefaultVpcNotExist", 400):
        sdk.vpc.CreateDefaultVSwitch(ZoneId=ZONES[0])
    with refused("InvalidVSwitchId.Necessary", 400):
        sdk.ecs.RunInstances(ImageId="host")
    vpc = sdk.vpc.CreateDefaultVpc()["VpcId"]
    with refused("OperationFailed.DefaultVpcExist", 400):
        sdk.vpc.CreateDefaultVpc()
    with refused("IllegalParam.Ipv6CidrBlock", 400):
        sdk.vpc.CreateDefaultVpc(Ipv6CidrBlock="fd00::/56")
    seen = sdk.vpc.DescribeVpcAttribute(VpcId=vpc)
    assert (seen["IsDefault"], seen["CidrBlock"]) == (True, "172.16.0.0/12")
    assert ids(sdk.vpc.DescribeVpcs(IsDefault=True)) == [vpc]
    assert vpc not in ids(sdk.vpc.DescribeVpcs(IsDefault=False, PageSize=50))
    with refused("OperationFailed.VpcIpv6Disabled", 400):
        sdk.vpc.CreateDefaultVSwitch(ZoneId=ZONES[0], Ipv6CidrBlock=0)
    with refused("IllegalParam.Ipv6CidrBlock", 400):
        sdk.vpc.CreateDefaultVSwitch(ZoneId=ZONES[0], Ipv6CidrBlock=256)
    sdk.vpc.ModifyVpcAttribute(VpcId=vpc, EnableIPv6=True)
    vswitch = sdk.vpc.CreateDefaultVSwitch(ZoneId=ZONES[0], Ipv6CidrBlock=0)["VSwitchId"]
    with refused("OperationFailed.Ipv6CidrBlockExisted", 400):
        sdk.vpc.CreateDefaultVSwitch(ZoneId=ZONES[1], Ipv6CidrBlock=0)
    with refused("OperationFailed.DefaultVSwitchExist", 400):
        sdk.vpc.CreateDefaultVSwitch(ZoneId=ZONES[0])
    with refused("InvalidZoneId.NotFound", 404):
        sdk.vpc.CreateDefaultVSwitch(ZoneId="cn-hangzhou-x")
    seen = sdk.vpc.DescribeVSwitchAttributes(VSwitchId=vswitch)
    assert (seen["IsDefault"], seen["CidrBlock"], seen["VpcId"]) == (True, "172.16.0.0/20", vpc)
    (listed,) = sdk.vpc.DescribeVSwitches(IsDefault=True)["VSwitches"]["VSwitch"]
    assert listed["VSwitchId"] == vswitch
    with refused("InvalidVSwitchId.Necessary", 400):
        sdk.ecs.RunInstances(ImageId="host", ZoneId=ZONES[1])
    made = sdk.ecs.RunInstances(ImageId="host", ZoneId=ZONES[0])["InstanceIdSets"]["InstanceIdSet"]
    assert sdk.ecs.DescribeInstances(VSwitchId=vswitch)["Instances"]["Instance"][0]["InstanceId"] == made[0]
    sdk.ecs.DeleteInstances(InstanceId=made, Force=True)
    for group in sdk.ecs.DescribeSecurityGroups(VpcId=vpc)["SecurityGroups"]["SecurityGroup"]:
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group["SecurityGroupId"])
    sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_a_default_vpc_that_is_full_has_no_room_for_a_default_vswitch(sdk, operator):
    account = operator("account", "create", "full")
    they = client_of(sdk, operator("key", "create", account))
    vpc = they.vpc.CreateDefaultVpc()["VpcId"]
    for place in range(16, 32):
        they.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock=f"172.{place}.0.0/16")
    with refused("ResourceNotAvailable", 400):
        they.vpc.CreateDefaultVSwitch(ZoneId=ZONES[0])
