// The way by keyboard alone: Tab, arrows, Enter and Escape reach everything, what has the focus shows it, and it comes back.
import { beforeAll, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { account, type Account } from "./account.ts";
import { drawer, open, row, steps, URL, ZONES } from "./browser.ts";
import { provide, type Provided } from "./shop.ts";

/** More stops than any page has: whoever needs more is caught somewhere. */
const STOPS = 150;

let page: Page;
let owner: Account;
let offered: Provided;
/** What had the focus without showing it. */
const unseen = new Set<string>();

steps();

beforeAll(async () => {
  owner = await account("typist");
  offered = await provide(owner);
  page = await open();
  await page.addInitScript(() => sessionStorage.setItem("isthmus.left", "yes"));
});

const isFocused = (where: Locator) => where.evaluate((element) => element.contains(document.activeElement)).catch(() => false);

/** Whether something has the focus. Notes what has it and shows nothing around itself or what it stands in. */
async function look(where: Locator): Promise<boolean> {
  const { hidden, found } = await where.evaluate((wanted) => {
    const found = wanted.contains(document.activeElement);
    const shows = (element: Element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    };
    let element = document.activeElement;
    if (element === null || element === document.body) return { hidden: undefined, found };
    const { outerHTML } = element;
    for (let level = 0; level < 4 && element !== null; level += 1, element = element.parentElement) if (shows(element)) return { hidden: undefined, found };
    return { hidden: outerHTML.slice(0, 160), found };
  });
  if (hidden !== undefined) unseen.add(hidden);
  return found;
}

/** Presses Tab until something has the focus. */
async function reach(where: Locator): Promise<void> {
  await where.waitFor({ state: "attached" });
  for (let stop = 0; stop < STOPS; stop += 1) {
    if (await look(where)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${String(where)}`);
}

async function enter(where: Locator): Promise<void> {
  await reach(where);
  await page.keyboard.press("Enter");
}

async function type(label: string, text: string): Promise<void> {
  await reach(drawer(page).getByLabel(label, { exact: true }));
  await page.keyboard.type(text);
}

/** Selects by its text: what is typed narrows the options, and Enter takes the first. */
async function select(where: Locator, label: string, text: string): Promise<void> {
  await reach(where.getByRole("combobox", { name: new RegExp(`^(\\* ?)?${label}$`) }));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.type(text);
  await page.locator(".ant-select-dropdown:visible .ant-select-item-option-active").filter({ hasText: text }).waitFor();
  await page.keyboard.press("Enter");
}

const button = (where: Page | Locator, name: string) => where.getByRole("button", { name: new RegExp(`^(loading )?${name}$`) });
const goTo = (name: string) => enter(page.getByRole("navigation").getByRole("link", { name, exact: true }));

/** Sends the form; what opened it has the focus again. */
async function send(opener: Locator): Promise<void> {
  await enter(button(drawer(page), "OK"));
  await drawer(page).waitFor({ state: "hidden" });
  await expect.poll(() => isFocused(opener)).toBe(true);
}

test("who logs on types key and secret", async () => {
  await page.goto(`${URL}/console/`);
  await reach(page.getByLabel("AccessKey ID"));
  await page.keyboard.type(owner.key.id);
  await page.keyboard.press("Tab");
  await page.keyboard.type(owner.key.secret);
  await page.keyboard.press("Enter");
  await page.getByText("Live", { exact: true }).waitFor();
});

test("a VPC with two vSwitches and a security group is made", async () => {
  await goTo("VPCs");
  const createVpc = button(page, "Create VPC");
  await enter(createVpc);
  // Escape leaves a form, and one is where one was.
  await reach(drawer(page).getByLabel("Name", { exact: true }));
  await page.keyboard.press("Escape");
  await drawer(page).waitFor({ state: "hidden" });
  await expect.poll(() => isFocused(createVpc)).toBe(true);
  await page.keyboard.press("Enter");
  await type("Name", "vpc-1");
  await send(createVpc);
  await row(page, "vpc-1").getByText("Available").waitFor();
  await goTo("vSwitches");
  const createVSwitch = button(page, "Create vSwitch");
  for (const [index, zone] of ZONES.entries()) {
    await enter(createVSwitch);
    await select(drawer(page), "VPC", "vpc-1");
    await type("Name", `vpc-1-${zone}`);
    await select(drawer(page), "Zone", zone);
    await type("CIDR Block", `10.0.${index + 1}.0/24`);
    await send(createVSwitch);
    await row(page, `vpc-1-${zone}`).getByText("Available").waitFor();
  }
  await goTo("Security Groups");
  const createGroup = button(page, "Create Security Group");
  await enter(createGroup);
  await type("Name", "clients");
  await select(drawer(page), "VPC", "vpc-1");
  await send(createGroup);
  await row(page, "clients").waitFor();
});

test("an endpoint is made from what is offered, and its connection allowed", async () => {
  await goTo("Endpoints");
  const create = button(page, "Create Endpoint");
  await enter(create);
  await type("Endpoint Name", "endpoint-1");
  await select(drawer(page), "Service", offered.service);
  await select(drawer(page), "VPC", "vpc-1");
  await select(drawer(page), "Security Groups", "clients");
  // A list of several choices stays open.
  await page.keyboard.press("Escape");
  const line = drawer(page).getByRole("group", { name: "Zone and vSwitch 1" });
  await select(line, "Zone", ZONES[0]);
  await select(line, "vSwitch", ZONES[0]);
  await send(create);
  await row(page, "endpoint-1").getByText("Disconnected").waitFor();
  await goTo("Endpoint Services");
  await enter(row(page, "shop").getByRole("link").first());
  const allow = button(page, "Allow");
  await enter(allow);
  await enter(button(drawer(page), "OK"));
  await row(page, "ep-").getByText("Connected", { exact: true }).first().waitFor();
});

test("a question before something is cut has the focus, is left by Escape, and answered by Enter", async () => {
  const deny = button(page, "Deny");
  await enter(deny);
  const question = page.getByRole("tooltip");
  await expect.poll(() => isFocused(question)).toBe(true);
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "hidden" });
  await expect.poll(() => isFocused(deny)).toBe(true);
  await page.keyboard.press("Enter");
  await enter(button(question, "OK"));
  await row(page, "ep-").getByText("Disconnected").first().waitFor();
});

test("tabs are turned by arrows", async () => {
  await reach(page.getByRole("tab", { name: "Endpoint Connections" }));
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await row(page, offered.balancer).first().waitFor();
});

test("the picture leads to what is in it", async () => {
  await goTo("Topology");
  await enter(page.locator('.box[data-kind="endpoint"]').filter({ hasText: "endpoint-1" }).getByRole("link").first());
  await page.getByRole("heading", { name: /^ep-/ }).waitFor();
});

test("whatever had the focus has shown it", () => {
  expect([...unseen]).toEqual([]);
});
