import { expect, test } from "vitest";
import { EMPTY, ends, fits, grown, HELD } from "./record.ts";

const record = { event: "denied", protocol: "tcp", asked: { from: "10.0.1.11:5000", to: "10.0.1.100:80" }, served: null, endpoint: "ep-1" };
const event = (more = {}) => JSON.stringify({ flow: { ...record, ...more } });

test("the newest records are held, the newest first, and what is lost is counted", () => {
  const full = grown(EMPTY, Array.from({ length: HELD + 10 }, (_, time_ms) => event({ time_ms })));
  const log = grown(full, [JSON.stringify({ missed: 3 }), event({ time_ms: -1 }), JSON.stringify({ missed: 4 })]);
  expect([log.flows.length, log.missed]).toEqual([HELD, 7]);
  expect(log.flows.slice(0, 2).map(({ record }) => record["time_ms"])).toEqual([-1, HELD + 9]);
  expect(new Set(log.flows.map(({ number }) => number)).size).toBe(HELD);
});

test("a filter takes the beginning of an address, a port or an id", () => {
  const flow = { number: 0, record };
  for (const wanted of ["", "10.0.1.1", "80", "ep-", " EP-1", "tcp"]) expect(fits(flow, undefined, wanted), wanted).toBe(true);
  for (const wanted of ["0.1.11", "8080", "lsn-"]) expect(fits(flow, undefined, wanted), wanted).toBe(false);
  const sixth = { number: 1, record: { ...record, asked: { from: "[fd00::11]:5000", to: "[fd00::100]:80" } } };
  expect(["fd00::1", "fd00::100", "80"].map((wanted) => fits(sixth, undefined, wanted))).toEqual([true, true, true]);
  expect([fits(flow, "denied", "80"), fits(flow, "new", "80")]).toEqual([true, false]);
});

test("an end that this side may not know is not made up", () => {
  expect([ends(record, "asked"), ends(record, "served")]).toEqual(["10.0.1.11:5000 → 10.0.1.100:80", "–"]);
});
