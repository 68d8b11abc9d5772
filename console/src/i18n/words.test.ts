import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reasons } from "./reasons.ts";
import { BAD, GOOD, MOVING } from "../kit/status.tsx";
import { refusalInChinese } from "./refusals.ts";
import { statuses } from "./statuses.ts";
import { traced, unanswered } from "./traces.ts";
import { words } from "./words.ts";

const source = (path: string) => readFileSync(new URL(`../../../crates/${path}`, import.meta.url), "utf8");

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
  const known = [...source("tables/src/reason.rs").matchAll(/^ {4}(\w+) = \d+, "(.*)";/gm)];
  const told = known.map(([, name = "", text = ""]) => [name.replace(/\B[A-Z]/g, "_$&").toLowerCase(), text]);
  told.push(["other_side", /OtherSide => "(.*)"/.exec(source("agent/src/flows/record.rs"))?.[1] ?? ""]);
  expect(told.length).toBeGreaterThan(20);
  expect(Object.fromEntries(Object.entries(reasons).map(([name, [, , text]]) => [name, text]))).toEqual(Object.fromEntries(told));
});

/** What stands in the places of a trace's texts where it is not one id, address or number. */
const PLACES: Record<string, string> = { asked: "1 > 2", seen: "1 > 2", policy: "drop", protocol: "everything", side: "from", other: "to" };

/** Every text in a source, with something in each of its places. */
function texts(source: string): string[] {
  const literals = [...source.replaceAll(/\/\/.*/g, "").matchAll(/"([^"]+)"/g)];
  return literals.map(([, text = ""]) => text.replaceAll(/\{(\w*)\}/g, (_, name: string) => PLACES[name] ?? "1"));
}

test("every stage of a trace, and whatever can be decided there and by what, has words in Chinese", () => {
  const [groups = "", rule = ""] = source("agent/src/trace/rules.rs").split("/// A rule as people read it.");
  const whole = [...texts(source("agent/src/trace/stages.rs")), ...texts(groups), ...Object.values(reasons).map(([, , told]) => told)];
  const parts = texts(rule).map((part) => `rule of 1: 1 ${part}`);
  expect([whole.length, parts.length].every((count) => count > 10)).toBe(true);
  // Names that both languages share.
  const shared = /\b(tcp|udp|icmp|icmpv6|gre|IPv?[46]?|TCP|UDP|ICMP|ARP|MAC|TTL|SYN|PROXY)\b/g;
  for (const text of [...whole, ...parts]) expect(traced("zh", text).replaceAll(shared, ""), text).not.toMatch(/[A-Za-z]/);
});

test("every reason for which there is no trace has words in Chinese", () => {
  const errors = [...source("agent/src/trace/mod.rs").matchAll(/#\[error\("([^"]+)"/g)].map(([, text = ""]) => text.replaceAll(/\{\w*\}/g, "1"));
  expect(errors.length).toBeGreaterThan(5);
  for (const error of errors) expect(unanswered("zh", `Nothing can be said: ${error}.`).replace("isthmus status", ""), error).not.toMatch(/[A-Za-z]/);
  expect(unanswered("zh", "Nothing can be said: shop.example has no IPv6 address.")).toBe("shop.example 没有 IPv6 地址。");
  expect(unanswered("zh", "Nothing can be said: the kernel is in the way.")).toBe("数据面无法应答（the kernel is in the way）。");
  expect(unanswered("en", "Nothing can be said: it is so.")).toBe("Nothing can be said: it is so.");
});

test("a trace keeps its ids, addresses and numbers in Chinese, and its own words in English", () => {
  const rule = "rule of sg-1: accept tcp 80/80 from members of sg-2 to 10.0.0.1/32 from ports 1/2, priority 3";
  expect(traced("zh", rule)).toBe("sg-1 的规则：允许 tcp 80/80，来自 sg-2 的成员，发往 10.0.0.1/32，源端口 1/2，优先级 3");
  expect(traced("zh", "eni-1 of i-1, 10.0.0.1 in vpc-1")).toBe("i-1 的 eni-1，vpc-1 中的 10.0.0.1");
  expect(traced("zh", "passes as 10.0.0.1:5 > [fd00::1]:80")).toBe("通过：10.0.0.1:5 > [fd00::1]:80");
  expect(traced("en", rule)).toBe(rule);
  expect(traced("zh", "what a newer server says")).toBe("what a newer server says");
});

test("every refusal that a call of the console can get has words in Chinese", () => {
  const refusals = readFileSync(new URL("../../../tests/sdk/refusals.txt", import.meta.url), "utf8");
  const codes = [...refusals.matchAll(/^ {4}(\S+)/gm)].map(([, code = ""]) => code);
  expect(codes.length).toBeGreaterThan(300);
  for (const code of codes) expect(refusalInChinese(code), code).toMatch(/\p{Script=Han}/u);
});
