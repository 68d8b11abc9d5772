import { expect, test } from "vitest";
import { parser } from "./stream.ts";

test("events are read from whatever pieces they come in, and comments left out", () => {
  const parse = parser();
  expect(parse(": nothing new\n\nda")).toEqual([]);
  expect(parse("ta: 1\n\ndata: 2\n")).toEqual(["1"]);
  expect(parse("\n: nothing new\n\n")).toEqual(["2"]);
});
