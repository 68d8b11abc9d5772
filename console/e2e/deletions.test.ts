// What deletions are refused: the server names what is in the way, which is a click away, and nothing has changed.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { account, type Account } from "./account.ts";
import { choose, drawer, logOn, menu, open, press, row, send, ZONES } from "./browser.ts";
import { balance, consume, provide, type Consumed, type Provided } from "./shop.ts";
import { everything } from "./things.ts";

let page: Page;
let owner: Account;
let made: Pick<Provided, "vpc" | "vswitches" | "balancer" | "service"> & Pick<Consumed, "endpoint">;

beforeAll(async () => {
  owner = await account("keeper");
  const provided = await provide(owner);
  const { service } = provided;
  const { endpoint } = await consume(owner, service);
  made = { ...provided, endpoint };
  await owner.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: endpoint, ServiceId: service });
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: endpoint }, "ConnectionStatus=Connected");
  page = await open();
  await logOn(page, owner.key);
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
  const before = await everything(owner);
  for (const [entry, name, code, blocks] of deletions) {
    await menu(page, entry);
    await press(row(page, name), "Delete");
    await press(page.getByRole("tooltip"), "OK");
    const refusal = page.locator(".ant-notification-notice").filter({ hasText: code });
    expect(await refusal.innerText(), entry).toMatch(blocks);
    expect(await everything(owner), entry).toEqual(before);
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
