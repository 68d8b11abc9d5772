import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reasons } from "./reasons.ts";
import { BAD, GOOD, MOVING } from "../kit/status.tsx";
import { refusalInChinese } from "./refusals.ts";
import { statuses } from "./statuses.ts";
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

test("every word of the API that is shown in a colour is there in Chinese", () => {
  for (const word of [...GOOD, ...MOVING, ...BAD]) expect(statuses[word], word).toBeDefined();
  for (const [word, chinese] of Object.entries(statuses)) expect(chinese, word).toMatch(/\p{Script=Han}/u);
});

test("every reason of the data plane has words", () => {
  const source = readFileSync(new URL("../../../crates/tables/src/reason.rs", import.meta.url), "utf8");
  const names = [...source.matchAll(/^ {4}(\w+) = \d+, "/gm)].map(([, name = ""]) => name.replace(/\B[A-Z]/g, "_$&").toLowerCase());
  expect(names.length).toBeGreaterThan(20);
  expect(Object.keys(reasons).sort()).toEqual([...names, "other_side"].sort());
});

test("every refusal that a call of the console can get has words in Chinese", () => {
  const source = readFileSync(new URL("../../../tests/sdk/refusals.txt", import.meta.url), "utf8");
  const codes = [...source.matchAll(/^ {4}(\S+)/gm)].map(([, code = ""]) => code);
  expect(codes.length).toBeGreaterThan(300);
  for (const code of codes) expect(refusalInChinese(code), code).toMatch(/\p{Script=Han}/u);
});
