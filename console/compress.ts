// Puts what Vite has built into dist/app, compressed, where the server's build script finds it. A file that is there
// already stays untouched, so that nothing is compiled anew when nothing has changed.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

function put(path: string, contents: Buffer): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

export function compress(from: string, to: string): Plugin {
  return {
    name: "compress",
    apply: "build",
    closeBundle() {
      const built = filesIn(from).map((path) => ({ path, target: join(to, `${relative(from, path)}.gz`) }));
      for (const { path, target } of built) put(target, gzipSync(readFileSync(path), { level: 9 }));
      const kept = new Set(built.map(({ target }) => target));
      for (const old of filesIn(to)) if (!kept.has(old)) rmSync(old);
    },
  };
}
