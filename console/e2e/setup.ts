// One browser for all tests.
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { PATIENCE } from "./patience.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the browser is reached. */
    browser: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  const server = await chromium.launchServer({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: PATIENCE });
  provide("browser", server.wsEndpoint());
  return () => server.close();
}
