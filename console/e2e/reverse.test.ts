// A consumer's reverse endpoint at its provider, who allows it and takes a server behind it into a group.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text, texts } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { barriers, choose, drawer, fill, logOn, menu, open, press, row, send, ZONES } from "./browser.ts";

let provider: Page;
/** The address of a server of the consumer's. */
let server: string;

/** A VPC with a vSwitch and a security group. */
async function network(owner: Account, VpcName: string): Promise<{ VpcId: string; VSwitchId: string; SecurityGroupId: string }> {
  const VpcId = text(await owner.api("Vpc", "CreateVpc", { VpcName, CidrBlock: "10.0.0.0/16" }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId }, "Vpcs.Vpc.0.Status=Available");
  const SecurityGroupId = text(await owner.api("Ecs", "CreateSecurityGroup", { VpcId }), "SecurityGroupId");
  return { VpcId, SecurityGroupId, VSwitchId: text(await owner.api("Vpc", "CreateVSwitch", { VpcId, ZoneId: ZONES[0], CidrBlock: "10.0.1.0/24" }), "VSwitchId") };
}

beforeAll(async () => {
  const [seller, buyer] = [await account("reaching"), await account("reached")];
  const { VpcId } = await network(seller, "vpc-2");
  await seller.api("Nlb", "CreateServerGroup", { ServerGroupName: "abroad", VpcId, Protocol: "TCP" });
  const ServiceId = text(await seller.api("Privatelink", "CreateVpcEndpointService", { ServiceResourceType: "nlb", ServiceDescription: "reach" }), "ServiceId");
  await seller.api("Privatelink", "AddUserToVpcEndpointService", { ServiceId, UserId: buyer.number });
  const { VpcId: reached, VSwitchId, SecurityGroupId } = await network(buyer, "vpc-1");
  await buyer.api("Privatelink", "CreateVpcEndpoint", { EndpointType: "Reverse", ServiceId, VpcId: reached, SecurityGroupId: [SecurityGroupId], Zone: [{ ZoneId: ZONES[0], VSwitchId }] });
  const made = await buyer.api("Ecs", "RunInstances", { ImageId: "host", InstanceName: "ECS-09", VSwitchId });
  const InstanceIds = JSON.stringify(texts(made, "InstanceIdSets.InstanceIdSet"));
  server = text(list(await buyer.api("Ecs", "DescribeInstances", { InstanceIds }), "Instances.Instance")[0], "VpcAttributes.PrivateIpAddress.IpAddress.0");
  provider = await open();
  await logOn(provider, seller.key);
});

test("the provider allows it, and takes a server behind it into a group", async () => {
  await menu(provider, "Endpoint Services");
  await row(provider, "reach").getByRole("link").first().click();
  await row(provider, "Reverse Endpoint").getByText(/eni-/).waitFor();
  expect(await row(provider, "Reverse Endpoint").getByRole("button", { name: "Allocate by Hand" }).count()).toBe(0);
  await press(row(provider, "Reverse Endpoint"), "Allow");
  await send(provider);
  await row(provider, "Reverse Endpoint").getByText("Connected", { exact: true }).first().waitFor();
  await menu(provider, "Server Groups");
  await row(provider, "abroad").getByRole("link").first().click();
  await press(provider, "Add Server behind Reverse Endpoint");
  await choose(provider, drawer(provider), "Reverse Endpoint", ZONES[0]);
  await fill(drawer(provider), "IP Address", "172.16.0.1");
  await fill(drawer(provider), "Port", "80");
  await fill(drawer(provider), "Weight", "100");
  await press(drawer(provider), "OK");
  await drawer(provider).locator(".ant-alert-error").filter({ hasText: "IllegalParam.IP" }).waitFor();
  await fill(drawer(provider), "IP Address", server);
  await send(provider);
  await row(provider, server).getByText("eni-").waitFor();
  expect(await barriers(provider)).toEqual([]);
  await press(row(provider, server), "Weight");
  await fill(drawer(provider), "Weight", "7");
  await send(provider);
  await row(provider, server).getByText("7", { exact: true }).waitFor();
  await press(row(provider, server), "Delete");
  await press(provider.getByRole("tooltip"), "OK");
  await row(provider, server).waitFor({ state: "detached" });
});
