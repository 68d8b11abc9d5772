// A browser on the console, and the few moves that every test makes.
import { execFileSync } from "node:child_process";
import axe, { type AxeResults } from "axe-core";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import type { Key } from "../src/api/sign.ts";

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: ./x test console sets it`);
  return value;
}

export const URL = given("ISTHMUS_URL");
export const PROGRAM = given("ISTHMUS_PROGRAM");
export const STATE = given("ISTHMUS_STATE");
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export const ZONES = ["cn-hangzhou-g", "cn-hangzhou-k"] as const;

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

/** User data that starts NGINX with a page that tells who serves it. */
export const nginx = (name: string) => `#!/bin/sh
cat >/etc/nginx/nginx.conf <<'END'
events {}
http { server { listen 80; default_type text/html; location / { return 200 "<title>shop</title><p>${name} serves $remote_addr"; } } }
END
exec nginx
`;

/** Logs on by the form. */
export async function logOn(page: Page, key: Key): Promise<void> {
  await page.goto(`${URL}/console/`);
  await press(page, "Log off");
  await page.getByLabel("AccessKey ID").fill(key.id);
  await page.getByLabel("AccessKey Secret").fill(key.secret);
  await press(page, "Log on");
  await page.getByText("Live", { exact: true }).waitFor();
}

/** What axe finds on a page that keeps somebody from using it, as text. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${new globalThis.URL(page.url()).pathname}: ${id}: ${node.html.slice(0, 200)}`));
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
  // One that is fading away would be taken for the next.
  await page.locator(".ant-select-dropdown:visible").first().waitFor({ state: "hidden" });
}

export async function fill(where: Locator, label: string, value: string): Promise<void> {
  await where.getByLabel(label, { exact: true }).fill(value);
}

export async function press(where: Locator | Page, name: string): Promise<void> {
  // The sign of a request that is over may still be fading away, and is part of the name until then.
  await where.getByRole("button", { name: new RegExp(`^(loading )?${name}$`) }).click();
}

/** Sends the form and waits until it is gone. */
export async function send(page: Page, button = "OK"): Promise<void> {
  await press(drawer(page), button);
  await drawer(page).waitFor({ state: "hidden" });
}

export const row = (page: Page, text: string): Locator => page.getByRole("row").filter({ hasText: text });
