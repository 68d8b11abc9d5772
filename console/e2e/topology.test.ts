// The picture of the network: what is there, how it is joined, live, and the way to each thing.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { barriers, drawer, fill, logOn, menu, open, press, row, send, steps, URL } from "./browser.ts";
import { consume, provide, type Consumed, type Provided } from "./shop.ts";

let page: Page;
let owner: Account;
let made: Provided & Consumed;

beforeAll(async () => {
  owner = await account("pictured");
  page = await open();
  await logOn(page, owner.key);
});

steps();

const box = (kind: string, name: string) => page.locator(`.box[data-kind="${kind}"]`).filter({ hasText: name });

test("an empty picture teaches what to do", async () => {
  await menu(page, "Topology");
  await page.getByText("Nothing to draw yet.").waitFor();
});

test("everything that is made appears by itself, from clients to servers", async () => {
  const provided = await provide(owner);
  made = { ...provided, ...(await consume(owner, provided.service)) };
  await box("instance", "ECS-01").getByText("Running").waitFor();
  await box("endpoint", "endpoint-1").getByText("K 10.0.2.").waitFor();
  await box("service", "shop").getByText("Active").waitFor();
  await box("loadBalancer", "nlb-1").getByText("G 10.0.1.").waitFor();
  await box("listener", "TCP 80").getByText("Running").waitFor();
  await box("serverGroup", "RS-1").waitFor();
  await box("server", "ECS-03").getByText(":80").waitFor();
  await box("server", "ECS-04").waitFor();
  expect(await page.locator(".frame").allInnerTexts()).toEqual(expect.arrayContaining(["vpc-1 10.0.0.0/16", "vpc-2 10.0.0.0/16"]));
  await page.locator(".join.Disconnected").waitFor({ state: "attached" });
});

test("a connection that is allowed changes in the picture without a reload", async () => {
  await owner.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: made.endpoint, ServiceId: made.service });
  await page.locator(".join.Connected").waitFor({ state: "attached" });
});

test("a server that stops answering is shown with why", async () => {
  // None is ill before.
  await owner.api("Nlb", "GetListenerHealthStatus", { ListenerId: made.listener }, "ListenerHealthStatus.0.ServerGroupInfos.0.NonNormalServers.0.ServerId=");
  await box("server", "ECS-03").getByText("Available", { exact: true }).waitFor();
  const command = Buffer.from("nginx -s stop").toString("base64");
  await owner.api("Ecs", "RunCommand", { Type: "RunShellScript", CommandContent: command, ContentEncoding: "Base64", InstanceId: [made.servers[0] ?? ""] });
  await box("server", "ECS-03").getByText("Unhealthy").waitFor();
  await box("server", "ECS-03").getByText(/CONNECT|FAILED|TIMEOUT/i).waitFor();
});

test("the picture shows all there is, also what has come since it was opened", async () => {
  for (const [kind, name] of [["instance", "ECS-01"], ["server", "ECS-03"], ["server", "ECS-04"]] as const) {
    await expect.poll(async () => {
      const [shown, whole] = [await box(kind, name).boundingBox(), await page.locator(".topology").boundingBox()];
      return shown !== null && whole !== null && shown.x >= whole.x && shown.x + shown.width <= whole.x + whole.width;
    }).toBe(true);
  }
});

test("a click leads to what it is", async () => {
  await box("endpoint", "endpoint-1").getByRole("link").click();
  await page.getByRole("heading", { name: made.endpoint }).waitFor();
  await row(page, "cn-hangzhou-g").waitFor();
});

test("why a server is unhealthy, and since when, is told by its last probes", async () => {
  await page.goto(`${URL}/console/nlb/servergroups/${made.group}`);
  const sick = row(page, made.servers[0] ?? "");
  await sick.getByText("It refused the last probe.").waitFor();
  await sick.getByText(/Last probe .* ms CONNECT_FAILED/).waitFor();
  const told = (await sick.getByRole("img", { name: "probes passed" }).getAttribute("aria-label")) ?? "";
  const [passed = 0, all = 0] = told.split("/").map((count) => parseInt(count));
  expect([passed > 0, passed < all], told).toEqual([true, true]);
  const well = row(page, made.servers[1] ?? "");
  await well.getByText("Healthy", { exact: true }).waitFor();
  await well.getByText(/Last probe .* ms$/).waitFor();
  expect(await barriers(page)).toEqual([]);
});

test("a listener has a page of its own, with its tags", async () => {
  await menu(page, "Topology");
  await box("listener", "TCP 80").getByRole("link").click();
  await page.getByRole("heading", { name: made.listener }).waitFor();
  await page.getByRole("tab", { name: "Tags" }).click();
  await press(page, "Add Tag");
  await fill(drawer(page), "Tag Key", "team");
  await fill(drawer(page), "Tag Value", "shop");
  await send(page);
  await row(page, "team").getByText("shop").waitFor();
  expect(list(await owner.api("Nlb", "ListListeners", { Tag: [{ Key: "team", Value: "shop" }] }), "Listeners").length).toBe(1);
});

test("many endpoints that are alike are one, which opens", async () => {
  const wanted = { ServiceId: made.service, VpcId: made.vpc, SecurityGroupId: [made.securityGroup] };
  const zone = { ZoneId: "cn-hangzhou-g", VSwitchId: made.vswitches[0] };
  for (let count = 0; count < 8; count += 1) {
    const id = text(await owner.api("Privatelink", "CreateVpcEndpoint", { ...wanted, EndpointName: `many-${count}`, Zone: [zone] }), "EndpointId");
    await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: id }, "EndpointStatus=Active");
  }
  await menu(page, "Topology");
  await box("endpoint", "8 × Endpoint").getByRole("button").click();
  await box("endpoint", "many-7").waitFor();
});

test("why something is not as it should be is said in Chinese too, and what is in the way of a deletion", async () => {
  await press(page, "中文");
  await page.goto(`${URL}/console/nlb/servergroups/${made.group}`);
  await row(page, made.servers[0] ?? "").getByText("上次探测被拒绝").waitFor();
  const waiting = list(await owner.api("Privatelink", "ListVpcEndpoints", { ConnectionStatus: "Disconnected" }), "Endpoints")[0];
  await page.goto(`${URL}/console/privatelink/endpoints/${text(waiting, "EndpointId")}`);
  await page.getByText("未连接：服务方尚未允许此连接。").waitFor();
  await page.goto(`${URL}/console/nlb/servergroups`);
  await press(row(page, "RS-1"), "删除");
  await press(page.getByRole("tooltip"), "确定");
  const refusal = page.locator(".ant-notification-notice").filter({ hasText: "服务器组仍被监听使用" });
  expect(await refusal.innerText()).toMatch(/请求被拒绝: ResourceInUse.ServerGroup[^]*lsn-/);
  await page.goto(`${URL}/console/vpc/vpcs`);
  await press(page, "创建专有网络");
  await fill(drawer(page), "网段", "10.0.0.0/30");
  await drawer(page).locator(".ant-alert-warning").getByText("该请求将被拒绝").waitFor();
  await drawer(page).locator(".ant-alert-warning").getByText("网段不合法").waitFor();
});
