"""What a provider does with a connection: its bandwidth, and what serves it zone by zone."""

import pytest

from sdk import ZONES, Sdk, narrow, refused, until


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


def connection(sdk, it):
    return sdk.privatelink.ListVpcEndpointConnections(ServiceId=it.service)["Connections"][0]


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
    found = lambda answer: road.endpoint in [one["EndpointId"] for one in answer["Connections"]]
    narrow(link, "ListVpcEndpointConnections", "ReplacedResourceId", [road.first, road.second], found)
    narrow(link, "ListVpcEndpointConnections", "ResourceId", [road.second, road.first], found)
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


@pytest.fixture
def role(sdk):
    """The same account, with temporary credentials."""
    account = sdk.sts.GetCallerIdentity()["AccountId"]
    arn = f"acs:ram::{account}:role/builder"
    given = sdk.sts.AssumeRole(RoleArn=arn, RoleSessionName="me")["Credentials"]
    return Sdk(sdk.address, key=given["AccessKeyId"], secret=given["AccessKeySecret"], token=given["SecurityToken"])


def test_only_who_made_a_protected_endpoint_changes_it(sdk, road, role):
    wanted = {"VpcId": road.vpc, "ServiceId": road.service, "SecurityGroupId": [road.group], "ProtectedEnabled": True}
    for maker, other in ((sdk, role), (role, sdk)):
        made = {"EndpointId": maker.privatelink.CreateVpcEndpoint(**wanted)["EndpointId"]}
        assert other.privatelink.GetVpcEndpointAttribute(**made)["ProtectedEnabled"] is True
        more = sdk.ecs.CreateSecurityGroup(VpcId=road.vpc)["SecurityGroupId"]
        link = other.privatelink
        for change in (
            lambda: link.UpdateVpcEndpointAttribute(EndpointName="other", **made),
            lambda: link.AddZoneToVpcEndpoint(**road.zones[0], **made),
            lambda: link.RemoveZoneFromVpcEndpoint(ZoneId=ZONES[0], **made),
            lambda: link.AttachSecurityGroupToVpcEndpoint(SecurityGroupId=more, **made),
            lambda: link.DetachSecurityGroupFromVpcEndpoint(SecurityGroupId=road.group, **made),
            lambda: link.DeleteVpcEndpoint(**made),
        ):
            with refused("EndpointProtected", 400):
                change()
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=more)
        maker.privatelink.UpdateVpcEndpointAttribute(EndpointName="own", **made)
        assert other.privatelink.GetVpcEndpointAttribute(**made)["EndpointName"] == "own"
        maker.privatelink.DeleteVpcEndpoint(**made)


def test_a_policy_that_allows_everything_is_kept_as_it_was_given(sdk, road):
    link, which = sdk.privatelink, {"EndpointId": road.endpoint}
    policy = lambda: link.GetVpcEndpointAttribute(**which)["PolicyDocument"]
    assert policy() == ""
    everything = '{ "Version": "1", "Statement": [{"Effect":"Allow","Action":["*"],"Resource":["*"],"Principal":"*"}] }'
    link.UpdateVpcEndpointAttribute(PolicyDocument=everything, **which)
    assert policy() == everything
    link.UpdateVpcEndpointAttribute(EndpointName="other", **which)
    assert policy() == everything
    link.UpdateVpcEndpointAttribute(ResetPolicy=True, **which)
    assert policy() == ""
    made = link.CreateVpcEndpoint(
        VpcId=road.vpc, ServiceId=road.service, SecurityGroupId=[road.group], PolicyDocument=everything
    )["EndpointId"]
    assert link.GetVpcEndpointAttribute(EndpointId=made)["PolicyDocument"] == everything
    link.DeleteVpcEndpoint(EndpointId=made)


def test_what_there_is_not_is_refused(sdk, road):
    link = sdk.privatelink
    wanted = {"VpcId": road.vpc, "ServiceId": road.service, "SecurityGroupId": [road.group]}
    policy = '{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Principal":"*","Resource":"*"}]}'
    for code, asked in [
        ("Mismatch.EndpointType", {"EndpointType": "GatewayLoadBalancer"}),
        ("IllegalParamFormat.EndpointType", {"EndpointType": "Gateway"}),
        ("OperationDenied.EndpointPolicyNotSupport", {"PolicyDocument": policy}),
        ("IllegalParamFormat.CrossRegionBandwidth", {"CrossRegionBandwidth": 100}),
        ("EndpointServiceNotSupportIpv6", {"AddressIpVersion": "DualStack"}),
        ("IllegalParamFormat.AddressIpVersion", {"AddressIpVersion": "IPv6"}),
        ("IllegalParamFormat.ServiceRegionId", {"ServiceRegionId": "cn-shanghai"}),
        ("QuotaExceeded.IpQuotaPerEp", {"ZonePrivateIpAddressCount": 2}),
        ("VpcNotFound", {"VpcId": "vpc-bp1000000000000000000"}),
        ("SecurityGroupNotFound", {"SecurityGroupId": ["sg-bp100000000000000000"]}),
    ]:
        with refused(code, 400):
            link.CreateVpcEndpoint(**(wanted | asked))
        if code.startswith("OperationDenied") or "AddressIpVersion" in code or "CrossRegion" in code:
            with refused(code, 400):
                link.UpdateVpcEndpointAttribute(EndpointId=road.endpoint, **asked)
    for code, asked in [
        ("IllegalParamFormat.AddressIpVersion", {"AddressIpVersion": "IPv6"}),
        ("IllegalParamFormat.ServiceResourceType", {"ServiceResourceType": "gwlb"}),
        ("IllegalParamFormat.SupportedRegionList", {"SupportedRegionList": ["cn-shanghai"]}),
        ("IllegalParamFormat.Payer", {"Payer": "Nobody"}),
    ]:
        with refused(code, 400):
            link.CreateVpcEndpointService(**asked)


def test_who_may_connect_is_listed_by_number_or_by_name(sdk, road):
    link, service = sdk.privatelink, {"ServiceId": road.service}
    users = lambda **how: link.ListVpcEndpointServiceUsers(**service, **how)
    link.AddUserToVpcEndpointService(UserId=1234567890123456, **service)
    link.AddUserToVpcEndpointService(UserARN="acs:ram:*:*:*", **service)
    assert (users()["Users"], users()["UserARNs"]) == ([{"UserId": 1234567890123456}], [])
    named = [{"UserARN": "acs:ram:*:*:*"}, {"UserARN": "acs:ram:*:1234567890123456:*"}]
    assert (users(UserListType="UserARNs")["Users"], users(UserListType="UserARNs")["UserARNs"]) == ([], named)
    assert users(UserListType="UserARNs", UserId=1234567890123456)["UserARNs"] == named[1:]
    assert users(UserId=1)["Users"] == []
    for change in (link.AddUserToVpcEndpointService, link.RemoveUserFromVpcEndpointService):
        with refused("MissingParam.UserArn", 400):
            change(**service)
        with refused("Mismatch.UserIdAndUserArn", 400):
            change(UserId=1, UserARN="acs:ram:*:2:*", **service)
        with refused("EndpointServiceNotFound", 400):
            change(UserId=1, ServiceId="epsrv-bp100000000000000000")
    link.RemoveUserFromVpcEndpointService(UserARN="acs:ram:*:1234567890123456:*", **service)
    link.RemoveUserFromVpcEndpointService(UserARN="acs:ram:*:*:*", **service)
    assert users(UserListType="UserARNs")["UserARNs"] == []


def test_regions_and_zones_know_load_balancers_alone(sdk):
    link = sdk.privatelink
    regions = lambda kind: link.DescribeRegions(ServiceResourceType=kind)["Regions"]["Region"]
    zones = lambda kind: link.DescribeZones(ServiceResourceType=kind)["Zones"]["Zone"]
    assert len(regions("nlb")) == len(regions("ALL")) == 1 and regions("gwlb") == []
    assert [one["ZoneId"] for one in zones("nlb")] == ZONES and zones("alb") == []
