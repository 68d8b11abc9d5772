// What forms of networks and instances are refused: the server's code and words are shown, the form stays as it was filled, and
// nothing has changed.
import { beforeAll, expect, test } from "vitest";
import { list, text, texts } from "../src/api/call.ts";
import { drawer, fill, menu, press, row, ZONES } from "./browser.ts";
import { asIs, begin, change, chosen, filled, line, lower, of, opened, owner, page, raise, refuse, type Form } from "./refused.ts";
import { consume, provide, type Consumed, type Provided } from "./shop.ts";
import { everything } from "./things.ts";

let offered: Provided;
let used: Consumed;
/** A VPC with IPv6, and its vSwitches, one without a free address; the first has IPv6, and an instance with an address of it. */
let six: { vpc: string; vswitches: string[]; eni: string; address: string };

async function withIpv6(): Promise<typeof six> {
  const vpc = text(await owner.api("Vpc", "CreateVpc", { VpcName: "vpc-6", CidrBlock: "10.6.0.0/16", EnableIpv6: true }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId: vpc }, "Vpcs.Vpc.0.Status=Available");
  const vswitch = async (more: Record<string, string | number>) => text(await owner.api("Vpc", "CreateVSwitch", { VpcId: vpc, ZoneId: ZONES[0], ...more }), "VSwitchId");
  const vswitches = [
    await vswitch({ CidrBlock: "10.6.1.0/24", VSwitchName: "six", Ipv6CidrBlock: 1 }),
    await vswitch({ CidrBlock: "10.6.2.0/24", VSwitchName: "four" }),
    await vswitch({ CidrBlock: "10.6.3.0/24", VSwitchName: "three" }),
  ];
  const full = await vswitch({ CidrBlock: "10.6.4.0/29", VSwitchName: "full" });
  const made = await owner.api("Ecs", "RunInstances", { ImageId: "host", InstanceName: "speaker", VSwitchId: vswitches[0], Ipv6AddressCount: 1 });
  const InstanceId = texts(made, "InstanceIdSets.InstanceIdSet")[0];
  const [eni] = list(await owner.api("Ecs", "DescribeNetworkInterfaces", { InstanceId }), "NetworkInterfaceSets.NetworkInterfaceSet");
  const SecurityGroupId = texts(eni, "SecurityGroupIds.SecurityGroupId")[0];
  await owner.api("Ecs", "CreateNetworkInterface", { VSwitchId: full, SecurityGroupId, SecondaryPrivateIpAddressCount: 3 });
  return { vpc, vswitches, eni: text(eni, "NetworkInterfaceId"), address: text(eni, "Ipv6Sets.Ipv6Set.0.Ipv6Address") };
}

beforeAll(async () => {
  await begin("refused");
  offered = await provide(owner);
  used = await consume(owner, offered.service);
  six = await withIpv6();
  await owner.api("pvtz", "AddZone", { ZoneName: "shop.example" });
  await owner.api("ResourceManager", "CreateResourceGroup", { Name: "taken", DisplayName: "taken" });
  await owner.api("Ecs", "CreateSecurityGroup", { VpcId: used.vpc, SecurityGroupName: "fleeting" });
  await owner.api("Ecs", "CreateSecurityGroup", { VpcId: six.vpc, SecurityGroupName: "large", SecurityGroupType: "enterprise" });
  await owner.api("Ecs", "CreatePrefixList", { PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 1 });
  await owner.api("Ecs", "CreatePrefixList", { PrefixListName: "passing", AddressFamily: "IPv4", MaxEntries: 1 });
});

const server = async (name: string) => text(list(await owner.api("Ecs", "DescribeInstances", { InstanceName: name }), "Instances.Instance")[0], "VpcAttributes.PrivateIpAddress.IpAddress.0");
const prefixList = async (PrefixListName: string) => text(await owner.api("Ecs", "DescribePrefixLists", { PrefixListName }), "PrefixLists.PrefixList.0.PrefixListId");
const securityGroup = async (SecurityGroupName: string) => text(await owner.api("Ecs", "DescribeSecurityGroups", { SecurityGroupName }), "SecurityGroups.SecurityGroup.0.SecurityGroupId");

const NETWORK: Form[] = [
  ["a VPC", () => opened("VPCs", "Create VPC"),
    ["InvalidParameter.CidrBlock", () => filled("CIDR Block", "10.0.0.0/30")],
    ["InvalidVpcName.Malformed", async () => { await filled("CIDR Block", "10.0.0.0/16"); await filled("Name", "1"); }],
    ["InvalidVpcDiscription.Malformed", async () => { await filled("Name", "fine"); await filled("Description", "http://x"); }],
    ["QuotaExceeded.Vpc", async () => { await filled("Description", ""); await lower("VpcsAnAccount"); }],
  ],
  ["another range of a VPC", () => of("VPCs", "vpc-2", "Add Secondary CIDR Block", "Secondary CIDR Blocks"),
    ["Duplicated.SecondaryCidrBlock", () => filled("CIDR Block", "10.0.0.0/16")],
    ["InvalidCidrBlock", () => filled("CIDR Block", "10.0.0.0/12")],
    ["IllegalParam.SecondaryCidrBlock", () => filled("CIDR Block", "10.1")],
    ["OperationFailed.ConflictWithEntry", async () => {
      const [table] = list(await owner.api("Vpc", "DescribeRouteTableList", { VpcId: offered.vpc }), "RouterTableList.RouterTableListType");
      const InstanceId = offered.servers[0] ?? "";
      await owner.api("Vpc", "CreateRouteEntry", { RouteTableId: text(table, "RouteTableId"), DestinationCidrBlock: "172.16.0.0/16", NextHopType: "Instance", NextHopId: InstanceId });
      await filled("CIDR Block", "172.16.0.0/12");
    }],
    ["QuotaExceeded.VpcMultiCidr", async () => { await filled("CIDR Block", "192.168.0.0/16"); await lower("SecondaryCidrsAVpc"); }],
  ],
  ["a vSwitch", async () => { await opened("vSwitches", "Create vSwitch"); await chosen("VPC", "vpc-1"); await chosen("Zone", ZONES[0]); },
    ["InvalidCidrBlock.Malformed", () => filled("CIDR Block", "10.9.0.0/24")],
    ["InvalidCidrBlock.Overlapped", () => filled("CIDR Block", "10.0.1.128/25")],
    ["IllegalParam.CidrBlock", () => filled("CIDR Block", "10.0")],
    ["InvalidCirdrBlock.MaskLength", () => filled("CIDR Block", "10.0.9.0/30")],
    ["InvalidVSwitchName.Malformed", async () => { await filled("CIDR Block", "10.0.9.0/24"); await filled("Name", "1"); }],
    ["QuotaExceeded.VSwitch", async () => { await filled("Name", "fine"); await lower("VSwitchesAVpc"); }],
  ],
  ["IPv6 for a vSwitch whose part of the range another has got meanwhile", async () => { await change("vSwitches", "four", "Enable IPv6"); await chosen("IPv6 CIDR Block", "7::/64"); },
    ["OperationFailed.Ipv6CidrBlockExisted", () => owner.api("Vpc", "ModifyVSwitchAttribute", { VSwitchId: six.vswitches[2], EnableIPv6: true, Ipv6CidrBlock: 7 })],
  ],
  ["a route table", async () => { await opened("Route Tables", "Create Route Table"); await chosen("VPC", "vpc-1"); },
    ["InvalidParameter.RouteTableName", () => filled("Name", "x")],
    ["QuotaExceeded.RouteTable", async () => { await filled("Name", "fine"); await lower("RouteTablesAVpc"); }],
  ],
  ["a route", async () => { await of("Route Tables", used.vpc, "Add Route"); await chosen("Next Hop", "ECS-01"); },
    ["InvalidDestinationCidrBlock", () => filled("Destination", "172.20.0.1/16")],
    ["InvalidRouteEntryName.Malformed", async () => { await filled("Destination", "192.168.0.0/16"); await filled("Name", "1"); }],
    ["QuotaExceeded", async () => { await filled("Name", ""); await lower("EntriesARouteTable"); }],
  ],
  ["a private zone", () => opened("Private Zones", "Create Private Zone"),
    ["InvalidParameter.ZoneName", () => filled("Domain Name", "-shop-")],
    ["QuotaExceeded", async () => { await filled("Domain Name", "more.example"); await lower("PrivateZonesAnAccount"); }],
  ],
  ["a record", async () => { await of("Private Zones", "shop.example", "Add Record"); await filled("Host Record", "www"); },
    ["InvalidParameter.Value", () => filled("Value", "nowhere")],
    ["QuotaExceeded", async () => { await filled("Value", "10.0.0.1"); await lower("RecordsAZone"); }],
  ],
  ["another value of a record", async () => {
    const ZoneId = text(list(await owner.api("pvtz", "DescribeZones"), "Zones.Zone")[0], "ZoneId");
    await owner.api("pvtz", "AddZoneRecord", { ZoneId, Rr: "old", Type: "A", Value: "10.0.0.1" });
    await menu(page, "Private Zones");
    await page.getByRole("link", { name: "shop.example" }).click();
    await press(row(page, "old"), "Modify");
  }, ["InvalidParameter.Value", () => filled("Value", "nowhere")]],
  ["a VPC for a private zone, which is gone meanwhile", async () => {
    await owner.api("Vpc", "CreateVpc", { VpcName: "passing", CidrBlock: "10.0.0.0/16" });
    await of("Private Zones", "shop.example", "Bind VPC", "VPCs");
    await chosen("VPC", "passing");
  }, ["Vpc", async () => {
    const VpcId = text(list(await owner.api("Vpc", "DescribeVpcs", { VpcName: "passing" }), "Vpcs.Vpc")[0], "VpcId");
    await owner.api("Vpc", "DeleteVpc", { VpcId });
  }]],
  ["a tag", () => of("VPCs", "vpc-1", "Add Tag", "Tags"),
    ["InvalidTagKey", () => filled("Tag Key", "aliyun")],
    ["InvalidTagValue", async () => { await filled("Tag Key", "team"); await filled("Tag Value", "acs:x"); }],
    ["QuotaExceeded.TagNum", async () => { await filled("Tag Value", "shop"); await lower("TagsAResource"); }],
  ],
  ["a resource group", async () => { await opened("Resource Groups", "Create Resource Group"); await filled("Display Name", "taken"); },
    ["EntityAlreadyExists.ResourceGroup", () => filled("Name", "taken")],
    ["InvalidParameter.Name", () => filled("Name", "1 2")],
    ["QuotaExceeded", async () => { await filled("Name", "more"); await lower("ResourceGroupsAnAccount"); }],
  ],
];

const COMPUTE: Form[] = [
  ["an instance", async () => { await opened("ECS Instances", "Create Instance"); await filled("Instance Name", "ECS-05"); await chosen("VPC", "vpc-2"); await chosen("vSwitch", ZONES[0]); },
    ["InvalidPrivateIpAddress.Duplicated", async () => filled("IP Address", await server("ECS-03"))],
    ["InvalidPrivateIpAddress.Malformed", () => filled("IP Address", "10.9.1.60")],
    ["InvalidVSwitch.Ipv6NotTurnOn", async () => { await filled("IP Address", ""); await filled("Number of IPv6 Addresses", "1"); }],
    ["InvalidInstanceName.Malformed", async () => { await filled("Number of IPv6 Addresses", ""); await filled("Instance Name", "1"); }],
    ["InvalidUserData.SizeExceeded", async () => { await filled("Instance Name", "ECS-05"); await filled("User Data", "#".repeat(40_000)); }],
    ["SecurityGroupInstanceLimitExceed", async () => { await filled("User Data", ""); await lower("AddressesANormalGroup"); }],
    ["JoinedGroupLimitExceed", async () => { await chosen("Security Groups", "sg-"); await lower("GroupsAnEni"); }],
  ],
  ["an instance in a vSwitch without a free address, or in groups of both kinds", async () => { await opened("ECS Instances", "Create Instance"); await filled("Instance Name", "ECS-05"); await chosen("VPC", "vpc-6"); await chosen("vSwitch", "full"); },
    ["QuotaExceeded.PrivateIpAddress", asIs],
    ["EnterpriseGroupLimited.MutliGroupType", async () => { await chosen("vSwitch", "three"); await chosen("Security Groups", "default"); await chosen("Security Groups", "large"); }],
  ],
  ["an IPv6 address of an interface whose vSwitch has none", () => of("ECS Instances", "ECS-03", "Assign IPv6 Addresses", "Network Interfaces"),
    ["InvalidOperation.VSwitchIpv6Disabled", asIs],
  ],
  ["one more IPv6 address of an interface", () => of("ECS Instances", "speaker", "Assign IPv6 Addresses", "Network Interfaces"),
    ["SecurityGroupInstanceLimitExceed", () => lower("AddressesANormalGroup")],
    ["InvalidOperation.Ipv6CountExceeded", () => lower("Ipv6AddressesAnEni")],
  ],
  ["a tag of an instance", async () => { await of("ECS Instances", "speaker", "Add Tag", "Tags"); await filled("Tag Key", "team"); },
    ["QuotaExceed.Tags", () => lower("TagsAResource")],
    ["InvalidTagValue.Malformed", () => filled("Tag Value", "acs:x")],
    ["InvalidTagKey.Malformed", async () => { await filled("Tag Value", ""); await filled("Tag Key", "aliyun"); }],
  ],
  ["no IPv6 address of an interface that has lost it meanwhile", async () => { await of("ECS Instances", "speaker", "Unassign IPv6 Addresses", "Network Interfaces"); await chosen("IPv6 Addresses", "fd69:"); },
    ["InvalidIp", () => owner.api("Ecs", "UnassignIpv6Addresses", { NetworkInterfaceId: six.eni, Ipv6Address: [six.address] })],
  ],
  ["a security group", async () => { await opened("Security Groups", "Create Security Group"); await chosen("VPC", "vpc-1"); },
    ["InvalidSecurityGroupName.Malformed", () => filled("Name", "http://x")],
    ["InvalidSecurityGroupDiscription.Malformed", async () => { await filled("Name", "fine"); await filled("Description", "http://x"); }],
    ["QuotaExceed.SecurityGroup", async () => { await filled("Description", ""); await lower("SecurityGroupsAnAccount"); }],
  ],
  ["an inbound rule", () => of("Security Groups", "clients", "Add Rule"),
    ["InvalidSourceCidrIp.Malformed", () => filled("Source", "10.0.0.0/33")],
    ["InvalidPortRange.Malformed", async () => { await filled("Source", "10.0.0.0/8"); await filled("Port Range", "2/1"); }],
    ["InvalidParam.Ipv6ProtocolConflictWithIpv4Address", () => chosen("Protocol", "ICMPV6")],
    ["InvalidSecurityGroupDiscription.Malformed", async () => { await chosen("Protocol", "ALL"); await filled("Description", "http://x"); }],
    ["AuthorizationLimitExceed", async () => { await filled("Description", ""); await lower("RulesAGroup"); }],
  ],
  ["an outbound rule", () => of("Security Groups", "clients", "Add Rule", "Outbound"), ["InvalidDestCidrIp.Malformed", () => filled("Destination", "10.0.0.0/33")]],
  ["a rule about a prefix list, which is gone meanwhile", async () => { await of("Security Groups", "clients", "Add Rule"); await chosen("Source Type", "Prefix List"); await chosen("Source", "passing"); },
    ["AuthorizationLimitExceed", () => lower("RulesAGroup")],
    ["InvalidParam.PrefixListAddressFamilyMismatch", () => chosen("Protocol", "ICMPV6")],
    ["InvalidPrefixListId.NotFound", async () => { await chosen("Protocol", "TCP"); await owner.api("Ecs", "DeletePrefixList", { PrefixListId: await prefixList("passing") }); }],
  ],
  ["an outbound rule about a prefix list of the other family", async () => { await of("Security Groups", "clients", "Add Rule", "Outbound"); await chosen("Destination Type", "Prefix List"); await chosen("Destination", "offices"); },
    ["InvalidParam.PrefixListAddressFamilyMismatch", () => chosen("Protocol", "ICMPV6")],
  ],
  ["a rule about a group, which is gone meanwhile", async () => { await of("Security Groups", "clients", "Add Rule"); await chosen("Source Type", "Security Group"); await chosen("Source", "fleeting"); },
    ["InvalidSourceGroupId.NotFound", async () => owner.api("Ecs", "DeleteSecurityGroup", { SecurityGroupId: await securityGroup("fleeting") })],
  ],
  ["a rule about a group in one that takes none", async () => { await of("Security Groups", "large", "Add Rule"); await chosen("Source Type", "Security Group"); await chosen("Source", "default"); },
    ["InvalidGroupAuthParameter.OperationDenied", asIs],
  ],
  ["a prefix list", async () => { await opened("Prefix Lists", "Create Prefix List"); await press(drawer(page), "Add Entry"); await fill(line("Entries", 1), "CIDR Block", "10.0.0.0/8"); },
    ["InvalidParameter.PrefixListName", () => filled("Name", "1")],
    ["InvalidParameter.Description", async () => { await filled("Name", "fine"); await fill(line("Entries", 1), "Description", "http://x"); }],
    ["InvalidParameter.Cidr", async () => { await fill(line("Entries", 1), "Description", ""); await fill(line("Entries", 1), "CIDR Block", "10.0.0.1/8"); }],
    ["LimitExceed.PrefixList", async () => { await fill(line("Entries", 1), "CIDR Block", "10.0.0.0/8"); await lower("PrefixListsAnAccount"); }],
  ],
  ["another name of a prefix list", () => change("Prefix Lists", "offices", "Modify"), ["InvalidParameter.PrefixListName", () => filled("Name", "1")]],
  ["a range of a prefix list, which has no more room meanwhile", async () => { await of("Prefix Lists", "offices", "Add Entry"); await fill(line("Entries", 1), "CIDR Block", "10.9.0.0/16"); },
    ["LimitExceed.PrefixListEntry", async () => owner.api("Ecs", "ModifyPrefixList", { PrefixListId: await prefixList("offices"), AddEntry: [{ Cidr: "10.8.0.0/16" }] })],
  ],
];

test("every refused form of networks stays open with the code and the reason, and has changed nothing", () => refuse(NETWORK));

test("every refused form of instances and security groups stays open with the code and the reason, and has changed nothing", () => refuse(COMPUTE));

test("what would be refused is said before it is sent, and is gone once it is right", async () => {
  const before = await everything(owner);
  await opened("vSwitches", "Create vSwitch");
  await chosen("VPC", "vpc-1");
  await chosen("Zone", ZONES[0]);
  await filled("CIDR Block", "10.0.1.128/25");
  const told = drawer(page).locator(".ant-alert-warning");
  expect(await told.innerText()).toMatch(/This would be refused: InvalidCidrBlock.Overlapped[^]*vsw-/);
  await filled("CIDR Block", "10.0.77.0/24");
  await told.waitFor({ state: "hidden" });
  expect(await everything(owner)).toEqual(before);
  await press(drawer(page), "Cancel");
});

test("a command that is refused stays in the line of the terminal, with the code and the reason, and is run once it may", async () => {
  await menu(page, "ECS Instances");
  await row(page, "ECS-01").getByRole("link").first().click();
  await page.getByLabel("Command").fill("echo $((6 * 7))");
  await lower("ResultsAnAccount");
  await press(page, "Run");
  const refusal = page.getByRole("main").locator(".ant-alert-error");
  expect(await refusal.innerText()).toMatch(/^Invocation.ExceedQuota\s+\S/);
  expect(await page.getByLabel("Command").inputValue()).toBe("echo $((6 * 7))");
  expect(await page.getByRole("log").innerText()).toBe("");
  raise();
  await press(page, "Run");
  await expect.poll(() => page.getByRole("log").innerText()).toMatch(/^42$/m);
  expect(await refusal.count()).toBe(0);
  expect(await page.getByLabel("Command").inputValue()).toBe("");
});
