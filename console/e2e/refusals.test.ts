// What forms are refused: the server's code and words are shown, the form stays as it was filled, and nothing has changed.
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text, texts } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { choose, drawer, fill, isthmus, logOn, menu, open, press, row, URL, ZONES } from "./browser.ts";
import { balance, consume, provide, type Consumed, type Provided } from "./shop.ts";
import { everything } from "./things.ts";

let page: Page;
let owner: Account;
let offered: Provided;
let used: Consumed;
/** A second endpoint of the service, in one zone alone, which nobody has allowed. */
let second: string;
/** An NLB that the service does not have. */
let spare: string;
/** A VPC with IPv6, and its two vSwitches; the first has IPv6, and an instance with an address of it. */
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
  const made = await owner.api("Ecs", "RunInstances", { ImageId: "host", InstanceName: "speaker", VSwitchId: vswitches[0], Ipv6AddressCount: 1 });
  const InstanceId = texts(made, "InstanceIdSets.InstanceIdSet")[0];
  const [eni] = list(await owner.api("Ecs", "DescribeNetworkInterfaces", { InstanceId }), "NetworkInterfaceSets.NetworkInterfaceSet");
  return { vpc, vswitches, eni: text(eni, "NetworkInterfaceId"), address: text(eni, "Ipv6Sets.Ipv6Set.0.Ipv6Address") };
}

beforeAll(async () => {
  owner = await account("refused");
  offered = await provide(owner);
  const { service, vpc } = offered;
  used = await consume(owner, service);
  await owner.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: used.endpoint, ServiceId: service });
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: used.endpoint }, "ConnectionStatus=Connected");
  const wanted = { EndpointName: "endpoint-2", ServiceId: service, VpcId: used.vpc, SecurityGroupId: [used.securityGroup], Zone: [{ ZoneId: ZONES[0], VSwitchId: used.vswitches[0] }] };
  second = text(await owner.api("Privatelink", "CreateVpcEndpoint", wanted), "EndpointId");
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: second }, "EndpointStatus=Active");
  spare = await balance(owner, offered, "nlb-2");
  six = await withIpv6();
  await owner.api("pvtz", "AddZone", { ZoneName: "shop.example" });
  await owner.api("Nlb", "CreateServerGroup", { ServerGroupName: "by-address", ServerGroupType: "Ip", VpcId: vpc });
  await owner.api("ResourceManager", "CreateResourceGroup", { Name: "taken", DisplayName: "taken" });
  await owner.api("Ecs", "CreateSecurityGroup", { VpcId: used.vpc, SecurityGroupName: "more" });
  page = await open();
  await logOn(page, owner.key);
});

beforeEach(async () => {
  await page.goto(`${URL}/console/`);
});

async function opened(entry: string, create: string): Promise<void> {
  await menu(page, entry);
  await press(page, create);
}

/** Opens the page of what stands in a list, and presses a button on it. */
async function of(entry: string, name: string, button: string, tab?: string): Promise<void> {
  await menu(page, entry);
  await row(page, name).getByRole("link").first().click();
  if (tab !== undefined) await page.getByRole("tab", { name: tab, exact: true }).click();
  await press(page, button);
}

/** Opens the form that changes a row. */
async function change(entry: string, name: string, button: string): Promise<void> {
  await menu(page, entry);
  await press(row(page, name), button);
}

const filled = (label: string, value: string) => fill(drawer(page), label, value);
const chosen = (label: string, option: string) => choose(page, drawer(page), label, option);
const line = (group: string, number: number) => drawer(page).getByRole("group", { name: `${group} ${number}` });
const shop = { ServiceId: "" };
const server = async (name: string) => text(list(await owner.api("Ecs", "DescribeInstances", { InstanceName: name }), "Instances.Instance")[0], "VpcAttributes.PrivateIpAddress.IpAddress.0");

/** Limits of the account that stand at nothing. */
const lowered: string[] = [];
/** Lets the account have nothing more of something. */
function lower(quota: string): Promise<void> {
  isthmus("quota", "set", owner.number, quota, "0");
  lowered.push(quota);
  return Promise.resolve();
}
/** Lets it have as much as usual again. */
function raise(): void {
  for (const quota of lowered.splice(0)) isthmus("quota", "set", owner.number, quota, "usual");
}

/** A form: how it is opened, and each refusal that it gets in turn with what is entered for it, or done meanwhile by somebody else. */
type Form = [what: string, enter: () => Promise<unknown>, ...refused: [code: string, enter: () => Promise<unknown>][]];

const NETWORK: Form[] = [
  ["a VPC", () => opened("VPCs", "Create VPC"),
    ["InvalidParameter.CidrBlock", () => filled("CIDR Block", "10.0.0.0/30")],
    ["InvalidVpcName.Malformed", async () => { await filled("CIDR Block", "10.0.0.0/16"); await filled("Name", "1"); }],
    ["InvalidVpcDiscription.Malformed", async () => { await filled("Name", "fine"); await filled("Description", "http://x"); }],
    ["QuotaExceeded.Vpc", async () => { await filled("Description", ""); await lower("VpcsAnAccount"); }],
  ],
  ["another range of a VPC", () => of("VPCs", "vpc-1", "Add Secondary CIDR Block", "Secondary CIDR Blocks"),
    ["Duplicated.SecondaryCidrBlock", () => filled("CIDR Block", "10.0.0.0/16")],
    ["InvalidCidrBlock", () => filled("CIDR Block", "10.0.0.0/12")],
    ["QuotaExceeded.VpcMultiCidr", async () => { await filled("CIDR Block", "192.168.0.0/16"); await lower("SecondaryCidrsAVpc"); }],
  ],
  ["a vSwitch", async () => { await opened("vSwitches", "Create vSwitch"); await chosen("VPC", "vpc-1"); await chosen("Zone", ZONES[0]); },
    ["InvalidCidrBlock.Malformed", () => filled("CIDR Block", "10.9.0.0/24")],
    ["InvalidCidrBlock.Overlapped", () => filled("CIDR Block", "10.0.1.128/25")],
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
    ["QuotaExceeded", async () => { await filled("Destination", "192.168.0.0/16"); await lower("EntriesARouteTable"); }],
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
    ["JoinedGroupLimitExceed", async () => { await filled("Instance Name", "ECS-05"); await chosen("Security Groups", "sg-"); await lower("GroupsAnEni"); }],
  ],
  ["an IPv6 address of an interface whose vSwitch has none", () => of("ECS Instances", "ECS-03", "Assign IPv6 Addresses", "Network Interfaces"),
    ["InvalidOperation.VSwitchIpv6Disabled", () => Promise.resolve()],
  ],
  ["one more IPv6 address of an interface", () => of("ECS Instances", "speaker", "Assign IPv6 Addresses", "Network Interfaces"),
    ["InvalidOperation.Ipv6CountExceeded", () => lower("Ipv6AddressesAnEni")],
  ],
  ["a tag of an instance", async () => { await of("ECS Instances", "speaker", "Add Tag", "Tags"); await filled("Tag Key", "team"); },
    ["QuotaExceed.Tags", () => lower("TagsAResource")],
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
];

const BALANCING: Form[] = [
  ["an NLB", async () => {
    await opened("Instances", "Create NLB");
    await chosen("VPC", "vpc-2");
    for (const [index, zone] of ZONES.entries()) {
      await choose(page, line("Zone", index + 1), "Zone", zone);
      await choose(page, line("Zone", index + 1), "vSwitch", zone);
    }
  },
    ["IllegalParam.loadBalancerName", () => filled("Instance Name", "x")],
    ["QuotaExceeded.QuotaInsufficient", async () => { await filled("Instance Name", "fine"); await lower("LoadBalancersAnAccount"); }],
  ],
  ["a listener", async () => {
    await of("Instances", "nlb-1", "Create Listener");
    await filled("Listener Port", "80");
    await press(drawer(page), "Next");
    await chosen("Server Group", "RS-1");
    await press(drawer(page), "Next");
  },
    ["Conflict.Port", () => Promise.resolve()],
    ["QuotaExceeded.QuotaInsufficient", async () => {
      for (const button of ["Previous", "Previous"]) await press(drawer(page), button);
      await filled("Listener Port", "81");
      await press(drawer(page), "Next");
      await chosen("Server Group", "RS-1");
      await press(drawer(page), "Next");
      await lower("ListenersALoadBalancer");
    }],
  ],
  ["a server group", async () => { await opened("Server Groups", "Create Server Group"); await chosen("VPC", "vpc-2"); },
    ["IllegalParam.ServerGroupName", () => filled("Server Group Name", "a")],
    ["IlleagalParam.healthCheckUrl", async () => {
      await filled("Server Group Name", "fine");
      await drawer(page).getByRole("switch", { name: "Advanced Settings" }).click();
      await chosen("Health Check Protocol", "HTTP");
      await filled("Path", "x");
    }],
    ["QuotaExceeded.QuotaInsufficient", async () => { await filled("Path", "/"); await lower("ServerGroupsAnAccount"); }],
  ],
  ["other health checks", async () => { await change("Server Groups", "by-address", "Configure Health Check"); await chosen("Health Check Protocol", "HTTP"); },
    ["IllegalParam.healthCheckDomain", () => filled("Domain Name", "*")],
  ],
  ["a server that is in the group", async () => {
    await of("Server Groups", "RS-1", "Add Backend Server");
    await chosen("Backend Servers", "ECS-03");
    await press(drawer(page), "Next");
    await filled("Port", "80");
    await press(drawer(page), "Next");
  }, ["DuplicatedParam.Server", () => Promise.resolve()]],
  ["a server outside of the VPC", async () => {
    await of("Server Groups", "by-address", "Add Backend Server");
    await fill(line("Backend Servers", 1), "Port", "80");
    await fill(line("Backend Servers", 1), "Weight", "100");
  },
    ["IllegalParam.IP", () => fill(line("Backend Servers", 1), "IP Address", "172.16.0.1")],
    ["QuotaExceeded.QuotaInsufficient", async () => { await fill(line("Backend Servers", 1), "IP Address", "10.0.1.200"); await lower("ServersAGroup"); }],
  ],
  ["another weight of a server that has left meanwhile", async () => {
    await of("Server Groups", "RS-1", "Add Backend Server");
    await press(drawer(page), "Cancel");
    await press(row(page, offered.servers[1] ?? ""), "Weight");
  }, ["ResourceNotFound", async () => {
    const Servers = [{ ServerType: "Ecs", ServerId: offered.servers[1], Port: 80 }];
    await owner.api("Nlb", "RemoveServersFromServerGroup", { ServerGroupId: offered.group, Servers });
    await page.getByRole("main").locator("tbody").getByText(offered.servers[1] ?? "").first().waitFor({ state: "detached" });
  }]],
  ["a TLS policy that nobody could use", async () => { await opened("TLS Security Policies", "Create TLS Security Policy"); await filled("Name", "useless"); await chosen("TLS Versions", "TLSv1.2"); },
    ["IllegalParam", () => chosen("Cipher Suites", "TLS_AES_128_GCM_SHA256")],
    ["QuotaExceeded.QuotaInsufficient", async () => {
      await chosen("TLS Versions", "TLSv1.3");
      await chosen("Cipher Suites", "ECDHE-RSA-AES128-GCM-SHA256");
      await lower("SecurityPoliciesAnAccount");
    }],
  ],
  ["a certificate that is none", async () => { await opened("Certificates", "Upload Certificate"); await filled("Name", "shop"); },
    ["InvalidParameter.Cert", () => filled("Certificate", "-----BEGIN CERTIFICATE-----")],
  ],
];

const PRIVATE_LINK: Form[] = [
  ["a service", async () => { await opened("Endpoint Services", "Create Endpoint Service"); await choose(page, line("Select Service Resource", 1), "Zone", ZONES[0]); await choose(page, line("Select Service Resource", 1), "Service Resource", "nlb-1"); },
    ["IllegalParamFormat.ServiceDescription", () => filled("Description", "http://x")],
    ["EndpointServiceNotSupportIpv6", async () => { await filled("Description", ""); await chosen("IP Version", "Dual-stack"); }],
    ["QuotaMisMatched", async () => { await chosen("IP Version", "IPv4"); await lower("ServicesAnAccount"); }],
  ],
  ["a resource that the service has got meanwhile", async () => { await of("Endpoint Services", "shop", "Add Service Resource", "Service Resources"); await chosen("Zone", ZONES[0]); await chosen("Service Resource", "nlb-2"); },
    ["QuotaMisMatched", () => lower("ResourcesAService")],
    ["EndpointServiceResourceExist", () => owner.api("Privatelink", "AttachResourceToVpcEndpointService", { ...shop, ResourceType: "nlb", ResourceId: spare, ZoneId: ZONES[0] })],
  ],
  ["an account of a number that none has", () => of("Endpoint Services", "shop", "Add Account", "Service Whitelist"), ["UserId", () => filled("Account", "99999999999999999999999")]],
  ["an endpoint", async () => {
    await opened("Endpoints", "Create Endpoint");
    await chosen("Service", "epsrv-");
    await chosen("VPC", "vpc-1");
    await chosen("Security Groups", "clients");
    await choose(page, line("Zone and vSwitch", 1), "Zone", ZONES[0]);
    await choose(page, line("Zone and vSwitch", 1), "vSwitch", ZONES[0]);
  },
    ["IllegalParamFormat.EndpointName", () => filled("Endpoint Name", "1")],
    ["IllegalParamFormat.EndpointDescription", async () => { await filled("Endpoint Name", "fine"); await filled("Description", "http://x"); }],
    ["NotSupportIpv6", async () => { await filled("Description", ""); await chosen("IP Version", "Dual-stack"); }],
    ["QuotaExceeded.totalEpPerVpc", async () => { await chosen("IP Version", "IPv4"); await lower("EndpointsAVpc"); }],
  ],
  ["a zone that the endpoint is in meanwhile", async () => { await of("Endpoints", "endpoint-2", "Add vSwitch"); await chosen("Zone", ZONES[1]); await chosen("vSwitch", ZONES[1]); },
    ["QuotaExceeded.epZonePerEndpoint", () => lower("ZonesAnEndpoint")],
    ["EndpointZoneDuplicated", () => owner.api("Privatelink", "AddZoneToVpcEndpoint", { EndpointId: second, ZoneId: ZONES[1], VSwitchId: used.vswitches[1] })],
  ],
  ["a security group that the endpoint is in meanwhile", async () => { await of("Endpoints", "endpoint-1", "Add Security Group", "Security Groups"); await chosen("Security Group", "more"); },
    ["QuotaMisMatched", () => lower("GroupsAnEndpoint")],
    ["SecurityGroupExist", async () => {
      const more = text(list(await owner.api("Ecs", "DescribeSecurityGroups", { SecurityGroupName: "more" }), "SecurityGroups.SecurityGroup")[0], "SecurityGroupId");
      await owner.api("Privatelink", "AttachSecurityGroupToVpcEndpoint", { EndpointId: used.endpoint, SecurityGroupId: more });
    }],
  ],
  ["a resource for a zone, which the service has lost meanwhile", async () => {
    await menu(page, "Endpoint Services");
    await row(page, "shop").getByRole("link").first().click();
    await press(row(page, second), "Allocate by Hand");
    await chosen("Zone", ZONES[0]);
    await chosen("Service Resource", spare);
  }, ["EndpointServiceResourceNotFound", () => owner.api("Privatelink", "DetachResourceFromVpcEndpointService", { ...shop, ResourceType: "nlb", ResourceId: spare, ZoneId: ZONES[0] })]],
  ["a connection that is allowed meanwhile", () => of("Endpoint Services", "shop", "Allow"),
    ["EndpointConnectionOperationDenied", async () => {
      await owner.api("Privatelink", "EnableVpcEndpointConnection", { ...shop, EndpointId: second });
      await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: second }, "ConnectionStatus=Connected");
    }],
  ],
  ["a replaced resource, which is let go meanwhile", async () => {
    const resource = { ...shop, ResourceId: spare, ZoneId: ZONES[0] };
    await owner.api("Privatelink", "AttachResourceToVpcEndpointService", { ...resource, ResourceType: "nlb" });
    await owner.api("Privatelink", "UpdateVpcEndpointZoneConnectionResourceAttribute", { ...resource, EndpointId: used.endpoint, ResourceAllocateMode: "Manual", ResourceReplaceMode: "Graceful" });
    await menu(page, "Endpoint Services");
    await row(page, "shop").getByRole("link").first().click();
    await press(row(page, used.endpoint), "Let Replaced Resource Go");
    await chosen("Zone", ZONES[0]);
  }, ["IncorrectStatus.VpcEndpointZone", () => owner.api("Privatelink", "DisableVpcEndpointZoneConnection", { ...shop, EndpointId: used.endpoint, ZoneId: ZONES[0], ReplacedResource: true })]],
];

async function refuse(forms: Form[]): Promise<void> {
  shop.ServiceId = offered.service;
  for (const [what, enter, ...refused] of forms) {
    await enter();
    for (const [code, also] of refused) {
      await also();
      const before = await everything(owner);
      await drawer(page).locator(".ant-drawer-footer .ant-btn-primary").click();
      expect.soft(await drawer(page).locator(".ant-alert-error").innerText(), what).toContain(code);
      expect(await everything(owner), what).toEqual(before);
      raise();
    }
    await press(drawer(page), "Cancel");
    await drawer(page).waitFor({ state: "hidden" });
  }
}

test("every refused form of networks stays open with the code and the reason, and has changed nothing", () => refuse(NETWORK));

test("every refused form of instances and security groups stays open with the code and the reason, and has changed nothing", () => refuse(COMPUTE));

test("every refused form of load balancing stays open with the code and the reason, and has changed nothing", () => refuse(BALANCING));

test("every refused form of private links stays open with the code and the reason, and has changed nothing", () => refuse(PRIVATE_LINK));

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
