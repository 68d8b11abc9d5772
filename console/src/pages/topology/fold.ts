// Many things that are alike are shown as one, so that two hundred endpoints are as readable as two.
import type { Box, Graph, Join } from "./graph.ts";

/** More than this many that are alike become one. */
export const MOST = 6;
/** Of more than this many that somebody has opened the others stay one: nobody reads more, and no browser draws ten thousand. */
export const OPENED = 200;

/** What those have in common that become one: the frame, how they are, and to what they are joined in which way. */
function likeness({ id, kind, frame, status }: Box, joins: Map<string, Join[]>): string {
  const around = (joins.get(id) ?? []).map((join) => `${join.from === id ? "to" : "from"} ${join.from === id ? join.to : join.from} ${join.status}`);
  return JSON.stringify([kind, frame, status, ...around.sort()]);
}

function byEnd(joins: Join[]): Map<string, Join[]> {
  const found = new Map<string, Join[]>();
  for (const join of joins) {
    for (const end of [join.from, join.to]) {
      const before = found.get(end);
      if (before) before.push(join);
      else found.set(end, [join]);
    }
  }
  return found;
}

/** Folds what is alike, but for what is in `open`. */
export function fold({ frames, boxes, joins }: Graph, open: ReadonlySet<string>): Graph {
  const ends = byEnd(joins);
  const alike = new Map<string, Box[]>();
  for (const box of boxes) {
    const key = likeness(box, ends);
    const group = alike.get(key);
    if (group) group.push(box);
    else alike.set(key, [box]);
  }
  const place = new Map<string, string>();
  const shown = [...alike].flatMap(([key, group]) => {
    const [first] = group;
    const rest = open.has(key) ? group.slice(OPENED) : group;
    if (first === undefined || rest.length <= MOST) return group;
    for (const { id } of rest) place.set(id, key);
    return [...group.slice(0, group.length - rest.length), { ...first, id: key, lines: [], path: undefined, members: rest.length }];
  });
  const folded = new Map<string, Join>();
  for (const { from: begin, to: end, status, carriers } of joins) {
    const [from, to] = [place.get(begin) ?? begin, place.get(end) ?? end];
    const before = folded.get(`${from} ${to}`);
    if (before) before.carriers.push(...carriers);
    else folded.set(`${from} ${to}`, { from, to, status, carriers: [...carriers] });
  }
  return { frames, boxes: shown, joins: [...folded.values()] };
}
