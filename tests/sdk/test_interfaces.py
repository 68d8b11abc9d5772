"""Network interfaces: made, described, attached, changed, given addresses, deleted."""

import ipaddress
import re

import pytest

from sdk import ZONES, every_numbered_page, every_page, refused, until


@pytest.fixture(scope="module")
def place(sdk):
    """A VPC with a vSwitch in each zone and a group."""
    vpc = sdk.vpc.CreateVpc(VpcName="interfaces", CidrBlock="10.0.0.0/16")["VpcId"]
    vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=zone, CidrBlock=f"10.0.{number}.0/24")["VSwitchId"]
        for number, zone in enumerate(ZONES)
    ]
    group = sdk.ecs.CreateSecurityGroup(VpcId=vpc)["SecurityGroupId"]
    yield {"vpc": vpc, "vswitches": vswitches, "group": group}
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)
    for vswitch in vswitches:
        sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


@pytest.fixture(scope="module")
def instance(sdk, place):
    (made,) = sdk.ecs.RunInstances(
        ImageId="host", VSwitchId=place["vswitches"][0], SecurityGroupId=place["group"]
    )["InstanceIdSets"]["InstanceIdSet"]
    yield made
    sdk.ecs.DeleteInstances(InstanceId=[made], Force=True)


@pytest.fixture
def eni(sdk, place):
    made = sdk.ecs.CreateNetworkInterface(
        VSwitchId=place["vswitches"][0],
        SecurityGroupId=place["group"],
        NetworkInterfaceName="one",
        Description="of a test",
        PrimaryIpAddress="10.0.0.20",
        Tag=[{"Key": "team", "Value": "blue"}],
    )
    yield made
    sdk.ecs.DeleteNetworkInterface(NetworkInterfaceId=made["NetworkInterfaceId"])


def shown(sdk, id):
    return sdk.ecs.DescribeNetworkInterfaceAttribute(NetworkInterfaceId=id)


def ids(answer):
    return [eni["NetworkInterfaceId"] for eni in answer["NetworkInterfaceSets"]["NetworkInterfaceSet"]]


def test_an_interface_is_what_it_was_made(sdk, place, eni):
    id = eni["NetworkInterfaceId"]
    assert re.fullmatch(r"eni-bp1[a-z0-9]{17}", id)
    assert re.fullmatch(r"00:16:3e(:[0-9a-f]{2}){3}", eni["MacAddress"])
    for seen in (eni, shown(sdk, id)):
        assert (seen["Status"], seen["Type"], seen["ServiceManaged"]) == ("Available", "Secondary", False)
        assert (seen["NetworkInterfaceName"], seen["PrivateIpAddress"]) == ("one", "10.0.0.20")
        assert seen["SecurityGroupIds"]["SecurityGroupId"] == [place["group"]]
        assert (seen["VpcId"], seen["ZoneId"]) == (place["vpc"], ZONES[0])
    assert shown(sdk, id)["DeleteOnRelease"] is True
    assert shown(sdk, id)["SourceDestCheck"] is True


def test_interfaces_are_found_and_paged(sdk, place, instance, eni):
    find = lambda **by: ids(sdk.ecs.DescribeNetworkInterfaces(**by))
    id = eni["NetworkInterfaceId"]
    by = [
        {"NetworkInterfaceId": [id]},
        {"NetworkInterfaceName": "one", "VpcId": place["vpc"]},
        {"VpcId": place["vpc"], "Type": "Secondary"},
        {"VpcId": place["vpc"], "Status": "Available"},
        {"VSwitchId": place["vswitches"][0], "PrimaryIpAddress": "10.0.0.20"},
        {"VpcId": place["vpc"], "PrivateIpAddress": ["10.0.0.20"]},
        {"VpcId": place["vpc"], "Tag": [{"Key": "team", "Value": "blue"}]},
    ]
    for one in by:
        assert find(**one) == [id], one
    assert find(InstanceId=instance) == find(VpcId=place["vpc"], Type="Primary") != [id]
    assert find(VpcId=place["vpc"], ServiceManaged=True) == []
    assert len(find(SecurityGroupId=place["group"])) == 2
    for pages in (every_page, every_numbered_page):
        assert len(set(pages(sdk.ecs.DescribeNetworkInterfaces, ids, VpcId=place["vpc"]))) == 2


def test_an_interface_comes_and_goes(sdk, instance, eni):
    id = eni["NetworkInterfaceId"]
    both = {"InstanceId": instance, "NetworkInterfaceId": id}
    with refused("InvalidParameter.EniNotBelongEcs", 400):
        sdk.ecs.DetachNetworkInterface(**both)
    sdk.ecs.AttachNetworkInterface(**both)
    until("InUse", lambda: shown(sdk, id)["Status"])
    assert (shown(sdk, id)["InstanceId"], shown(sdk, id)["Attachment"]["DeviceIndex"]) == (instance, 1)
    with refused("InvalidOperation.InvalidEniState", 400):
        sdk.ecs.AttachNetworkInterface(**both)
    with refused("InvalidOperation.InvalidEniState", 400):
        sdk.ecs.DeleteNetworkInterface(NetworkInterfaceId=id)
    (primary,) = ids(sdk.ecs.DescribeNetworkInterfaces(InstanceId=instance, Type="Primary"))
    with refused("InvalidOperation.DetachPrimaryEniNotAllowed", 400):
        sdk.ecs.DetachNetworkInterface(InstanceId=instance, NetworkInterfaceId=primary)
    with refused("InvalidInstance.AttachedEni", 404):
        stopped(sdk, instance)
        sdk.ecs.ModifyInstanceVpcAttribute(InstanceId=instance, VSwitchId=eni["VSwitchId"])
    sdk.ecs.StartInstance(InstanceId=instance)
    sdk.ecs.DetachNetworkInterface(**both)
    until("Available", lambda: shown(sdk, id)["Status"])


def stopped(sdk, instance):
    status = lambda: sdk.ecs.DescribeInstanceStatus(InstanceId=[instance])["InstanceStatuses"]["InstanceStatus"]
    until("Running", lambda: status()[0]["Status"])
    sdk.ecs.StopInstance(InstanceId=instance)
    until("Stopped", lambda: status()[0]["Status"])


def test_an_interface_is_changed(sdk, place, eni):
    id = eni["NetworkInterfaceId"]
    other = sdk.ecs.CreateSecurityGroup(VpcId=place["vpc"])["SecurityGroupId"]
    sdk.ecs.ModifyNetworkInterfaceAttribute(
        NetworkInterfaceId=id, NetworkInterfaceName="two", SecurityGroupId=[other], DeleteOnRelease=False,
        SourceDestCheck=False,
    )
    seen = shown(sdk, id)
    assert (seen["NetworkInterfaceName"], seen["Description"]) == ("two", "of a test")
    assert (seen["DeleteOnRelease"], seen["SourceDestCheck"]) == (False, False)
    assert seen["SecurityGroupIds"]["SecurityGroupId"] == [other]
    sdk.ecs.JoinSecurityGroup(SecurityGroupId=place["group"], NetworkInterfaceId=id)
    sdk.ecs.LeaveSecurityGroup(SecurityGroupId=other, NetworkInterfaceId=id)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=other)


def addresses(sdk, id):
    return [one["PrivateIpAddress"] for one in shown(sdk, id)["PrivateIpSets"]["PrivateIpSet"]]


def test_addresses_come_and_go(sdk, place, eni):
    id = eni["NetworkInterfaceId"]
    sdk.ecs.AssignPrivateIpAddresses(NetworkInterfaceId=id, PrivateIpAddress=["10.0.0.30", "10.0.0.31"])
    given = sdk.ecs.AssignPrivateIpAddresses(NetworkInterfaceId=id, SecondaryPrivateIpAddressCount=2)
    given = given["AssignedPrivateIpAddressesSet"]["PrivateIpSet"]["PrivateIpAddress"]
    assert len(given) == 2
    assert set(addresses(sdk, id)) == {"10.0.0.20", "10.0.0.30", "10.0.0.31", *given}
    assert addresses(sdk, id)[0] == "10.0.0.20"
    sdk.ecs.UnassignPrivateIpAddresses(NetworkInterfaceId=id, PrivateIpAddress=["10.0.0.30", *given])
    assert addresses(sdk, id) == ["10.0.0.20", "10.0.0.31"]
    with refused("InvalidIp.IpUnassigned", 403):
        sdk.ecs.UnassignPrivateIpAddresses(NetworkInterfaceId=id, PrivateIpAddress=["10.0.0.20"])
    with refused("MissingParameter", 400):
        sdk.ecs.UnassignPrivateIpAddresses(NetworkInterfaceId=id)


@pytest.mark.parametrize(
    ("what", "code", "status"),
    [
        ({"PrivateIpAddress": ["10.0.0.20"]}, "InvalidPrivateIpAddress.Duplicated", 400),
        ({"PrivateIpAddress": ["10.0.1.20"]}, "InvalidPrivateIpAddress.Malformed", 400),
        ({"PrivateIpAddress": ["ten"]}, "InvalidPrivateIpAddress.Malformed", 400),
        ({"PrivateIpAddress": ["10.0.0.40", "10.0.0.40"]}, "InvalidIp.IpRepeated", 403),
        (
            {"PrivateIpAddress": ["10.0.0.40"], "SecondaryPrivateIpAddressCount": 1},
            "InvalidParameter.Conflict",
            400,
        ),
        ({"SecondaryPrivateIpAddressCount": 50}, "InvalidOperation.Ipv4CountExceeded", 403),
        ({"Ipv4PrefixCount": 1}, "InvalidParameter.Ipv4PrefixCount", 400),
        ({}, "MissingParameter", 400),
    ],
)
def test_addresses_that_cannot_be_are_refused(sdk, eni, what, code, status):
    with refused(code, status):
        sdk.ecs.AssignPrivateIpAddresses(NetworkInterfaceId=eni["NetworkInterfaceId"], **what)
    assert addresses(sdk, eni["NetworkInterfaceId"]) == ["10.0.0.20"]


@pytest.fixture(scope="module")
def ipv6(sdk, place):
    """The place's first vSwitch with IPv6; its range."""
    sdk.vpc.ModifyVpcAttribute(VpcId=place["vpc"], EnableIPv6=True)
    vswitch = place["vswitches"][0]
    sdk.vpc.ModifyVSwitchAttribute(VSwitchId=vswitch, EnableIPv6=True, Ipv6CidrBlock=9)
    yield ipaddress.ip_network(sdk.vpc.DescribeVSwitchAttributes(VSwitchId=vswitch)["Ipv6CidrBlock"])
    sdk.vpc.ModifyVSwitchAttribute(VSwitchId=vswitch, EnableIPv6=False)


def ipv6_addresses(sdk, id):
    return sorted(ipaddress.ip_address(it["Ipv6Address"]) for it in shown(sdk, id)["Ipv6Sets"]["Ipv6Set"])


def test_ipv6_addresses_come_and_go(sdk, place, ipv6, eni):
    id = eni["NetworkInterfaceId"]
    given = sdk.ecs.AssignIpv6Addresses(NetworkInterfaceId=id, Ipv6AddressCount=2)
    given = [ipaddress.ip_address(it) for it in given["Ipv6Sets"]["Ipv6Address"]]
    assert all(it in ipv6 for it in given) and ipv6_addresses(sdk, id) == given
    sdk.ecs.AssignIpv6Addresses(NetworkInterfaceId=id, Ipv6Address=[str(ipv6[0x99])])
    assert ids(sdk.ecs.DescribeNetworkInterfaces(Ipv6Address=[str(ipv6[0x99])])) == [id]
    with refused("OperationFailed.Ipv6InstanceExist", 400):
        sdk.vpc.ModifyVSwitchAttribute(VSwitchId=place["vswitches"][0], EnableIPv6=False)
    sdk.ecs.UnassignIpv6Addresses(NetworkInterfaceId=id, Ipv6Address=[str(it) for it in given])
    assert ipv6_addresses(sdk, id) == [ipv6[0x99]]


@pytest.mark.parametrize(
    ("what", "code", "status"),
    [
        ({"Ipv6Address": ["fd69:7374::1"]}, "InvalidVSwitchId.IpInvalid", 403),
        ({"Ipv6Address": ["10.0.0.1"]}, "InvalidIp.Address", 403),
        ({"Ipv6Address": ["fd00::1", "fd00:0::1"]}, "InvalidIp.IpRepeated", 403),
        ({"Ipv6Address": ["fd00::1"], "Ipv6AddressCount": 1}, "InvalidParameter.Conflict", 400),
        ({"Ipv6AddressCount": 11}, "InvalidOperation.Ipv6CountExceeded", 403),
        ({"Ipv6PrefixCount": 1}, "InvalidParameter.Ipv6PrefixCount", 400),
        ({}, "MissingParameter", 400),
    ],
)
def test_ipv6_addresses_that_cannot_be_are_refused(sdk, ipv6, eni, what, code, status):
    with refused(code, status):
        sdk.ecs.AssignIpv6Addresses(NetworkInterfaceId=eni["NetworkInterfaceId"], **what)
    assert ipv6_addresses(sdk, eni["NetworkInterfaceId"]) == []


def test_an_ipv6_address_belongs_to_one(sdk, place, ipv6, eni):
    id, vswitch, group = eni["NetworkInterfaceId"], place["vswitches"][0], place["group"]
    (made,) = sdk.ecs.RunInstances(ImageId="host", VSwitchId=vswitch, SecurityGroupId=group, Ipv6AddressCount=1)[
        "InstanceIdSets"
    ]["InstanceIdSet"]
    (seen,) = sdk.ecs.DescribeInstances(InstanceIds=f'["{made}"]')["Instances"]["Instance"]
    (taken,) = seen["NetworkInterfaces"]["NetworkInterface"][0]["Ipv6Sets"]["Ipv6Set"]
    (found,) = sdk.ecs.DescribeInstances(Ipv6Address=[taken["Ipv6Address"]])["Instances"]["Instance"]
    assert found["InstanceId"] == made
    with refused("InvalidIp.IpAssigned", 403):
        sdk.ecs.AssignIpv6Addresses(NetworkInterfaceId=id, Ipv6Address=[taken["Ipv6Address"]])
    with refused("InvalidIp.IpUnassigned", 403):
        sdk.ecs.UnassignIpv6Addresses(NetworkInterfaceId=id, Ipv6Address=[taken["Ipv6Address"]])
    stopped(sdk, made)
    with refused("InvalidIp.Ipv6", 404):
        sdk.ecs.ModifyInstanceVpcAttribute(InstanceId=made, VSwitchId=vswitch)
    sdk.ecs.DeleteInstance(InstanceId=made, Force=True)
    with refused("InvalidOperation.VSwitchIpv6Disabled", 404):
        sdk.ecs.CreateNetworkInterface(VSwitchId=place["vswitches"][1], SecurityGroupId=group, Ipv6AddressCount=1)


def test_there_is_no_internet(sdk, instance):
    with refused("InsufficientPublicIp", 400):
        sdk.ecs.AllocatePublicIpAddress(InstanceId=instance)


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"SecurityGroupId": ""}, "MissingParameter.SecurityGroupId", 400),
        ({"SecurityGroupId": "sg-bp100000000000000000"}, "InvalidSecurityGroupId.NotFound", 404),
        ({"VSwitchId": "vsw-bp1000000000000000000"}, "InvalidVSwitchId.NotFound", 404),
        ({"PrimaryIpAddress": "10.0.9.9"}, "InvalidPrivateIpAddress.Malformed", 400),
        ({"SecurityGroupIds": ["sg-a"]}, "InvalidSecurityGroupId.SingleIdAndMultiIdConflict", 400),
        ({"InstanceType": "Trunk"}, "InvalidParameter.InstanceType", 400),
    ],
)
def test_interfaces_that_cannot_be_are_refused(sdk, place, change, code, status):
    wanted = {"VSwitchId": place["vswitches"][0], "SecurityGroupId": place["group"]} | change
    with refused(code, status):
        sdk.ecs.CreateNetworkInterface(**wanted)


def test_an_interface_of_another_zone_stays_away(sdk, place, instance):
    far = sdk.ecs.CreateNetworkInterface(VSwitchId=place["vswitches"][1], SecurityGroupId=place["group"])
    id = far["NetworkInterfaceId"]
    with refused("InvalidOperation.AvailabilityZoneMismatch", 403):
        sdk.ecs.AttachNetworkInterface(InstanceId=instance, NetworkInterfaceId=id)
    sdk.ecs.DeleteNetworkInterface(NetworkInterfaceId=id)
    assert ids(sdk.ecs.DescribeNetworkInterfaces(NetworkInterfaceId=[id])) == []
    with refused("InvalidEniId.NotFound", 404):
        sdk.ecs.DeleteNetworkInterface(NetworkInterfaceId=id)


def test_an_instance_moves(sdk, place, instance):
    near = sdk.vpc.CreateVSwitch(VpcId=place["vpc"], ZoneId=ZONES[0], CidrBlock="10.0.9.0/24")["VSwitchId"]
    to = {"InstanceId": instance, "VSwitchId": near}
    with refused("IncorrectInstanceStatus", 400):
        sdk.ecs.ModifyInstanceVpcAttribute(**to)
    stopped(sdk, instance)
    with refused("InvalidOperation.VswAndEcsAvailabilityZoneMismatch", 403):
        sdk.ecs.ModifyInstanceVpcAttribute(InstanceId=instance, VSwitchId=place["vswitches"][1])
    sdk.ecs.ModifyInstanceVpcAttribute(PrivateIpAddress="10.0.9.9", **to)
    (seen,) = sdk.ecs.DescribeNetworkInterfaces(InstanceId=instance)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert (seen["VSwitchId"], seen["PrivateIpAddress"]) == (near, "10.0.9.9")
    sdk.ecs.ModifyInstanceVpcAttribute(InstanceId=instance, VSwitchId=place["vswitches"][0])
    sdk.vpc.DeleteVSwitch(VSwitchId=near)


def test_an_instance_is_born_with_several_interfaces(sdk, place):
    vswitch, group = place["vswitches"][0], place["group"]
    (made,) = sdk.ecs.RunInstances(
        ImageId="host",
        NetworkInterface=[
            {"InstanceType": "Primary", "VSwitchId": vswitch, "SecurityGroupIds": [group], "SecondaryPrivateIpAddressCount": 2},
            {"InstanceType": "Secondary", "VSwitchId": vswitch, "SecurityGroupId": group, "NetworkInterfaceName": "extra"},
        ],
    )["InstanceIdSets"]["InstanceIdSet"]
    (seen,) = sdk.ecs.DescribeInstances(InstanceIds=f'["{made}"]')["Instances"]["Instance"]
    enis = seen["NetworkInterfaces"]["NetworkInterface"]
    assert [eni["Type"] for eni in enis] == ["Primary", "Secondary"]
    assert [len(eni["PrivateIpSets"]["PrivateIpSet"]) for eni in enis] == [3, 1]
    sdk.ecs.DeleteInstance(InstanceId=made, Force=True)
    assert ids(sdk.ecs.DescribeNetworkInterfaces(NetworkInterfaceName="extra")) == []
