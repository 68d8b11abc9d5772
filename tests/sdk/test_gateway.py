"""What every request meets before its action: keys, signatures, regions, versions."""

import json

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from sdk import REGION, ZONES, Sdk, refused


def test_who_am_i(sdk):
    me = sdk.sts.GetCallerIdentity()
    assert len(me["AccountId"]) == 16 and me["AccountId"].isdigit()
    assert me["Arn"] == f"acs:ram::{me['AccountId']}:root"


def test_an_unknown_key_and_a_wrong_secret_are_refused(sdk):
    with refused("InvalidAccessKeyId.NotFound", 404):
        Sdk(sdk.address, key="nobody").vpc.DescribeVpcs()
    with refused("SignatureDoesNotMatch", 400):
        Sdk(sdk.address, secret="wrong").vpc.DescribeVpcs()


# The certificate is the server's own.
@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_the_same_port_speaks_tls(sdk):
    from alibabacloud_tea_util.models import RuntimeOptions
    from alibabacloud_vpc20160428.models import DescribeRegionsRequest

    client = Sdk(sdk.address, protocol="https").vpc._client
    unchecked = RuntimeOptions(ignore_ssl=True)
    answer = client.describe_regions_with_options(DescribeRegionsRequest(), unchecked)
    assert answer.body.regions.region[0].region_id == REGION


@pytest.mark.parametrize("product", ["ecs", "vpc", "nlb", "privatelink"])
def test_region_and_zones(sdk, product):
    client = getattr(sdk, product)
    regions = client.DescribeRegions()["Regions"]
    zones = client.DescribeZones()["Zones"]
    regions = regions if isinstance(regions, list) else regions["Region"]
    zones = zones if isinstance(zones, list) else zones["Zone"]
    assert REGION in [region["RegionId"] for region in regions]
    assert [zone["ZoneId"] for zone in zones] == ZONES


def test_another_region_is_refused(sdk):
    with refused("InvalidRegionId.NotFound", 404):
        sdk.vpc.DescribeVpcs(RegionId="cn-nowhere")


def older(sdk, secret):
    host, port = sdk.address.split(":")
    client = AcsClient("dev", secret, REGION, port=int(port))
    request = CommonRequest(domain=host, version="2016-04-28", action_name="DescribeRegions", product="Vpc")
    request.set_protocol_type("http")
    request.set_method("POST")
    return json.loads(client.do_action_with_exception(request))


def test_the_older_signature_works_too(sdk):
    assert older(sdk, "dev")["Regions"]["Region"][0]["RegionId"] == REGION


def test_the_older_client_is_told_that_its_secret_is_wrong(sdk):
    with pytest.raises(ServerException) as refusal:
        older(sdk, "wrong")
    # It reads what the server says was signed, and breaks when the message has no colon before it.
    assert refusal.value.get_error_code() == "SignatureDoesNotMatch"
    assert "server string to sign is:POST&%2F&" in refusal.value.get_error_msg()
