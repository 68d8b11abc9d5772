// Where everything stands: columns from left to right, a frame around each VPC, what is joined close together.
import { COLUMNS, type Box, type Frame, type Graph, type Kind } from "./graph.ts";

/** Sizes in pixels. */
export const WIDTH = 172;
const COLUMN_GAP = 56;
const GAP = 16;
const HEAD = 58;
const LINE = 18;
const PADDING = 14;
const FRAME_HEAD = 34;

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  boxes: Map<string, Place>;
  frames: Map<string, Place>;
}

const CLIENTS: Kind[] = ["instance", "endpoint"];
const SERVERS: Kind[] = ["loadBalancer", "listener", "serverGroup", "server"];

const columnX = (kind: Kind) => COLUMNS.indexOf(kind) * (WIDTH + COLUMN_GAP);
const heightOf = (box: Box) => HEAD + box.lines.length * LINE;
const middle = ({ y, height }: Place) => y + height / 2;
const stacked = (boxes: Box[]) => boxes.reduce((sum, box) => sum + heightOf(box) + GAP, -GAP);

/** Neighbours of every box, by their ids. */
function neighbours({ joins }: Graph): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (from: string, to: string) => found.set(from, [...(found.get(from) ?? []), to]);
  for (const { from, to } of joins) {
    add(from, to);
    add(to, from);
  }
  return found;
}

/** The mean height of those that stand already; what is joined to none of them comes last. */
function pull(ids: string[], near: Map<string, string[]>, placed: Map<string, Place>): number {
  const heights = ids.flatMap((id) => (near.get(id) ?? []).flatMap((other) => placed.get(other) ?? [])).map(middle);
  return heights.length === 0 ? Number.MAX_SAFE_INTEGER : heights.reduce((sum, height) => sum + height, 0) / heights.length;
}

function sorted<T>(all: T[], weight: (one: T) => number, name: (one: T) => string): T[] {
  return all
    .map((one) => ({ one, weight: weight(one), name: name(one) }))
    .sort((a, b) => a.weight - b.weight || (a.name < b.name ? -1 : 1))
    .map(({ one }) => one);
}

/** Places the frames of one side below each other, and what is in them column by column. */
function side(graph: Graph, kinds: Kind[], frames: Frame[], near: Map<string, string[]>, out: Layout): void {
  const first = kinds[0];
  const last = kinds.at(-1);
  if (first === undefined || last === undefined) return;
  let top = 0;
  for (const frame of frames) {
    const columns = kinds.map((kind) => graph.boxes.filter((box) => box.frame === frame.id && box.kind === kind));
    const inside = Math.max(...columns.map(stacked), HEAD);
    // What stands nearest to the services is placed first: the others follow it.
    for (const boxes of kinds === CLIENTS ? columns.reverse() : columns) {
      let y = top + FRAME_HEAD + PADDING + (inside - stacked(boxes)) / 2;
      for (const box of sorted(boxes, ({ id }) => pull([id], near, out.boxes), ({ lines, title, id }) => `${lines[0] ?? ""} ${title} ${id}`)) {
        out.boxes.set(box.id, { x: columnX(box.kind), y, width: WIDTH, height: heightOf(box) });
        y += heightOf(box) + GAP;
      }
    }
    const height = FRAME_HEAD + inside + 2 * PADDING;
    out.frames.set(frame.id, { x: columnX(first) - PADDING, y: top, width: columnX(last) + WIDTH + PADDING - columnX(first) + PADDING, height });
    top += height + 2 * GAP;
  }
}

/** Services stand before what they offer, each below the one before. */
function services(graph: Graph, near: Map<string, string[]>, out: Layout): void {
  let free = 0;
  const all = graph.boxes.filter(({ kind }) => kind === "service");
  for (const box of sorted(all, ({ id }) => pull([id], near, out.boxes), ({ title, id }) => `${title} ${id}`)) {
    const wanted = pull([box.id], near, out.boxes);
    const y = Math.max(free, wanted === Number.MAX_SAFE_INTEGER ? free : wanted - heightOf(box) / 2);
    out.boxes.set(box.id, { x: columnX(box.kind), y, width: WIDTH, height: heightOf(box) });
    free = y + heightOf(box) + GAP;
  }
}

export function layout(graph: Graph): Layout {
  const near = neighbours(graph);
  const out: Layout = { boxes: new Map(), frames: new Map() };
  const serving = new Set(graph.boxes.filter(({ kind }) => SERVERS.includes(kind)).flatMap(({ frame }) => frame ?? []));
  const name = ({ title, id }: Frame) => `${title} ${id}`;
  side(graph, SERVERS, sorted(graph.frames.filter(({ id }) => serving.has(id)), () => 0, name), near, out);
  services(graph, near, out);
  const inFrame = (frame: Frame) => graph.boxes.filter((box) => box.frame === frame.id).map(({ id }) => id);
  const others = graph.frames.filter(({ id }) => !serving.has(id));
  side(graph, CLIENTS, sorted(others, (frame) => pull(inFrame(frame), near, out.boxes), name), near, out);
  return out;
}
