"""Several accounts side by side, their keys, temporary credentials, and the small products that clients ask first."""

import pytest

from sdk import REGION, Sdk, client_of, refused


@pytest.fixture(scope="module")
def other(sdk, operator):
    """A second account's number and client."""
    account = operator("account", "create", "other")
    return account, client_of(sdk, operator("key", "create", account))


def test_accounts_own_what_they_make_and_see_nothing_else(sdk, other):
    number, they = other
    assert they.sts.GetCallerIdentity()["AccountId"] == number != sdk.sts.GetCallerIdentity()["AccountId"]
    mine = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    theirs = they.vpc.CreateVpc(CidrBlock="10.0.0.0/16")["VpcId"]
    shown = lambda who: {one["VpcId"] for one in who.vpc.DescribeVpcs(PageSize=50)["Vpcs"]["Vpc"]}
    assert mine in shown(sdk) and theirs not in shown(sdk)
    assert shown(they) == {theirs}
    with refused("InvalidVpcId.NotFound", 404):
        they.vpc.DeleteVpc(VpcId=mine)
    they.vpc.DeleteVpc(VpcId=theirs)
    sdk.vpc.DeleteVpc(VpcId=mine)


def test_a_key_and_an_account_that_are_switched_off_are_refused(sdk, operator):
    account = operator("account", "create", "short-lived")
    printed = operator("key", "create", account)
    they, key = client_of(sdk, printed), printed.split()[2].rstrip(",")
    for what, which in (("key", key), ("account", account)):
        they.vpc.DescribeVpcs()
        operator(what, "disable", which)
        with refused("InvalidAccessKeyId.Inactive", 400):
            they.vpc.DescribeVpcs()
        assert "Disabled" in operator(what, "list")
        operator(what, "enable", which)
    they.vpc.DescribeVpcs()
    operator("key", "delete", key)
    with refused("InvalidAccessKeyId.NotFound", 404):
        they.vpc.DescribeVpcs()
    assert key not in operator("key", "list", account)


def test_a_role_acts_for_its_account_with_credentials_that_end(sdk, other):
    number, they = other
    arn = f"acs:ram::{number}:role/builder"
    answer = they.sts.AssumeRole(RoleArn=arn, RoleSessionName="me", DurationSeconds=900)
    assert answer["AssumedRoleUser"]["Arn"] == f"acs:ram::{number}:assumed-role/builder/me"
    given = answer["Credentials"]
    role = as_role(sdk, given, given["SecurityToken"])
    me = role.sts.GetCallerIdentity()
    assert (me["AccountId"], me["IdentityType"]) == (number, "AssumedRoleUser")
    assert role.vpc.DescribeVpcs()["TotalCount"] == 0
    with refused("NoPermission", 403):
        role.sts.AssumeRole(RoleArn=arn, RoleSessionName="again")
    with refused("InvalidAccessKeyId.NotFound", 404):
        as_role(sdk, given, None).vpc.DescribeVpcs()
    with refused("InvalidSecurityToken.Malformed", 400):
        as_role(sdk, given, "bm8gdG9rZW4=").vpc.DescribeVpcs()
    with refused("InvalidSecurityToken.MismatchWithAccessKey", 400):
        Sdk(sdk.address, token=given["SecurityToken"]).vpc.DescribeVpcs()


def as_role(sdk, given, token):
    return Sdk(sdk.address, key=given["AccessKeyId"], secret=given["AccessKeySecret"], token=token)


def test_roles_that_cannot_be_assumed(sdk, other):
    number, they = other
    own = f"acs:ram::{number}:role/builder"
    for code, status, asked in [
        ("NoPermission", 403, {"RoleArn": own, "RoleSessionName": "me", "_who": sdk}),
        ("InvalidParameter.RoleArn", 400, {"RoleArn": f"acs:ram::{number}:user/me", "RoleSessionName": "me"}),
        ("InvalidParameter.RoleSessionName", 400, {"RoleArn": own, "RoleSessionName": "m"}),
        ("InvalidParameter.DurationSeconds", 400, {"RoleArn": own, "RoleSessionName": "me", "DurationSeconds": 899}),
        ("InvalidParameter.DurationSeconds", 400, {"RoleArn": own, "RoleSessionName": "me", "DurationSeconds": 43201}),
        ("InvalidParameter.Policy", 400, {"RoleArn": own, "RoleSessionName": "me", "Policy": "{\"Version\":\"1\"}"}),
        ("MissingParameter.RoleSessionName", 400, {"RoleArn": own}),
    ]:
        with refused(code, status):
            asked.pop("_who", they).sts.AssumeRole(**asked)


def test_every_product_is_found_here(sdk):
    location, here = sdk.location, sdk.address
    assert location.DescribeRegions()["RegionIds"]["RegionIds"] == [REGION]
    assert "privatelink" in location.DescribeServices(RegionId=REGION)["Services"]["Services"]
    one = {"Id": REGION, "ServiceCode": "vpc"}
    assert location.DescribeEndpoint(**one)["Endpoint"] == here
    found = location.DescribeEndpoints(**one)["Endpoints"]["Endpoint"]
    assert [(item["Endpoint"], item["Type"]) for item in found] == [(here, "openAPI")]
    assert location.DescribeEndpoints(Id="elsewhere", ServiceCode="vpc")["Endpoints"]["Endpoint"] == []
    with refused("InvalidServiceCode.NotFound", 404):
        location.DescribeEndpoint(Id=REGION, ServiceCode="oss")
    listed = location.ListEndpoints(Id=REGION, SerivceCode="nlb")["EndpointList"]["ItemEndpoint"]
    assert [(item["Product"], item["Endpoint"]) for item in listed] == [("nlb", here)]
    by_ip = lambda ip: len(location.ListEndpointsByIp(Ip=ip)["EndpointList"]["ItemEndpoint"])
    assert by_ip(here.split(":")[0]) == len(location.DescribeServices()["Services"]["Services"])
    assert by_ip("192.0.2.1") == 0


def test_nothing_was_bought(sdk):
    answer = sdk.bssopenapi.QueryAvailableInstances(PageNum=1, PageSize=20)
    assert (answer["Success"], answer["Data"]["TotalCount"]) == (True, 0)
