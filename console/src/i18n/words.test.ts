import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reasons } from "./reasons.ts";
import { words } from "./words.ts";

test("every word is there in both languages", () => {
  const names = new Set(["ID", "IP 地址"]);
  for (const [key, [english, chinese]] of Object.entries({ ...words, ...reasons })) {
    expect(english.trim(), key).not.toBe("");
    expect(chinese.trim(), key).not.toBe("");
    // Latin letters alone are a name that both languages share; a sentence that is the same in both was forgotten.
    if (english === chinese) expect(english.includes(" ") && !english.startsWith("AccessKey") && !names.has(english), key).toBe(false);
  }
});

test("every reason of the data plane has words", () => {
  const source = readFileSync(new URL("../../../crates/tables/src/reason.rs", import.meta.url), "utf8");
  const names = [...source.matchAll(/^ {4}(\w+) = \d+, "/gm)].map(([, name = ""]) => name.replace(/\B[A-Z]/g, "_$&").toLowerCase());
  expect(names.length).toBeGreaterThan(20);
  expect(Object.keys(reasons).sort()).toEqual([...names, "other_side"].sort());
});
