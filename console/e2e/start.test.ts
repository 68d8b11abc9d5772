// What everybody meets first: how much is loaded, logging on, language and theme.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { account, type Account } from "./account.ts";
import { logOn, open, press, URL } from "./browser.ts";

/** Most that the first screen may load, as it travels, bytes. */
const MOST = 400_000;
let guest: Account;

beforeAll(async () => {
  guest = await account("guest");
});

/** Bytes of everything that the page has loaded, as they travelled. */
const loaded = (page: Page): Promise<number> =>
  page.evaluate(() => performance.getEntriesByType("resource").reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0));

test("the first screen is under 400 kB compressed", async () => {
  const page = await open();
  await page.goto(`${URL}/console/`);
  await page.getByRole("heading", { name: "VPCs" }).waitFor();
  await expect.poll(() => page.locator(".ant-spin-spinning").count()).toBe(0);
  const bytes = await loaded(page);
  console.log(`first screen: ${bytes} bytes`);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(MOST);
  await page.context().close();
});

test("a wrong secret is refused in the server's words, a right one opens the account, and logging off forgets it", async () => {
  const page = await open();
  await page.goto(`${URL}/console/`);
  await press(page, "Log off");
  await page.getByLabel("AccessKey ID").fill(guest.key.id);
  await page.getByLabel("AccessKey Secret").fill("wrong");
  await press(page, "Log on");
  await page.getByRole("alert").getByText("SignatureDoesNotMatch").first().waitFor();
  await logOnAgain(page);
  await page.getByText("No VPC yet.").waitFor();
  await press(page, "Log off");
  expect(await page.evaluate(() => sessionStorage.getItem("isthmus.key"))).toBeNull();
  await page.reload();
  await page.getByLabel("AccessKey ID").waitFor();
  await page.context().close();
});

async function logOnAgain(page: Page): Promise<void> {
  await page.getByLabel("AccessKey Secret").fill(guest.key.secret);
  await press(page, "Log on");
  await page.getByText("Live", { exact: true }).waitFor();
}

test("the language is the browser's until one chooses, and the choice stays", async () => {
  const page = await open({ locale: "zh-CN" });
  await page.goto(`${URL}/console/`);
  await page.getByRole("heading", { name: "专有网络" }).waitFor();
  await expect.poll(() => page.locator("html").getAttribute("lang")).toBe("zh");
  await press(page, "English");
  await page.getByRole("heading", { name: "VPCs" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "VPCs" }).waitFor();
  await page.context().close();
});

test("the theme is the system's until one chooses, and the choice stays", async () => {
  const page = await open({ dark: true });
  const theme = () => page.locator("html").getAttribute("data-theme");
  await logOn(page, guest.key);
  await expect.poll(theme).toBe("dark");
  await press(page, "Light");
  await expect.poll(theme).toBe("light");
  await page.reload();
  await page.getByRole("heading", { name: "VPCs" }).waitFor();
  await expect.poll(theme).toBe("light");
  await page.context().close();
});
