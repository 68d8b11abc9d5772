// What forms and deletions are refused: the server's code and words are shown, the form stays as it was filled, and
// nothing has changed.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text, type Product } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { choose, drawer, fill, logOn, menu, open, press, row, ZONES } from "./browser.ts";
import { consume, provide } from "./shop.ts";

let page: Page;
let owner: Account;

beforeAll(async () => {
  owner = await account("refused");
  const { service } = await provide(owner);
  const { endpoint } = await consume(owner, service);
  await owner.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: endpoint, ServiceId: service });
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: endpoint }, "ConnectionStatus=Connected");
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
async function of(entry: string, name: string, create: string): Promise<void> {
  await menu(page, entry);
  await row(page, name).getByRole("link").first().click();
  await press(page, create);
}

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
