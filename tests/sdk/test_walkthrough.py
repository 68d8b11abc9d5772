"""The walkthrough: two VPCs of one range, a network load balancer, an endpoint service, an endpoint.

Steps build on each other; the run ends at the first that fails.
"""

import base64
import json
import re
from types import SimpleNamespace

import pytest

from sdk import REGION, ZONES, every_page, refused, until

CIDR = "10.0.0.0/16"
SUBNETS = ["10.0.1.0/24", "10.0.2.0/24"]
NGINX = """#!/bin/sh
cat >/etc/nginx/nginx.conf <<'END'
events {{}}
http {{ server {{ listen 80; location / {{ return 200 "{name}\\n"; }} }} }}
END
exec nginx
"""


@pytest.fixture(scope="module")
def road():
    return SimpleNamespace()


def network(sdk, name):
    vpc = sdk.vpc.CreateVpc(VpcName=name, CidrBlock=CIDR)["VpcId"]
    vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=vpc, ZoneId=zone, CidrBlock=subnet)["VSwitchId"]
        for zone, subnet in zip(ZONES, SUBNETS)
    ]
    return SimpleNamespace(vpc=vpc, vswitches=vswitches)


def instance(sdk, net, zone, name, **more):
    made = sdk.ecs.RunInstances(
        ImageId="host", InstanceType="ecs.c6.large", InstanceName=name, VSwitchId=net.vswitches[zone], **more
    )
    return made["InstanceIdSets"]["InstanceIdSet"][0]


def test_01_two_vpcs_have_one_range(sdk, road):
    road.consumer, road.provider = network(sdk, "vpc-1"), network(sdk, "vpc-2")
    for net in (road.consumer, road.provider):
        until("Available", lambda: sdk.vpc.DescribeVpcAttribute(VpcId=net.vpc)["Status"])
        assert sdk.vpc.DescribeVpcAttribute(VpcId=net.vpc)["CidrBlock"] == CIDR
        assert sdk.vpc.DescribeVSwitches(VpcId=net.vpc)["TotalCount"] == 2


def test_02_clients_and_servers_run(sdk, road):
    road.group = sdk.ecs.CreateSecurityGroup(VpcId=road.consumer.vpc, SecurityGroupName="clients")["SecurityGroupId"]
    for protocol, ports in (("tcp", "80/80"), ("icmp", "-1/-1")):
        rule = {"IpProtocol": protocol, "PortRange": ports, "SourceCidrIp": CIDR}
        sdk.ecs.AuthorizeSecurityGroup(SecurityGroupId=road.group, **rule)
    road.clients = [
        instance(sdk, road.consumer, zone, f"ecs-0{zone + 1}", SecurityGroupId=road.group) for zone in (0, 1)
    ]
    page = lambda name: base64.b64encode(NGINX.format(name=name).encode()).decode()
    road.servers = [
        instance(sdk, road.provider, zone, f"ecs-0{zone + 3}", UserData=page(f"ECS 0{zone + 3}")) for zone in (0, 1)
    ]
    everybody = json.dumps(road.clients + road.servers)
    shown = lambda: sdk.ecs.DescribeInstances(InstanceIds=everybody)["Instances"]["Instance"]
    until({"Running"}, lambda: {one["Status"] for one in shown()})


def test_03_a_load_balancer_needs_two_zones(sdk, road):
    zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, road.provider.vswitches)]
    wanted = {"LoadBalancerType": "Network", "AddressType": "Intranet", "VpcId": road.provider.vpc}
    with refused("InvalidZones", 400):
        sdk.nlb.CreateLoadBalancer(ZoneMappings=zones[:1], **wanted)
    swapped = [zones[0], {"ZoneId": ZONES[1], "VSwitchId": zones[0]["VSwitchId"]}]
    with refused("Mismatch.ZoneIdAndVswitchId", 400):
        sdk.nlb.CreateLoadBalancer(ZoneMappings=swapped, **wanted)
    road.nlb = sdk.nlb.CreateLoadBalancer(LoadBalancerName="nlb-1", ZoneMappings=zones, **wanted)["LoadbalancerId"]
    assert re.fullmatch(r"nlb-[a-z0-9]{18}", road.nlb)
    attribute = lambda: sdk.nlb.GetLoadBalancerAttribute(LoadBalancerId=road.nlb)
    until("Active", lambda: attribute()["LoadBalancerStatus"])
    seen = attribute()
    assert seen["DNSName"] == f"{road.nlb}.{REGION}.nlb.aliyuncsslb.com"
    assert [mapping["ZoneId"] for mapping in seen["ZoneMappings"]] == ZONES
    for mapping, subnet in zip(seen["ZoneMappings"], SUBNETS):
        (address,) = mapping["LoadBalancerAddresses"]
        assert address["PrivateIPv4Address"].startswith(subnet.removesuffix("0/24"))
        assert address["EniId"].startswith("eni-bp1")


def test_04_a_server_group_has_the_documented_defaults(sdk, road):
    made = sdk.nlb.CreateServerGroup(ServerGroupName="rs-1", VpcId=road.provider.vpc)
    road.server_group = made["ServerGroupId"]
    assert re.fullmatch(r"sgp-[a-z0-9]{18}", road.server_group)
    until("Succeeded", lambda: sdk.nlb.GetJobStatus(JobId=made["JobId"])["Status"])
    (group,) = sdk.nlb.ListServerGroups(ServerGroupIds=[road.server_group])["ServerGroups"]
    shown = [group[name] for name in ("ServerGroupType", "Protocol", "Scheduler", "PreserveClientIpEnabled")]
    assert shown == ["Instance", "TCP", "Wrr", True]
    assert group["ConnectionDrainEnabled"] is False
    check = group["HealthCheck"]
    assert (check["HealthCheckEnabled"], check["HealthCheckType"]) == (True, "TCP")
    assert (check["HealthCheckConnectTimeout"], check["HealthCheckInterval"]) == (5, 5)
    assert (check["HealthyThreshold"], check["UnhealthyThreshold"]) == (2, 2)

    servers = [{"ServerType": "Ecs", "ServerId": id, "Port": 80, "Weight": 100} for id in road.servers]
    sdk.nlb.AddServersToServerGroup(ServerGroupId=road.server_group, Servers=servers)
    with refused("DuplicatedParam.Server", 400):
        sdk.nlb.AddServersToServerGroup(ServerGroupId=road.server_group, Servers=servers[:1])
    items = lambda answer: [one["ServerId"] for one in answer["Servers"]]
    paged = every_page(sdk.nlb.ListServerGroupServers, items, ServerGroupId=road.server_group)
    assert sorted(paged) == sorted(road.servers)


def test_05_a_listener_becomes_healthy(sdk, road):
    wanted = {"LoadBalancerId": road.nlb, "ListenerProtocol": "TCP", "ListenerPort": 80}
    made = sdk.nlb.CreateListener(ServerGroupId=road.server_group, **wanted)
    road.listener = made["ListenerId"]
    assert re.fullmatch(r"lsn-[a-z0-9]{18}@80", road.listener)
    with refused("Conflict.Port", 400):
        sdk.nlb.CreateListener(ServerGroupId=road.server_group, **wanted)
    until("Running", lambda: sdk.nlb.GetListenerAttribute(ListenerId=road.listener)["ListenerStatus"])

    def sick():
        status = sdk.nlb.GetListenerHealthStatus(ListenerId=road.listener)["ListenerHealthStatus"]
        return [server for one in status for group in one["ServerGroupInfos"] for server in group["NonNormalServers"]]

    until([], sick)
    with refused("ResourceInUse.ServerGroup", 400):
        sdk.nlb.DeleteServerGroup(ServerGroupId=road.server_group)


def test_06_the_load_balancer_becomes_a_service(sdk, road):
    resources = [{"ResourceType": "nlb", "ResourceId": road.nlb, "ZoneId": zone} for zone in ZONES]
    made = sdk.privatelink.CreateVpcEndpointService(
        ServiceResourceType="nlb", Resource=resources, AutoAcceptEnabled=False, ZoneAffinityEnabled=False
    )
    road.service, road.service_name = made["ServiceId"], made["ServiceName"]
    assert re.fullmatch(r"epsrv-bp1[a-z0-9]{17}", road.service)
    assert road.service_name == f"com.aliyuncs.privatelink.{REGION}.{road.service}"
    assert made["ServiceDomain"] == f"{road.service}.{REGION}.privatelink.aliyuncs.com"
    attribute = lambda: sdk.privatelink.GetVpcEndpointServiceAttribute(ServiceId=road.service)
    until("Active", lambda: attribute()["ServiceStatus"])
    assert (sorted(attribute()["Zones"]), attribute()["AutoAcceptEnabled"]) == (ZONES, False)


def endpoint_zones(road):
    return [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, road.consumer.vswitches)]


def test_07_endpoints_that_cannot_be_are_refused(sdk, road):
    zones = endpoint_zones(road)
    wanted = {"ServiceId": road.service, "VpcId": road.consumer.vpc, "SecurityGroupId": [road.group], "Zone": zones}
    create = lambda **change: sdk.privatelink.CreateVpcEndpoint(**(wanted | change))
    with refused("EndpointServiceNotFound", 400):
        create(ServiceId="epsrv-bp100000000000000000")
    with refused("EndpointMustContainSecurityGroup", 400):
        create(SecurityGroupId=[])
    with refused("VSwitchNotFound", 400):
        create(Zone=[{"ZoneId": ZONES[0], "VSwitchId": road.consumer.vswitches[1]}])
    with refused("VSwitchNotFound", 400):
        create(Zone=[{"ZoneId": ZONES[0], "VSwitchId": road.provider.vswitches[0]}])
    with refused("EndpointZoneDuplicated", 400):
        create(Zone=[zones[0], zones[0]])
    with refused("DryRunOperation", 400):
        create(DryRun=True)
    assert sdk.privatelink.ListVpcEndpoints(VpcId=road.consumer.vpc)["Endpoints"] == []


def test_08_an_endpoint_waits_for_the_provider(sdk, road):
    wanted = {
        "EndpointName": "endpoint-1",
        "EndpointType": "Interface",
        "ServiceName": road.service_name,
        "VpcId": road.consumer.vpc,
        "SecurityGroupId": [road.group],
        "Zone": endpoint_zones(road),
        "ClientToken": f"endpoint-{road.service}",
    }
    made = sdk.privatelink.CreateVpcEndpoint(**wanted)
    road.endpoint = made["EndpointId"]
    assert re.fullmatch(r"ep-bp1[a-z0-9]{17}", road.endpoint)
    assert sdk.privatelink.CreateVpcEndpoint(**wanted)["EndpointId"] == road.endpoint
    attribute = lambda: sdk.privatelink.GetVpcEndpointAttribute(EndpointId=road.endpoint)
    until("Active", lambda: attribute()["EndpointStatus"])
    assert (attribute()["ConnectionStatus"], attribute()["ServiceId"]) == ("Disconnected", road.service)
    domain = f"{road.service}.{REGION}.privatelink.aliyuncs.com"
    assert attribute()["EndpointDomain"] == f"{road.endpoint}.{domain}"

    pages = lambda: every_page(sdk.privatelink.ListVpcEndpointZones, lambda it: it["Zones"], EndpointId=road.endpoint)
    until(["Wait", "Wait"], lambda: [zone["ZoneStatus"] for zone in pages()])
    for zone, name, subnet in zip(pages(), ZONES, SUBNETS):
        assert zone["ZoneDomain"] == f"{road.endpoint}-{name}.{domain}"
        assert zone["EniIp"].startswith(subnet.removesuffix("0/24"))
        (eni,) = sdk.ecs.DescribeNetworkInterfaces(NetworkInterfaceId=[zone["EniId"]])["NetworkInterfaceSets"][
            "NetworkInterfaceSet"
        ]
        assert (eni["ServiceManaged"], eni["PrivateIpAddress"]) == (True, zone["EniIp"])


def connection(sdk, road):
    (one,) = sdk.privatelink.ListVpcEndpointConnections(ServiceId=road.service)["Connections"]
    return one


def test_09_the_provider_allows_and_denies(sdk, road):
    which = {"EndpointId": road.endpoint, "ServiceId": road.service}
    attribute = lambda: sdk.privatelink.GetVpcEndpointAttribute(EndpointId=road.endpoint)["ConnectionStatus"]
    zones = lambda: [zone["ZoneStatus"] for zone in connection(sdk, road)["Zones"]]
    for _ in range(2):
        sdk.privatelink.EnableVpcEndpointConnection(**which)
        until("Connected", attribute)
        until(["Connected", "Connected"], zones)
        assert connection(sdk, road)["EndpointVpcId"] == road.consumer.vpc
        with refused("EndpointConnectionOperationDenied", 400):
            sdk.privatelink.EnableVpcEndpointConnection(**which)
        sdk.privatelink.DisableVpcEndpointConnection(**which)
        until("Disconnected", attribute)
        until(["Disconnected", "Disconnected"], zones)
    sdk.privatelink.EnableVpcEndpointConnection(**which)
    until("Connected", attribute)


def test_10_cross_zone_is_switched_off_and_on(sdk, road):
    for enabled in (False, True):
        job = sdk.nlb.UpdateLoadBalancerAttribute(LoadBalancerId=road.nlb, CrossZoneEnabled=enabled)["JobId"]
        until("Succeeded", lambda: sdk.nlb.GetJobStatus(JobId=job)["Status"])
        assert sdk.nlb.GetLoadBalancerAttribute(LoadBalancerId=road.nlb)["CrossZoneEnabled"] is enabled


def test_11_what_is_in_use_stays(sdk, road):
    with refused("EndpointServiceConnectionDependence", 400):
        sdk.privatelink.DeleteVpcEndpointService(ServiceId=road.service)
    with refused("EndpointDependenceViolation", 400):
        sdk.privatelink.DeleteVpcEndpoint(EndpointId=road.endpoint)
    with refused("DependencyViolation", 403):
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=road.group)
    with refused("DependencyViolation", 400):
        sdk.vpc.DeleteVSwitch(VSwitchId=road.consumer.vswitches[0])


def test_12_everything_is_taken_down_again(sdk, road):
    sdk.privatelink.DisableVpcEndpointConnection(EndpointId=road.endpoint, ServiceId=road.service)
    for zone in ZONES:
        sdk.privatelink.RemoveZoneFromVpcEndpoint(EndpointId=road.endpoint, ZoneId=zone)
    sdk.privatelink.DeleteVpcEndpoint(EndpointId=road.endpoint)
    with refused("EndpointNotFound", 400):
        sdk.privatelink.GetVpcEndpointAttribute(EndpointId=road.endpoint)
    for zone in ZONES:
        resource = {"ResourceType": "nlb", "ResourceId": road.nlb, "ZoneId": zone}
        sdk.privatelink.DetachResourceFromVpcEndpointService(ServiceId=road.service, **resource)
    sdk.privatelink.DeleteVpcEndpointService(ServiceId=road.service)
    jobs = [
        sdk.nlb.DeleteListener(ListenerId=road.listener)["JobId"],
        sdk.nlb.DeleteServerGroup(ServerGroupId=road.server_group)["JobId"],
        sdk.nlb.DeleteLoadBalancer(LoadBalancerId=road.nlb)["JobId"],
    ]
    for job in jobs:
        until("Succeeded", lambda: sdk.nlb.GetJobStatus(JobId=job)["Status"])
    sdk.ecs.DeleteInstances(InstanceId=road.clients + road.servers, Force=True)
    for net in (road.consumer, road.provider):
        for group in sdk.ecs.DescribeSecurityGroups(VpcId=net.vpc)["SecurityGroups"]["SecurityGroup"]:
            sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group["SecurityGroupId"])
        for vswitch in net.vswitches:
            sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
        sdk.vpc.DeleteVpc(VpcId=net.vpc)
    both = f"{road.consumer.vpc},{road.provider.vpc}"
    assert sdk.vpc.DescribeVpcs(VpcId=both)["TotalCount"] == 0
