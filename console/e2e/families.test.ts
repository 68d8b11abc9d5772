// The connectivity test by IPv6: a client with both families, and a dual-stack NLB before a server of IPv4.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text, texts } from "../src/api/call.ts";
import { account } from "./account.ts";
import { barriers, choose, fill, logOn, menu, nginx, open, press, row, ZONES } from "./browser.ts";

let page: Page;
let name: string;
let address: string;

beforeAll(async () => {
  const owner = await account("both");
  const VpcId = text(await owner.api("Vpc", "CreateVpc", { VpcName: "vpc-6", CidrBlock: "10.0.0.0/16", EnableIpv6: true }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId }, "Vpcs.Vpc.0.Status=Available");
  const vswitch = async (ZoneId: string, index: number) =>
    text(await owner.api("Vpc", "CreateVSwitch", { VpcId, ZoneId, CidrBlock: `10.0.${index + 1}.0/24`, Ipv6CidrBlock: index + 1 }), "VSwitchId");
  const vswitches = [await vswitch(ZONES[0], 0), await vswitch(ZONES[1], 1)];
  await owner.api("Ecs", "RunInstances", { ImageId: "host", InstanceName: "client", VSwitchId: vswitches[0], Ipv6AddressCount: 1 });
  const UserData = Buffer.from(nginx("ECS-04")).toString("base64");
  const server = await owner.api("Ecs", "RunInstances", { ImageId: "host", InstanceName: "server", VSwitchId: vswitches[1], UserData });
  const ZoneMappings = ZONES.map((ZoneId, index) => ({ ZoneId, VSwitchId: vswitches[index] }));
  const LoadBalancerId = text(await owner.api("Nlb", "CreateLoadBalancer", { AddressType: "Intranet", AddressIpVersion: "DualStack", VpcId, ZoneMappings }), "LoadbalancerId");
  const balancer = await owner.api("Nlb", "GetLoadBalancerAttribute", { LoadBalancerId }, "LoadBalancerStatus=Active");
  [name, address] = [text(balancer, "DNSName"), text(balancer, "ZoneMappings.0.LoadBalancerAddresses.0.Ipv6Address")];
  const HealthCheckConfig = { HealthCheckEnabled: true, HealthCheckInterval: 1, HealthyThreshold: 2 };
  const ServerGroupId = text(await owner.api("Nlb", "CreateServerGroup", { ServerGroupName: "servers", VpcId, AddressIPVersion: "DualStack", HealthCheckConfig }), "ServerGroupId");
  const Servers = [{ ServerType: "Ecs", ServerId: texts(server, "InstanceIdSets.InstanceIdSet")[0], Port: 80 }];
  await owner.api("Nlb", "AddServersToServerGroup", { ServerGroupId, Servers });
  const ListenerId = text(await owner.api("Nlb", "CreateListener", { LoadBalancerId, ListenerProtocol: "TCP", ListenerPort: 80, ServerGroupId }), "ListenerId");
  await owner.api("Nlb", "GetListenerHealthStatus", { ListenerId }, "ListenerHealthStatus.0.ServerGroupInfos.0.NonNormalServers.0.ServerId=");
  expect(list(balancer, "ZoneMappings").length).toBe(2);
  page = await open();
  await logOn(page, owner.key);
});

const form = () => page.getByRole("main");

test("a name is traced and asked by the family that is chosen", async () => {
  await menu(page, "Connectivity Test");
  await choose(page, form(), "Instance", "client");
  await fill(form(), "Target", name);
  await choose(page, form(), "IP Version", "IPv6");
  await press(page, "Trace");
  await page.getByText("The connection would pass.").waitFor();
  await row(page, "destination").getByText(/fd69:7374:/).waitFor();
  await press(page, "Send a Request");
  await page.getByRole("log").getByText(/curl .* -6 /).waitFor();
  await page.getByRole("log").getByText(/ECS-04 serves/).waitFor();
  expect(await barriers(page)).toEqual([]);
  await choose(page, form(), "IP Version", "IPv4");
  await press(page, "Trace");
  await row(page, "destination").getByText(/10\.0\./).waitFor();
});

test("an IPv6 address is a target, with brackets and without, and what has none is told", async () => {
  await choose(page, form(), "IP Version", "As the target has it");
  for (const target of [address, `[${address}]`]) {
    await fill(form(), "Target", target);
    await press(page, "Send a Request");
    await page.getByRole("log").getByText(`http://[${address}]:80/`).waitFor();
    await page.getByRole("log").getByText(/ECS-04 serves/).waitFor();
  }
  await choose(page, form(), "Instance", "server");
  await press(page, "Trace");
  await page.getByRole("alert").getByText(/has no IPv6 address/).waitFor();
  await fill(form(), "Target", "[fd69:7374::1");
  await press(page, "Trace");
  await page.locator(".ant-form-item-explain-error").getByText("A domain or an address").waitFor();
});
