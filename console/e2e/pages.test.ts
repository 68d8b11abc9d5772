// Every page, empty and full, light and dark, in both languages: nothing on it keeps anybody from using it.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { text } from "../src/api/call.ts";
import { MENU } from "../src/shell/menu.ts";
import { account, type Account } from "./account.ts";
import { barriers, logOn, open, press, row } from "./browser.ts";
import { consume, provide, type Consumed, type Provided } from "./shop.ts";

/** Where to put pictures of pages for the documentation, when they are wanted. */
const PICTURES = process.env["ISTHMUS_PICTURES"] && resolve(import.meta.dirname, "../..", process.env["ISTHMUS_PICTURES"]);
let owner: Account;
let newcomer: Account;
let made: Provided & Consumed & { domain: string };
let privateZone: string;
let routeTable: string;
let prefixList: string;

beforeAll(async () => {
  owner = await account("full");
  newcomer = await account("empty");
  const provided = await provide(owner);
  const consumed = await consume(owner, provided.service);
  const { endpoint, securityGroup } = consumed;
  const { service } = provided;
  await owner.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: endpoint, ServiceId: service });
  const connected = await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: endpoint }, "ConnectionStatus=Connected");
  made = { ...provided, ...consumed, domain: text(connected, "EndpointDomain") };
  const rule = { SecurityGroupId: securityGroup, IpProtocol: "tcp", PortRange: "80/80" };
  await owner.api("Ecs", "AuthorizeSecurityGroup", { ...rule, SourceCidrIp: "10.0.0.0/16" });
  prefixList = text(await owner.api("Ecs", "CreatePrefixList", { PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 10, Entry: [{ Cidr: "172.16.0.0/16", Description: "head office" }] }), "PrefixListId");
  await owner.api("Ecs", "AuthorizeSecurityGroup", { ...rule, SourcePrefixListId: prefixList });
  privateZone = text(await owner.api("pvtz", "AddZone", { ZoneName: "shop.example" }), "ZoneId");
  routeTable = text(await owner.api("Vpc", "DescribeRouteTableList", { VpcId: made.vpc }), "RouterTableList.RouterTableListType.0.RouteTableId");
});

const lists = MENU.flatMap(({ entries }) => entries.map(({ path }) => path));

const details = () => [
  `/vpc/vpcs/${made.vpc}`,
  `/ecs/instances/${made.servers[0]}`,
  `/ecs/securitygroups/${made.securityGroup}`,
  `/ecs/prefixlists/${prefixList}`,
  `/nlb/instances/${made.balancer}`,
  `/vpc/vswitches/${made.vswitches[0]}`,
  `/nlb/instances/${made.balancer}/listeners/${made.listener}`,
  `/nlb/servergroups/${made.group}`,
  `/privatelink/services/${made.service}`,
  `/privatelink/endpoints/${made.endpoint}`,
  `/pvtz/zones/${privateZone}`,
  `/vpc/routetables/${routeTable}`,
];

/** Opens a page as a link in the application does, and waits until nothing on it is still loading. */
async function show(page: Page, path: string): Promise<void> {
  await page.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, `/console${path}`);
  // A list is told by the menu, a detail by its name.
  const list = lists.find((list) => path.startsWith(list)) ?? path;
  await page.locator(`nav a[aria-current="page"][href="/console${list}"]`).waitFor();
  const name = list === path ? {} : { name: path.split("/").at(-1) ?? "" };
  await page.getByRole("main").getByRole("heading", name).first().waitFor();
  await expect.poll(() => page.locator(".ant-spin-spinning").count()).toBe(0);
}

test("every list, empty, has no serious barrier and teaches what to do", async () => {
  const page = await open();
  await logOn(page, newcomer.key);
  const found = [];
  for (const path of lists) {
    await show(page, path);
    found.push(...(await barriers(page)));
  }
  expect(found).toEqual([]);
  await page.context().close();
});

/** What has an English name in Chinese too, and what the server calls the first resource group. */
const NAMES = ["AccessKey ID", "default resource group", "head office"];

/** What a page says in English: two words of it after each other, outside of what is there to be copied. */
async function english(where: Locator): Promise<string[]> {
  const said = await where.evaluate((element) => {
    const copy = element.cloneNode(true) as Element;
    for (const code of copy.querySelectorAll("pre, .mono, style")) code.remove();
    const all = [...copy.querySelectorAll("*")];
    const texts = all.filter((one) => one.children.length === 0).map((one) => one.textContent);
    return [...texts, ...all.flatMap((one) => ["aria-label", "placeholder", "title", "alt"].map((name) => one.getAttribute(name) ?? ""))];
  });
  return said.filter((text) => /[A-Za-z]{3,} [A-Za-z]{2,}/.test(text) && !NAMES.includes(text));
}

/** The widest screen that is tried; tests have the narrowest. */
const WIDE = 2560;

/** What sticks out of a page to the right: nothing but what scrolls by itself may be wider. */
async function wide(page: Page): Promise<string[]> {
  const over = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const narrow = page.viewportSize() ?? { width: 0, height: 0 };
  const found = [[narrow.width, await over()]];
  await page.setViewportSize({ ...narrow, width: WIDE });
  found.push([WIDE, await over()]);
  await page.setViewportSize(narrow);
  return found.filter(([, pixels = 0]) => pixels > 0).map(([width, pixels]) => `${page.url()} at ${width}: ${pixels} pixels too wide`);
}

test("every page, full and in Chinese, has no serious barrier, in the light and in the dark, says nothing in English, and fits its screen", async () => {
  const page = await open();
  await logOn(page, owner.key);
  await press(page, "中文");
  const found = [];
  for (const path of [...lists, ...details()]) {
    await show(page, path);
    found.push(...(await barriers(page)), ...(await wide(page)));
    found.push(...(await english(page.locator("body"))).map((text) => `${path}: ${text}`));
    await press(page, "深色");
    await page.locator("html[data-theme=dark]").waitFor();
    // Nothing but its colours is other in the dark.
    found.push(...(await barriers(page, { rules: ["color-contrast"] })));
    await press(page, "浅色");
  }
  expect(found).toEqual([]);
  await page.context().close();
});

test("every form that makes something has no serious barrier, and says nothing in English when it is Chinese", async () => {
  const page = await open();
  await logOn(page, owner.key);
  await press(page, "中文");
  const found = [];
  const dialog = page.getByRole("dialog");
  for (const path of [...lists, ...details()]) {
    await show(page, path);
    const create = page.getByRole("main").locator(".bar .ant-btn-primary").first();
    if ((await create.count()) === 0) continue;
    await create.click();
    await dialog.getByText("等同的 API 调用").waitFor();
    found.push(...(await barriers(page, { within: ".ant-drawer" })), ...(await english(dialog)).map((text) => `${path}: ${text}`));
    await press(dialog, "取消");
    await dialog.waitFor({ state: "hidden" });
  }
  expect(found).toEqual([]);
  await page.context().close();
});

test("the page to log on has no serious barrier", async () => {
  const page = await open();
  await logOn(page, owner.key);
  await press(page, "Log off");
  await page.getByLabel("AccessKey ID").waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.context().close();
});

test.runIf(PICTURES)("pictures for the documentation", async () => {
  const folder = PICTURES ?? "";
  mkdirSync(folder, { recursive: true });
  const page = await open();
  await logOn(page, owner.key);
  const take = async (name: string) => {
    // What fades in is there after this, milliseconds.
    await page.waitForTimeout(800);
    await page.screenshot({ path: `${folder}/console-${name}.png` });
  };
  const asking = `for round in $(seq 600); do curl -s -o /dev/null http://${made.domain}/; sleep 0.0$((round % 9 + 1)); done`;
  const clients = text(await owner.api("Ecs", "DescribeInstances", { InstanceName: "ECS-01" }), "Instances.Instance.0.InstanceId");
  await owner.api("Ecs", "RunCommand", { Type: "RunShellScript", CommandContent: Buffer.from(asking).toString("base64"), ContentEncoding: "Base64", InstanceId: [clients] });
  await show(page, "/topology");
  await page.locator(".join.busy").first().waitFor({ state: "attached" });
  await take("topology");
  await show(page, `/nlb/instances/${made.balancer}`);
  await page.getByRole("tab", { name: "Monitoring" }).click();
  // Curves take time.
  await page.waitForTimeout(24_000);
  await take("curves");
  await show(page, "/flows");
  await row(page, "new").first().waitFor();
  await take("connections");
  await show(page, `/privatelink/endpoints/${made.endpoint}`);
  await take("endpoint");
  await show(page, `/nlb/servergroups/${made.group}`);
  await expect.poll(() => row(page, "i-").getByText("Healthy").count()).toBe(2);
  await take("servers");
  await show(page, "/privatelink/services");
  await press(page, "Create Endpoint Service");
  await page.getByText("The same as API call").click();
  await page.getByRole("dialog").getByRole("tabpanel").scrollIntoViewIfNeeded();
  await take("form");
  await page.context().close();
});
