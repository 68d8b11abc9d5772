"""Resource groups: every resource lies in one, and one with resources stays."""

import re

import pytest

from sdk import ZONES, every_numbered_page, refused


@pytest.fixture(scope="module")
def group(sdk):
    tag = [{"Key": "team", "Value": "blue"}]
    made = sdk.resourcemanager.CreateResourceGroup(Name="blue-team", DisplayName="1. Blue", Tag=tag)["ResourceGroup"]
    assert re.fullmatch(r"rg-acfm[a-z0-9]{11}", made["Id"])
    assert (made["Name"], made["DisplayName"], made["Status"]) == ("blue-team", "1. Blue", "OK")
    assert made["AccountId"] == sdk.sts.GetCallerIdentity()["AccountId"]
    assert made["RegionStatuses"]["RegionStatus"] == [{"RegionId": "cn-hangzhou", "Status": "OK"}]
    return made["Id"]


def listed(answer):
    return answer["ResourceGroups"]["ResourceGroup"]


def default(sdk):
    (one,) = listed(sdk.resourcemanager.ListResourceGroups(Name="default"))
    return one["Id"]


def test_groups_are_found(sdk, group):
    client = sdk.resourcemanager
    seen = client.GetResourceGroup(ResourceGroupId=group, IncludeTags=True)["ResourceGroup"]
    assert seen["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "blue"}]
    assert "Tags" not in client.GetResourceGroup(ResourceGroupId=group)["ResourceGroup"]
    for asked in (
        {"ResourceGroupId": group},
        {"ResourceGroupIds": [group]},
        {"Name": "blue-team"},
        {"DisplayName": "Blue"},
        {"Tag": [{"Key": "team", "Value": "blue"}]},
    ):
        assert [one["Id"] for one in listed(client.ListResourceGroups(**asked))] == [group]
    assert listed(client.ListResourceGroups(Status="Creating")) == []
    everything = [one["Id"] for one in every_numbered_page(client.ListResourceGroups, listed)]
    assert {group, default(sdk)} <= set(everything) and len(everything) == len(set(everything))


def test_a_group_is_renamed(sdk, group):
    changed = sdk.resourcemanager.UpdateResourceGroup(ResourceGroupId=group, NewDisplayName="Blue")
    assert changed["ResourceGroup"]["DisplayName"] == "Blue"
    assert sdk.resourcemanager.GetResourceGroup(ResourceGroupId=group)["ResourceGroup"]["DisplayName"] == "Blue"


def test_what_is_made_lies_where_it_was_asked_to_or_in_the_default_group(sdk, group):
    ids = lambda **asked: [one["VpcId"] for one in sdk.vpc.DescribeVpcs(**asked)["Vpcs"]["Vpc"]]
    made = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16", ResourceGroupId=group)
    vpc = made["VpcId"]
    assert made["ResourceGroupId"] == group and ids(ResourceGroupId=group) == [vpc]
    vswitch = sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=ZONES[0], CidrBlock="10.0.1.0/24")["VSwitchId"]
    where = lambda: sdk.vpc.DescribeVSwitchAttributes(VSwitchId=vswitch)["ResourceGroupId"]
    assert where() == group
    with refused("DeleteConflict.ResourceGroup.Resource", 409):
        sdk.resourcemanager.DeleteResourceGroup(ResourceGroupId=group)
    sdk.vpc.MoveResourceGroup(ResourceType="Vpc", ResourceId=vpc, NewResourceGroupId=default(sdk))
    assert ids(ResourceGroupId=group) == [] and where() == default(sdk)
    with refused("InvalidResourceGroupId", 400):
        sdk.vpc.MoveResourceGroup(ResourceType="Vpc", ResourceId=vpc, NewResourceGroupId="rg-acfmnothing")
    with refused("InvalidResourceId.NotFound", 400):
        sdk.vpc.MoveResourceGroup(ResourceType="Vpc", ResourceId="vpc-bp1nothing", NewResourceGroupId=group)
    sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_each_product_refuses_a_group_that_is_not_there(sdk):
    nowhere = {"ResourceGroupId": "rg-acfmnothing"}
    for code, status, ask in [
        ("InvalidResourceGroupId", 400, lambda: sdk.vpc.CreateVpc(**nowhere)),
        ("InvalidResourceGroupId", 400, lambda: sdk.vpc.CreateDefaultVpc(**nowhere)),
        ("InvalidResourceGroup", 400, lambda: sdk.privatelink.CreateVpcEndpointService(ServiceResourceType="nlb", **nowhere)),
        ("EntityNotExists.ResourceGroup", 404, lambda: sdk.resourcemanager.GetResourceGroup(**nowhere)),
        ("EntityNotExists.ResourceGroup", 404, lambda: sdk.resourcemanager.DeleteResourceGroup(**nowhere)),
        ("EntityNotExists.ResourceGroup", 404, lambda: sdk.pvtz.AddZone(ZoneName="a.example", **nowhere)),
    ]:
        with refused(code, status):
            ask()
    assert sdk.vpc.DescribeVpcs(**nowhere)["TotalCount"] == 0


def test_names_that_cannot_be(sdk, group):
    make = sdk.resourcemanager.CreateResourceGroup
    with refused("EntityAlreadyExists.ResourceGroup", 409):
        make(Name="blue-team", DisplayName="again")
    with refused("InvalidParameter.Name", 400):
        make(Name="a_b", DisplayName="x")
    with refused("InvalidParameter.DisplayName", 400):
        make(Name="abc", DisplayName="x" * 51)
    with refused("MissingParameter.DisplayName", 400):
        make(Name="abc")
    with refused("InvalidTagKey.Malformed", 400):
        make(Name="abc", DisplayName="x", Tag=[{"Key": "acs:x", "Value": "y"}])


def test_a_group_goes_and_the_default_one_stays(sdk, group):
    gone = sdk.resourcemanager.DeleteResourceGroup(ResourceGroupId=group)["ResourceGroup"]
    assert (gone["Id"], gone["Status"]) == (group, "PendingDelete")
    with refused("EntityNotExists.ResourceGroup", 404):
        sdk.resourcemanager.UpdateResourceGroup(ResourceGroupId=group, NewDisplayName="x")
    with refused("InvalidParameter.ResourceGroupId", 400):
        sdk.resourcemanager.DeleteResourceGroup(ResourceGroupId=default(sdk))
