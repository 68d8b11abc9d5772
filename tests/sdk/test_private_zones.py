"""Private zones and their records, as the pvtz product shows them."""

import pytest

from sdk import REGION, refused


@pytest.fixture(scope="module")
def zone(sdk):
    made = sdk.pvtz.AddZone(ZoneName="Shop.test", ProxyPattern="ZONE")
    assert made["ZoneName"] == "shop.test"
    yield made["ZoneId"]
    sdk.pvtz.DeleteZone(ZoneId=made["ZoneId"])


def shown(sdk, zone):
    found = sdk.pvtz.DescribeZoneRecords(ZoneId=zone, PageSize=100)["Records"]["Record"]
    return {(one["Rr"], one["Type"]): one for one in found}


def test_a_zone_is_described_and_changed(sdk, zone):
    assert sdk.pvtz.CheckZoneName(ZoneName="shop.test")["Check"] is True
    assert sdk.pvtz.CheckZoneName(ZoneName="no..name")["Check"] is False
    assert [one["RegionId"] for one in sdk.pvtz.DescribeRegions()["Regions"]["Region"]] == [REGION]
    sdk.pvtz.UpdateZoneRemark(ZoneId=zone, Remark="ours")
    assert sdk.pvtz.SetProxyPattern(ZoneId=zone, ProxyPattern="record")["ZoneId"] == zone
    info = sdk.pvtz.DescribeZoneInfo(ZoneId=zone)
    assert (info["Remark"], info["ProxyPattern"], info["IsPtr"]) == ("ours", "RECORD", False)
    with refused("InvalidParameter.ZoneName", 400):
        sdk.pvtz.AddZone(ZoneName="-")
    with refused("Zone.NotExists", 404):
        sdk.pvtz.DescribeZoneInfo(ZoneId="0" * 32)


def test_zones_are_listed_page_by_page(sdk, zone):
    more = [sdk.pvtz.AddZone(ZoneName=f"{name}.shop.test")["ZoneId"] for name in "ab"]
    names = lambda **asked: [one["ZoneName"] for one in sdk.pvtz.DescribeZones(**asked)["Zones"]["Zone"]]
    assert sorted(names(Keyword="shop")) == ["a.shop.test", "b.shop.test", "shop.test"]
    assert names(Keyword="shop.test", SearchMode="EXACT") == ["shop.test"]
    pages = [sdk.pvtz.DescribeZones(PageNumber=page, PageSize=2) for page in (1, 2)]
    assert (pages[0]["TotalItems"], pages[0]["TotalPages"]) == (3, 2)
    assert len({one["ZoneId"] for page in pages for one in page["Zones"]["Zone"]}) == 3
    for one in more:
        sdk.pvtz.DeleteZone(ZoneId=one)


def test_a_zone_is_bound_to_vpcs(sdk, zone):
    vpc = sdk.vpc.CreateVpc(CidrBlock="10.0.0.0/16", VpcName="bound")["VpcId"]
    sdk.pvtz.BindZoneVpc(ZoneId=zone, Vpcs=[{"RegionId": REGION, "VpcId": vpc}])
    bound = sdk.pvtz.DescribeZoneInfo(ZoneId=zone)["BindVpcs"]["Vpc"]
    assert [(one["VpcId"], one["VpcName"]) for one in bound] == [(vpc, "bound")]
    assert len(sdk.pvtz.DescribeZones(QueryVpcId=vpc, QueryRegionId=REGION)["Zones"]["Zone"]) == 1
    tree = sdk.pvtz.DescribeZoneVpcTree()["Zones"]["Zone"]
    assert [[one["VpcId"] for one in item["Vpcs"]["Vpc"]] for item in tree] == [[vpc]]
    twin = sdk.pvtz.AddZone(ZoneName="shop.test")["ZoneId"]
    with refused("ZoneVpc.Domain.Exists", 400):
        sdk.pvtz.BindZoneVpc(ZoneId=twin, Vpcs=[{"RegionId": REGION, "VpcId": vpc}])
    sdk.pvtz.DeleteZone(ZoneId=twin)
    with refused("Zone.VpcExists", 400):
        sdk.pvtz.DeleteZone(ZoneId=zone)
    with refused("DependencyViolation.CloudServiceResource", 400):
        sdk.vpc.DeleteVpc(VpcId=vpc)
    with refused("InvalidVpcId.NotFound", 404):
        sdk.pvtz.BindZoneVpc(ZoneId=zone, Vpcs=[{"RegionId": REGION, "VpcId": "vpc-bp1gone"}])
    sdk.pvtz.BindZoneVpc(ZoneId=zone)
    sdk.vpc.DeleteVpc(VpcId=vpc)


def test_records_of_every_type(sdk, zone):
    values = {
        "A": "10.0.0.9",
        "AAAA": "2001:db8::9",
        "CNAME": "www.shop.test",
        "TXT": "a text; of 1 kind",
        "MX": "mail.shop.test",
        "PTR": "host.shop.test",
        "SRV": "1 2 8080 www.shop.test",
    }
    for kind, value in values.items():
        sdk.pvtz.AddZoneRecord(ZoneId=zone, Rr=f"r-{kind}", Type=kind, Value=value, Ttl=30, Remark="one")
    records = shown(sdk, zone)
    assert {kind: records[(f"r-{kind.lower()}", kind)]["Value"] for kind in values} == values
    assert {one["Ttl"] for one in records.values()} == {30}
    assert records[("r-mx", "MX")]["Priority"] == 10

    one = records[("r-a", "A")]["RecordId"]
    sdk.pvtz.UpdateZoneRecord(RecordId=one, Rr="@", Type="A", Value="10.0.0.10")
    assert sdk.pvtz.SetZoneRecordStatus(RecordId=one, Status="DISABLE")["Status"] == "DISABLE"
    changed = shown(sdk, zone)[("@", "A")]
    assert (changed["Value"], changed["Status"], changed["Ttl"], changed["Remark"]) == ("10.0.0.10", "DISABLE", 60, "one")
    found = sdk.pvtz.DescribeZoneRecords(ZoneId=zone, Keyword="r-txt", SearchMode="EXACT")["Records"]["Record"]
    assert [record["Type"] for record in found] == ["TXT"]
    for record in shown(sdk, zone).values():
        sdk.pvtz.DeleteZoneRecord(RecordId=record["RecordId"])
    with refused("ZoneRecord.NotExists", 404):
        sdk.pvtz.DeleteZoneRecord(RecordId=one)


def test_records_that_cannot_be(sdk, zone):
    add = lambda **record: sdk.pvtz.AddZoneRecord(ZoneId=zone, **record)
    first = add(Rr="www", Type="A", Value="10.0.0.9")["RecordId"]
    for code, record in [
        ("Record.Exists", {"Rr": "www", "Type": "A", "Value": "10.0.0.9"}),
        ("Record.Conflict", {"Rr": "www", "Type": "CNAME", "Value": "a.test"}),
        ("InvalidParameter.Value", {"Rr": "x", "Type": "A", "Value": "10.0.0"}),
        ("InvalidParameter.Value", {"Rr": "x", "Type": "SRV", "Value": "1 2 www.shop.test"}),
        ("InvalidParameter.Rr", {"Rr": "a..b", "Type": "A", "Value": "10.0.0.9"}),
        ("InvalidParameter.Ttl", {"Rr": "x", "Type": "A", "Value": "10.0.0.9", "Ttl": 4}),
        ("InvalidParameter.Type", {"Rr": "x", "Type": "NS", "Value": "a.test"}),
    ]:
        with refused(code, 400):
            add(**record)
    sdk.pvtz.DeleteZoneRecord(RecordId=first)
