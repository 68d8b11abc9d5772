// A browser on the console, and the few moves that every test makes.
import { execFileSync } from "node:child_process";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: ./x test console sets it`);
  return value;
}

export const URL = given("ISTHMUS_URL");
const PROGRAM = given("ISTHMUS_PROGRAM");
const STATE = given("ISTHMUS_STATE");
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}

/** A page of a browser of its own: nothing is stored in it. */
export async function open(browser: Browser, options: { dark?: boolean; locale?: string } = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: options.dark ? "dark" : "light",
    locale: options.locale ?? "en-US",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

/** What `isthmus` prints. */
export function isthmus(...args: string[]): string {
  const [verb = "", ...rest] = args;
  return execFileSync(PROGRAM, [verb, "--state", STATE, ...rest], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

/** Opens a page by the menu. */
export async function menu(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
}

export const drawer = (page: Page): Locator => page.getByRole("dialog");

/** Selects an option that contains a text. */
export async function choose(page: Page, where: Locator, label: string, option: string): Promise<void> {
  // What must be filled in has a star before its name.
  const box = where.getByRole("combobox", { name: new RegExp(`^(\\* ?)?${label}$`) });
  await box.click();
  await page.locator(".ant-select-dropdown:visible .ant-select-item-option").filter({ hasText: option }).first().click();
  // A list of several choices stays open.
  if (await page.locator(".ant-select-dropdown:visible").count()) await box.press("Escape").catch(() => undefined);
}

export async function fill(where: Locator, label: string, value: string): Promise<void> {
  await where.getByLabel(label, { exact: true }).fill(value);
}

export async function press(where: Locator | Page, name: string): Promise<void> {
  await where.getByRole("button", { name, exact: true }).click();
}

/** Sends the form and waits until it is gone. */
export async function send(page: Page, button = "OK"): Promise<void> {
  await press(drawer(page), button);
  await drawer(page).waitFor({ state: "hidden" });
}

export const row = (page: Page, text: string): Locator => page.getByRole("row").filter({ hasText: text });
