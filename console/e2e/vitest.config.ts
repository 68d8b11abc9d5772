import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { dir: "e2e", fileParallelism: false, bail: 1, testTimeout: 60_000, hookTimeout: 60_000, sequence: { concurrent: false } },
});
