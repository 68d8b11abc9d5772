import { expect, test } from "vitest";
import { numberOf, part, PARTS } from "./ipv6.ts";

test("the parts of a range are those that the server gives by their numbers", () => {
  expect(part("fd69:7374:0:300::/56", 0)).toBe("fd69:7374:0:300::/64");
  expect(part("fd69:7374:0:300::/56", 255)).toBe("fd69:7374:0:3ff::/64");
  // Zeros at the end of the range are not written.
  expect(part("fd69:7374:1::/56", 10)).toBe("fd69:7374:1:a::/64");
});

test("a range tells which part it is", () => {
  for (const range of ["fd69:7374:0:300::/56", "fd69:7374:1::/56"]) {
    for (let number = 0; number < PARTS; number += 1) expect(numberOf(part(range, number))).toBe(number);
  }
  expect(numberOf("fd69:7374:1::/64")).toBe(0);
});
