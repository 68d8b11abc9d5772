// A browser on the console, and the few moves that every test makes.
import { execFileSync } from "node:child_process";
import axe, { type AxeResults, type RunOptions } from "axe-core";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { afterEach, beforeEach, inject } from "vitest";
import type { Key } from "../src/api/sign.ts";
import { PATIENCE } from "./patience.ts";

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

let browser: Promise<Browser> | undefined;

/** A page with a profile of its own, as if it were of another browser: nothing is stored in it. */
export async function open(options: { dark?: boolean; locale?: string } = {}): Promise<Page> {
  browser ??= chromium.connect(inject("browser"), { timeout: PATIENCE });
  const context = await (await browser).newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: options.dark ? "dark" : "light",
    locale: options.locale ?? "en-US",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  return page;
}

/** Every page that is open. */
export async function pages(): Promise<Page[]> {
  return (await browser)?.contexts().flatMap((context) => context.pages()) ?? [];
}

export async function close(): Promise<void> {
  await (await browser)?.close();
}

/** The tests of this file are steps: when one has failed, what comes after it could only wait in vain. */
export function steps(): void {
  let failed = false;
  beforeEach(({ skip }) => {
    if (failed) skip("an earlier step has failed");
  });
  afterEach(({ task }) => {
    failed ||= task.result?.state === "fail";
  });
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

/** Opens the console for who has logged on in this tab before. */
export async function logOn(page: Page, key: Key): Promise<void> {
  await page.addInitScript((key) => {
    if (sessionStorage.getItem("isthmus.left") === null) sessionStorage.setItem("isthmus.key", JSON.stringify(key));
  }, key);
  await page.goto(`${URL}/console/`);
  await page.getByText("Live", { exact: true }).waitFor();
}

/** What axe finds on a page, or within a part of it, that keeps somebody from using it, as text: by all its rules, or by some. */
export async function barriers(page: Page, { rules = [], within = "html" }: { rules?: string[]; within?: string } = {}): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  // A button that is at work is pale, and what is about to change its colours is looked at afterwards; what turns for ever is not
  // waited for.
  await page.waitForFunction(
    () =>
      !document.querySelector(".ant-btn-loading") &&
      !document.getAnimations().some((one) => one.playState === "running" && one.effect?.getComputedTiming().endTime !== Infinity),
  );
  const options: RunOptions = rules.length > 0 ? { runOnly: rules, resultTypes: ["violations"] } : { resultTypes: ["violations"] };
  const { violations } = await page.evaluate(
    ([within, options]) => (window as unknown as { axe: { run: (within: string, options: RunOptions) => Promise<AxeResults> } }).axe.run(within, options),
    [within, options] as const,
  );
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
  // A list of several choices stays open. Where one is chosen it is closed already, and the key would close the drawer.
  if (await box.locator("xpath=ancestor::*[contains(@class, 'ant-select-multiple')]").count()) await box.press("Escape");
  // One that is still there would be taken for the next.
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
