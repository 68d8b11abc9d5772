// A record of the flow log, as this account may see it.
import { at, text, type Answer } from "../../api/call.ts";

export const EVENTS = ["new", "closed", "denied", "reset", "expired"] as const;

export interface Flow {
  /** Which it is since the page was opened. */
  number: number;
  record: Answer;
}

/** What one filters by, besides the event: both ends and all ids. */
function words(record: Answer): string[] {
  const ends = ["asked.from", "asked.to", "served.from", "served.to"].map((path) => text(record, path));
  // An address of IPv6 has brackets around it where a port follows.
  const addresses = ends.flatMap((end) => /^\[?(.*?)\]?:(\d+)$/.exec(end)?.slice(1) ?? end);
  const ids = ["endpoint", "listener", "client.eni", "server.eni", "client.vpc", "server.vpc"].map((path) => text(record, path));
  return [...ends, ...addresses, ...ids, text(record, "protocol")];
}

/** Whether a record has an event (or any, when none is chosen) and a word that begins so. */
export function fits({ record }: Flow, event: string | undefined, wanted: string): boolean {
  const begins = wanted.trim().toLowerCase();
  return (event === undefined || text(record, "event") === event) && (begins === "" || words(record).some((word) => word.startsWith(begins)));
}

/** Both ends, if this side may know them. */
export function ends(record: Answer, side: "asked" | "served"): string {
  return at(record, side) === null ? "–" : `${text(record, `${side}.from`)} → ${text(record, `${side}.to`)}`;
}

/** What a page holds: the newest records, the newest first, and how many it was not told. */
export interface Log {
  flows: Flow[];
  told: number;
  missed: number;
}

export const EMPTY: Log = { flows: [], told: 0, missed: 0 };

/** Most records that a page holds; the oldest go first. */
export const HELD = 500;

/** The log after some events of the stream. */
export function grown(log: Log, events: string[]): Log {
  const told = events.map((event) => JSON.parse(event) as { flow?: Answer; missed?: number });
  const records = told.flatMap(({ flow }) => (flow === undefined ? [] : [flow]));
  const added = records.map((record, index) => ({ number: log.told + index, record })).reverse();
  return {
    flows: [...added, ...log.flows].slice(0, HELD),
    told: log.told + records.length,
    missed: log.missed + told.reduce((sum, { missed }) => sum + (missed ?? 0), 0),
  };
}
