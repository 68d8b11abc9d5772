"""What a provider and a consumer do besides the walkthrough: lists, changes, the second way of doing a thing."""

import pytest

from sdk import ZONES, refused, until


@pytest.fixture(scope="module")
def road(sdk):
    """A load balancer, its service, and an endpoint in one zone that waits."""

    class Road:
        pass

    it = Road()
    it.vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    it.vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=it.vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24")["VSwitchId"]
        for n, zone in enumerate(ZONES)
    ]
    it.group = sdk.ecs.CreateSecurityGroup(VpcId=it.vpc)["SecurityGroupId"]
    it.zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, it.vswitches)]
    nlb = {"VpcId": it.vpc, "AddressType": "Intranet", "ZoneMappings": it.zones}
    it.nlb = sdk.nlb.CreateLoadBalancer(**nlb)["LoadbalancerId"]
    created = sdk.nlb.CreateServerGroup(ServerGroupName="rs", VpcId=it.vpc, ServerGroupType="Ip")
    it.servers = created["ServerGroupId"]
    listener = {"ListenerProtocol": "TCP", "ListenerPort": 80, "ServerGroupId": it.servers}
    it.listener = sdk.nlb.CreateListener(LoadBalancerId=it.nlb, **listener)["ListenerId"]
    it.service = sdk.privatelink.CreateVpcEndpointService(ServiceResourceType="nlb")["ServiceId"]
    it.resources = [{"ResourceType": "nlb", "ResourceId": it.nlb, "ZoneId": zone} for zone in ZONES]
    for resource in it.resources:
        sdk.privatelink.AttachResourceToVpcEndpointService(ServiceId=it.service, **resource)
    it.endpoint = sdk.privatelink.CreateVpcEndpoint(
        VpcId=it.vpc, ServiceId=it.service, SecurityGroupId=[it.group], Zone=it.zones[:1]
    )["EndpointId"]
    yield it
    remove(sdk, it)


def remove(sdk, it):
    sdk.privatelink.DisableVpcEndpointConnection(ServiceId=it.service, EndpointId=it.endpoint)
    for zone in sdk.privatelink.ListVpcEndpointZones(EndpointId=it.endpoint)["Zones"]:
        sdk.privatelink.RemoveZoneFromVpcEndpoint(EndpointId=it.endpoint, ZoneId=zone["ZoneId"])
    sdk.privatelink.DeleteVpcEndpoint(EndpointId=it.endpoint)
    for resource in it.resources:
        sdk.privatelink.DetachResourceFromVpcEndpointService(ServiceId=it.service, **resource)
    sdk.privatelink.DeleteVpcEndpointService(ServiceId=it.service)
    sdk.nlb.DeleteLoadBalancer(LoadBalancerId=it.nlb)
    sdk.nlb.DeleteServerGroup(ServerGroupId=it.servers)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=it.group)
    for vswitch in it.vswitches:
        sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=it.vpc)


def done(sdk, answer):
    until("Succeeded", lambda: sdk.nlb.GetJobStatus(JobId=answer["JobId"])["Status"])


def test_servers_change_and_go(sdk, road):
    group = {"ServerGroupId": road.servers}
    server = {"ServerId": "10.0.0.9", "ServerIp": "10.0.0.9", "ServerType": "Ip", "Port": 80}
    sdk.nlb.AddServersToServerGroup(Servers=[server], **group)
    changed = sdk.nlb.UpdateServerGroupServersAttribute(Servers=[server | {"Weight": 7}], **group)
    done(sdk, changed)
    jobs = sdk.nlb.ListAsynJobs(JobIds=[changed["JobId"]])
    assert (jobs["TotalCount"], jobs["Jobs"][0]["Status"]) == ("1", "Succeeded")
    assert [one["Weight"] for one in sdk.nlb.ListServerGroupServers(**group)["Servers"]] == [7]
    done(sdk, sdk.nlb.RemoveServersFromServerGroup(Servers=[server], **group))
    assert sdk.nlb.ListServerGroupServers(**group)["Servers"] == []
    done(sdk, sdk.nlb.UpdateServerGroupAttribute(ServerGroupName="rs-2", Scheduler="Rr", **group))
    shown = sdk.nlb.ListServerGroups(ServerGroupIds=[road.servers])["ServerGroups"][0]
    assert (shown["ServerGroupName"], shown["Scheduler"]) == ("rs-2", "Rr")
    with refused("IllegalParam", 400):
        sdk.nlb.UpdateServerGroupAttribute(Scheduler="Qch", **group)


def test_connections_and_segments_have_limits(sdk, road):
    done(sdk, sdk.nlb.UpdateListenerAttribute(ListenerId=road.listener, Cps=1_000_000, Mss=1500))
    shown = sdk.nlb.GetListenerAttribute(ListenerId=road.listener)
    assert (shown["Cps"], shown["Mss"]) == (1_000_000, 1500)
    done(sdk, sdk.nlb.UpdateLoadBalancerAttribute(LoadBalancerId=road.nlb, Cps=10))
    assert sdk.nlb.GetLoadBalancerAttribute(LoadBalancerId=road.nlb)["Cps"] == 10
    for beyond in ({"Cps": 1_000_001}, {"Mss": 1501}):
        with refused("IllegalParam", 400):
            sdk.nlb.UpdateListenerAttribute(ListenerId=road.listener, **beyond)
    done(sdk, sdk.nlb.UpdateListenerAttribute(ListenerId=road.listener, Cps=0, Mss=0))
    done(sdk, sdk.nlb.UpdateLoadBalancerAttribute(LoadBalancerId=road.nlb, Cps=0))


def test_a_listener_stops_changes_and_starts(sdk, road):
    shown = lambda: sdk.nlb.ListListeners(LoadBalancerIds=[road.nlb])["Listeners"][0]
    done(sdk, sdk.nlb.StopListener(ListenerId=road.listener))
    assert shown()["ListenerStatus"] == "Stopped"
    done(sdk, sdk.nlb.UpdateListenerAttribute(ListenerId=road.listener, IdleTimeout=60))
    done(sdk, sdk.nlb.StartListener(ListenerId=road.listener))
    assert (shown()["ListenerStatus"], shown()["IdleTimeout"]) == ("Running", 60)


def test_a_load_balancer_is_protected_and_keeps_its_zones(sdk, road):
    one = {"LoadBalancerId": road.nlb}
    shown = lambda: sdk.nlb.ListLoadBalancers(LoadBalancerIds=[road.nlb])["LoadBalancers"][0]
    sdk.nlb.UpdateLoadBalancerProtection(DeletionProtectionEnabled=True, **one)
    assert shown()["DeletionProtectionConfig"]["Enabled"] is True
    sdk.nlb.UpdateLoadBalancerProtection(DeletionProtectionEnabled=False, **one)
    before = shown()["ZoneMappings"]
    done(sdk, sdk.nlb.UpdateLoadBalancerZones(ZoneMappings=road.zones, **one))
    assert shown()["ZoneMappings"] == before


def test_a_service_is_listed_changed_and_offered(sdk, road):
    link, service = sdk.privatelink, {"ServiceId": road.service}
    link.OpenPrivateLinkService()
    link.CheckProductOpen()
    link.UpdateVpcEndpointServiceAttribute(ServiceDescription="for all", **service)
    link.UpdateVpcEndpointServiceResourceAttribute(
        ResourceId=road.nlb, ZoneId=ZONES[0], AutoAllocatedEnabled=True, **service
    )
    assert [one["ServiceDescription"] for one in link.ListVpcEndpointServices(**service)["Services"]] == ["for all"]
    resources = link.ListVpcEndpointServiceResources(**service)["Resources"]
    assert [one["ZoneId"] for one in resources] == ZONES
    link.AddUserToVpcEndpointService(UserId=1234567890123456, **service)
    assert [one["UserId"] for one in link.ListVpcEndpointServiceUsers(**service)["Users"]] == [1234567890123456]
    link.RemoveUserFromVpcEndpointService(UserId=1234567890123456, **service)
    assert link.ListVpcEndpointServiceUsers(**service)["Users"] == []
    assert len(link.ListVpcEndpointServicesByEndUser(**service)["Services"]) == 1


def test_an_endpoint_changes(sdk, road):
    link, one = sdk.privatelink, {"EndpointId": road.endpoint}
    link.UpdateVpcEndpointAttribute(EndpointName="ep-2", **one)
    group = sdk.resourcemanager.CreateResourceGroup(Name="links", DisplayName="Links")["ResourceGroup"]["Id"]
    what = {"ResourceId": road.endpoint, "ResourceType": "VpcEndpoint"}
    link.ChangeResourceGroup(ResourceGroupId=group, **what)
    with refused("InvalidResourceGroup", 400):
        link.ChangeResourceGroup(ResourceGroupId="rg-acfmnothing", **what)
    shown = link.GetVpcEndpointAttribute(**one)
    assert (shown["EndpointName"], shown["ResourceGroupId"]) == ("ep-2", group)
    more = sdk.ecs.CreateSecurityGroup(VpcId=road.vpc)["SecurityGroupId"]
    sdk.ecs.JoinResourceGroup(ResourceId=more, ResourceType="securitygroup", ResourceGroupId=group)
    with refused("InvalidResourceGroup.NotFound", 404):
        sdk.ecs.JoinResourceGroup(ResourceId=more, ResourceType="securitygroup", ResourceGroupId="rg-acfmnothing")
    assert [one["SecurityGroupId"] for one in sdk.ecs.DescribeSecurityGroups(ResourceGroupId=group)["SecurityGroups"]["SecurityGroup"]] == [more]
    link.AttachSecurityGroupToVpcEndpoint(SecurityGroupId=more, **one)
    groups = link.ListVpcEndpointSecurityGroups(**one)["SecurityGroups"]
    assert {group["SecurityGroupId"] for group in groups} == {road.group, more}
    link.DetachSecurityGroupFromVpcEndpoint(SecurityGroupId=more, **one)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=more)
    link.AddZoneToVpcEndpoint(**road.zones[1], **one)
    assert len(link.ListVpcEndpointZones(**one)["Zones"]) == 2


def test_a_connection_changes_zone_by_zone(sdk, road):
    link, both = sdk.privatelink, {"ServiceId": road.service, "EndpointId": road.endpoint}
    connection = lambda: link.ListVpcEndpointConnections(**both)["Connections"][0]
    zone = lambda: connection()["Zones"][0]["ZoneStatus"]
    link.EnableVpcEndpointConnection(**both)
    until("Connected", lambda: connection()["ConnectionStatus"])
    link.UpdateVpcEndpointConnectionAttribute(Bandwidth=200, **both)
    until(("Connected", 200), lambda: (connection()["ConnectionStatus"], connection()["Bandwidth"]))
    link.DisableVpcEndpointZoneConnection(ZoneId=ZONES[0], **both)
    until("Disconnected", zone)
    link.UpdateVpcEndpointZoneConnectionResourceAttribute(
        ZoneId=ZONES[0], ResourceAllocateMode="Manual", ResourceId=road.nlb, ResourceType="nlb", **both
    )
    link.EnableVpcEndpointZoneConnection(ZoneId=ZONES[0], **both)
    until("Connected", zone)


def test_what_instances_can_be_made_of(sdk):
    assert "host" in [image["ImageId"] for image in sdk.ecs.DescribeImages()["Images"]["Image"]]
    assert sdk.ecs.DescribeInstanceTypes()["InstanceTypes"]["InstanceType"]
    zones = sdk.ecs.DescribeAvailableResource(DestinationResource="Zone")["AvailableZones"]["AvailableZone"]
    assert [zone["ZoneId"] for zone in zones] == ZONES


def test_an_instance_keeps_its_id_and_address_when_it_boots_again(sdk, road):
    run = {"ImageId": "host", "VSwitchId": road.vswitches[0], "SecurityGroupId": road.group}
    instance = sdk.ecs.RunInstances(**run)["InstanceIdSets"]["InstanceIdSet"][0]
    shown = lambda: sdk.ecs.DescribeInstanceAttribute(InstanceId=instance)
    until("Running", lambda: shown()["Status"])
    address = shown()["VpcAttributes"]["PrivateIpAddress"]
    sdk.ecs.RebootInstances(InstanceId=[instance])
    until("Running", lambda: shown()["Status"])
    assert shown()["VpcAttributes"]["PrivateIpAddress"] == address
    assert shown()["IoOptimized"] == "optimized"
    sdk.ecs.DeleteInstance(InstanceId=instance, Force=True)
