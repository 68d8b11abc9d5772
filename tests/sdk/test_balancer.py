"""What surrounds a load balancer: its security groups, its zones in DNS, addresses, monitoring, resource groups."""

import pytest

from sdk import ZONES, refused, until


@pytest.fixture(scope="module")
def balancer(sdk):
    """A load balancer in two zones, with a listener."""

    class Balancer:
        pass

    it = Balancer()
    it.vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    it.vswitches = [
        sdk.vpc.CreateVSwitch(VpcId=it.vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24")["VSwitchId"]
        for n, zone in enumerate(ZONES)
    ]
    it.zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, it.vswitches)]
    nlb = {"VpcId": it.vpc, "AddressType": "Intranet", "ZoneMappings": it.zones}
    it.id = sdk.nlb.CreateLoadBalancer(**nlb)["LoadbalancerId"]
    it.one = {"LoadBalancerId": it.id}
    it.servers = sdk.nlb.CreateServerGroup(ServerGroupName="rs", VpcId=it.vpc)["ServerGroupId"]
    it.shown = lambda: sdk.nlb.ListLoadBalancers(LoadBalancerIds=[it.id])["LoadBalancers"][0]
    yield it
    sdk.nlb.DeleteLoadBalancer(LoadBalancerId=it.id)
    sdk.nlb.DeleteServerGroup(ServerGroupId=it.servers)
    for vswitch in it.vswitches:
        sdk.vpc.DeleteVSwitch(VSwitchId=vswitch)
    sdk.vpc.DeleteVpc(VpcId=it.vpc)


def done(sdk, answer):
    until("Succeeded", lambda: sdk.nlb.GetJobStatus(JobId=answer["JobId"])["Status"])
    assert answer["JobId"] in [job["Id"] for job in sdk.nlb.ListAsynJobs()["Jobs"]]


def test_security_groups_are_joined_and_left(sdk, balancer):
    groups = [sdk.ecs.CreateSecurityGroup(VpcId=balancer.vpc)["SecurityGroupId"] for _ in range(5)]
    join, leave = sdk.nlb.LoadBalancerJoinSecurityGroup, sdk.nlb.LoadBalancerLeaveSecurityGroup
    with refused("QuotaExceeded.QuotaInsufficient", 400):
        join(SecurityGroupIds=groups, **balancer.one)
    done(sdk, join(SecurityGroupIds=groups[:2], **balancer.one))
    shown = sdk.nlb.GetLoadBalancerAttribute(**balancer.one)
    assert set(shown["SecurityGroupIds"]) == set(groups[:2])
    with refused("Conflict.SecurityGroup", 400):
        join(SecurityGroupIds=groups[:1], **balancer.one)
    with refused("DependencyViolation", 403):
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=groups[0])
    with refused("ResourceNotFound.SecurityGroup", 404):
        leave(SecurityGroupIds=groups[2:3], **balancer.one)
    done(sdk, leave(SecurityGroupIds=groups[:2], **balancer.one))
    assert balancer.shown()["SecurityGroupIds"] == []
    enterprise = sdk.ecs.CreateSecurityGroup(VpcId=balancer.vpc, SecurityGroupType="enterprise")["SecurityGroupId"]
    with refused("Mismatch.SecurityGroupType", 400):
        join(SecurityGroupIds=[groups[0], enterprise], **balancer.one)
    for group in groups + [enterprise]:
        sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)


def test_a_group_of_another_vpc_does_not_fit(sdk, balancer):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    group = sdk.ecs.CreateSecurityGroup(VpcId=vpc)["SecurityGroupId"]
    with refused("Mismatch.vpc", 400):
        sdk.nlb.LoadBalancerJoinSecurityGroup(SecurityGroupIds=[group], **balancer.one)
    sdk.ecs.DeleteSecurityGroup(SecurityGroupId=group)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_a_zone_leaves_dns_and_comes_back_but_the_last_one_stays(sdk, balancer):
    start = sdk.nlb.StartShiftLoadBalancerZones
    cancel = sdk.nlb.CancelShiftLoadBalancerZones
    status = lambda: {zone["ZoneId"]: zone["Status"] for zone in balancer.shown()["ZoneMappings"]}
    start(ZoneMappings=balancer.zones[:1], **balancer.one)
    assert status() == {ZONES[0]: "Shifted", ZONES[1]: "Active"}
    with refused("IncorrectStatus.ZoneId", 400):
        start(ZoneMappings=balancer.zones[:1], **balancer.one)
    with refused("Forbidden.ZoneId", 403):
        start(ZoneMappings=balancer.zones[1:], **balancer.one)
    cancel(ZoneMappings=balancer.zones[:1], **balancer.one)
    assert status() == {ZONES[0]: "Active", ZONES[1]: "Active"}
    with refused("IncorrectStatus.ZoneId", 400):
        cancel(ZoneMappings=balancer.zones[:1], **balancer.one)
    with refused("Mismatch.ZoneIdAndVswitchId", 400):
        start(ZoneMappings=[balancer.zones[0] | {"VSwitchId": balancer.vswitches[1]}], **balancer.one)


def test_what_needs_internet_or_ipv6_addresses_is_refused(sdk, balancer):
    nlb, one = sdk.nlb, balancer.one
    with refused("OperationDenied.AddressTypeNotChanged", 400):
        nlb.UpdateLoadBalancerAddressTypeConfig(AddressType="Intranet", **one)
    with refused("UnsupportedOperation", 400):
        nlb.UpdateLoadBalancerAddressTypeConfig(AddressType="Internet", **one)
    with refused("OperationDenied.NonDualStackInstance", 400):
        nlb.EnableLoadBalancerIpv6Internet(**one)
    with refused("OperationDenied.NonDualStackInstance", 400):
        nlb.DisableLoadBalancerIpv6Internet(**one)
    package = {"BandwidthPackageId": "cbwp-bp1abc", **one}
    with refused("OperationDenied.IntranetLoadBalancer", 400):
        nlb.AttachCommonBandwidthPackageToLoadBalancer(**package)
    with refused("ResourceNotAssociated.loadbalancer", 400):
        nlb.DetachCommonBandwidthPackageFromLoadBalancer(**package)
    with refused("ResourceNotFound.loadBalancer", 404):
        nlb.EnableLoadBalancerIpv6Internet(LoadBalancerId="nlb-none")


def test_where_second_level_statistics_go(sdk, balancer):
    nlb = sdk.nlb
    with refused("ResourceNotFound.RegionHdMonitorConfig", 404):
        nlb.DescribeHdMonitorRegionConfig()
    kind = {"ListenerProtocol": "TCP", "ListenerPort": 81, "ServerGroupId": balancer.servers}
    listener = {"LoadBalancerId": balancer.id, "SecSensorEnabled": True, **kind}
    with refused("ResourceNotFound.HdMonitorConfigNotExist", 404):
        nlb.CreateListener(**listener)
    nlb.SetHdMonitorRegionConfig(LogProject="project", MetricStore="store")
    shown = nlb.DescribeHdMonitorRegionConfig()
    assert (shown["LogProject"], shown["MetricStore"], shown["RegionId"]) == ("project", "store", "cn-hangzhou")
    made = nlb.CreateListener(**listener)["ListenerId"]
    assert nlb.GetListenerAttribute(ListenerId=made)["SecSensorEnabled"] is True
    nlb.DeleteHdMonitorRegionConfig()
    with refused("ResourceNotFound.RegionHdMonitorConfig", 404):
        nlb.DescribeHdMonitorRegionConfig()


def test_resources_move_into_a_resource_group(sdk, balancer):
    made = sdk.resourcemanager.CreateResourceGroup(Name="balancers", DisplayName="Balancers")
    group = made["ResourceGroup"]["Id"]
    for kind, resource in [("loadbalancer", balancer.id), ("servergroup", balancer.servers)]:
        moved = sdk.nlb.MoveResourceGroup(ResourceType=kind, ResourceId=resource, NewResourceGroupId=group)
        assert (moved["Data"]["ResourceId"], moved["Success"]) == (resource, True)
    assert balancer.shown()["ResourceGroupId"] == group
    with refused("ResourceNotFound.loadBalancer", 404):
        sdk.nlb.MoveResourceGroup(ResourceType="loadbalancer", ResourceId="nlb-none", NewResourceGroupId=group)
    what = {"ResourceType": "loadbalancer", "ResourceId": balancer.id}
    with refused("ResourceNotFound.ResourceGroup", 404):
        sdk.nlb.MoveResourceGroup(NewResourceGroupId="rg-acfmnothing", **what)
    with refused("ResourceNotFound.ResourceGroup", 404):
        sdk.nlb.CreateServerGroup(VpcId=balancer.vpc, ServerGroupName="nowhere", ResourceGroupId="?")
    with refused("DeleteConflict.ResourceGroup.Resource", 409):
        sdk.resourcemanager.DeleteResourceGroup(ResourceGroupId=group)


def test_a_zone_keeps_its_address(sdk, balancer):
    zones = [balancer.zones[0] | {"PrivateIPv4Address": "10.0.0.99"}, balancer.zones[1]]
    with refused("OperationDenied.ProtectedPrivateIPv4AddressChanged", 400):
        sdk.nlb.UpdateLoadBalancerZones(ZoneMappings=zones, **balancer.one)


def test_what_a_load_balancer_may_be_called_and_listed_by(sdk, balancer):
    one, listed = balancer.one, lambda **asked: len(sdk.nlb.ListLoadBalancers(VpcIds=[balancer.vpc], **asked)["LoadBalancers"])
    with refused("IllegalParam.loadBalancerName", 400):
        sdk.nlb.UpdateLoadBalancerAttribute(LoadBalancerName="1", **one)
    with refused("IllegalParam.deletionProtectionReason", 400):
        sdk.nlb.UpdateLoadBalancerProtection(DeletionProtectionEnabled=True, DeletionProtectionReason="!", **one)
    nlb = {"VpcId": balancer.vpc, "AddressType": "Intranet", "ZoneMappings": balancer.zones}
    with refused("OperationDenied.OnlyPostPaidSupported", 400):
        sdk.nlb.CreateLoadBalancer(LoadBalancerBillingConfig={"PayType": "PrePay"}, **nlb)
    with refused("IllegalParam.LoadBalancerType", 400):
        sdk.nlb.CreateLoadBalancer(LoadBalancerType="Application", **nlb)
    with refused("InvalidZones", 400):
        sdk.nlb.CreateLoadBalancer(**nlb | {"ZoneMappings": balancer.zones[:1]})
    assert [listed(Ipv6AddressType=kind) for kind in ["Intranet", "Internet"]] == [1, 0]
    assert listed(LoadBalancerType="network") == 1
    with refused("IllegalParam.LoadBalancerType", 400):
        listed(LoadBalancerType="gateway")
    assert [listed(ZoneId=zone) for zone in [ZONES[0], "cn-hangzhou-z"]] == [1, 0]
    assert [listed(LoadBalancerStatus=status, DNSName=balancer.shown()["DNSName"]) for status in ["Active", "Inactive"]] == [1, 0]
    kind = {"ListenerProtocol": "TCP", "ListenerPort": 82, "ServerGroupId": balancer.servers}
    with refused("IllegalParam.IdleTimeout", 400):
        sdk.nlb.CreateListener(LoadBalancerId=balancer.id, IdleTimeout=9, **kind)
    with refused("IlleagalParam.healthCheckUrl", 400):
        check = {"HealthCheckType": "HTTP", "HealthCheckUrl": "no path"}
        sdk.nlb.UpdateServerGroupAttribute(ServerGroupId=balancer.servers, HealthCheckConfig=check)


def test_a_listener_takes_a_range_of_ports(sdk, balancer):
    group = sdk.nlb.CreateServerGroup(
        ServerGroupName="any", VpcId=balancer.vpc, AnyPortEnabled=True, HealthCheckConfig={"HealthCheckConnectPort": 80}
    )["ServerGroupId"]
    assert sdk.nlb.ListServerGroups(ServerGroupIds=[group])["ServerGroups"][0]["AnyPortEnabled"]
    kind = {"ListenerProtocol": "TCP", "ListenerPort": 0, "ServerGroupId": group, **balancer.one}
    with refused("MissingParam.EndPort", 400):
        sdk.nlb.CreateListener(StartPort=1000, **kind)
    with refused("IllegalParam.EndPort", 400):
        sdk.nlb.CreateListener(StartPort=1000, EndPort=1000, **kind)
    with refused("IllegalParam.Port", 400):
        sdk.nlb.CreateListener(StartPort=1000, EndPort=2000, **{**kind, "ListenerPort": 80})
    done(sdk, made := sdk.nlb.CreateListener(StartPort=1000, EndPort=2000, **kind))
    shown = sdk.nlb.GetListenerAttribute(ListenerId=made["ListenerId"])
    assert (shown["ListenerPort"], shown["StartPort"], shown["EndPort"]) == (0, "1000", "2000")
    with refused("Conflict.Port", 400):
        sdk.nlb.CreateListener(StartPort=2000, EndPort=2001, **kind)
    done(sdk, sdk.nlb.DeleteListener(ListenerId=made["ListenerId"]))
    sdk.nlb.DeleteServerGroup(ServerGroupId=group)
