import { defineConfig } from "vitest/config";
import { PATIENCE } from "./patience.ts";

// What is waited for has a bound of its own, which says what it was; the bounds of tests only end what hangs.
const BOUND = 10 * PATIENCE;

export default defineConfig({
  test: {
    dir: "e2e",
    // Accounts keep the files apart.
    maxWorkers: 2,
    minWorkers: 2,
    testTimeout: BOUND,
    hookTimeout: BOUND,
    expect: { poll: { timeout: PATIENCE } },
    globalSetup: "e2e/setup.ts",
    setupFiles: "e2e/each.ts",
    reporters: "./e2e/reporter.ts",
  },
});
