import { expect, test } from "vitest";
import { words } from "./words.ts";

test("every word is there in both languages", () => {
  const names = new Set(["ID", "IP 地址"]);
  for (const [key, [english, chinese]] of Object.entries(words)) {
    expect(english.trim(), key).not.toBe("");
    expect(chinese.trim(), key).not.toBe("");
    // Latin letters alone are a name that both languages share; a sentence that is the same in both was forgotten.
    if (english === chinese) expect(english.includes(" ") && !english.startsWith("AccessKey") && !names.has(english), key).toBe(false);
  }
});
