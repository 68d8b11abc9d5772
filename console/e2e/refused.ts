// Forms that are refused, for the tests of a file: one page, one account, and the few moves that fill forms.
import { beforeEach, expect } from "vitest";
import type { Locator, Page } from "playwright-core";
import { account, type Account } from "./account.ts";
import { choose, drawer, fill, isthmus, logOn, menu, open, press, row, URL } from "./browser.ts";
import { everything } from "./things.ts";

export let page: Page;
export let owner: Account;

/** Logs on with an account of the file's own. */
export async function begin(name: string): Promise<void> {
  owner = await account(name);
  page = await open();
  await logOn(page, owner.key);
}

beforeEach(async () => {
  await page.goto(`${URL}/console/`);
});

export async function opened(entry: string, create: string): Promise<void> {
  await menu(page, entry);
  await press(page, create);
}

/** Opens the page of what stands in a list, and presses a button on it. */
export async function of(entry: string, name: string, button: string, tab?: string): Promise<void> {
  await menu(page, entry);
  await row(page, name).getByRole("link").first().click();
  if (tab !== undefined) await page.getByRole("tab", { name: tab, exact: true }).click();
  await press(page, button);
}

/** Opens the form that changes a row. */
export async function change(entry: string, name: string, button: string): Promise<void> {
  await menu(page, entry);
  await press(row(page, name), button);
}

export const filled = (label: string, value: string): Promise<void> => fill(drawer(page), label, value);
export const chosen = (label: string, option: string): Promise<void> => choose(page, drawer(page), label, option);
export const line = (group: string, number: number): Locator => drawer(page).getByRole("group", { name: `${group} ${number}` });
/** What is filled in already is refused. */
export const asIs = (): Promise<void> => Promise.resolve();

/** Limits of the account that stand at nothing. */
const lowered: string[] = [];
/** Lets the account have nothing more of something. */
export function lower(quota: string): Promise<void> {
  isthmus("quota", "set", owner.number, quota, "0");
  lowered.push(quota);
  return Promise.resolve();
}
/** Lets it have as much as usual again. */
export function raise(): void {
  for (const quota of lowered.splice(0)) isthmus("quota", "set", owner.number, quota, "usual");
}

/** A form: how it is opened, and each refusal that it gets in turn with what is entered for it, or done meanwhile by somebody else. */
export type Form = [what: string, enter: () => Promise<unknown>, ...refused: [code: string, enter: () => Promise<unknown>][]];

/** Each form stays open with the code and the reason, as it was filled, and nothing has changed. */
export async function refuse(forms: Form[]): Promise<void> {
  for (const [what, enter, ...refused] of forms) {
    await enter();
    for (const [code, also] of refused) {
      await also();
      const before = await everything(owner);
      // The refusal before this one may still be there.
      await drawer(page).locator(".ant-alert-error").evaluateAll((all) => all.forEach((old) => old.setAttribute("data-old", "")));
      await drawer(page).locator(".ant-drawer-footer .ant-btn-primary").click();
      expect.soft(await drawer(page).locator(".ant-alert-error:not([data-old])").innerText(), what).toContain(code);
      expect(await everything(owner), what).toEqual(before);
      raise();
    }
    await press(drawer(page), "Cancel");
    await drawer(page).waitFor({ state: "hidden" });
  }
}
