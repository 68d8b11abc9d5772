"""Limits of an account, as the operator of the machine sets them."""

from sdk import client_of, refused


def test_the_operator_sets_a_limit_of_one_account(sdk, operator):
    account = operator("account", "create", "small")
    they = client_of(sdk, operator("key", "create", account))
    limits = lambda: {line.split()[0]: line.split()[1] for line in operator("quota", "list", account).splitlines()[1:]}
    assert (limits()["VpcsAnAccount"], limits()["ServersALoadBalancer"]) == ("200", "400")
    operator("quota", "set", account, "VpcsAnAccount", "1")
    assert limits()["VpcsAnAccount"] == "1"
    vpc = they.vpc.CreateVpc()["VpcId"]
    with refused("QuotaExceeded.Vpc", 400):
        they.vpc.CreateVpc()
    sdk.vpc.DeleteVpc(VpcId=sdk.vpc.CreateVpc()["VpcId"])
    operator("quota", "set", account, "VpcsAnAccount", "usual")
    second = they.vpc.CreateVpc()["VpcId"]
    for one in (vpc, second):
        they.vpc.DeleteVpc(VpcId=one)
