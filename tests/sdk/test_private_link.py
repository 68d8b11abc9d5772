"""What a provider does with a connection: its bandwidth, and what serves it zone by zone."""

import pytest

from sdk import ZONES, refused, until


@pytest.fixture(scope="module")
def road(sdk):
    """Two load balancers, a service with the first one in both zones, and an endpoint in the first zone."""

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
    it.first, it.second = [sdk.nlb.CreateLoadBalancer(**nlb)["LoadbalancerId"] for _ in range(2)]
    it.resources = [{"ResourceType": "nlb", "ResourceId": it.first, "ZoneId": zone} for zone in ZONES]
    it.service = sdk.privatelink.CreateVpcEndpointService(ServiceResourceType="nlb", Resource=it.resources)["ServiceId"]
    it.endpoint = sdk.privatelink.CreateVpcEndpoint(
        VpcId=it.vpc, ServiceId=it.service, SecurityGroupId=[it.group], Zone=it.zones[:1]
    )["EndpointId"]
    it.both = {"ServiceId": it.service, "EndpointId": it.endpoint}
    yield it
    remove(sdk, it)


def remove(sdk, it):
    sdk.privatelink.DisableVpcEndpointConnection(**it.both)
    for zone in sdk.privatelink.ListVpcEndpointZones(EndpointId=it.endpoint)["Zones"]:
        sdk.privatelink.RemoveZoneFromVpcEndpoint(EndpointId=it.endpoint, ZoneId=zone["ZoneId"])
    sdk.privatelink.DeleteVpcEndpoint(EndpointId=it.endpoint)
    for resource in it.resources:
        sdk.privatelink.DetachResourceFromVpcEndpointService(ServiceId=it.service, **resource)
    sdk.privatelink.DeleteVpcEndpointService(ServiceId=it.service)
    for nlb in (it.first, it.second):
        sdk.nlb.DeleteLoadBalancer(LoadBalancerId=nlb)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=it.group)
    for vswitch in it.vswitches:
        sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=it.vpc)


def connection(sdk, it, **filters):
    """The connection, or nothing where the filters leave it out."""
    found = sdk.privatelink.ListVpcEndpointConnections(ServiceId=it.service, **filters)["Connections"]
    return found[0] if found else None


def test_a_connection_has_the_services_bandwidth_until_it_gets_its_own(sdk, road):
    link = sdk.privatelink
    link.UpdateVpcEndpointServiceAttribute(ServiceId=road.service, ConnectBandwidth=2048)
    for bandwidth in (99, 10_241):
        with refused("IllegalParamFormat.Range", 400):
            link.UpdateVpcEndpointServiceAttribute(ServiceId=road.service, ConnectBandwidth=bandwidth)
    # What is connected, or waits, keeps what it has.
    assert (connection(sdk, road)["Bandwidth"], connection(sdk, road)["TrafficControlMode"]) == (3072, "Scalability")
    later = link.CreateVpcEndpoint(VpcId=road.vpc, ServiceId=road.service, SecurityGroupId=[road.group])
    assert later["Bandwidth"] == 2048
    link.DeleteVpcEndpoint(EndpointId=later["EndpointId"])
    with refused("EndpointConnectionOperationDenied", 400):
        link.UpdateVpcEndpointConnectionAttribute(Bandwidth=500, **road.both)
    link.EnableVpcEndpointConnection(Bandwidth=500, TrafficControlMode="BandwidthLimit", **road.both)
    until("Connected", lambda: connection(sdk, road)["ConnectionStatus"])
    assert (connection(sdk, road)["Bandwidth"], connection(sdk, road)["TrafficControlMode"]) == (500, "BandwidthLimit")
    link.UpdateVpcEndpointConnectionAttribute(TrafficControlMode="Scalability", **road.both)
    until("Scalability", lambda: connection(sdk, road)["TrafficControlMode"])
    for bandwidth in (99, 50_001):
        with refused("IllegalParamFormat.Range", 400):
            link.UpdateVpcEndpointConnectionAttribute(Bandwidth=bandwidth, **road.both)
    until("Connected", lambda: connection(sdk, road)["ConnectionStatus"])


def test_another_resource_serves_a_zone(sdk, road):
    link, at = sdk.privatelink, road.both | {"ZoneId": ZONES[0]}
    choose = lambda **how: link.UpdateVpcEndpointZoneConnectionResourceAttribute(**at, **how)
    zone = lambda: connection(sdk, road)["Zones"][0]
    manual = {"ResourceAllocateMode": "Manual", "ResourceType": "nlb"}
    with refused("EndpointServiceResourceNotFound", 400):
        choose(ResourceId=road.second, **manual)
    spare = {"ResourceType": "nlb", "ResourceId": road.second, "ZoneId": ZONES[0]}
    link.AttachResourceToVpcEndpointService(ServiceId=road.service, **spare)
    with refused("MissingParam.ResourceAllocateMode", 400):
        choose()
    with refused("MissingParam.ResourceId", 400):
        choose(**manual)
    with refused("IllegalParam.ResourceAllocateMode", 400):
        choose(ResourceAllocateMode="Sometimes")
    with refused("IllegalParam.ResourceReplaceMode", 400):
        choose(ResourceId=road.second, ResourceReplaceMode="Gently", **manual)
    with refused("EndpointZoneNotFound", 400):
        link.UpdateVpcEndpointZoneConnectionResourceAttribute(ResourceId=road.first, **(at | manual | {"ZoneId": ZONES[1]}))
    with refused("OperationDenied.CurrentResourceAutoAllocated", 400):
        choose(ResourceAllocateMode="Auto")
    with refused("IncorrectStatus.VpcEndpointZone", 400):
        link.DisableVpcEndpointZoneConnection(ReplacedResource=True, **at)

    choose(ResourceId=road.second, ResourceReplaceMode="Graceful", **manual)
    until("Migrated", lambda: zone()["ZoneStatus"])
    assert (zone()["ResourceId"], zone()["ReplacedResourceId"]) == (road.second, road.first)
    assert zone()["ReplacedEniId"] == zone()["EniId"]
    assert link.ListVpcEndpointZones(EndpointId=road.endpoint)["Zones"][0]["ZoneStatus"] == "Connected"
    assert connection(sdk, road, ReplacedResourceId=road.first) and not connection(sdk, road, ReplacedResourceId=road.second)
    assert connection(sdk, road, ResourceId=road.second) and not connection(sdk, road, ResourceId=road.first)
    resources = link.ListVpcEndpointServiceResources(ServiceId=road.service)["Resources"]
    counts = {
        (one["ResourceId"], one["ZoneId"]): (one["RelatedEndpointCount"], one["RelatedDeprecatedEndpointCount"])
        for one in resources
    }
    assert counts[road.second, ZONES[0]] == (1, 0) and counts[road.first, ZONES[0]] == (0, 1)
    with refused("ZoneOperationDenied", 400):
        choose(ResourceId=road.first, ResourceReplaceMode="Graceful", **manual)
    with refused("EndpointServiceConnectionDependence", 400):
        link.DetachResourceFromVpcEndpointService(ServiceId=road.service, **road.resources[0])

    link.DisableVpcEndpointZoneConnection(ReplacedResource=True, **at)
    until(("Connected", ""), lambda: (zone()["ZoneStatus"], zone()["ReplacedResourceId"]))
    choose(ResourceId=road.first, ResourceReplaceMode="Force", **manual)
    until(("Connected", road.first, ""), lambda: (zone()["ZoneStatus"], zone()["ResourceId"], zone()["ReplacedResourceId"]))

    # One that is not for automatic choice gives way to one that is.
    link.UpdateVpcEndpointServiceResourceAttribute(
        ServiceId=road.service, ResourceId=road.first, ZoneId=ZONES[0], AutoAllocatedEnabled=False
    )
    with refused("ResourceAutoAllocateViolation", 400):
        link.UpdateVpcEndpointServiceResourceAttribute(
            ServiceId=road.service, ResourceId=road.second, ZoneId=ZONES[0], AutoAllocatedEnabled=False
        )
    choose(ResourceAllocateMode="Auto", ResourceReplaceMode="Force")
    until(("Connected", road.second), lambda: (zone()["ZoneStatus"], zone()["ResourceId"]))
    road.resources.insert(1, spare)
