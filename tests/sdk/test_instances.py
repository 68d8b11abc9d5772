"""Instances: made, described, stopped, started, put into groups, deleted."""

import base64
import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from sdk import ZONES, every_page, refused, until


@pytest.fixture(scope="module")
def place(sdk):
    """A VPC with a vSwitch."""
    vpc = sdk.vpc.CreateVpc(VpcName="instances", CidrBlock="10.0.0.0/16")["VpcId"]
    vswitch = sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="10.0.1.0/24")["VSwitchId"]
    yield vpc, vswitch
    for group in sdk.ecs.DescribeSecurityGroups(VpcId=vpc)["SecurityGroups"]["SecurityGroup"]:
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group["SecurityGroupId"])
    sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


@pytest.fixture(scope="module")
def pair(sdk, place):
    """Two instances without a group of their own."""
    script = base64.b64encode(b"#!/bin/sh\necho first boot\n").decode()
    made = sdk.ecs.RunInstances(
        ImageId="host",
        InstanceName="pair",
        InstanceType="ecs.c6.large",
        VSwitchId=place[1],
        Amount=2,
        UserData=script,
        Tag=[{"Key": "role", "Value": "pair"}],
    )["InstanceIdSets"]["InstanceIdSet"]
    yield made
    sdk.ecs.DeleteInstances(InstanceId=made, Force=True)
    assert described(sdk, made) == []


def described(sdk, ids):
    return sdk.ecs.DescribeInstances(InstanceIds=json.dumps(ids))["Instances"]["Instance"]


def statuses(sdk, ids):
    return {instance["Status"] for instance in described(sdk, ids)}


def test_instances_run(sdk, place, pair):
    assert all(re.fullmatch(r"i-bp1[a-z0-9]{17}", id) for id in pair)
    until({"Running"}, lambda: statuses(sdk, pair))
    for instance in described(sdk, pair):
        assert (instance["InstanceName"], instance["ZoneId"], instance["ImageId"]) == ("pair", ZONES[0], "host")
        assert (instance["Cpu"], instance["Memory"]) == (2, 4096)
        assert instance["VpcAttributes"]["VpcId"] == place[0]
        assert instance["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0].startswith("10.0.1.")
        assert instance["Tags"]["Tag"] == [{"TagKey": "role", "TagValue": "pair"}]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", instance["CreationTime"])
    addresses = [one["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0] for one in described(sdk, pair)]
    assert len(set(addresses)) == 2
    assert sdk.vpc.DescribeVSwitchAttributes(VSwitchId=place[1])["AvailableIpAddressCount"] == 250


def test_lists_are_paged_both_ways(sdk, place, pair):
    items = lambda answer: [one["InstanceId"] for one in answer["Instances"]["Instance"]]
    assert sorted(every_page(sdk.ecs.DescribeInstances, items, VpcId=place[0])) == sorted(pair)
    second = sdk.ecs.DescribeInstances(VpcId=place[0], PageNumber=2, PageSize=1)
    assert (second["TotalCount"], len(items(second))) == (2, 1)
    status = sdk.ecs.DescribeInstanceStatus(InstanceId=pair)["InstanceStatuses"]["InstanceStatus"]
    assert {one["InstanceId"] for one in status} == set(pair)


def test_the_default_group_is_the_systems(sdk, place, pair):
    (group,) = sdk.ecs.DescribeSecurityGroups(VpcId=place[0])["SecurityGroups"]["SecurityGroup"]
    assert {one["SecurityGroupIds"]["SecurityGroupId"][0] for one in described(sdk, pair)} == {group["SecurityGroupId"]}
    assert group["EcsCount"] == 2
    shown = sdk.ecs.DescribeSecurityGroupAttribute(SecurityGroupId=group["SecurityGroupId"], Direction="ingress")
    let_in = {(rule["IpProtocol"], rule["PortRange"]) for rule in shown["Permissions"]["Permission"]}
    ports = {("TCP", f"{port}/{port}") for port in (22, 80, 443, 3389)}
    assert let_in == ports | {("ICMP", "-1/-1")}
    assert shown["InnerAccessPolicy"] == "Accept"


def test_interfaces_are_shown(sdk, place, pair):
    enis = sdk.ecs.DescribeNetworkInterfaces(VpcId=place[0])["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert {eni["InstanceId"] for eni in enis} == set(pair)
    for eni in enis:
        assert re.fullmatch(r"eni-bp1[a-z0-9]{17}", eni["NetworkInterfaceId"])
        assert re.fullmatch(r"00:16:3e(:[0-9a-f]{2}){3}", eni["MacAddress"])
        assert (eni["Type"], eni["Status"], eni["ServiceManaged"]) == ("Primary", "InUse", False)
    assert sdk.ecs.DescribeNetworkInterfaces(InstanceId=pair[0])["TotalCount"] == 1


def test_user_data_and_console(sdk, pair):
    data = sdk.ecs.DescribeUserData(InstanceId=pair[0])["UserData"]
    assert base64.b64decode(data) == b"#!/bin/sh\necho first boot\n"
    console = sdk.ecs.GetInstanceConsoleOutput(InstanceId=pair[0])
    assert console["InstanceId"] == pair[0]
    base64.b64decode(console["ConsoleOutput"], validate=True)


def test_instances_stop_start_and_reboot(sdk, pair):
    until({"Running"}, lambda: statuses(sdk, pair))
    stopped = sdk.ecs.StopInstances(InstanceId=pair)["InstanceResponses"]["InstanceResponse"]
    assert {one["InstanceId"] for one in stopped} == set(pair)
    assert {one["PreviousStatus"] for one in stopped} == {"Running"}
    until({"Stopped"}, lambda: statuses(sdk, pair))
    having = lambda status: sdk.ecs.DescribeInstances(InstanceIds=json.dumps(pair), Status=status)["TotalCount"]
    assert (having("Stopped"), having("Running")) == (2, 0)
    with refused("IncorrectInstanceStatus", 403):
        sdk.ecs.StopInstance(InstanceId=pair[0])
    sdk.ecs.StartInstance(InstanceId=pair[0])
    sdk.ecs.StartInstances(InstanceId=[pair[1]])
    until({"Running"}, lambda: statuses(sdk, pair))
    sdk.ecs.RebootInstance(InstanceId=pair[0])
    until({"Running"}, lambda: statuses(sdk, pair))
    with refused("IncorrectInstanceStatus", 403):
        sdk.ecs.DeleteInstance(InstanceId=pair[0])


def test_an_instance_is_changed(sdk, pair):
    sdk.ecs.ModifyInstanceAttribute(InstanceId=pair[0], InstanceName="renamed", DeletionProtection=True)
    (seen,) = described(sdk, pair[:1])
    assert (seen["InstanceName"], seen["DeletionProtection"]) == ("renamed", True)
    with refused("InvalidOperation.DeletionProtection", 403):
        sdk.ecs.DeleteInstance(InstanceId=pair[0], Force=True)
    sdk.ecs.ModifyInstanceAttribute(InstanceId=pair[0], InstanceName="pair", DeletionProtection=False)


def test_groups_are_joined_and_left(sdk, place, pair):
    group = sdk.ecs.CreateSecurityGroup(VpcId=place[0], SecurityGroupName="extra")["SecurityGroupId"]
    (default,) = described(sdk, pair[:1])[0]["SecurityGroupIds"]["SecurityGroupId"]
    sdk.ecs.JoinSecurityGroup(SecurityGroupId=group, InstanceId=pair[0])
    assert set(described(sdk, pair[:1])[0]["SecurityGroupIds"]["SecurityGroupId"]) == {default, group}
    with refused("DependencyViolation", 403):
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)
    sdk.ecs.LeaveSecurityGroup(SecurityGroupId=group, InstanceId=pair[0])
    with refused("InstanceLastSecurityGroup", 403):
        sdk.ecs.LeaveSecurityGroup(SecurityGroupId=default, InstanceId=pair[0])
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"ImageId": "debian_12_x64"}, "InvalidImageId.NotFound", 404),
        ({"ImageId": ""}, "MissingParameter.ImageId", 400),
        ({"InstanceType": "big"}, "InvalidInstanceType.ValueNotSupported", 400),
        ({"UserData": "not base64!"}, "InvalidUserData.Base64FormatInvalid", 400),
        ({"UserData": base64.b64encode(b"x" * 32769).decode()}, "InvalidUserData.SizeExceeded", 400),
        ({"Amount": 101}, "InvalidParam.Amount", 403),
        ({"HttpTokens": "sometimes"}, "InvalidHttpTokens.NotSupported", 400),
        ({"HttpEndpoint": "perhaps"}, "InvalidHttpEndpoint.NotSupported", 400),
        ({"AutoReleaseTime": "tomorrow"}, "InvalidAutoReleaseTime.Malformed", 400),
        ({"AutoReleaseTime": "2020-01-02T03:04:05Z"}, "InvalidAutoReleaseTime.Malformed", 400),
        ({"Amount": 2, "PrivateIpAddress": "10.0.1.9"}, "InvalidPrimaryIpAddress.SizeInvalid", 400),
        ({"PrivateIpAddress": "10.0.2.9"}, "InvalidPrivateIpAddress.Malformed", 400),
        ({"ZoneId": ZONES[1]}, "InvalidVpcZone.NotSupported", 400),
        ({"VSwitchId": "vsw-bp1000000000000000000"}, "InvalidVSwitchId.NotFound", 404),
        ({"SecurityGroupId": "sg-bp100000000000000000"}, "InvalidSecurityGroupId.NotFound", 404),
        (
            {"NetworkInterface": [{"InstanceType": "Primary"}, {"InstanceType": "Primary"}]},
            "InvalidParameter.NetworkInterface",
            403,
        ),
    ],
)
def test_instances_that_cannot_be_are_refused(sdk, place, pair, change, code, status):
    wanted = {"ImageId": "host", "VSwitchId": place[1]} | change
    with refused(code, status):
        sdk.ecs.RunInstances(**wanted)
    assert sdk.ecs.DescribeInstances(VpcId=place[0])["TotalCount"] == 2


def test_metadata_and_the_end_are_as_asked(sdk, place):
    end = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = sdk.ecs.RunInstances(
        ImageId="host", VSwitchId=place[1], HttpTokens="required", HttpEndpoint="enabled", AutoReleaseTime=end
    )["InstanceIdSets"]["InstanceIdSet"]
    (seen,) = described(sdk, made)
    assert seen["AutoReleaseTime"] == end
    options = seen["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpEndpoint"]) == ("required", "enabled")
    # The SDK does not know it of this action.
    made += [sdk.ecs.raw("CreateInstance", ImageId="host", VSwitchId=place[1], AutoReleaseTime=end)["InstanceId"]]
    assert [one["AutoReleaseTime"] for one in described(sdk, made)] == [end, end]
    sdk.ecs.DeleteInstances(InstanceId=made, Force=True)


def test_what_clients_ask_beside_an_instance(sdk, pair):
    first, second = pair
    disks = sdk.ecs.DescribeDisks(InstanceId=first, DiskType="system")["Disks"]["Disk"]
    assert [(one["InstanceId"], one["Type"], one["Status"]) for one in disks] == [(first, "system", "In_use")]
    found = sdk.ecs.DescribeDisks(DiskIds=json.dumps([disks[0]["DiskId"]]), ZoneId=ZONES[0])["Disks"]["Disk"]
    assert [one["InstanceId"] for one in found] == [first]
    assert sdk.ecs.DescribeDisks(InstanceId=first, DiskType="data")["Disks"]["Disk"] == []
    items = lambda answer: [one["InstanceId"] for one in answer["Disks"]["Disk"]]
    assert set(pair) <= set(every_page(sdk.ecs.DescribeDisks, items))
    roles = sdk.ecs.DescribeInstanceRamRole(InstanceIds=json.dumps(pair))["InstanceRamRoleSets"]["InstanceRamRoleSet"]
    assert {one["InstanceId"]: one["RamRoleName"] for one in roles} == {first: "", second: ""}
    (kept,) = sdk.ecs.DescribeInstanceMaintenanceAttributes(InstanceId=[first])["MaintenanceAttributes"]["MaintenanceAttribute"]
    assert (kept["InstanceId"], kept["ActionOnMaintenance"]["Value"]) == (first, "Stop")
    (pool,) = sdk.ecs.DescribeInstanceAttachmentAttributes(InstanceIds=json.dumps([first]))["Instances"]["Instance"]
    assert (pool["InstanceId"], pool["PrivatePoolOptionsMatchCriteria"]) == (first, "None")
    with refused("MissingParameter.InstanceIds", 400):
        sdk.ecs.DescribeInstanceAttachmentAttributes(InstanceIds="")
    renew = sdk.ecs.DescribeInstanceAutoRenewAttribute(InstanceId=first)["InstanceRenewAttributes"]
    assert [one["AutoRenewEnabled"] for one in renew["InstanceRenewAttribute"]] == [False]
    events = sdk.ecs.DescribeInstanceHistoryEvents(InstanceId=first)
    assert (events["TotalCount"], events["InstanceSystemEventSet"]["InstanceSystemEventType"]) == (0, [])
    with refused("InvalidInstanceId.NotFound", 404):
        sdk.ecs.DescribeInstanceHistoryEvents(InstanceId="i-bp1none")


def test_a_group_says_how_much_more_it_takes(sdk, place, pair):
    (group,) = described(sdk, pair)[0]["SecurityGroupIds"]["SecurityGroupId"]
    room = lambda: sdk.ecs.DescribeSecurityGroups(SecurityGroupId=group)["SecurityGroups"]["SecurityGroup"][0]["AvailableInstanceAmount"]
    before = room()
    eni = sdk.ecs.CreateNetworkInterface(VSwitchId=place[1], SecurityGroupId=group, SecondaryPrivateIpAddressCount=2)["NetworkInterfaceId"]
    assert before <= 5998 and room() == before - 3
    sdk.ecs.DeleteNetworkInterface(NetworkInterfaceId=eni)
    assert room() == before


def test_tags_of_instances_are_counted(sdk, pair):
    def counted(**asked):
        tags = sdk.ecs.DescribeTags(**asked)["Tags"]["Tag"]
        counts = {(one["TagKey"], one["TagValue"]): {name: count for name, count in one["ResourceTypeCount"].items() if count} for one in tags}
        assert len(counts) == len(tags)
        return counts

    (group,) = described(sdk, pair)[0]["SecurityGroupIds"]["SecurityGroupId"]
    sdk.ecs.TagResources(ResourceType="securitygroup", ResourceId=[group], Tag=[{"Key": "role", "Value": "pair"}])
    sdk.ecs.TagResources(ResourceType="instance", ResourceId=pair[:1], Tag=[{"Key": "side", "Value": "left"}])
    assert sdk.ecs.DescribeTags()["PageSize"] == 50
    both = {"Instance": 2, "Securitygroup": 1}
    assert counted(Tag=[{"Key": "role", "Value": "pair"}]) == {("role", "pair"): both}, "of a resource with other tags only those asked for"
    assert counted(ResourceType="instance", Tag=[{"Key": "role"}]) == {("role", "pair"): {"Instance": 2}}
    assert counted(ResourceType="instance", ResourceId=pair[0]) == {("role", "pair"): {"Instance": 1}, ("side", "left"): {"Instance": 1}}
    assert counted(Tag=[{"Key": "role", "Value": "other"}]) == counted(ResourceType="disk") == {}
    sdk.ecs.UntagResources(ResourceType="instance", ResourceId=pair[:1], TagKey=["side"])


def test_what_an_account_may_have(sdk):
    items = sdk.ecs.DescribeAccountAttributes(AttributeName=["max-security-groups", "instance-network-type"])
    found = {
        one["AttributeName"]: [value["Value"] for value in one["AttributeValues"]["ValueItem"]]
        for one in items["AccountAttributeItems"]["AccountAttributeItem"]
    }
    assert found == {"max-security-groups": ["500"], "instance-network-type": ["vpc"]}
    with refused("Invalid.Parameter", 403):
        sdk.ecs.DescribeAccountAttributes(AttributeName=["max-dedicated-hosts"])


def test_instances_made_together_have_names_of_their_own(sdk, place, pair):
    made = lambda **names: sdk.ecs.RunInstances(ImageId="host", VSwitchId=place[1], Amount=2, **names)["InstanceIdSets"]["InstanceIdSet"]
    named = lambda ids: sorted((one["InstanceName"], one["HostName"]) for one in described(sdk, ids))
    ids = made(InstanceName="web", HostName="host", UniqueSuffix=True)
    assert named(ids) == [("web001", "host001"), ("web002", "host002")]
    more = made(InstanceName="web", HostNames=["one", "two"])
    assert named(more) == [("web", "one"), ("web", "two")]
    with refused("InvalidHostname.SizeInvalid", 403):
        made(HostNames=["one", "two", "three"])
    with refused("InvalidHostname.SingleAndMultiConflict", 403):
        made(HostName="one", HostNames=["one", "two"])
    sdk.ecs.DeleteInstances(InstanceId=ids + more, Force=True)
    until([], lambda: described(sdk, ids + more))


def test_an_instance_has_no_screen(sdk, pair):
    with refused("OperationDenied.NoScreen", 403):
        sdk.ecs.DescribeInstanceVncUrl(InstanceId=pair[0])
    with refused("InvalidInstanceId.NotFound", 404):
        sdk.ecs.DescribeInstanceVncUrl(InstanceId="i-bp1none")


def test_types_and_their_families(sdk):
    families = sdk.ecs.DescribeInstanceTypeFamilies()["InstanceTypeFamilies"]["InstanceTypeFamily"]
    assert "ecs.c6" in [one["InstanceTypeFamilyId"] for one in families]
    kinds = sdk.ecs.DescribeImageSupportInstanceTypes(ImageId="host")["InstanceTypes"]["InstanceType"]
    assert {"ecs.c6.large": (2, 4.0)}.items() <= {one["InstanceTypeId"]: (one["CpuCoreCount"], one["MemorySize"]) for one in kinds}.items()


def test_an_instance_is_made_resized_and_started(sdk, place):
    id = sdk.ecs.CreateInstance(
        ImageId="host", InstanceName="later", InstanceType="ecs.c6.large", VSwitchId=place[1]
    )["InstanceId"]
    until({"Stopped"}, lambda: statuses(sdk, [id]))
    sdk.ecs.ModifyInstanceSpec(InstanceId=id, InstanceType="ecs.g6.xlarge")
    (shown,) = described(sdk, [id])
    assert (shown["InstanceType"], shown["Cpu"], shown["Memory"]) == ("ecs.g6.xlarge", 4, 16384)
    sdk.ecs.StartInstance(InstanceId=id)
    until({"Running"}, lambda: statuses(sdk, [id]))
    with refused("InvalidInstanceStatus.NotStopped", 400):
        sdk.ecs.ModifyInstanceSpec(InstanceId=id, InstanceType="ecs.g6.large")
    sdk.ecs.DeleteInstance(InstanceId=id, Force=True)
    until([], lambda: described(sdk, [id]))
