// What forms offer: only what fits, and what does not go together is said before anything is sent.
import { execFileSync } from "node:child_process";
import { dirname } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { list, text } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { choose, drawer, fill, logOn, menu, open, press, PROGRAM, row, send, STATE, ZONES } from "./browser.ts";
import { consume, provide, type Consumed, type Provided } from "./shop.ts";

let page: Page;
let owner: Account;
let offered: Provided;
let used: Consumed;

beforeAll(async () => {
  owner = await account("chooser");
  offered = await provide(owner);
  used = await consume(owner, offered.service);
  const groups = [
    { ServerGroupName: "every-port", AnyPortEnabled: true, HealthCheckConfig: { HealthCheckEnabled: false } },
    { ServerGroupName: "datagrams", Protocol: "UDP" },
    { ServerGroupName: "for-tls", PreserveClientIpEnabled: false },
  ];
  for (const group of groups) await owner.api("Nlb", "CreateServerGroup", { VpcId: offered.vpc, ...group });
  // A VPC in one of the service's zones alone.
  const VpcId = text(await owner.api("Vpc", "CreateVpc", { VpcName: "narrow", CidrBlock: "10.0.0.0/16" }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId }, "Vpcs.Vpc.0.Status=Available");
  await owner.api("Vpc", "CreateVSwitch", { VpcId, ZoneId: ZONES[0], CidrBlock: "10.0.1.0/24" });
  page = await open();
  await logOn(page, owner.key);
});

const line = (group: string, number: number) => drawer(page).getByRole("group", { name: `${group} ${number}` });
const chosen = (label: string, option: string) => choose(page, drawer(page), label, option);

/** What a field offers, once something is offered that contains a text. */
async function offers(where: Locator, label: string, among: string): Promise<string[]> {
  const box = where.getByRole("combobox", { name: new RegExp(`^(\\* ?)?${label}$`) });
  await box.click();
  const options = page.locator(".ant-select-dropdown:visible .ant-select-item-option");
  await options.filter({ hasText: among }).first().waitFor();
  const found = await options.allInnerTexts();
  await box.press("Escape");
  await page.locator(".ant-select-dropdown:visible").first().waitFor({ state: "hidden" });
  return found;
}

async function cancel(): Promise<void> {
  await press(drawer(page), "Cancel");
  await drawer(page).waitFor({ state: "hidden" });
}

test("an endpoint is offered zones in which its service and its VPC are both, each once", async () => {
  await menu(page, "Endpoints");
  await press(page, "Create Endpoint");
  await chosen("Service", offered.service);
  await chosen("VPC", "narrow");
  expect(await offers(line("Zone and vSwitch", 1), "Zone", ZONES[0])).toEqual([ZONES[0]]);
  await chosen("VPC", "vpc-1");
  expect(await offers(line("Zone and vSwitch", 1), "Zone", ZONES[1])).toEqual([...ZONES]);
  await choose(page, line("Zone and vSwitch", 1), "Zone", ZONES[0]);
  await press(drawer(page), "Add vSwitch");
  expect(await offers(line("Zone and vSwitch", 2), "Zone", ZONES[1])).toEqual([ZONES[1]]);
  await cancel();
});

test("a reverse endpoint is offered every zone of its VPC, and is listed and shown as what it is", async () => {
  const { ServiceId } = await owner.api("Privatelink", "CreateVpcEndpointService", { ServiceResourceType: "nlb" });
  await menu(page, "Endpoints");
  await press(page, "Create Endpoint");
  await fill(drawer(page), "Endpoint Name", "way-out");
  await chosen("Endpoint Type", "Reverse Endpoint");
  await chosen("Service", String(ServiceId));
  await chosen("VPC", "vpc-1");
  await chosen("Security Groups", "clients");
  expect(await drawer(page).getByText("IP Version").count()).toBe(0);
  expect((await offers(line("Zone and vSwitch", 1), "Zone", ZONES[1])).sort()).toEqual([...ZONES]);
  await choose(page, line("Zone and vSwitch", 1), "Zone", ZONES[0]);
  await choose(page, line("Zone and vSwitch", 1), "vSwitch", ZONES[0]);
  await send(page);
  await page.getByRole("tab", { name: "Reverse Endpoint" }).click();
  await row(page, "way-out").getByRole("link").first().click();
  await page.locator(".ant-descriptions").getByText("Reverse Endpoint", { exact: true }).waitFor();
  await menu(page, "Endpoint Services");
  await page.getByRole("link", { name: String(ServiceId) }).click();
  await row(page, "Reverse Endpoint").getByText(/eni-/).waitFor();
});

test("an NLB is offered the zones of its VPC, each once, and a service the NLBs of a zone, each once", async () => {
  await menu(page, "Instances");
  await press(page, "Create NLB");
  await drawer(page).getByText("cn-hangzhou", { exact: true }).waitFor();
  await chosen("VPC", "narrow");
  expect(await offers(line("Zone", 1), "Zone", ZONES[0])).toEqual([ZONES[0]]);
  await chosen("VPC", "vpc-2");
  await choose(page, line("Zone", 1), "Zone", ZONES[1]);
  expect(await offers(line("Zone", 2), "Zone", ZONES[0])).toEqual([ZONES[0]]);
  await cancel();
  await menu(page, "Endpoint Services");
  await press(page, "Create Endpoint Service");
  await choose(page, line("Select Service Resource", 1), "Zone", ZONES[0]);
  await choose(page, line("Select Service Resource", 1), "Service Resource", "nlb-1");
  await press(drawer(page), "Add Resource from Another Zone");
  await choose(page, line("Select Service Resource", 2), "Zone", ZONES[0]);
  await line("Select Service Resource", 2).getByRole("combobox", { name: /Service Resource$/ }).click();
  await page.locator(".ant-select-dropdown:visible").getByText("There is nothing to select from yet.").waitFor();
  await page.keyboard.press("Escape");
  await cancel();
});

test("a listener is offered the server groups that fit: of its protocol, of every port or one, without the client's address for TLS", async () => {
  await menu(page, "Instances");
  await row(page, "nlb-1").getByRole("link").first().click();
  await press(page, "Create Listener");
  const groups = async (name: string) => {
    await press(drawer(page), "Next");
    const found = await offers(drawer(page), "Server Group", name);
    await press(drawer(page), "Previous");
    return found.map((option) => option.split(" ")[0]).sort();
  };
  await fill(drawer(page), "Listener Port", "90");
  expect(await groups("RS-1")).toEqual(["RS-1", "for-tls"]);
  await chosen("Listener Protocol", "UDP");
  expect(await groups("datagrams")).toEqual(["datagrams"]);
  await chosen("Listener Protocol", "TCP");
  await drawer(page).getByRole("switch", { name: "Listen by Port Range" }).click();
  await fill(drawer(page), "First Port", "200");
  await fill(drawer(page), "Last Port", "100");
  await drawer(page).getByText("The last port comes after the first.").waitFor();
  await fill(drawer(page), "Last Port", "300");
  await drawer(page).getByText("The last port comes after the first.").waitFor({ state: "hidden" });
  expect(await groups("every-port")).toEqual(["every-port"]);
  await cancel();
});

test("a group that forwards every port is told what it needs, and its servers are asked for no port", async () => {
  await menu(page, "Server Groups");
  await press(page, "Create Server Group");
  await fill(drawer(page), "Server Group Name", "all-ports");
  await chosen("VPC", "vpc-2");
  await drawer(page).getByRole("switch", { name: "Enable All-port Forwarding" }).click();
  await drawer(page).getByText("health checks need a port of their own").waitFor();
  await chosen("Scheduling Algorithm", "QUIC");
  await drawer(page).getByText("QUIC ID Hashing is for the protocol UDP.").waitFor();
  await chosen("Scheduling Algorithm", "Weighted Round-Robin");
  await drawer(page).getByRole("switch", { name: "Advanced Settings" }).click();
  await fill(drawer(page), "Health Check Port", "80");
  await drawer(page).getByText("health checks need a port of their own").waitFor({ state: "hidden" });
  await send(page, "Create");
  await row(page, "all-ports").getByRole("link").first().click();
  await press(page, "Add Backend Server");
  await chosen("Backend Servers", "ECS-03");
  await press(drawer(page), "Next");
  await drawer(page).getByLabel("Weight", { exact: true }).waitFor();
  expect(await drawer(page).getByLabel("Port", { exact: true }).count()).toBe(0);
  await press(drawer(page), "Next");
  await send(page, "Submit");
  await row(page, offered.servers[0] ?? "").getByText("Available").waitFor();
  const [group] = list(await owner.api("Nlb", "ListServerGroups", { ServerGroupNames: ["all-ports"] }), "ServerGroups");
  const [server] = list(await owner.api("Nlb", "ListServerGroupServers", { ServerGroupId: text(group, "ServerGroupId") }), "Servers");
  expect(text(server, "Port")).toBe("0");
});

test("what an endpoint has already is not offered to it again", async () => {
  await menu(page, "Endpoints");
  await row(page, "endpoint-1").getByRole("link").first().click();
  await page.getByRole("tab", { name: "Security Groups", exact: true }).click();
  await owner.api("Ecs", "CreateSecurityGroup", { VpcId: used.vpc, SecurityGroupName: "another" });
  await press(page, "Add Security Group");
  expect((await offers(drawer(page), "Security Group", "another")).join()).not.toContain("clients");
  await cancel();
});

test("the command that a form shows does what the form would do, and its Python is Python", async () => {
  await menu(page, "VPCs");
  await press(page, "Create VPC");
  await fill(drawer(page), "Name", "by-command");
  await fill(drawer(page), "Description", "it's $HOME");
  await drawer(page).getByText("The same as API call").click();
  const shown = async (way: string) => {
    await drawer(page).getByRole("tab", { name: way }).click();
    return drawer(page).getByRole("group", { name: way }).innerText();
  };
  expect(await shown("Terraform")).toContain('resource "alicloud_vpc" "this" {\n  vpc_name = "by-command"');
  expect(await shown("API")).toContain("Action=CreateVpc&Version=2016-04-28");
  execFileSync("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], { input: await shown("Python") });
  const command = await shown("CLI");
  await cancel();
  const key = { ISTHMUS_ACCESS_KEY_ID: owner.key.id, ISTHMUS_ACCESS_KEY_SECRET: owner.key.secret };
  execFileSync("sh", ["-c", command], { env: { PATH: `${dirname(PROGRAM)}:${process.env["PATH"]}`, ISTHMUS_STATE: STATE, ...key }, stdio: "ignore" });
  await row(page, "by-command").getByRole("link").first().click();
  await page.getByText("it's $HOME").waitFor();
});
