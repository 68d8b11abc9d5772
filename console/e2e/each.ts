// Around every test: of one that fails a picture of each open page is kept.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { close, pages, STATE } from "./browser.ts";

declare module "vitest" {
  interface TaskMeta {
    pictures?: string[];
  }
}

const FOLDER = join(STATE, "../console-pictures");

afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  mkdirSync(FOLDER, { recursive: true });
  task.meta.pictures = [];
  for (const page of await pages()) {
    const path = join(FOLDER, `${task.name.replace(/\W+/g, "-")}-${task.meta.pictures.length + 1}.png`);
    // A page that cannot be shown must not hide why the test has failed.
    const taken = await page.screenshot({ path }).then(() => true, () => false);
    if (taken) task.meta.pictures.push(path);
  }
});

afterAll(close);
