"""Route tables and their entries: made, described, associated, deleted."""

import re

import pytest

from sdk import ZONES, every_numbered_page, refused, until


@pytest.fixture(scope="module")
def place(sdk):
    """A VPC with a vSwitch, a group and an instance that routes lead to."""
    made = sdk.vpc.CreateVpc(VpcName="routes", CidrBlock="10.0.0.0/16")
    vpc = made["VpcId"]
    vswitch = sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="10.0.1.0/24")["VSwitchId"]
    group = sdk.ecs.CreateSecurityGroup(VpcId=vpc)["SecurityGroupId"]
    (router,) = sdk.ecs.RunInstances(ImageId="host", VSwitchId=vswitch, SecurityGroupId=group)["InstanceIdSets"][
        "InstanceIdSet"
    ]
    yield {"vpc": vpc, "system": made["RouteTableId"], "router": router, "vswitch": vswitch, "group": group} | {
        "vrouter": made["VRouterId"]
    }
    sdk.ecs.DeleteInstances(InstanceId=[router], Force=True)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)
    sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


@pytest.fixture
def table(sdk, place):
    made = sdk.vpc.CreateRouteTable(
        VpcId=place["vpc"], RouteTableName="own", Description="of a test", Tag=[{"Key": "team", "Value": "blue"}]
    )["RouteTableId"]
    assert re.fullmatch(r"vtb-bp1[a-z0-9]{18}", made)
    yield made
    sdk.vpc.DeleteRouteTable(RouteTableId=made)


def listed(sdk, **by):
    return sdk.vpc.DescribeRouteTableList(**by)["RouterTableList"]["RouterTableListType"]


def entries(sdk, table, **by):
    return sdk.vpc.DescribeRouteEntryList(RouteTableId=table, **by)["RouteEntrys"]["RouteEntry"]


def custom(sdk, table):
    return entries(sdk, table, RouteEntryType="Custom")


def to_router(place, table, to):
    return {
        "RouteTableId": table,
        "DestinationCidrBlock": to,
        "NextHopType": "Instance",
        "NextHopId": place["router"],
    }


def test_a_table_is_what_it_was_made(sdk, place, table):
    (seen,) = listed(sdk, RouteTableId=table)
    assert (seen["RouteTableName"], seen["RouteTableType"], seen["VpcId"]) == ("own", "Custom", place["vpc"])
    assert (seen["RouterId"], seen["VSwitchIds"]["VSwitchId"]) == (place["vrouter"], [])
    assert seen["Tags"]["Tag"] == [{"Key": "team", "Value": "blue"}]
    until("Available", lambda: listed(sdk, RouteTableId=table)[0]["Status"])
    by = {"VpcId": place["vpc"]}
    assert {one["RouteTableId"] for one in listed(sdk, **by)} == {table, place["system"]}
    assert [one["RouteTableId"] for one in listed(sdk, RouteTableType="System", **by)] == [place["system"]]
    assert [one["RouteTableId"] for one in listed(sdk, RouteTableName="own", **by)] == [table]
    pages = every_numbered_page(
        sdk.vpc.DescribeRouteTableList, lambda answer: answer["RouterTableList"]["RouterTableListType"], **by
    )
    assert len(pages) == 2
    sdk.vpc.ModifyRouteTableAttributes(RouteTableId=table, RouteTableName="other")
    (seen,) = listed(sdk, RouteTableId=table)
    assert (seen["RouteTableName"], seen["Description"]) == ("other", "of a test")


def test_the_router_has_its_tables(sdk, place, table):
    (router,) = sdk.vpc.DescribeVRouters(VRouterId=place["vrouter"])["VRouters"]["VRouter"]
    assert (router["VpcId"], set(router["RouteTableIds"]["RouteTableId"])) == (place["vpc"], {place["system"], table})


def test_the_system_s_entries_are_shown(sdk, place, table):
    for one in (place["system"], table):
        seen = {entry["DestinationCidrBlock"]: entry["NextHops"]["NextHop"][0]["NextHopType"] for entry in entries(sdk, one)}
        assert seen == {"10.0.1.0/24": "local", "100.64.0.0/10": "service"}
    (old,) = sdk.vpc.DescribeRouteTables(RouteTableId=table)["RouteTables"]["RouteTable"]
    assert {entry["Type"] for entry in old["RouteEntrys"]["RouteEntry"]} == {"System"}
    router = place["vrouter"]
    for routers, count in (((router, router), 1), ((router, "vrt-none"), 0), (("vrt-none", router), 0)):
        asked = dict(zip(("VRouterId", "RouterId"), routers))
        assert len(sdk.vpc.DescribeRouteTables(RouteTableId=table, **asked)["RouteTables"]["RouteTable"]) == count


def test_an_entry_comes_and_goes(sdk, place, table):
    made = sdk.vpc.CreateRouteEntry(RouteEntryName="far", **to_router(place, table, "192.168.0.0/16"))["RouteEntryId"]
    assert re.fullmatch(r"rte-bp1[a-z0-9]{18}", made)
    (entry,) = custom(sdk, table)
    hop = entry["NextHops"]["NextHop"][0]
    assert (entry["RouteEntryId"], entry["RouteEntryName"], entry["Type"]) == (made, "far", "Custom")
    assert (hop["NextHopId"], hop["NextHopType"]) == (place["router"], "Instance")
    until("Available", lambda: custom(sdk, table)[0]["Status"])
    (old,) = sdk.vpc.DescribeRouteTables(RouteTableId=table, Type="Custom")["RouteTables"]["RouteTable"]
    (old,) = old["RouteEntrys"]["RouteEntry"]
    assert (old["InstanceId"], old["NextHopType"], old["Status"]) == (place["router"], "Instance", "Available")
    for by in ({"NextHopId": place["router"]}, {"RouteEntryName": "far"}, {"DestCidrBlockList": ["192.168.0.0/16"]}):
        assert [one["RouteEntryId"] for one in entries(sdk, table, **by)] == [made]
    first = sdk.vpc.DescribeRouteEntryList(RouteTableId=table, MaxResult=2)
    second = sdk.vpc.DescribeRouteEntryList(RouteTableId=table, MaxResult=2, NextToken=first["NextToken"])
    assert (len(first["RouteEntrys"]["RouteEntry"]), len(second["RouteEntrys"]["RouteEntry"])) == (2, 1)
    with refused("InvalidCIDRBlock.Duplicate", 400):
        sdk.vpc.CreateRouteEntry(**to_router(place, table, "192.168.0.0/16"))
    with refused("IncorrectRouteTableStatus.RouteEntryExist", 400):
        sdk.vpc.DeleteRouteTable(RouteTableId=table)
    with refused("DependencyViolation.RouteEntry", 400):
        sdk.ecs.DeleteInstance(InstanceId=place["router"], Force=True)
    sdk.vpc.DeleteRouteEntry(RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", NextHopId=place["router"])
    assert custom(sdk, table) == []
    with refused("InvalidRouteEntry.NotFound", 400):
        sdk.vpc.DeleteRouteEntry(RouteEntryId=made)


def test_an_interface_is_a_next_hop(sdk, place, table):
    eni = sdk.ecs.CreateNetworkInterface(VSwitchId=place["vswitch"], SecurityGroupId=place["group"])["NetworkInterfaceId"]
    hop = [{"NextHopType": "NetworkInterface", "NextHopId": eni, "Weight": 100}]
    made = sdk.vpc.CreateRouteEntry(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NextHopList=hop)["RouteEntryId"]
    with refused("DependencyViolation.RouteEntry", 400):
        sdk.ecs.DeleteNetworkInterface(NetworkInterfaceId=eni)
    sdk.vpc.DeleteRouteEntry(RouteEntryId=made)
    sdk.ecs.DeleteNetworkInterface(NetworkInterfaceId=eni)


def test_a_vswitch_changes_its_table(sdk, place, table):
    both = {"RouteTableId": table, "VSwitchId": place["vswitch"]}
    seen = lambda: sdk.vpc.DescribeVSwitchAttributes(VSwitchId=place["vswitch"])["RouteTable"]
    assert seen() == {"RouteTableId": place["system"], "RouteTableType": "System"}
    sdk.vpc.AssociateRouteTable(**both)
    assert seen() == {"RouteTableId": table, "RouteTableType": "Custom"}
    assert listed(sdk, RouteTableId=table)[0]["VSwitchIds"]["VSwitchId"] == [place["vswitch"]]
    with refused("ResourceAlreadyAssociated.RouteTable", 400):
        sdk.vpc.AssociateRouteTable(**both)
    with refused("IncorrectVSwitchStatus", 400):
        sdk.vpc.DeleteRouteTable(RouteTableId=table)
    with refused("DependencyViolation.RouteTable", 400):
        sdk.vpc.DeleteVSwitch(VSwitchId=place["vswitch"])
    sdk.vpc.UnassociateRouteTable(**both)
    with refused("OperationFailed.VSwitchNotAssociate", 404):
        sdk.vpc.UnassociateRouteTable(**both)
    with refused("OperationDenied.SwitchToSystemRouteTable", 400):
        sdk.vpc.AssociateRouteTable(RouteTableId=place["system"], VSwitchId=place["vswitch"])
    with refused("OperationUnsupported.SystemRouteTable", 404):
        sdk.vpc.UnassociateRouteTable(RouteTableId=place["system"], VSwitchId=place["vswitch"])
    with refused("IncorrectRouteTableType", 400):
        sdk.vpc.DeleteRouteTable(RouteTableId=place["system"])
    with refused("DependencyViolation.CustomRouteTable", 400):
        empty = sdk.vpc.CreateVpc()["VpcId"]
        extra = sdk.vpc.CreateRouteTable(VpcId=empty)["RouteTableId"]
        sdk.vpc.DeleteVpc(VpcId=empty)
    with refused("Forbidden.NotInSameVpc", 404):
        sdk.vpc.AssociateRouteTable(RouteTableId=extra, VSwitchId=place["vswitch"])
    sdk.vpc.DeleteRouteTable(RouteTableId=extra)
    sdk.vpc.DeleteVpc(VpcId=empty)


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"DestinationCidrBlock": "everywhere"}, "InvalidCidrBlock.Malformed", 400),
        ({"DestinationCidrBlock": "::/0"}, "OperationFailed.NotSupportIPV6", 400),
        ({"DestinationCidrBlock": "100.64.0.0/16"}, "InvalidDestinationCidrBlock", 400),
        ({"DestinationCidrBlock": "10.0.1.0/24"}, "OperationUnsupported.DestinationCidrBlockOverlapWithVSwitch", 400),
        ({"NextHopId": "i-bp100000000000000000"}, "InvalidNextHopId.NotFound", 404),
        ({"NextHopId": ""}, "InvalidNexthopTypeAndList.BothNull", 400),
        ({"NextHopType": "VpnGateway"}, "InvalidNextHopType", 400),
        ({"NextHopList": [{"NextHopId": "a"}]}, "InvalidNexthopTypeAndList.BothNotNull", 400),
        ({"RouteTableId": "vtb-bp1000000000000000000"}, "InvalidRouteTableId.NotFound", 404),
    ],
)
def test_entries_that_cannot_be_are_refused(sdk, place, change, code, status):
    with refused(code, status):
        sdk.vpc.CreateRouteEntry(**to_router(place, place["system"], "192.168.0.0/16") | change)
    assert custom(sdk, place["system"]) == []
