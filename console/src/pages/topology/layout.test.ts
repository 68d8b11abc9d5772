import { expect, test } from "vitest";
import { fold, MOST, OPENED } from "./fold.ts";
import type { Box, Graph, Kind } from "./graph.ts";
import { layout, type Place } from "./layout.ts";

const box = (kind: Kind, id: string, frame?: string, status = "Active"): Box => ({ id, kind, frame, title: id, status, lines: ["g 10.0.0.1"], path: undefined, members: 1 });

/** One service of one NLB, with so many endpoints in each of so many VPCs; every tenth is not connected. */
function picture(endpoints: number, vpcs: number): Graph {
  const frames = ["servers of v", ...Array.from({ length: vpcs }, (_, index) => `clients of v${index}`)];
  const ends = Array.from({ length: endpoints }, (_, index) => ({ box: box("endpoint", `ep-${index}`, `clients of v${index % vpcs}`), status: index % 10 === 9 ? "Disconnected" : "Connected" }));
  const provider = [box("loadBalancer", "nlb", "servers of v"), box("listener", "lsn", "servers of v"), box("serverGroup", "sgp", "servers of v")];
  const servers = [box("server", "a", "servers of v"), box("server", "b", "servers of v", "Unhealthy")];
  const clients = Array.from({ length: vpcs }, (_, index) => box("instance", `i-${index}`, `clients of v${index}`));
  const joins = [["service", "nlb"], ["nlb", "lsn"], ["lsn", "sgp"], ["sgp", "a"], ["sgp", "b"]].map(([from = "", to = ""]) => ({ from, to, status: "", carriers: [`${from} ${to}`] }));
  return {
    frames: frames.map((id) => ({ id, title: id })),
    boxes: [...ends.map((end) => end.box), ...clients, box("service", "service"), ...provider, ...servers],
    joins: [...joins, ...ends.map((end) => ({ from: end.box.id, to: "service", status: end.status, carriers: [end.box.id] }))],
  };
}

const apart = (a: Place, b: Place) => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
const within = (a: Place, b: Place) => a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;

function readable(graph: Graph): void {
  const { boxes, frames } = layout(graph);
  expect(boxes.size).toBe(graph.boxes.length);
  const places = [...boxes.values()];
  places.forEach((one, index) => places.slice(index + 1).forEach((other) => expect(apart(one, other)).toBe(true)));
  const around = [...frames.values()];
  around.forEach((one, index) => around.slice(index + 1).forEach((other) => expect(apart(one, other)).toBe(true)));
  for (const { id, frame } of graph.boxes) {
    const [place, outer] = [boxes.get(id), frames.get(frame ?? "")];
    if (place && outer) expect(within(place, outer), id).toBe(true);
    if (place && !outer) around.forEach((other) => expect(apart(place, other), id).toBe(true));
  }
  for (const { from, to } of graph.joins) expect((boxes.get(from)?.x ?? 0) < (boxes.get(to)?.x ?? 0), `${from} ${to}`).toBe(true);
}

test("with two endpoints nothing lies over anything, frames hold what is theirs, and all leads from left to right", () => {
  readable(picture(2, 1));
});

test("two hundred endpoints are folded by what they have in common, and as readable", () => {
  const folded = fold(picture(200, 4), new Set());
  readable(folded);
  expect(folded.boxes.length).toBeLessThan(30);
  const ends = folded.boxes.filter(({ kind }) => kind === "endpoint");
  expect(ends.reduce((sum, { members }) => sum + members, 0)).toBe(200);
  const { boxes } = layout(folded);
  expect(Math.max(...[...boxes.values()].map(({ y, height }) => y + height))).toBeLessThan(1500);
});

test("what is folded carries what its members carry", () => {
  const { joins } = fold(picture(200, 4), new Set());
  const carried = joins.filter(({ to }) => to === "service").flatMap(({ carriers }) => carriers);
  expect(carried.length).toBe(200);
  expect(new Set(carried).size).toBe(200);
});

test("two hundred endpoints unfolded still lie apart", () => {
  readable(picture(200, 4));
});

test("what is folded opens alone, and a few are never folded", () => {
  const graph = picture(MOST, 1);
  expect(fold(graph, new Set()).boxes.length).toBe(graph.boxes.length);
  const many = picture(200, 4);
  const [one] = fold(many, new Set()).boxes.filter(({ members }) => members > 1);
  const opened = fold(many, new Set([one?.id ?? ""]));
  expect(opened.boxes.some(({ id }) => id === one?.id)).toBe(false);
  expect(opened.boxes.filter(({ kind, members }) => kind === "endpoint" && members === 1).length).toBe(one?.members);
});

test("the same picture comes out whatever the order in which the API lists things", () => {
  const graph = picture(20, 3);
  const shuffled = { frames: graph.frames.toReversed(), boxes: graph.boxes.toReversed(), joins: graph.joins.toReversed() };
  const sortedPlaces = (of: Graph) => [...layout(of).boxes].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sortedPlaces(shuffled)).toEqual(sortedPlaces(graph));
});

test("ten thousand endpoints are folded at once, and of those that are opened the others stay one", () => {
  const graph = picture(10_000, 1);
  const folded = fold(graph, new Set());
  expect(folded.boxes.length).toBeLessThan(12);
  const many = folded.boxes.filter(({ kind }) => kind === "endpoint").sort((one, other) => other.members - one.members)[0]?.id ?? "";
  const opened = fold(graph, new Set([many])).boxes.filter(({ kind }) => kind === "endpoint");
  expect(opened.length).toBe(OPENED + 2);
  expect(opened.reduce((sum, { members }) => sum + members, 0)).toBe(10_000);
});
