"""A provider and a consumer with accounts of their own: who may see, connect, accept, and what is nobody else's business."""

from types import SimpleNamespace

import pytest

from sdk import REGION, ZONES, client_of, refused, until


@pytest.fixture(scope="module")
def consumer(sdk, operator):
    account = operator("account", "create", "consumer")
    return SimpleNamespace(number=int(account), sdk=client_of(sdk, operator("key", "create", account)))


def network(sdk):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24")["VSwitchId"]
        for n, zone in enumerate(ZONES)
    ]
    group = sdk.ecs.CreateSecurityGroup(VpcId=vpc)["SecurityGroupId"]
    zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, vswitches)]
    return SimpleNamespace(vpc=vpc, vswitches=vswitches, group=group, zones=zones)


@pytest.fixture(scope="module")
def provider(sdk):
    it = network(sdk)
    it.nlb = sdk.nlb.CreateLoadBalancer(VpcId=it.vpc, AddressType="Intranet", ZoneMappings=it.zones)["LoadbalancerId"]
    it.resources = [{"ResourceType": "nlb", "ResourceId": it.nlb, "ZoneId": zone} for zone in ZONES]
    it.service = sdk.privatelink.CreateVpcEndpointService(ServiceResourceType="nlb", Resource=it.resources)["ServiceId"]
    return it


def offered(who, **asked):
    return [one["ServiceId"] for one in who.privatelink.ListVpcEndpointServicesByEndUser(**asked)["Services"]]


def test_who_is_not_on_the_whitelist_neither_sees_nor_connects(consumer, provider):
    link = consumer.sdk.privatelink
    assert offered(consumer.sdk) == []
    with refused("EndpointServiceNotFound", 400):
        link.GetVpcEndpointServiceAttribute(ServiceId=provider.service)
    consumer.net = network(consumer.sdk)
    wanted = {"VpcId": consumer.net.vpc, "SecurityGroupId": [consumer.net.group], "Zone": consumer.net.zones}
    for name in ({"ServiceId": provider.service}, {"ServiceName": f"com.aliyuncs.privatelink.{REGION}.{provider.service}"}):
        with refused("EndpointServiceNotAuthorized", 400):
            link.CreateVpcEndpoint(**name, **wanted)


@pytest.mark.parametrize("how", ["number", "name", "everybody"])
def test_the_whitelist_opens_and_closes(sdk, consumer, provider, how):
    user = {
        "number": {"UserId": consumer.number},
        "name": {"UserARN": f"acs:ram:*:{consumer.number}:*"},
        "everybody": {"UserARN": "acs:ram:*:*:*"},
    }[how]
    service = {"ServiceId": provider.service}
    sdk.privatelink.AddUserToVpcEndpointService(**service, **user)
    listed = lambda kind: sdk.privatelink.ListVpcEndpointServiceUsers(UserListType=kind, **service)[kind]
    if how == "everybody":
        assert (listed("Users"), listed("UserARNs")) == ([], [{"UserARN": "acs:ram:*:*:*"}])
    else:
        assert [one["UserId"] for one in listed("Users")] == [consumer.number]
    assert offered(consumer.sdk) == offered(consumer.sdk, **service) == [provider.service]
    sdk.privatelink.RemoveUserFromVpcEndpointService(**service, **user)
    assert offered(consumer.sdk) == []
    with refused("EndpointServiceUserNotFound", 400):
        sdk.privatelink.RemoveUserFromVpcEndpointService(**service, **user)


def test_an_offer_shows_no_labels_of_its_provider(sdk, consumer, provider):
    service = {"ServiceId": provider.service}
    tag = [{"Key": "secret", "Value": "project"}]
    sdk.privatelink.TagResources(ResourceType="VpcEndpointService", ResourceId=[provider.service], Tag=tag)
    sdk.privatelink.AddUserToVpcEndpointService(UserId=consumer.number, **service)
    (seen,) = consumer.sdk.privatelink.ListVpcEndpointServicesByEndUser()["Services"]
    assert (seen["Tags"], seen["ResourceGroupId"]) == ([], "")
    assert offered(consumer.sdk, Tag=tag) == [] and offered(sdk, Tag=tag) == [provider.service]
    assert sorted(seen["Zones"]) == ZONES


def test_the_provider_accepts_what_the_consumer_asks_for(sdk, consumer, provider):
    link, mine = consumer.sdk.privatelink, sdk.privatelink
    wanted = {"VpcId": consumer.net.vpc, "SecurityGroupId": [consumer.net.group], "Zone": consumer.net.zones}
    consumer.endpoint = link.CreateVpcEndpoint(ServiceId=provider.service, **wanted)["EndpointId"]
    connection = {"ServiceId": provider.service, "EndpointId": consumer.endpoint}
    (seen,) = mine.ListVpcEndpointConnections(EndpointOwnerId=consumer.number, ServiceId=provider.service)["Connections"]
    assert (seen["EndpointOwnerId"], seen["ResourceOwner"]) == (consumer.number, False)
    group = mine.GetVpcEndpointServiceAttribute(ServiceId=provider.service)["ResourceGroupId"]
    assert seen["ResourceGroupId"] == group != ""
    with refused("EndpointServiceNotFound", 400):
        link.EnableVpcEndpointConnection(**connection)
    with refused("EndpointNotFound", 400):
        mine.GetVpcEndpointAttribute(EndpointId=consumer.endpoint)
    mine.EnableVpcEndpointConnection(**connection)
    status = lambda: link.GetVpcEndpointAttribute(EndpointId=consumer.endpoint)["ConnectionStatus"]
    until("Connected", status)
    mine.RemoveUserFromVpcEndpointService(UserId=consumer.number, ServiceId=provider.service)
    assert status() == "Connected"
    with refused("EndpointServiceNotAuthorized", 400):
        link.CreateVpcEndpoint(ServiceId=provider.service, **wanted)
    mine.DisableVpcEndpointConnection(**connection)
    until("Disconnected", status)


def test_everything_is_taken_down_again(sdk, consumer, provider):
    they = consumer.sdk
    for zone in ZONES:
        they.privatelink.RemoveZoneFromVpcEndpoint(EndpointId=consumer.endpoint, ZoneId=zone)
    they.privatelink.DeleteVpcEndpoint(EndpointId=consumer.endpoint)
    for resource in provider.resources:
        sdk.privatelink.DetachResourceFromVpcEndpointService(ServiceId=provider.service, **resource)
    sdk.privatelink.DeleteVpcEndpointService(ServiceId=provider.service)
    sdk.nlb.DeleteLoadBalancer(LoadBalancerId=provider.nlb)
    for who, net in ((they, consumer.net), (sdk, provider)):
        who.ecs.DeleteSecurityGroup(SecurityGroupId=net.group)
        for vswitch in net.vswitches:
            who.vpc.DeleteVSwitch(VSwitchId=vswitch)
        who.vpc.DeleteVpc(VpcId=net.vpc)
