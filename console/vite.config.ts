import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compress } from "./compress.ts";

export default defineConfig({
  base: "/console/",
  logLevel: "warn",
  plugins: [react(), compress("build", "dist/app")],
  build: {
    outDir: "build",
    // Inlined pictures and the polyfill for preloading would be inline scripts and data that the policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 1500,
  },
  server: { proxy: { "^/$": "http://127.0.0.1:4577", "/console/events": "http://127.0.0.1:4577", "/console/settings.json": "http://127.0.0.1:4577" } },
});
