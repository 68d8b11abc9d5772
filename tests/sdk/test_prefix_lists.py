"""Prefix lists: made, read, changed, named by rules and deleted."""

import pytest

from sdk import refused


@pytest.fixture
def group(sdk):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    group = sdk.ecs.CreateSecurityGroup(VpcId=vpc)["SecurityGroupId"]
    yield group
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def entries(sdk, list):
    shown = sdk.ecs.DescribePrefixListAttributes(PrefixListId=list)["Entries"]["Entry"]
    return [(entry["Cidr"], entry["Description"]) for entry in shown]


def test_a_list_is_kept_as_it_is_given_and_changed(sdk):
    given = [{"Cidr": "10.8.0.0/16", "Description": "north"}, {"Cidr": "10.9.0.1"}]
    named = {"PrefixListName": "offices", "AddressFamily": "IPv4", "MaxEntries": 3, "Description": "where we work"}
    list = sdk.ecs.CreatePrefixList(**named, Entry=given)["PrefixListId"]
    shown = sdk.ecs.DescribePrefixListAttributes(PrefixListId=list)
    assert {name: shown[name] for name in named} == named
    assert entries(sdk, list) == [("10.8.0.0/16", "north"), ("10.9.0.1/32", "")]
    added = [{"Cidr": "10.9.0.1/32", "Description": "south"}, {"Cidr": "10.10.0.0/16"}]
    sdk.ecs.ModifyPrefixList(PrefixListId=list, AddEntry=added, RemoveEntry=[{"Cidr": "10.8.0.0/16"}])
    assert entries(sdk, list) == [("10.9.0.1/32", "south"), ("10.10.0.0/16", "")]
    sdk.ecs.ModifyPrefixList(PrefixListId=list, PrefixListName="our-offices")
    sdk.ecs.TagResources(ResourceType="prefixlist", ResourceId=[list], Tag=[{"Key": "stage", "Value": "offices"}])
    (found,) = sdk.ecs.DescribePrefixLists(Tag=[{"Key": "stage", "Value": "offices"}])["PrefixLists"]["PrefixList"]
    assert (found["PrefixListName"], found["AssociationCount"]) == ("our-offices", 0)
    assert found["Tags"]["Tag"] == [{"TagKey": "stage", "TagValue": "offices"}]
    sdk.ecs.DeletePrefixList(PrefixListId=list)
    with refused("InvalidPrefixListId.NotFound", 404):
        sdk.ecs.DescribePrefixListAttributes(PrefixListId=list)


def test_a_list_of_ipv6_shows_its_ranges_in_their_short_form(sdk):
    given = [{"Cidr": "2001:FD01:0:0:0:0:0:0/32"}]
    list = sdk.ecs.CreatePrefixList(PrefixListName="far", AddressFamily="IPv6", MaxEntries=1, Entry=given)["PrefixListId"]
    assert entries(sdk, list) == [("2001:fd01::/32", "")]
    sdk.ecs.DeletePrefixList(PrefixListId=list)


def test_a_list_says_which_groups_name_it_and_stays_while_one_does(sdk, group):
    list = sdk.ecs.CreatePrefixList(PrefixListName="offices", AddressFamily="IPv4", MaxEntries=1)["PrefixListId"]
    rule = {"SecurityGroupId": group, "IpProtocol": "tcp", "PortRange": "80/80", "SourcePrefixListId": list}
    sdk.ecs.AuthorizeSecurityGroup(**rule)
    told = sdk.ecs.DescribePrefixListAssociations(PrefixListId=list)["PrefixListAssociations"]["PrefixListAssociation"]
    assert told == [{"ResourceId": group, "ResourceType": "securitygroup"}]
    (found,) = sdk.ecs.DescribePrefixLists(PrefixListId=[list])["PrefixLists"]["PrefixList"]
    assert found["AssociationCount"] == 1
    with refused("DependencyViolation", 403):
        sdk.ecs.DeletePrefixList(PrefixListId=list)
    sdk.ecs.RevokeSecurityGroup(**rule)
    sdk.ecs.DeletePrefixList(PrefixListId=list)
