"""Tags that a thing is made with: lists show it when they ask for them, and do not when they ask for others."""

import subprocess

import pytest

from sdk import ZONES, client_of

TAG = [{"Key": "made", "Value": "here"}]
OTHERS = [[{"Key": "made", "Value": "elsewhere"}], [{"Key": "sold", "Value": "here"}]]


@pytest.fixture(scope="module")
def cloud(sdk, operator):
    """An account of its own, and what things are made from."""

    class Cloud:
        pass

    it = Cloud()
    account = operator("account", "create", "tags")
    it.sdk = client_of(sdk, operator("key", "create", account))
    it.vpc = it.sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    it.vswitches = [
        it.sdk.vpc.CreateVSwitch(VpcId=it.vpc, ZoneId=zone, CidrBlock=f"10.0.{n}.0/24")["VSwitchId"]
        for n, zone in enumerate(ZONES)
    ]
    it.group = it.sdk.ecs.CreateSecurityGroup(VpcId=it.vpc)["SecurityGroupId"]
    zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in zip(ZONES, it.vswitches)]
    it.balancer = {"VpcId": it.vpc, "AddressType": "Intranet", "ZoneMappings": zones}
    it.nlb = it.sdk.nlb.CreateLoadBalancer(**it.balancer)["LoadbalancerId"]
    it.servers = it.sdk.nlb.CreateServerGroup(ServerGroupName="servers", VpcId=it.vpc)["ServerGroupId"]
    resource = {"ResourceType": "nlb", "ResourceId": it.nlb, "ZoneId": ZONES[0]}
    it.service = it.sdk.privatelink.CreateVpcEndpointService(Resource=[resource])["ServiceId"]
    it.instance = {"ImageId": "host", "VSwitchId": it.vswitches[0], "SecurityGroupId": it.group}
    (it.run,) = it.sdk.ecs.RunInstances(**it.instance)["InstanceIdSets"]["InstanceIdSet"]
    it.command = it.sdk.ecs.CreateCommand(Name="said", Type="RunShellScript", CommandContent="ZWNobyBo")["CommandId"]
    return it


def public_key(tmp_path):
    """A public key as ssh-keygen writes it."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")]
    subprocess.run(command, check=True)
    return (tmp_path / "key.pub").read_text()


def at(answer, *path):
    for step in path:
        answer = answer[step]
    return answer


# What is made, with what, and how its id is answered; then the list that it is in, and where the ids are there.
MADE = {
    "VPC": ("vpc", "CreateVpc", lambda it: {}, "VpcId", "DescribeVpcs", ("Vpcs", "Vpc"), "VpcId"),
    "vSwitch": (
        "vpc", "CreateVSwitch", lambda it: {"VpcId": it.vpc, "ZoneId": ZONES[0], "CidrBlock": "10.0.9.0/24"}, "VSwitchId",
        "DescribeVSwitches", ("VSwitches", "VSwitch"), "VSwitchId",
    ),
    "route table": (
        "vpc", "CreateRouteTable", lambda it: {"VpcId": it.vpc}, "RouteTableId",
        "DescribeRouteTableList", ("RouterTableList", "RouterTableListType"), "RouteTableId",
    ),
    "security group": (
        "ecs", "CreateSecurityGroup", lambda it: {"VpcId": it.vpc}, "SecurityGroupId",
        "DescribeSecurityGroups", ("SecurityGroups", "SecurityGroup"), "SecurityGroupId",
    ),
    "interface": (
        "ecs", "CreateNetworkInterface", lambda it: {"VSwitchId": it.vswitches[0], "SecurityGroupId": it.group},
        "NetworkInterfaceId", "DescribeNetworkInterfaces", ("NetworkInterfaceSets", "NetworkInterfaceSet"), "NetworkInterfaceId",
    ),
    "instance": (
        "ecs", "CreateInstance", lambda it: it.instance | {"InstanceType": "ecs.g6.large"}, "InstanceId",
        "DescribeInstances", ("Instances", "Instance"), "InstanceId",
    ),
    "command": (
        "ecs", "CreateCommand", lambda it: {"Name": "tagged", "Type": "RunShellScript", "CommandContent": "ZWNobyBo"}, "CommandId",
        "DescribeCommands", ("Commands", "Command"), "CommandId",
    ),
    "invocation of a new command": (
        "ecs", "RunCommand", lambda it: {"Type": "RunShellScript", "CommandContent": "echo", "InstanceId": [it.run]}, "InvokeId",
        "DescribeInvocations", ("Invocations", "Invocation"), "InvokeId",
    ),
    "invocation": (
        "ecs", "InvokeCommand", lambda it: {"CommandId": it.command, "InstanceId": [it.run]}, "InvokeId",
        "DescribeInvocationResults", ("Invocation", "InvocationResults", "InvocationResult"), "InvokeId",
    ),
    "load balancer": (
        "nlb", "CreateLoadBalancer", lambda it: it.balancer, "LoadbalancerId", "ListLoadBalancers", ("LoadBalancers",), "LoadBalancerId",
    ),
    "server group": (
        "nlb", "CreateServerGroup", lambda it: {"ServerGroupName": "tagged", "VpcId": it.vpc}, "ServerGroupId",
        "ListServerGroups", ("ServerGroups",), "ServerGroupId",
    ),
    "listener": (
        "nlb", "CreateListener",
        lambda it: {"LoadBalancerId": it.nlb, "ListenerProtocol": "TCP", "ListenerPort": 80, "ServerGroupId": it.servers},
        "ListenerId", "ListListeners", ("Listeners",), "ListenerId",
    ),
    "security policy": (
        "nlb", "CreateSecurityPolicy",
        lambda it: {"SecurityPolicyName": "tls", "TlsVersions": ["TLSv1.2"], "Ciphers": ["ECDHE-RSA-AES128-GCM-SHA256"]},
        "SecurityPolicyId", "ListSecurityPolicy", ("SecurityPolicies",), "SecurityPolicyId",
    ),
    "endpoint service": (
        "privatelink", "CreateVpcEndpointService", lambda it: {}, "ServiceId", "ListVpcEndpointServices", ("Services",), "ServiceId",
    ),
    "endpoint": (
        "privatelink", "CreateVpcEndpoint",
        lambda it: {"VpcId": it.vpc, "ServiceId": it.service, "SecurityGroupId": [it.group]}, "EndpointId",
        "ListVpcEndpoints", ("Endpoints",), "EndpointId",
    ),
}


@pytest.mark.parametrize("what", MADE)
def test_what_is_made_with_a_tag_is_listed_by_it(cloud, what):
    product, make, parameters, id, list, path, name = MADE[what]
    client = getattr(cloud.sdk, product)
    made = at(getattr(client, make)(Tag=TAG, **parameters(cloud)), id)
    listed = lambda tag: [one[name] for one in at(getattr(client, list)(Tag=tag), *path)]
    assert made in listed(TAG)
    assert [listed(tag) for tag in OTHERS] == [[], []]


def test_an_imported_key_pair_is_listed_by_its_tag(cloud, tmp_path):
    cloud.sdk.ecs.ImportKeyPair(KeyPairName="tagged", PublicKeyBody=public_key(tmp_path), Tag=TAG)
    listed = lambda tag: [one["KeyPairName"] for one in cloud.sdk.ecs.DescribeKeyPairs(Tag=tag)["KeyPairs"]["KeyPair"]]
    assert (listed(TAG), *map(listed, OTHERS)) == (["tagged"], [], [])


@pytest.mark.parametrize(
    "product, kind, id, path",
    [
        ("vpc", "VPC", "vpc", ("TagResources", "TagResource")),
        ("ecs", "instance", "run", ("TagResources", "TagResource")),
        ("nlb", "loadbalancer", "nlb", ("TagResources",)),
        ("privatelink", "VpcEndpointService", "service", ("TagResources",)),
    ],
)
def test_tags_are_listed_by_key_and_value(cloud, product, kind, id, path):
    client, id = getattr(cloud.sdk, product), getattr(cloud, id)
    client.TagResources(ResourceType=kind, ResourceId=[id], Tag=[{"Key": "listed", "Value": "yes"}])
    listed = lambda tag: [one["ResourceId"] for one in at(client.ListTagResources(ResourceType=kind, Tag=[tag]), *path)]
    assert listed({"Key": "listed", "Value": "yes"}) == [id]
    assert listed({"Key": "listed"}) == [id]
    assert listed({"Key": "listed", "Value": "no"}) == []
