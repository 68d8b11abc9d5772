// What forms and deletions are refused: the server's code and words are shown, the form stays as it was filled, and
// nothing has changed.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text, type Product } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { choose, drawer, fill, logOn, menu, open, press, row, send, ZONES } from "./browser.ts";
import { balance, consume, provide, type Consumed, type Provided } from "./shop.ts";

let page: Page;
let owner: Account;
let made: Pick<Provided, "vpc" | "vswitches" | "balancer" | "service"> & Pick<Consumed, "endpoint">;

beforeAll(async () => {
  owner = await account("refused");
  const provided = await provide(owner);
  const { service, vpc } = provided;
  const { endpoint } = await consume(owner, service);
  made = { ...provided, endpoint };
  await owner.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: endpoint, ServiceId: service });
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: endpoint }, "ConnectionStatus=Connected");
  await owner.api("pvtz", "AddZone", { ZoneName: "shop.example" });
  await owner.api("Nlb", "CreateServerGroup", { ServerGroupName: "by-address", ServerGroupType: "Ip", VpcId: vpc });
  await owner.api("ResourceManager", "CreateResourceGroup", { Name: "taken", DisplayName: "taken" });
  page = await open();
  await logOn(page, owner.key);
});

/** What the account has, that a refused request must not change. */
async function everything(): Promise<string[]> {
  const names = async (product: Product, action: string, path: string, id: string) => list(await owner.api(product, action), path).map((row) => text(row, id));
  const all = [
    ...(await names("Vpc", "DescribeVpcs", "Vpcs.Vpc", "VpcId")),
    ...(await names("Vpc", "DescribeVSwitches", "VSwitches.VSwitch", "VSwitchId")),
    ...(await names("Ecs", "DescribeSecurityGroups", "SecurityGroups.SecurityGroup", "SecurityGroupId")),
    ...(await names("Nlb", "ListLoadBalancers", "LoadBalancers", "LoadBalancerId")),
    ...(await names("Nlb", "ListListeners", "Listeners", "ListenerId")),
    ...(await names("Nlb", "ListServerGroups", "ServerGroups", "ServerGroupId")),
    ...(await names("Privatelink", "ListVpcEndpointServices", "Services", "ServiceId")),
    ...(await names("Privatelink", "ListVpcEndpoints", "Endpoints", "EndpointId")),
  ];
  return all.sort();
}

async function opened(entry: string, create: string): Promise<void> {
  await menu(page, entry);
  await press(page, create);
}

/** Opens the page of what stands in a list. */
async function of(entry: string, name: string, create: string, tab?: string): Promise<void> {
  await menu(page, entry);
  await row(page, name).getByRole("link").first().click();
  if (tab !== undefined) await page.getByRole("tab", { name: tab, exact: true }).click();
  await press(page, create);
}

/** Fills in a form's only field, or the one that is refused. */
const filled = async (label: string, value: string) => fill(drawer(page), label, value);
const line = (group: string, number: number) => drawer(page).getByRole("group", { name: `${group} ${number}` });

const vswitch = async (range: string) => {
  await opened("vSwitches", "Create vSwitch");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await choose(page, drawer(page), "Zone", ZONES[0]);
  await fill(drawer(page), "CIDR Block", range);
};

const forms: [string, string, () => Promise<void>][] = [
  ["a VPC of a range that no VPC may have", "InvalidParameter.CidrBlock", async () => {
    await opened("VPCs", "Create VPC");
    await fill(drawer(page), "CIDR Block", "10.0.0.0/30");
  }],
  ["a vSwitch outside its VPC", "InvalidCidrBlock.Malformed", () => vswitch("10.9.0.0/24")],
  ["a vSwitch over another", "InvalidCidrBlock.Overlapped", () => vswitch("10.0.1.128/25")],
  ["an instance with a taken address", "InvalidPrivateIpAddress.Duplicated", async () => {
    const server = text(list(await owner.api("Ecs", "DescribeInstances", { InstanceName: "ECS-03" }), "Instances.Instance")[0], "VpcAttributes.PrivateIpAddress.IpAddress.0");
    await opened("ECS Instances", "Create Instance");
    await fill(drawer(page), "Instance Name", "ECS-05");
    await choose(page, drawer(page), "VPC", "vpc-2");
    await choose(page, drawer(page), "vSwitch", ZONES[0]);
    await fill(drawer(page), "IP Address", server);
  }],
  ["a server that is in the group", "DuplicatedParam.Server", async () => {
    await of("Server Groups", "RS-1", "Add Backend Server");
    await choose(page, drawer(page), "Backend Servers", "ECS-03");
    await press(drawer(page), "Next");
    await drawer(page).getByLabel("Port", { exact: true }).first().fill("80");
    await press(drawer(page), "Next");
  }],
  ["a listener on a taken port", "Conflict.Port", async () => {
    await of("Instances", "nlb-1", "Create Listener");
    await fill(drawer(page), "Listener Port", "80");
    await press(drawer(page), "Next");
    await choose(page, drawer(page), "Server Group", "RS-1");
    await press(drawer(page), "Next");
  }],
  ["an endpoint with one zone twice", "EndpointZoneDuplicated", async () => {
    await opened("Endpoints", "Create Endpoint");
    await choose(page, drawer(page), "Service", "epsrv-");
    await choose(page, drawer(page), "VPC", "vpc-1");
    await choose(page, drawer(page), "Security Groups", "clients");
    await press(drawer(page), "Add vSwitch");
    for (const line of [1, 2]) {
      const where = drawer(page).getByRole("group", { name: `Zone and vSwitch ${line}` });
      await choose(page, where, "Zone", ZONES[0]);
      await choose(page, where, "vSwitch", ZONES[0]);
    }
  }],
  ["a secondary range that the VPC has already", "Duplicated.SecondaryCidrBlock", async () => {
    await of("VPCs", "vpc-1", "Add Secondary CIDR Block", "Secondary CIDR Blocks");
    await filled("CIDR Block", "10.0.0.0/16");
  }],
  ["a route table of a name that none may have", "InvalidParameter.RouteTableName", async () => {
    await opened("Route Tables", "Create Route Table");
    await choose(page, drawer(page), "VPC", "vpc-1");
    await filled("Name", "x");
  }],
  ["a private zone of a name that none may have", "InvalidParameter.ZoneName", async () => {
    await opened("Private Zones", "Create Private Zone");
    await filled("Domain Name", "-shop-");
  }],
  ["a record of an address that is none", "InvalidParameter.Value", async () => {
    await of("Private Zones", "shop.example", "Add Record");
    await filled("Host Record", "www");
    await filled("Value", "nowhere");
  }],
  ["a security group of a name that none may have", "InvalidSecurityGroupName.Malformed", async () => {
    await opened("Security Groups", "Create Security Group");
    await choose(page, drawer(page), "VPC", "vpc-1");
    await filled("Name", "http://x");
  }],
  ["a rule for a range that is none", "InvalidSourceCidrIp.Malformed", async () => {
    await of("Security Groups", "clients", "Add Rule");
    await filled("Source", "10.0.0.0/33");
  }],
  ["an NLB with one zone twice", "InvalidZones", async () => {
    await opened("Instances", "Create NLB");
    await choose(page, drawer(page), "VPC", "vpc-2");
    for (const number of [1, 2]) {
      await choose(page, line("Zone", number), "Zone", ZONES[0]);
      await choose(page, line("Zone", number), "vSwitch", ZONES[0]);
    }
  }],
  ["a server group of a name that none may have", "IllegalParam.ServerGroupName", async () => {
    await opened("Server Groups", "Create Server Group");
    await filled("Server Group Name", "a");
    await choose(page, drawer(page), "VPC", "vpc-2");
  }],
  ["a server outside of the VPC", "IllegalParam.IP", async () => {
    await of("Server Groups", "by-address", "Add Backend Server");
    await fill(line("Backend Servers", 1), "IP Address", "172.16.0.1");
    await fill(line("Backend Servers", 1), "Port", "80");
    await fill(line("Backend Servers", 1), "Weight", "100");
  }],
  ["a TLS policy that nobody could use", "IllegalParam", async () => {
    await opened("TLS Security Policies", "Create TLS Security Policy");
    await filled("Name", "useless");
    await choose(page, drawer(page), "TLS Versions", "TLSv1.2");
    await choose(page, drawer(page), "Cipher Suites", "TLS_AES_128_GCM_SHA256");
  }],
  ["a service with one resource twice", "EndpointServiceResourceExist", async () => {
    await opened("Endpoint Services", "Create Endpoint Service");
    await press(drawer(page), "Add Resource from Another Zone");
    for (const number of [1, 2]) {
      await choose(page, line("Select Service Resource", number), "Zone", ZONES[0]);
      await choose(page, line("Select Service Resource", number), "Service Resource", "nlb-1");
    }
  }],
  ["a resource that the service has already", "EndpointServiceResourceExist", async () => {
    await of("Endpoint Services", "shop", "Add Service Resource", "Service Resources");
    await choose(page, drawer(page), "Zone", ZONES[0]);
    await choose(page, drawer(page), "Service Resource", "nlb-1");
  }],
  ["a zone that the endpoint is in already", "EndpointZoneDuplicated", async () => {
    await of("Endpoints", "endpoint-1", "Add vSwitch");
    await choose(page, drawer(page), "Zone", ZONES[0]);
    await choose(page, drawer(page), "vSwitch", ZONES[0]);
  }],
  ["a security group that the endpoint is in already", "SecurityGroupExist", async () => {
    await of("Endpoints", "endpoint-1", "Add Security Group", "Security Groups");
    await choose(page, drawer(page), "Security Group", "clients");
  }],
  ["a tag of the cloud's own", "InvalidTagKey", async () => {
    await of("VPCs", "vpc-1", "Add Tag", "Tags");
    await filled("Tag Key", "aliyun");
  }],
  ["a resource group that is there", "EntityAlreadyExists.ResourceGroup", async () => {
    await opened("Resource Groups", "Create Resource Group");
    await filled("Name", "taken");
    await filled("Display Name", "taken");
  }],
];

test("every refused form stays open with the code and the reason, and has changed nothing", async () => {
  const before = await everything();
  for (const [what, code, enter] of forms) {
    await enter();
    await drawer(page).locator(".ant-drawer-footer .ant-btn-primary").click();
    expect(await drawer(page).locator(".ant-alert").innerText(), what).toContain(code);
    await press(drawer(page), "Cancel");
    await drawer(page).waitFor({ state: "hidden" });
    expect(await everything(), what).toEqual(before);
  }
});

const deletions: [string, string, string, RegExp][] = [
  ["VPCs", "vpc-1", "DependencyViolation.VSwitch", /vsw-/],
  ["vSwitches", `vpc-1-${ZONES[0]}`, "DependencyViolation", /\b(ep|eni|i)-/],
  ["Security Groups", "clients", "DependencyViolation", /ep-|i-|eni-/],
  ["Instances", "nlb-1", "OperationDenied.LoadBalancerInUse", /epsrv-|lsn-/],
  ["Server Groups", "RS-1", "ResourceInUse.ServerGroup", /lsn-/],
  ["Endpoint Services", "shop", "EndpointServiceConnectionDependence", /ep-/],
  ["Endpoints", "endpoint-1", "EndpointDependenceViolation", /zone/i],
];

test("every refused deletion names what is in its way, and has changed nothing", async () => {
  const before = await everything();
  for (const [entry, name, code, blocks] of deletions) {
    await menu(page, entry);
    await press(row(page, name), "Delete");
    await press(page.getByRole("tooltip"), "OK");
    const refusal = page.locator(".ant-notification-notice").filter({ hasText: code });
    expect(await refusal.innerText(), entry).toMatch(blocks);
    expect(await everything(), entry).toEqual(before);
    await press(refusal, "Close");
  }
});

test("what is in the way of a deletion is one click away", async () => {
  await menu(page, "Endpoint Services");
  await press(row(page, "shop"), "Delete");
  await press(page.getByRole("tooltip"), "OK");
  await page.locator(".ant-notification-notice").getByRole("link", { name: /^ep-/ }).click();
  await page.getByRole("heading", { name: /^ep-/ }).waitFor();
});

test("a zone gets another resource by hand, and no third one before the first is let go", async () => {
  const ServiceId = made.service;
  const balancer = await balance(owner, made, "nlb-2");
  await owner.api("Privatelink", "AttachResourceToVpcEndpointService", { ServiceId, ResourceType: "nlb", ResourceId: balancer, ZoneId: ZONES[0] });
  await menu(page, "Endpoint Services");
  await row(page, "shop").getByRole("link").first().click();
  const allocate = async (resource: string) => {
    await press(row(page, made.endpoint), "Allocate by Hand");
    await choose(page, drawer(page), "Zone", ZONES[0]);
    await choose(page, drawer(page), "Service Resource", resource);
  };
  await allocate(balancer);
  await send(page);
  await row(page, made.endpoint).getByText(balancer).waitFor();
  await allocate(made.balancer);
  await press(drawer(page), "OK");
  await drawer(page).getByText("let it go first").waitFor();
  await press(drawer(page), "Cancel");
  await press(row(page, made.endpoint), "Let Replaced Resource Go");
  await choose(page, drawer(page), "Zone", ZONES[0]);
  await send(page);
  await page.getByRole("button", { name: "Let Replaced Resource Go" }).waitFor({ state: "hidden" });
});
