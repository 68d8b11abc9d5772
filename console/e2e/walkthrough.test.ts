// The documentation's walkthrough by mouse, from an empty system to Connected; then ECS 01 opens the page of ECS 03 or ECS 04.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { choose, CHROMIUM, drawer, fill, isthmus, menu, nginx, open, press, row, send, steps, URL, ZONES } from "./browser.ts";

let page: Page;
const refused: string[] = [];

beforeAll(async () => {
  page = await open();
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
  });
  page.on("pageerror", (error) => refused.push(error.message));
});

steps();

async function makeVpc(name: string): Promise<void> {
  await menu(page, "VPCs");
  await press(page, "Create VPC");
  await fill(drawer(page), "Name", name);
  await send(page);
  await row(page, name).getByText("Available").waitFor();
  await menu(page, "vSwitches");
  for (const [index, zone] of ZONES.entries()) {
    await press(page, "Create vSwitch");
    await choose(page, drawer(page), "VPC", name);
    await fill(drawer(page), "Name", `${name}-${zone}`);
    await choose(page, drawer(page), "Zone", zone);
    await fill(drawer(page), "CIDR Block", `10.0.${index + 1}.0/24`);
    await send(page);
    await row(page, `${name}-${zone}`).getByText("Available").waitFor();
  }
}

async function makeInstance(name: string, vpc: string, zone: string, more: () => Promise<void>): Promise<void> {
  await menu(page, "ECS Instances");
  await press(page, "Create Instance");
  await fill(drawer(page), "Instance Name", name);
  await choose(page, drawer(page), "VPC", vpc);
  await choose(page, drawer(page), "vSwitch", zone);
  await more();
  await send(page);
}

/** Fills the line of a group: a zone, and what stands in it. */
async function line(group: string, zone: string, label: string, option: string): Promise<void> {
  const where = drawer(page).getByRole("group", { name: group });
  await choose(page, where, "Zone", zone);
  await choose(page, where, label, option);
}

test("a system for trying out logs in by itself, and teaches what to do first", async () => {
  await page.goto(`${URL}/console/`);
  await page.getByText("No VPC yet.").waitFor();
  await page.getByText("Live").waitFor();
});

test("prerequisites: two VPCs with one range, a security group, four instances", async () => {
  await makeVpc("vpc-1");
  await makeVpc("vpc-2");
  await menu(page, "Security Groups");
  await press(page, "Create Security Group");
  await fill(drawer(page), "Name", "clients");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await send(page);
  await row(page, "clients").getByRole("link").first().click();
  await press(page, "Add Rule");
  await send(page);
  await row(page, "80/80").waitFor();
  const clients = () => choose(page, drawer(page), "Security Groups", "clients");
  await makeInstance("ECS-01", "vpc-1", ZONES[0], clients);
  await makeInstance("ECS-02", "vpc-1", ZONES[1], clients);
  await makeInstance("ECS-03", "vpc-2", ZONES[0], () => fill(drawer(page), "User Data", nginx("ECS 03")));
  await makeInstance("ECS-04", "vpc-2", ZONES[1], () => fill(drawer(page), "User Data", nginx("ECS 04")));
  for (const name of ["ECS-01", "ECS-02", "ECS-03", "ECS-04"]) await row(page, name).getByText("Running").waitFor();
});

test("step 1: an internal-facing NLB instance", async () => {
  await menu(page, "Instances");
  await press(page, "Create NLB");
  await choose(page, drawer(page), "VPC", "vpc-2");
  await line("Zone 1", ZONES[0], "vSwitch", `vpc-2-${ZONES[0]}`);
  await line("Zone 2", ZONES[1], "vSwitch", `vpc-2-${ZONES[1]}`);
  await fill(drawer(page), "Instance Name", "nlb-1");
  await send(page);
  await row(page, "nlb-1").getByText("Active").waitFor();
});

test("step 2: a backend server group with two servers", async () => {
  await menu(page, "Server Groups");
  await press(page, "Create Server Group");
  await fill(drawer(page), "Server Group Name", "RS-1");
  await choose(page, drawer(page), "VPC", "vpc-2");
  await send(page, "Create");
  await row(page, "RS-1").getByRole("link").first().click();
  await press(page, "Add Backend Server");
  await choose(page, drawer(page), "Backend Servers", "ECS-03");
  await choose(page, drawer(page), "Backend Servers", "ECS-04");
  await press(drawer(page), "Next");
  for (const [name, weight] of [["ECS-03", "100"], ["ECS-04", "50"]] as const) {
    const server = drawer(page).getByRole("group", { name });
    await fill(server, "Port", "80");
    await fill(server, "Weight", weight);
  }
  await press(drawer(page), "Next");
  await send(page, "Submit");
  await row(page, "10.0.2.").getByText("50", { exact: true }).waitFor();
  await page.getByText("No listener forwards to this group yet").waitFor();
  await expect.poll(() => row(page, "10.0.").filter({ hasText: "Available" }).count()).toBe(2);
});

test("step 3: a listener, by the wizard", async () => {
  await menu(page, "Instances");
  await row(page, "nlb-1").getByRole("link").first().click();
  await press(page, "Create Listener");
  await fill(drawer(page), "Listener Port", "80");
  await press(drawer(page), "Next");
  await choose(page, drawer(page), "Server Group", "RS-1");
  await press(drawer(page), "Next");
  await drawer(page).getByText("ListenerProtocol").first().waitFor();
  await send(page, "Submit");
  await page.getByRole("row").filter({ hasText: "Running" }).getByText("Healthy", { exact: true }).waitFor();
});

test("step 4: an endpoint service", async () => {
  await menu(page, "Endpoint Services");
  await press(page, "Create Endpoint Service");
  await line("Select Service Resource 1", ZONES[0], "Service Resource", "nlb-1");
  await press(drawer(page), "Add Resource from Another Zone");
  await line("Select Service Resource 2", ZONES[1], "Service Resource", "nlb-1");
  await fill(drawer(page), "Description", "shop");
  await send(page);
  await row(page, "shop").getByText("Active").waitFor();
});

test("step 5: an endpoint, which waits for its provider and says so", async () => {
  await menu(page, "Endpoints");
  await press(page, "Create Endpoint");
  await fill(drawer(page), "Endpoint Name", "endpoint-1");
  await choose(page, drawer(page), "Service", "epsrv-");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await choose(page, drawer(page), "Security Groups", "clients");
  await line("Zone and vSwitch 1", ZONES[0], "vSwitch", `vpc-1-${ZONES[0]}`);
  await press(drawer(page), "Add vSwitch");
  await line("Zone and vSwitch 2", ZONES[1], "vSwitch", `vpc-1-${ZONES[1]}`);
  await send(page);
  await row(page, "endpoint-1").getByText("Disconnected").waitFor();
  await row(page, "endpoint-1").getByRole("link").first().click();
  await page.getByText("the provider has not allowed this connection yet").waitFor();
});

test("step 6: the provider allows the connection, and every page that shows it knows at once", async () => {
  const consumer = await open();
  await consumer.goto(`${URL}/console/privatelink/endpoints`);
  await row(consumer, "endpoint-1").getByText("Disconnected").waitFor();
  await menu(page, "Endpoint Services");
  await row(page, "shop").getByRole("link").first().click();
  await press(page, "Allow");
  await send(page);
  await row(page, "ep-").getByText("Connected").first().waitFor();
  await row(consumer, "endpoint-1").getByText("Connected", { exact: true }).waitFor();
  await consumer.context().close();
});

test("step 7: a browser on ECS 01 opens zone G's domain and shows the page of ECS 03 or ECS 04", async () => {
  await menu(page, "Endpoints");
  await row(page, "endpoint-1").getByRole("link").first().click();
  const zone = await row(page, ZONES[0]).innerText();
  const domain = /ep-\S+\.privatelink\.aliyuncs\.com/.exec(zone)?.[0] ?? "";
  await menu(page, "ECS Instances");
  const id = await row(page, "ECS-01").getByRole("link").first().innerText();
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=/tmp/browser"];
  const shown = isthmus("exec", id, "--", CHROMIUM, ...args, "--dump-dom", `http://${domain}/`);
  expect(shown).toMatch(/ECS 0[34] serves 10\.0\.1\./);
});

test("the terminal of an instance runs commands in it", async () => {
  await row(page, "ECS-01").getByRole("link").first().click();
  await page.getByLabel("Command").fill("hostname; ip -brief -4 address show eth0");
  await press(page, "Run");
  await page.getByLabel("Output").getByText("10.0.1.").waitFor();
});

test("denying cuts the connection", async () => {
  await menu(page, "Endpoint Services");
  await row(page, "shop").getByRole("link").first().click();
  await press(page, "Deny");
  await press(page.getByRole("tooltip"), "OK");
  await row(page, "ep-").getByText("Disconnected").first().waitFor();
});

test("no page asked for anything that the content security policy forbids", () => {
  expect(refused).toEqual([]);
});
