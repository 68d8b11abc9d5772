"""IPv6 from rules and load balancers to endpoints: what has addresses of both families, and what is refused."""

import ipaddress
import json

import pytest

from sdk import ZONES, refused, until


@pytest.fixture(scope="module")
def road(sdk):
    """A VPC with IPv6 in both zones, a server with an IPv6 address, and a dual-stack load balancer."""

    class Road:
        pass

    it = Road()
    it.vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16", EnableIpv6=True)["VpcId"]
    it.vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=it.vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24", Ipv6CidrBlock=n)["VSwitchId"]
        for n, zone in enumerate(ZONES)
    ]
    it.ranges = [
        ipaddress.ip_network(sdk.vpc.DescribeVSwitchAttributes(VSwitchId=vswitch)["Ipv6CidrBlock"])
        for vswitch in it.vswitches
    ]
    it.group = sdk.ecs.CreateSecurityGroup(VpcId=it.vpc)["SecurityGroupId"]
    it.zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, it.vswitches)]
    it.nlb = {"VpcId": it.vpc, "AddressType": "Intranet", "ZoneMappings": it.zones}
    it.dual, it.plain = [
        sdk.nlb.CreateLoadBalancer(AddressIpVersion=version, **it.nlb)["LoadbalancerId"]
        for version in ("DualStack", "Ipv4")
    ]
    (it.server,) = sdk.ecs.RunInstances(
        ImageId="host",
        NetworkInterface=[
            {"InstanceType": "Primary", "VSwitchId": it.vswitches[0], "SecurityGroupId": it.group, "Ipv6AddressCount": 1},
            {"InstanceType": "Secondary", "VSwitchId": it.vswitches[0], "SecurityGroupId": it.group, "Ipv6Address": [str(it.ranges[0][0x99])]},
        ],
    )["InstanceIdSets"]["InstanceIdSet"]
    (seen,) = sdk.ecs.DescribeInstances(InstanceIds=json.dumps([it.server]))["Instances"]["Instance"]
    interfaces = seen["NetworkInterfaces"]["NetworkInterface"]
    it.addresses = [eni["Ipv6Sets"]["Ipv6Set"][0]["Ipv6Address"] for eni in interfaces]
    it.eni = interfaces[1]["NetworkInterfaceId"]
    yield it
    sdk.ecs.DeleteInstances(InstanceId=[it.server], Force=True)
    for nlb in (it.dual, it.plain):
        sdk.nlb.DeleteLoadBalancer(LoadBalancerId=nlb)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=it.group)
    for vswitch in it.vswitches:
        sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=it.vpc)


def permissions(sdk, road, direction):
    shown = sdk.ecs.DescribeSecurityGroupAttribute(SecurityGroupId=road.group, Direction=direction)
    return shown["Permissions"]["Permission"]


def test_rules_name_ipv6_ranges(sdk, road):
    rules = [
        {"IpProtocol": "icmpv6", "Ipv6SourceCidrIp": "::/0"},
        {"IpProtocol": "tcp", "PortRange": "80/80", "Ipv6SourceCidrIp": "fd69:7374:0::1"},
    ]
    sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=road.group, Permissions=rules)
    seen = permissions(sdk, road, "ingress")
    assert sorted((it["IpProtocol"], it["Ipv6SourceCidrIp"], it["SourceCidrIp"]) for it in seen) == [
        ("ICMPv6", "::/0", ""),
        ("TCP", "fd69:7374::1/128", ""),
    ]
    (web,) = [it["SecurityGroupRuleId"] for it in seen if it["IpProtocol"] == "TCP"]
    sdk.ecs.ModifySecurityGroupRule(
        SecurityGroupId=road.group, SecurityGroupRuleId=web, IpProtocol="tcp", PortRange="80/80", Ipv6SourceCidrIp="fd69:7374::/32"
    )
    assert {it["Ipv6SourceCidrIp"] for it in permissions(sdk, road, "ingress")} == {"::/0", "fd69:7374::/32"}
    sdk.ecs.RevokeSecurityGroup(SecurityGroupId=road.group, Permissions=[rules[0] | {"Ipv6SourceCidrIp": "0::0/0"}])
    sdk.ecs.RevokeSecurityGroup(SecurityGroupId=road.group, SecurityGroupRuleId=[web])
    out = {"IpProtocol": "udp", "PortRange": "53/53", "Ipv6DestCidrIp": str(road.ranges[0])}
    sdk.ecs.AuthorizeSecurityGroupEgress(SecurityGroupId=road.group, Permissions=[out])
    (seen,) = permissions(sdk, road, "egress")
    assert (seen["Ipv6DestCidrIp"], seen["DestCidrIp"]) == (str(road.ranges[0]), "")
    sdk.ecs.RevokeSecurityGroupEgress(SecurityGroupId=road.group, Permissions=[out])
    assert permissions(sdk, road, "all") == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"IpProtocol": "icmp", "Ipv6SourceCidrIp": "::/0"}, "InvalidParam.Ipv4ProtocolConflictWithIpv6Address"),
        ({"IpProtocol": "icmpv6", "SourceCidrIp": "0.0.0.0/0"}, "InvalidParam.Ipv6ProtocolConflictWithIpv4Address"),
        ({"IpProtocol": "all", "Ipv6SourceCidrIp": "::/0", "SourceCidrIp": "0.0.0.0/0"}, "InvalidParam.SourceIp"),
        ({"IpProtocol": "all", "Ipv6SourceCidrIp": "10.0.0.0/8"}, "InvalidParam.Ipv6SourceCidrIp"),
    ],
)
def test_a_rule_is_of_one_family(sdk, road, rule, code):
    with refused(code, 400):
        sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=road.group, **rule)
    out = {key.replace("Source", "Dest"): value for key, value in rule.items()}
    with refused(code.replace("Source", "Dest"), 400):
        sdk.ecs.AuthorizeSecurityGroupEgress(SecurityGroupId=road.group, **out)
    assert permissions(sdk, road, "all") == []


def zonal(sdk, nlb):
    shown = sdk.nlb.GetLoadBalancerAttribute(LoadBalancerId=nlb)
    return {zone["ZoneId"]: zone["LoadBalancerAddresses"][0] for zone in shown["ZoneMappings"]}


def test_a_dual_stack_load_balancer_has_two_addresses_in_each_zone(sdk, road):
    until("Active", lambda: sdk.nlb.GetLoadBalancerAttribute(LoadBalancerId=road.dual)["LoadBalancerStatus"])
    for zone, its in zip(ZONES, road.ranges):
        address = zonal(sdk, road.dual)[zone]
        assert ipaddress.ip_address(address["Ipv6Address"]) in its and address["PrivateIPv4Address"].startswith("10.0.")
        assert zonal(sdk, road.plain)[zone]["Ipv6Address"] == ""
    kinds = lambda version: [it["LoadBalancerId"] for it in sdk.nlb.ListLoadBalancers(VpcIds=[road.vpc], AddressIpVersion=version)["LoadBalancers"]]
    assert (kinds("DualStack"), kinds("Ipv4")) == ([road.dual], [road.plain])
    wish = str(road.ranges[0][0x50])
    named = [road.zones[0] | {"Ipv6Address": wish}, road.zones[1]]
    asked = road.nlb | {"ZoneMappings": named}
    with refused("IllegalParam.Ipv6Address", 400):
        sdk.nlb.CreateLoadBalancer(**asked)
    other = sdk.nlb.CreateLoadBalancer(AddressIpVersion="DualStack", **asked)["LoadbalancerId"]
    assert zonal(sdk, other)[ZONES[0]]["Ipv6Address"] == wish
    with refused("ResourceInUse.IP", 400):
        sdk.nlb.CreateLoadBalancer(AddressIpVersion="DualStack", **asked)
    sdk.nlb.DeleteLoadBalancer(LoadBalancerId=other)
    with refused("UnsupportedOperation", 400):
        sdk.nlb.EnableLoadBalancerIpv6Internet(LoadBalancerId=road.dual)
    with refused("OperationDenied.Ipv6IntranetInstance", 400):
        sdk.nlb.DisableLoadBalancerIpv6Internet(LoadBalancerId=road.dual)


def test_a_dual_stack_load_balancer_speaks_from_local_addresses_of_both_families(sdk, road):
    pair = [str(road.ranges[0][host]) for host in (0x60, 0x61)]
    asked = road.nlb | {"ZoneMappings": [road.zones[0] | {"Ipv6LocalAddresses": pair}, road.zones[1]]}
    with refused("IllegalParam.Ipv6Address", 400):
        sdk.nlb.CreateLoadBalancer(**asked)
    nlb = sdk.nlb.CreateLoadBalancer(AddressIpVersion="DualStack", **asked)["LoadbalancerId"]
    local = {zone: (at["Ipv4LocalAddresses"], at["Ipv6LocalAddresses"]) for zone, at in zonal(sdk, nlb).items()}
    assert local == {ZONES[0]: ([], pair), ZONES[1]: ([], [])}
    assert zonal(sdk, nlb)[ZONES[0]]["Ipv6Address"] not in pair
    sdk.nlb.DeleteLoadBalancer(LoadBalancerId=nlb)


def test_what_has_no_ipv6_gets_no_dual_stack(sdk, road):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24")["VSwitchId"] for n, zone in enumerate(ZONES)
    ]
    zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, vswitches)]
    with refused("OperationFailed.vSwitchNotSupportIpv6", 400):
        sdk.nlb.CreateLoadBalancer(VpcId=vpc, AddressType="Intranet", AddressIpVersion="DualStack", ZoneMappings=zones)
    with refused("OperationDenied.VpcNotSupportIpv6", 400):
        sdk.nlb.CreateServerGroup(VpcId=vpc, ServerGroupName="rs", AddressIPVersion="DualStack")
    for vswitch in vswitches:
        sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_servers_are_reached_by_ipv6(sdk, road):
    make = lambda **how: sdk.nlb.CreateServerGroup(VpcId=road.vpc, ServerGroupName="rs", **how)["ServerGroupId"]
    plain, dual, ips = make(), make(AddressIPVersion="DualStack"), make(AddressIPVersion="DualStack", ServerGroupType="Ip")
    mode = lambda id: sdk.nlb.ListServerGroups(ServerGroupIds=[id])["ServerGroups"][0]["IpVersionAffinityMode"]
    assert mode(dual) == "NonAffinity"
    sdk.nlb.UpdateServerGroupAttribute(ServerGroupId=dual, IpVersionAffinityMode="affinity")
    assert mode(dual) == "Affinity"
    with refused("IllegalParam.IpVersionAffinityMode", 400):
        sdk.nlb.UpdateServerGroupAttribute(ServerGroupId=dual, IpVersionAffinityMode="Some")
    own = {"ServerType": "Ecs", "ServerId": road.server, "Port": 80}
    ipv6 = own | {"ServerIp": road.addresses[0]}
    of_eni = {"ServerType": "Eni", "ServerId": road.eni, "Port": 80, "ServerIp": road.addresses[1]}
    with refused("OperationDenied.ServerGroupNotSupportIpv6", 400):
        sdk.nlb.AddServersToServerGroup(ServerGroupId=plain, Servers=[ipv6])
    with refused("IllegalParam.IP", 400):
        sdk.nlb.AddServersToServerGroup(ServerGroupId=dual, Servers=[own | {"ServerIp": road.addresses[1]}])
    sdk.nlb.AddServersToServerGroup(ServerGroupId=dual, Servers=[own, ipv6, of_eni])
    listed = lambda group: sdk.nlb.ListServerGroupServers(ServerGroupId=group)["Servers"]
    assert {it["ServerIp"] for it in listed(dual)} > set(road.addresses)
    (found,) = sdk.nlb.ListServerGroupServers(ServerGroupId=dual, ServerIps=[road.addresses[1]])["Servers"]
    assert (found["ServerType"], found["ServerId"], found["ZoneId"]) == ("Eni", road.eni, ZONES[0])
    sdk.nlb.UpdateServerGroupServersAttribute(ServerGroupId=dual, Servers=[ipv6 | {"Weight": 7}])
    assert {it["ServerIp"]: it["Weight"] for it in listed(dual)}[road.addresses[0]] == 7
    sdk.nlb.RemoveServersFromServerGroup(ServerGroupId=dual, Servers=[of_eni])
    sdk.nlb.AddServersToServerGroup(ServerGroupId=ips, Servers=[{"ServerType": "Ip", "ServerId": road.addresses[0], "Port": 80}])
    assert [it["ServerIp"] for it in listed(ips)] == [road.addresses[0]]
    shown = sdk.nlb.ListServerGroups(ServerGroupIds=[dual])["ServerGroups"][0]
    assert (shown["AddressIPVersion"], shown["ServerCount"]) == ("DualStack", 2)
    for group in (plain, dual, ips):
        sdk.nlb.DeleteServerGroup(ServerGroupId=group)


def test_services_and_endpoints_are_dual_stack(sdk, road):
    link, resource = sdk.privatelink, {"ResourceType": "nlb", "ZoneId": ZONES[0]}
    with refused("EndpointServiceNotSupportIpv6", 400):
        link.CreateVpcEndpointService(AddressIpVersion="DualStack", Resource=[resource | {"ResourceId": road.plain}])
    with refused("IllegalParamFormat.ServiceSupportIPv6", 400):
        link.CreateVpcEndpointService(AddressIpVersion="DualStack", ServiceSupportIPv6=False)
    service = link.CreateVpcEndpointService(AddressIpVersion="DualStack", Resource=[resource | {"ResourceId": road.dual}])
    assert (service["AddressIpVersion"], service["ServiceSupportIPv6"]) == ("DualStack", True)
    one = {"ServiceId": service["ServiceId"]}
    with refused("ServiceResourceNotSupportIpv6", 400):
        link.AttachResourceToVpcEndpointService(**one, **resource, ResourceId=road.plain)
    (offered,) = link.ListVpcEndpointServiceResources(**one)["Resources"]
    assert offered["ResourceSupportIPv6"]
    old = link.CreateVpcEndpointService(ServiceSupportIPv6=False, Resource=[resource | {"ResourceId": road.plain}])["ServiceId"]
    with refused("ServiceResourceNotSupportIpv6", 400):
        link.UpdateVpcEndpointServiceAttribute(ServiceId=old, ServiceSupportIPv6=True)
    wanted = {"VpcId": road.vpc, "SecurityGroupId": [road.group], "AddressIpVersion": "DualStack"}
    with refused("EndpointServiceNotSupportIpv6", 400):
        link.CreateVpcEndpoint(ServiceId=old, **wanted)
    wish = str(road.ranges[0][0x77])
    zone = road.zones[0] | {"Ipv6Address": wish}
    with refused("IllegalParamFormat.Ipv6Address", 400):
        link.CreateVpcEndpoint(**one, **(wanted | {"AddressIpVersion": "IPv4"}), Zone=[zone])
    endpoint = link.CreateVpcEndpoint(**one, **wanted, Zone=[zone])
    assert endpoint["AddressIpVersion"] == "DualStack"
    it = {"EndpointId": endpoint["EndpointId"]}
    ipv6 = lambda: [zone["ZoneIpv6Address"] for zone in link.ListVpcEndpointZones(**it)["Zones"]]
    assert ipv6() == [wish]
    listed = lambda version: [row["EndpointId"] for row in link.ListVpcEndpoints(AddressIpVersion=version)["Endpoints"]]
    assert it["EndpointId"] in listed("DualStack") and it["EndpointId"] not in listed("IPv4")
    with refused("EndpointServiceConnectionDependence", 400):
        link.UpdateVpcEndpointServiceAttribute(**one, AddressIpVersion="IPv4")
    link.UpdateVpcEndpointAttribute(**it, AddressIpVersion="IPv4")
    assert ipv6() == [""]
    link.UpdateVpcEndpointAttribute(**it, AddressIpVersion="DualStack")
    assert ipaddress.ip_address(ipv6()[0]) in road.ranges[0]
    link.RemoveZoneFromVpcEndpoint(**it, ZoneId=ZONES[0])
    link.AddZoneToVpcEndpoint(**it, **zone)
    assert ipv6() == [wish]
    link.RemoveZoneFromVpcEndpoint(**it, ZoneId=ZONES[0])
    link.DeleteVpcEndpoint(**it)
    link.UpdateVpcEndpointServiceAttribute(**one, AddressIpVersion="IPv4")
    link.DetachResourceFromVpcEndpointService(**one, **resource, ResourceId=road.dual)
    link.DetachResourceFromVpcEndpointService(ServiceId=old, **resource, ResourceId=road.plain)
    for id in (old, one["ServiceId"]):
        link.DeleteVpcEndpointService(ServiceId=id)
