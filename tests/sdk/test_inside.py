"""What is inside of structured parameters: it arrives, is kept and shown; what cannot be done is refused by its name."""

import json

import pytest

from sdk import ZONES, client_of, refused

ADDRESSES = ["10.0.0.77", "10.0.1.77"]


@pytest.fixture(scope="module")
def cloud(sdk, operator):
    """An account of its own, with two vSwitches, a group, a load balancer and a server."""

    class Cloud:
        pass

    it = Cloud()
    account = operator("account", "create", "inside")
    it.sdk = client_of(sdk, operator("key", "create", account))
    it.vpc = it.sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    it.vswitches = [
        it.sdk.vpc.CreateVSwitch(VpcId=it.vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24")["VSwitchId"]
        for n, zone in enumerate(ZONES)
    ]
    it.group, it.other = [it.sdk.ecs.CreateSecurityGroup(VpcId=it.vpc)["SecurityGroupId"] for _ in range(2)]
    it.zones = [
        {"ZoneId": zone, "VSwitchId": vswitch, "PrivateIPv4Address": address}
        for zone, vswitch, address in zip(ZONES, it.vswitches, ADDRESSES)
    ]
    it.nlb = it.sdk.nlb.CreateLoadBalancer(
        VpcId=it.vpc,
        AddressType="Intranet",
        ZoneMappings=it.zones,
        DeletionProtectionConfig={"Enabled": True, "Reason": "it-is-in-use"},
        ModificationProtectionConfig={"Status": "ConsoleProtection", "Reason": "it-is-a-text"},
    )["LoadbalancerId"]
    it.eni = it.sdk.ecs.CreateNetworkInterface(VSwitchId=it.vswitches[0], SecurityGroupId=it.group)["NetworkInterfaceId"]
    return it


def test_a_load_balancer_has_its_addresses_and_protections(cloud):
    shown = cloud.sdk.nlb.GetLoadBalancerAttribute(LoadBalancerId=cloud.nlb)
    assert [zone["LoadBalancerAddresses"][0]["PrivateIPv4Address"] for zone in shown["ZoneMappings"]] == ADDRESSES
    deletion, modification = shown["DeletionProtectionConfig"], shown["ModificationProtectionConfig"]
    assert (deletion["Enabled"], deletion["Reason"]) == (True, "it-is-in-use")
    assert (modification["Status"], modification["Reason"]) == ("ConsoleProtection", "it-is-a-text")
    cloud.sdk.nlb.UpdateLoadBalancerZones(LoadBalancerId=cloud.nlb, ZoneMappings=cloud.zones)
    moved = [cloud.zones[0] | {"PrivateIPv4Address": "10.0.0.78"}, cloud.zones[1]]
    with refused("OperationDenied.ProtectedPrivateIPv4AddressChanged", 400):
        cloud.sdk.nlb.UpdateLoadBalancerZones(LoadBalancerId=cloud.nlb, ZoneMappings=moved)


@pytest.mark.parametrize("name", ["AllocationId", "EipType", "Ipv6Address", "Ipv4LocalAddresses.1", "Ipv6LocalAddresses.1"])
def test_a_zone_has_no_public_addresses_and_none_that_are_none(cloud, name):
    zones = {f"ZoneMappings.{n}.{key}": value for n, zone in enumerate(cloud.zones, 1) for key, value in zone.items()}
    asked = zones | {f"ZoneMappings.1.{name}": "1"}
    code = f"IllegalParam.{name.removesuffix('.1')}"
    with refused(code, 400):
        cloud.sdk.nlb.raw("CreateLoadBalancer", VpcId=cloud.vpc, AddressType="Intranet", **asked)
    with refused(code, 400):
        cloud.sdk.nlb.raw("UpdateLoadBalancerZones", LoadBalancerId=cloud.nlb, **asked)


def test_a_zone_speaks_from_local_addresses(cloud):
    pair, four = [f"10.0.0.{n}" for n in (90, 91)], [f"10.0.0.{n}" for n in (91, 92, 93, 94)]
    zones = [{"ZoneId": zone["ZoneId"], "VSwitchId": zone["VSwitchId"]} for zone in cloud.zones]
    first = next(n for n, zone in enumerate(zones) if zone["VSwitchId"] == cloud.vswitches[0])

    def local(addresses):
        zone = zones[first] | {"Ipv4LocalAddresses": addresses}
        return {"ZoneMappings": [zone if n == first else other for n, other in enumerate(zones)]}

    new = {"VpcId": cloud.vpc, "AddressType": "Intranet"}
    for wrong in (pair[:1], pair + four[:1], pair + pair, pair[:1] + ["x"]):
        with refused("IllegalParam.Ipv4LocalAddresses", 400):
            cloud.sdk.nlb.CreateLoadBalancer(**new, **local(wrong))
    nlb = cloud.sdk.nlb.CreateLoadBalancer(**new, **local(pair))["LoadbalancerId"]

    def shown():
        zones = cloud.sdk.nlb.GetLoadBalancerAttribute(LoadBalancerId=nlb)["ZoneMappings"]
        return [zone["LoadBalancerAddresses"][0]["Ipv4LocalAddresses"] for zone in zones]

    assert sorted(shown()) == [[], pair]
    with refused("ResourceInUse.IP", 400):
        cloud.sdk.nlb.CreateLoadBalancer(**new, **local(pair))
    # The SDK's own request for this knows none: they stay. Others may give them.
    cloud.sdk.nlb.UpdateLoadBalancerZones(LoadBalancerId=nlb, ZoneMappings=zones)
    assert sorted(shown()) == [[], pair]
    flat = {f"ZoneMappings.{n}.{key}": value for n, zone in enumerate(zones, 1) for key, value in zone.items()}
    flat |= {f"ZoneMappings.{first + 1}.Ipv4LocalAddresses.{n}": address for n, address in enumerate(four, 1)}
    cloud.sdk.nlb.raw("UpdateLoadBalancerZones", LoadBalancerId=nlb, **flat)
    assert sorted(shown()) == [[], four]
    cloud.sdk.nlb.DeleteLoadBalancer(LoadBalancerId=nlb)


PROBES = [
    {
        "HealthCheckEnabled": True,
        "HealthCheckType": "HTTP",
        "HealthCheckConnectPort": 8080,
        "HealthCheckConnectTimeout": 7,
        "HealthCheckInterval": 9,
        "HealthyThreshold": 3,
        "UnhealthyThreshold": 4,
        "HttpCheckMethod": "HEAD",
        "HealthCheckUrl": "/health",
        "HealthCheckDomain": "shop.example",
        "HealthCheckHttpCode": ["http_2xx", "http_4xx"],
        "HealthCheckHttpVersion": "HTTP1.1",
    },
    {
        "HealthCheckEnabled": True,
        "HealthCheckType": "HTTP",
        "HealthCheckConnectPort": 8081,
        "HealthCheckConnectTimeout": 8,
        "HealthCheckInterval": 10,
        "HealthyThreshold": 5,
        "UnhealthyThreshold": 6,
        "HttpCheckMethod": "GET",
        "HealthCheckUrl": "/other",
        "HealthCheckDomain": "other.example",
        "HealthCheckHttpCode": ["http_3xx"],
        "HealthCheckHttpVersion": "HTTP1.0",
    },
]


def test_a_health_check_is_as_it_was_made_and_changed(cloud):
    first, second = PROBES
    id = cloud.sdk.nlb.CreateServerGroup(ServerGroupName="checked", VpcId=cloud.vpc, HealthCheckConfig=first)["ServerGroupId"]

    def shown():
        (group,) = cloud.sdk.nlb.ListServerGroups(ServerGroupIds=[id])["ServerGroups"]
        return {name: group["HealthCheck"][name] for name in first}

    assert shown() == first
    cloud.sdk.nlb.UpdateServerGroupAttribute(ServerGroupId=id, HealthCheckConfig=second)
    assert shown() == second


def test_a_udp_server_is_asked_and_answers_as_agreed(cloud):
    texts = lambda request, response: {"HealthCheckReq": request, "HealthCheckExp": response}
    udp = {"HealthCheckEnabled": True, "HealthCheckType": "UDP"}
    made = {"ServerGroupName": "asked", "VpcId": cloud.vpc, "Protocol": "UDP", "HealthCheckConfig": udp | texts("ping", "pong")}
    id = cloud.sdk.nlb.CreateServerGroup(**made)["ServerGroupId"]

    def shown():
        (group,) = cloud.sdk.nlb.ListServerGroups(ServerGroupIds=[id])["ServerGroups"]
        return texts(group["HealthCheck"]["HealthCheckReq"], group["HealthCheck"]["HealthCheckExp"])

    assert shown() == texts("ping", "pong")
    cloud.sdk.nlb.UpdateServerGroupAttribute(ServerGroupId=id, HealthCheckConfig=texts("hello", "there"))
    assert shown() == texts("hello", "there")
    for wrong in (texts("ping", "po ng"), texts("x" * 513, "pong"), {"HealthCheckExp": "pong!"}):
        with refused("IllegalParam", 400):
            cloud.sdk.nlb.UpdateServerGroupAttribute(ServerGroupId=id, HealthCheckConfig=wrong)
    with refused("IllegalParam", 400):
        cloud.sdk.nlb.CreateServerGroup(**made | {"HealthCheckConfig": udp | {"HealthCheckReq": "ping"}})


def test_a_server_is_described(cloud):
    group = cloud.sdk.nlb.CreateServerGroup(ServerGroupName="servers", VpcId=cloud.vpc)["ServerGroupId"]
    server = {"ServerType": "Eni", "ServerId": cloud.eni, "Port": 80}

    def shown():
        (one,) = cloud.sdk.nlb.ListServerGroupServers(ServerGroupId=group)["Servers"]
        return one["Weight"], one["Description"]

    cloud.sdk.nlb.AddServersToServerGroup(ServerGroupId=group, Servers=[server | {"Weight": 7, "Description": "the first"}])
    assert shown() == (7, "the first")
    changed = [server | {"Weight": 8, "Description": "the only"}]
    cloud.sdk.nlb.UpdateServerGroupServersAttribute(ServerGroupId=group, Servers=changed)
    assert shown() == (8, "the only")


def test_a_listener_tells_servers_where_a_client_comes_from(cloud):
    group = cloud.sdk.nlb.CreateServerGroup(ServerGroupName="told", VpcId=cloud.vpc)["ServerGroupId"]
    names = ["Ppv2VpcIdEnabled", "Ppv2PrivateLinkEpIdEnabled", "Ppv2PrivateLinkEpsIdEnabled"]
    config = lambda *flags: json.dumps(dict(zip(names, flags)))
    asked = {"LoadBalancerId": cloud.nlb, "ListenerProtocol": "TCP", "ListenerPort": "80", "ServerGroupId": group}
    told = {"ProxyProtocolEnabled": "true", "ProxyProtocolV2Config": config(True, False, True)}
    id = cloud.sdk.nlb.raw("CreateListener", **asked, **told)["ListenerId"]
    shown = lambda: cloud.sdk.nlb.GetListenerAttribute(ListenerId=id)["ProxyProtocolV2Config"]
    assert shown() == dict(zip(names, (True, False, True)))
    cloud.sdk.nlb.raw("UpdateListenerAttribute", ListenerId=id, ProxyProtocolV2Config=config(False, True, False))
    assert shown() == dict(zip(names, (False, True, False)))


def test_a_listener_of_datagrams_tells_it_too(cloud):
    group = cloud.sdk.nlb.CreateServerGroup(ServerGroupName="told-udp", VpcId=cloud.vpc, Protocol="UDP")["ServerGroupId"]
    asked = {"LoadBalancerId": cloud.nlb, "ListenerProtocol": "UDP", "ListenerPort": 53, "ServerGroupId": group}
    id = cloud.sdk.nlb.CreateListener(**asked, ProxyProtocolEnabled=True)["ListenerId"]
    shown = lambda: cloud.sdk.nlb.GetListenerAttribute(ListenerId=id)["ProxyProtocolEnabled"]
    assert shown() is True
    cloud.sdk.nlb.UpdateListenerAttribute(ListenerId=id, ProxyProtocolEnabled=False)
    assert shown() is False


def test_rules_are_given_together_and_taken_away_together(cloud):
    ecs = cloud.sdk.ecs
    offices = ecs.CreatePrefixList(PrefixListName="offices", AddressFamily="IPv4", MaxEntries=2)["PrefixListId"]
    for suffix, side, ways in (("", "Source", "ingress"), ("Egress", "Dest", "egress")):
        owner = {f"{side}GroupOwnerId": 1, f"{side}GroupOwnerAccount": "me"}
        rules = [
            {"IpProtocol": "TCP", "PortRange": "80/80", f"{side}CidrIp": "10.1.0.0/16", "Policy": "Drop", "Priority": "7", "NicType": "intranet"},
            {"IpProtocol": "UDP", "PortRange": "53/53", f"{side}GroupId": cloud.other, "Description": "names"} | owner,
            {"IpProtocol": "TCP", "PortRange": "90/90", f"{side}PrefixListId": offices},
        ]

        def shown():
            told = ecs.DescribeSecurityGroupAttribute(SecurityGroupId=cloud.group, Direction=ways)["Permissions"]["Permission"]
            lists = [f"{side}PrefixListId", f"{side}PrefixListName"]
            fields = ["PortRange", f"{side}CidrIp", f"{side}GroupId", "Policy", "Priority", "Description", *lists]
            return sorted([rule[field] for field in fields] for rule in told)

        before = shown()
        getattr(ecs, f"AuthorizeSecurityGroup{suffix}")(SecurityGroupId=cloud.group, Permissions=rules)
        made = [
            ["53/53", "", cloud.other, "Accept", "1", "names", "", ""],
            ["80/80", "10.1.0.0/16", "", "Drop", "7", "", "", ""],
            ["90/90", "", "", "Accept", "1", "", offices, "offices"],
        ]
        assert [rule for rule in shown() if rule not in before] == made
        getattr(ecs, f"RevokeSecurityGroup{suffix}")(SecurityGroupId=cloud.group, Permissions=rules)
        assert shown() == before
    ecs.DeletePrefixList(PrefixListId=offices)


@pytest.mark.parametrize("action", ["Authorize", "Revoke"])
@pytest.mark.parametrize("suffix, other, own", [("", "Source", "Dest"), ("Egress", "Dest", "Source")])
def test_a_rule_that_cannot_be_matched_is_refused_among_others_too(cloud, action, suffix, other, own):
    can = {"Permissions.1.IpProtocol": "tcp", "Permissions.1.PortRange": "80/80", f"Permissions.1.{other}CidrIp": "10.1.0.0/16"}
    for name in (f"{own}PrefixListId", "PortRangeListId"):
        asked = can | {f"Permissions.1.{name}": "1"}
        with refused(f"InvalidParameter.{name}", 400):
            cloud.sdk.ecs.raw(f"{action}SecurityGroup{suffix}", SecurityGroupId=cloud.group, **asked)


def test_an_instance_is_born_with_interfaces_as_described(cloud):
    idle = {"NetworkCardIndex": 0, "NetworkInterfaceTrafficMode": "Standard", "QueueNumber": 1, "QueuePairNumber": 1, "RxQueueSize": 8192, "TxQueueSize": 8192}
    primary = {
        "InstanceType": "Primary",
        "VSwitchId": cloud.vswitches[0],
        "SecurityGroupIds": [cloud.group, cloud.other],
        "PrimaryIpAddress": "10.0.0.90",
        "SecondaryPrivateIpAddressCount": 2,
        "SourceDestCheck": False,
    }
    new = {
        "InstanceType": "Secondary",
        "VSwitchId": cloud.vswitches[0],
        "SecurityGroupId": cloud.other,
        "NetworkInterfaceName": "second",
        "Description": "of an instance",
        "DeleteOnRelease": False,
        "PrimaryIpAddress": "10.0.0.91",
    }
    there = {"InstanceType": "Secondary", "NetworkInterfaceId": cloud.eni}
    interfaces = [primary | idle, new, there]
    (id,) = cloud.sdk.ecs.RunInstances(ImageId="host", NetworkInterface=interfaces)["InstanceIdSets"]["InstanceIdSet"]
    found = cloud.sdk.ecs.DescribeNetworkInterfaces(InstanceId=id)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    shown = {one["PrivateIpAddress"]: one for one in found}
    first, second = shown["10.0.0.90"], shown["10.0.0.91"]
    assert {one["NetworkInterfaceId"] for one in found} > {cloud.eni} and len(found) == 3
    assert (first["Type"], first["SourceDestCheck"], len(first["PrivateIpSets"]["PrivateIpSet"])) == ("Primary", False, 3)
    assert set(first["SecurityGroupIds"]["SecurityGroupId"]) == {cloud.group, cloud.other}
    told = [second[name] for name in ("NetworkInterfaceName", "Description", "DeleteOnRelease")]
    assert told == ["second", "of an instance", False]
    assert second["SecurityGroupIds"]["SecurityGroupId"] == [cloud.other]
    for name, code in (("Ipv6AddressCount", "InvalidVSwitch.Ipv6NotTurnOn"), ("Ipv6Address.1", "InvalidIp.Address")):
        asked = {"NetworkInterface.1.VSwitchId": cloud.vswitches[0], f"NetworkInterface.1.{name}": "1"}
        with refused(code, 403):
            cloud.sdk.ecs.raw("RunInstances", ImageId="host", **asked)


def test_an_endpoint_has_the_address_that_it_was_given(cloud):
    resource = {"ResourceType": "nlb", "ResourceId": cloud.nlb, "ZoneId": ZONES[0]}
    service = cloud.sdk.privatelink.CreateVpcEndpointService(Resource=[resource])["ServiceId"]
    asked = {"VpcId": cloud.vpc, "ServiceId": service, "SecurityGroupId": [cloud.group]}
    zone = {"ZoneId": ZONES[0], "VSwitchId": cloud.vswitches[0], "ip": "10.0.0.99"}
    with refused("IllegalParamFormat.Ipv6Address", 400):
        cloud.sdk.privatelink.CreateVpcEndpoint(Zone=[zone | {"Ipv6Address": "2001:db8::1"}], **asked)
    id = cloud.sdk.privatelink.CreateVpcEndpoint(Zone=[zone], **asked)["EndpointId"]
    (shown,) = cloud.sdk.privatelink.ListVpcEndpointZones(EndpointId=id)["Zones"]
    assert (shown["ZoneId"], shown["VSwitchId"], shown["EniIp"]) == (ZONES[0], cloud.vswitches[0], "10.0.0.99")


def test_a_route_goes_by_its_next_hop(cloud):
    table = cloud.sdk.vpc.CreateRouteTable(VpcId=cloud.vpc)["RouteTableId"]
    at = {"RouteTableId": table, "DestinationCidrBlock": "172.16.0.0/16"}
    hop = {"NextHopType": "NetworkInterface", "NextHopId": cloud.eni}
    cloud.sdk.vpc.CreateRouteEntry(NextHopList=[hop | {"Weight": 0}], **at)
    custom = lambda: cloud.sdk.vpc.DescribeRouteEntryList(RouteTableId=table, RouteEntryType="Custom")["RouteEntrys"]["RouteEntry"]
    ((shown,),) = [[entry["NextHops"]["NextHop"][0] for entry in custom()]]
    assert (shown["NextHopType"], shown["NextHopId"]) == ("NetworkInterface", cloud.eni)
    with refused("InvalidRouteEntry.NotFound", 400):
        cloud.sdk.vpc.DeleteRouteEntry(NextHopList=[hop | {"NextHopId": "eni-none"}], **at)
    cloud.sdk.vpc.DeleteRouteEntry(NextHopList=[hop], **at)
    assert custom() == []


def test_a_zone_is_bound_to_a_vpc_of_a_type(cloud):
    zone = cloud.sdk.pvtz.AddZone(ZoneName="inside.internal")["ZoneId"]
    vpc = {"VpcId": cloud.vpc, "RegionId": "cn-hangzhou", "VpcType": "STANDARD"}
    cloud.sdk.pvtz.BindZoneVpc(ZoneId=zone, Vpcs=[vpc])
    bound = cloud.sdk.pvtz.DescribeZoneInfo(ZoneId=zone)["BindVpcs"]["Vpc"]
    assert [one["VpcId"] for one in bound] == [cloud.vpc]
