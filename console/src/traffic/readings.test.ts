import { expect, test } from "vitest";
import { curves, load, reading, shown, type Subject } from "./readings.ts";

const carried = (Id: string, ZoneId: string, bytes: number) => ({
  By: "Endpoint",
  Id,
  ZoneId,
  Open: 1,
  Connections: bytes / 100,
  SentPackets: bytes / 10,
  SentBytes: bytes,
  ReceivedPackets: 0,
  ReceivedBytes: bytes,
});
const at = (time: number, bytes: number) => reading(time, { Carried: [carried("ep-1", "g", bytes), carried("ep-1", "k", 2 * bytes)] });
const endpoint: Subject = { value: "ep-1", label: "", carriers: ["ep-1"], servers: [] };
const zone: Subject = { ...endpoint, carriers: ["ep-1 k"] };

test("what lies between two readings is told for each second, over all zones or for one", () => {
  const readings = [at(0, 1000), at(2, 3000), at(4, 3000)];
  expect(curves(readings, endpoint).bytes[0]?.values).toEqual([null, 3000, 0]);
  expect(curves(readings, zone).bytes[0]?.values).toEqual([null, 2000, 0]);
  expect(curves(readings, endpoint).connections.map(({ values }) => values)).toEqual([[2, 2, 2], [null, 30, 0]]);
  expect([load(readings.slice(0, 2), ["ep-1"]), load(readings, ["ep-1"]), load([], ["ep-1"])]).toEqual([6000, 0, 0]);
});

test("nothing is made up for a time in which nobody read, nor for a counter that began anew", () => {
  expect(curves([at(0, 1000), at(60, 90_000), at(62, 100)], endpoint).bytes[0]?.values).toEqual([null, null, null]);
});

test("servers are counted by their health, and of one alone its probes are drawn", () => {
  const health = (Port: number, Status: string) => ({ ServerGroupId: "sgp-1", ServerIp: "10.0.0.1", Port, Status, LatencyMicros: 1500 });
  const readings = [reading(0, { Health: [health(80, "Healthy"), health(81, "Unhealthy")] })];
  const servers = ["sgp-1 10.0.0.1:80", "sgp-1 10.0.0.1:81"];
  const names = (of: string[]) => curves(readings, { ...endpoint, servers: of }).health.map(({ name, values }) => [name, values[0]]);
  expect(names(servers)).toEqual([["healthy", 1], ["unhealthy", 1]]);
  expect(names(servers.slice(1))).toEqual([["healthy", 0], ["unhealthy", 1], ["probe", 1.5]]);
  expect(names([])).toEqual([]);
});

test("a value is short", () => {
  expect([shown(0, "bytes"), shown(999, "bytes"), shown(12_345, "bytes"), shown(5e9, "bytes")]).toEqual(["0 B/s", "999 B/s", "12.3 kB/s", "5 GB/s"]);
  expect([shown(3, "count"), shown(0.5, "each second"), shown(0.354, "milliseconds"), shown(null, "bytes")]).toEqual(["3", "0.5 /s", "0.35 ms", "–"]);
});
