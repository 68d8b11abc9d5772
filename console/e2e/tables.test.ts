// Tables and choices of many rows: the server is asked for one page at a time, and finds what is not on it.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { drawer, choose, fill, logOn, menu, open, press, row, ZONES } from "./browser.ts";

/** More than a form offers at first. */
const MANY = 60;
/** More than one page of a newer product has. */
const GROUPS = 110;

const serverGroups = Array.from({ length: GROUPS }, (_, index) => `servers-${String(index).padStart(3, "0")}`);

let page: Page;
let owner: Account;

beforeAll(async () => {
  owner = await account("collector");
  const vpc = text(await owner.api("Vpc", "CreateVpc", { VpcName: "vpc-1", CidrBlock: "10.0.0.0/16" }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId: vpc }, "Vpcs.Vpc.0.Status=Available");
  const names = Array.from({ length: MANY }, (_, index) => `group-${String(index).padStart(2, "0")}`);
  await Promise.all(names.map((SecurityGroupName) => owner.api("Ecs", "CreateSecurityGroup", { VpcId: vpc, SecurityGroupName })));
  const vswitches = await Promise.all(
    ZONES.map(async (ZoneId, index) => text(await owner.api("Vpc", "CreateVSwitch", { VpcId: vpc, ZoneId, CidrBlock: `10.0.${index + 1}.0/24` }), "VSwitchId")),
  );
  const ZoneMappings = ZONES.map((ZoneId, index) => ({ ZoneId, VSwitchId: vswitches[index] }));
  await owner.api("Nlb", "CreateLoadBalancer", { LoadBalancerName: "nlb-1", AddressType: "Intranet", VpcId: vpc, ZoneMappings });
  await Promise.all(serverGroups.map((ServerGroupName) => owner.api("Nlb", "CreateServerGroup", { ServerGroupName, VpcId: vpc })));
  page = await open();
  await logOn(page, owner.key);
});

test("a table asks for the page that it shows, however many there are", async () => {
  const asked: URLSearchParams[] = [];
  page.on("request", (request) => {
    if (request.headers()["x-acs-action"] === "DescribeSecurityGroups") asked.push(new URLSearchParams(request.postData() ?? ""));
  });
  await menu(page, "Security Groups");
  const seen = new Set<string>();
  const pages = () => page.getByRole("group", { name: "Pages" });
  for (const number of [1, 2, 3]) {
    await expect.poll(() => pages().getByLabel("Page", { exact: true }).inputValue()).toBe(String(number));
    await pages().getByText("/ 3", { exact: true }).waitFor();
    await expect.poll(() => row(page, "group-").count()).toBe(20);
    for (const name of await row(page, "group-").getByText(/^group-/).allInnerTexts()) seen.add(name);
    if (number < 3) await press(pages(), "Next");
    await expect.poll(async () => number === 3 || !seen.has(await row(page, "group-").getByText(/^group-/).first().innerText())).toBe(true);
  }
  expect(seen.size).toBe(MANY);
  expect(asked.length).toBeGreaterThanOrEqual(3);
  for (const params of asked) expect(params.get("PageSize")).toBe("20");
});

test("a form finds by a part of their names server groups that are not among the first, also where the API finds whole names alone", async () => {
  const first = list(await owner.api("Nlb", "ListServerGroups", { MaxResults: 100 }), "ServerGroups").map((group) => text(group, "ServerGroupName"));
  const beyond = serverGroups.find((name) => !first.includes(name)) ?? "";
  await menu(page, "Instances");
  await row(page, "nlb-1").getByRole("link").first().click();
  await press(page, "Create Listener");
  await fill(drawer(page), "Listener Port", "80");
  await press(drawer(page), "Next");
  const box = drawer(page).getByRole("combobox", { name: /Server Group$/ });
  await box.click();
  await box.fill(beyond.slice(3).toUpperCase());
  await page.locator(".ant-select-dropdown:visible .ant-select-item-option").filter({ hasText: beyond }).click();
  await drawer(page).getByText(beyond).filter({ visible: true }).first().waitFor();
  await press(drawer(page), "Cancel");
});

test("a form finds by its name what is not among the first that it offers", async () => {
  const offered = list(await owner.api("Ecs", "DescribeSecurityGroups", { PageSize: 50 }), "SecurityGroups.SecurityGroup").map((group) => text(group, "SecurityGroupName"));
  const beyond = Array.from({ length: MANY }, (_, index) => `group-${String(index).padStart(2, "0")}`).find((name) => !offered.includes(name)) ?? "";
  await menu(page, "ECS Instances");
  await press(page, "Create Instance");
  await choose(page, drawer(page), "VPC", "vpc-1");
  const box = drawer(page).getByRole("combobox", { name: /Security Groups$/ });
  await box.click();
  await box.fill(beyond);
  await page.locator(".ant-select-dropdown:visible .ant-select-item-option").filter({ hasText: beyond }).click();
  await drawer(page).locator(".ant-select-selection-item").filter({ hasText: beyond }).waitFor();
});
