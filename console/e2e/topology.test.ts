// The picture of the network: what is there, how it is joined, live, and the way to each thing.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { text } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { launch, logOn, menu, open, row } from "./browser.ts";
import { consume, provide, type Consumed, type Provided } from "./shop.ts";

let browser: Browser;
let page: Page;
let owner: Account;
let made: Provided & Consumed;

beforeAll(async () => {
  owner = account("pictured");
  browser = await launch();
  page = await open(browser);
  await logOn(page, owner.key);
});

afterAll(() => browser.close());

const box = (kind: string, name: string) => page.locator(`.box[data-kind="${kind}"]`).filter({ hasText: name });

test("an empty picture teaches what to do", async () => {
  await menu(page, "Topology");
  await page.getByText("Nothing to draw yet.").waitFor();
});

test("everything that is made appears by itself, from clients to servers", async () => {
  const provided = provide(owner);
  made = { ...provided, ...consume(owner, provided.service) };
  await box("instance", "ECS-01").getByText("Running").waitFor();
  await box("endpoint", "endpoint-1").getByText("cn-hangzhou-k 10.0.2.").waitFor();
  await box("service", "shop").getByText("Active").waitFor();
  await box("loadBalancer", "nlb-1").getByText("cn-hangzhou-g 10.0.1.").waitFor();
  await box("listener", "TCP 80").getByText("Running").waitFor();
  await box("serverGroup", "RS-1").waitFor();
  await box("server", "ECS-03").getByText(":80").waitFor();
  await box("server", "ECS-04").waitFor();
  expect(await page.locator(".frame").allInnerTexts()).toEqual(expect.arrayContaining(["vpc-1 10.0.0.0/16", "vpc-2 10.0.0.0/16"]));
  await page.locator(".join.Disconnected").waitFor({ state: "attached" });
});

test("a connection that is allowed changes in the picture without a reload", async () => {
  owner.api("privatelink", "EnableVpcEndpointConnection", { EndpointId: made.endpoint, ServiceId: made.service });
  await page.locator(".join.Connected").waitFor({ state: "attached" });
});

test("a server that stops answering is shown with why", async () => {
  const command = Buffer.from("nginx -s stop").toString("base64");
  owner.api("ecs", "RunCommand", { Type: "RunShellScript", CommandContent: command, ContentEncoding: "Base64", InstanceId: [made.servers[0] ?? ""] });
  await box("server", "ECS-03").getByText("Unhealthy").waitFor({ timeout: 45_000 });
  await box("server", "ECS-03").getByText(/CONNECT|FAILED|TIMEOUT/i).waitFor();
});

test("a click leads to what it is", async () => {
  await box("endpoint", "endpoint-1").getByRole("link").click();
  await page.getByRole("heading", { name: made.endpoint }).waitFor();
  await row(page, "cn-hangzhou-g").waitFor();
});

test("many endpoints that are alike are one, which opens", async () => {
  const wanted = { ServiceId: made.service, VpcId: made.vpc, SecurityGroupId: [made.securityGroup] };
  const zone = { ZoneId: "cn-hangzhou-g", VSwitchId: made.vswitches[0] };
  for (let count = 0; count < 8; count += 1) {
    const id = text(owner.api("privatelink", "CreateVpcEndpoint", { ...wanted, EndpointName: `many-${count}`, Zone: [zone] }), "EndpointId");
    owner.api("privatelink", "GetVpcEndpointAttribute", { EndpointId: id }, "EndpointStatus=Active");
  }
  await menu(page, "Topology");
  await box("endpoint", "8 × Endpoint").getByRole("button").click();
  await box("endpoint", "many-7").waitFor();
});
