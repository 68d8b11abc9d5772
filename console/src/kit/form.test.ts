import { expect, test } from "vitest";
import { isComplete, others, type Field } from "./form.ts";

const FIELDS: Field[] = [
  { name: "name", label: "name", kind: "text", required: true, pattern: /^[a-z]+$/ },
  { name: "note", label: "description", kind: "text", pattern: /^\d+$/ },
  { name: "range", label: "port", kind: "switch" },
  { name: "end", label: "port", kind: "number", least: 1, most: 9, required: true, when: (e) => e["range"] === true },
  { name: "zones", label: "zone", kind: "group", least: 1, add: "addZone", fields: [{ name: "zone", label: "zone", kind: "text", required: true, check: (_, row) => (row["zone"] === "x" ? "invalid" : undefined) }] },
  { name: "servers", label: "server", kind: "several", options: [] },
  { name: "each", label: "server", kind: "each", over: "servers", names: () => undefined, fields: [{ name: "port", label: "port", kind: "number", least: 1, most: 9, required: true }] },
];
const WHOLE = { name: "a", zones: [{ zone: "g" }] };

test("a form is complete when nothing that is asked for is missing or known to be wrong, in lines too", () => {
  expect(isComplete(FIELDS, WHOLE)).toBe(true);
  expect(isComplete(FIELDS, { ...WHOLE, name: "" })).toBe(false);
  expect(isComplete(FIELDS, { ...WHOLE, name: "1" })).toBe(false);
  expect(isComplete(FIELDS, { ...WHOLE, note: "x" })).toBe(false);
  expect(isComplete(FIELDS, { ...WHOLE, range: true })).toBe(false);
  expect(isComplete(FIELDS, { ...WHOLE, range: true, end: 3 })).toBe(true);
  expect(isComplete(FIELDS, { ...WHOLE, zones: [{ zone: "g" }, {}] })).toBe(false);
  expect(isComplete(FIELDS, { ...WHOLE, zones: [{ zone: "x" }] })).toBe(false);
  expect(isComplete(FIELDS, { ...WHOLE, servers: ["i-1"], each: {} })).toBe(false);
  expect(isComplete(FIELDS, { ...WHOLE, servers: ["i-1"], each: { "i-1": { port: 1 } } })).toBe(true);
});

test("other lines are all but the one that is asked about", () => {
  const lines = [{ zone: "g" }, { zone: "k" }];
  expect(others(lines, lines[0] ?? {}, "zone")).toEqual(["k"]);
});
