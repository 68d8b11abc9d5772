"""A consumer's Reverse endpoint, and a provider's servers behind it."""

from types import SimpleNamespace

import pytest

from sdk import ZONES, client_of, narrow, refused, until


@pytest.fixture(scope="module")
def consumer(sdk, operator):
    account = operator("account", "create", "reverse")
    return SimpleNamespace(number=int(account), sdk=client_of(sdk, operator("key", "create", account)))


def network(sdk):
    it = SimpleNamespace(vpc=sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"])
    it.vswitch = sdk.vpc.CreateVSwitch(VpcId=it.vpc, ZoneId=ZONES[0], CidrBlock="10.0.0.0/24")["VSwitchId"]
    it.group = sdk.ecs.CreateSecurityGroup(VpcId=it.vpc)["SecurityGroupId"]
    it.zone = {"ZoneId": ZONES[0], "VSwitchId": it.vswitch}
    return it


@pytest.fixture(scope="module")
def road(sdk, consumer):
    """A service without a load balancer, a server group, and an endpoint that leads the other way."""
    it = SimpleNamespace(provider=network(sdk), consumer=network(consumer.sdk))
    it.servers = sdk.nlb.CreateServerGroup(
        ServerGroupName="abroad", VpcId=it.provider.vpc, Protocol="TCP", HealthCheckConfig={"HealthCheckEnabled": True}
    )["ServerGroupId"]
    it.service = sdk.privatelink.CreateVpcEndpointService(ServiceResourceType="nlb")["ServiceId"]
    sdk.privatelink.AddUserToVpcEndpointService(ServiceId=it.service, UserId=consumer.number)
    it.wanted = {"VpcId": it.consumer.vpc, "ServiceId": it.service, "SecurityGroupId": [it.consumer.group]}
    it.endpoint = consumer.sdk.privatelink.CreateVpcEndpoint(
        EndpointType="Reverse", Zone=[it.consumer.zone | {"ip": "10.0.0.150"}], **it.wanted
    )["EndpointId"]
    it.both = {"ServiceId": it.service, "EndpointId": it.endpoint}
    (connection,) = sdk.privatelink.ListVpcEndpointConnections(ServiceId=it.service)["Connections"]
    it.eni = connection["Zones"][0]["EniId"]
    return it


def server(road, **changed):
    one = {"ServerType": "Eni", "ServerId": road.eni, "ServerIp": "10.0.0.9", "Port": 80}
    return {name: value for name, value in (one | changed).items() if value is not None}


def add(sdk, road, **changed):
    sdk.nlb.AddServersToServerGroup(ServerGroupId=road.servers, Servers=[server(road, **changed)])


def listed(sdk, road):
    servers = sdk.nlb.ListServerGroupServers(ServerGroupId=road.servers)["Servers"]
    return [(one["ServerId"], one["ServerIp"], one["ServerType"], one["ZoneId"], one["Weight"]) for one in servers]


def test_it_is_shown_as_what_it_is_and_has_no_names(sdk, consumer, road):
    link = consumer.sdk.privatelink
    until("Active", lambda: link.GetVpcEndpointAttribute(EndpointId=road.endpoint)["EndpointStatus"])
    shown = link.GetVpcEndpointAttribute(EndpointId=road.endpoint)
    assert shown["EndpointType"] == "Reverse" and not shown.get("EndpointDomain")
    (zone,) = link.ListVpcEndpointZones(EndpointId=road.endpoint)["Zones"]
    assert (zone["EniId"], zone["EniIp"], zone["ZoneStatus"]) == (road.eni, "10.0.0.150", "Wait")
    assert not zone.get("ZoneDomain")
    found = lambda answer: road.endpoint in [one["EndpointId"] for one in answer["Endpoints"]]
    narrow(link, "ListVpcEndpoints", "EndpointType", ["Reverse", "Interface"], found)


def test_what_it_has_not_is_refused(sdk, consumer, road):
    link = consumer.sdk.privatelink
    with refused("Mismatch.EndpointType", 400):
        link.CreateVpcEndpoint(EndpointType="Reverse", AddressIpVersion="DualStack", **road.wanted)
    with refused("EndpointOperationDenied", 400):
        link.UpdateVpcEndpointAttribute(EndpointId=road.endpoint, AddressIpVersion="DualStack")
    with refused("EndpointConnectionOperationDenied", 400):
        sdk.privatelink.EnableVpcEndpointConnection(TrafficControlMode="BandwidthLimit", **road.both)
    with refused("EndpointConnectionOperationDenied", 400):
        sdk.privatelink.UpdateVpcEndpointZoneConnectionResourceAttribute(
            ZoneId=ZONES[0], ResourceAllocateMode="Auto", **road.both
        )


def test_servers_behind_it_need_a_connection_and_an_address_there(sdk, consumer, road):
    with refused("IncorrectStatus.Eni", 400):
        add(sdk, road)
    sdk.privatelink.EnableVpcEndpointConnection(**road.both)
    until("Connected", lambda: consumer.sdk.privatelink.GetVpcEndpointAttribute(EndpointId=road.endpoint)["ConnectionStatus"])
    with refused("MissingParam.IP", 400):
        add(sdk, road, ServerIp=None)
    with refused("IllegalParam.IP", 400):
        add(sdk, road, ServerIp="192.168.0.1")
    with refused("ResourceNotFound.Eni", 404):
        add(sdk, road, ServerId="eni-bp100000000000000000")
    other = consumer.sdk
    group = other.nlb.CreateServerGroup(ServerGroupName="own", VpcId=road.consumer.vpc, Protocol="TCP")["ServerGroupId"]
    with refused("InvalidOperation.EniServiceManaged", 403):
        other.nlb.AddServersToServerGroup(ServerGroupId=group, Servers=[server(road)])
    other.nlb.DeleteServerGroup(ServerGroupId=group)


def test_to_who_has_not_the_service_its_interface_is_unknown(sdk, operator, road):
    stranger = client_of(sdk, operator("key", "create", operator("account", "create", "stranger")))
    net = network(stranger)
    group = stranger.nlb.CreateServerGroup(ServerGroupName="far", VpcId=net.vpc, Protocol="TCP")["ServerGroupId"]
    with refused("ResourceNotFound.Eni", 404):
        stranger.nlb.AddServersToServerGroup(ServerGroupId=group, Servers=[server(road)])


def test_servers_are_named_by_interface_and_address(sdk, road):
    add(sdk, road)
    add(sdk, road, ServerIp="10.0.0.10", Weight=50)
    with refused("DuplicatedParam.Server", 400):
        add(sdk, road)
    first, second = [(road.eni, address, "Eni", ZONES[0]) for address in ("10.0.0.9", "10.0.0.10")]
    assert listed(sdk, road) == [(*first, 100), (*second, 50)]
    change = {"ServerGroupId": road.servers}
    sdk.nlb.UpdateServerGroupServersAttribute(Servers=[server(road, Weight=7)], **change)
    assert listed(sdk, road) == [(*first, 7), (*second, 50)]
    with refused("ResourceNotFound.BackendServer", 404):
        sdk.nlb.RemoveServersFromServerGroup(Servers=[server(road, ServerIp=None)], **change)
    sdk.nlb.RemoveServersFromServerGroup(Servers=[server(road, ServerIp="10.0.0.10")], **change)
    assert listed(sdk, road) == [(*first, 7)]


def test_the_consumer_takes_it_away_with_the_servers_behind_it(sdk, consumer, road):
    link = consumer.sdk.privatelink
    sdk.privatelink.DisableVpcEndpointConnection(**road.both)
    assert len(listed(sdk, road)) == 1
    link.RemoveZoneFromVpcEndpoint(EndpointId=road.endpoint, ZoneId=ZONES[0])
    assert listed(sdk, road) == []
    link.DeleteVpcEndpoint(EndpointId=road.endpoint)
