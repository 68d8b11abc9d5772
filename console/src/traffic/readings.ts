// What was carried, read again and again: what lies between two readings are rates, and the readings in a row are curves.
import { list, text, type Answer } from "../api/call.ts";

/** What one has carried until a reading. */
export interface Total {
  /** Connections that go on. */
  open: number;
  /** Connections, also those that are over. */
  connections: number;
  sentPackets: number;
  sentBytes: number;
  receivedPackets: number;
  receivedBytes: number;
}

export interface Health {
  healthy: boolean;
  /** Duration of the last probe. */
  milliseconds: number;
}

/** The answer of one moment. */
export interface Reading {
  /** Seconds since 1970. */
  time: number;
  /** By listener, endpoint, server, and by `listener zone` and `endpoint zone`. */
  totals: ReadonlyMap<string, Total>;
  /** By server. */
  health: ReadonlyMap<string, Health>;
}

/** A server, as it stands in its group: by its address, because an instance may be there more than once. */
export const serverKey = (group: string, address: string, port: string) => `${group} ${address}:${port}`;

const NONE: Total = { open: 0, connections: 0, sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0 };
const FIELDS = Object.keys(NONE) as (keyof Total)[];

const sum = (one: Total, other: Total) => Object.fromEntries(FIELDS.map((field) => [field, one[field] + other[field]])) as unknown as Total;

function total(row: Answer): Total {
  const number = (name: string) => Number(text(row, name));
  return {
    open: number("Open"),
    connections: number("Connections"),
    sentPackets: number("SentPackets"),
    sentBytes: number("SentBytes"),
    receivedPackets: number("ReceivedPackets"),
    receivedBytes: number("ReceivedBytes"),
  };
}

function keys(row: Answer): string[] {
  const id = text(row, "Id");
  return text(row, "By") === "Server" ? [serverKey(id, text(row, "ServerIp"), text(row, "Port"))] : [id, `${id} ${text(row, "ZoneId")}`];
}

export function reading(time: number, answer: Answer): Reading {
  const totals = new Map<string, Total>();
  for (const row of list(answer, "Carried")) {
    for (const key of keys(row)) totals.set(key, sum(totals.get(key) ?? NONE, total(row)));
  }
  const health = new Map(
    list(answer, "Health").map((row) => [
      serverKey(text(row, "ServerGroupId"), text(row, "ServerIp"), text(row, "Port")),
      { healthy: text(row, "Status") === "Healthy", milliseconds: Number(text(row, "LatencyMicros")) / 1000 },
    ]),
  );
  return { time, totals, health };
}

export type Value = number | null;

const of = ({ totals }: Reading, carriers: string[]) => carriers.map((key) => totals.get(key) ?? NONE).reduce(sum, NONE);

/** Longest time between two readings that still says something of the time in between, seconds. */
const GAP = 15;

/** What is counted, a second; a counter that began anew says nothing. */
function rate(before: Reading | undefined, now: Reading, carriers: string[], field: keyof Total): Value {
  const time = before ? now.time - before.time : 0;
  if (before === undefined || time <= 0 || time > GAP) return null;
  const more = of(now, carriers)[field] - of(before, carriers)[field];
  return more < 0 ? null : more / time;
}

/** Bytes that some carry together, a second, in both directions, between the last two readings. */
export function load(readings: readonly Reading[], carriers: string[]): number {
  const now = readings.at(-1);
  if (now === undefined) return 0;
  const of = (field: keyof Total) => rate(readings.at(-2), now, carriers, field) ?? 0;
  return of("sentBytes") + of("receivedBytes");
}

/** Values of one thing that go on, and of one that comes and goes. */
export type Unit = "count" | "each second" | "bytes" | "milliseconds";

export interface Curve {
  name: "open" | "opened" | "sent" | "received" | "healthy" | "unhealthy" | "probe";
  unit: Unit;
  values: Value[];
}

/** Of whom curves are drawn: what they carry together, and the servers whose health is theirs. */
export interface Subject {
  value: string;
  label: string;
  carriers: string[];
  servers: string[];
}

/** The curves of connections, of bytes, of packets, and of health where there is something to say. */
export function curves(readings: readonly Reading[], { carriers, servers }: Subject): Record<"connections" | "bytes" | "packets" | "health", Curve[]> {
  const rates = (field: keyof Total) => readings.map((now, index) => rate(readings[index - 1], now, carriers, field));
  const found = (now: Reading) => servers.flatMap((key) => now.health.get(key) ?? []);
  const count = (healthy: boolean) => readings.map((now) => found(now).filter((one) => one.healthy === healthy).length);
  const one = servers.length === 1;
  return {
    connections: [
      { name: "open", unit: "count", values: readings.map((now) => of(now, carriers).open) },
      { name: "opened", unit: "each second", values: rates("connections") },
    ],
    bytes: [
      { name: "sent", unit: "bytes", values: rates("sentBytes") },
      { name: "received", unit: "bytes", values: rates("receivedBytes") },
    ],
    packets: [
      { name: "sent", unit: "each second", values: rates("sentPackets") },
      { name: "received", unit: "each second", values: rates("receivedPackets") },
    ],
    health: [
      ...(servers.length > 0
        ? [
            { name: "healthy" as const, unit: "count" as const, values: count(true) },
            { name: "unhealthy" as const, unit: "count" as const, values: count(false) },
          ]
        : []),
      ...(one ? [{ name: "probe" as const, unit: "milliseconds" as const, values: readings.map((now) => found(now)[0]?.milliseconds ?? null) }] : []),
    ],
  };
}

const STEPS = ["", "k", "M", "G", "T"];

/** A value as it is read. */
export function shown(value: Value | undefined, unit: Unit): string {
  if (value === null || value === undefined) return "–";
  if (unit === "count") return String(value);
  if (unit === "milliseconds") return `${Number(value.toPrecision(2))} ms`;
  const step = Math.min(STEPS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const number = Number((value / 1000 ** step).toPrecision(3));
  return `${number} ${STEPS[step] ?? ""}${unit === "bytes" ? "B" : ""}/s`;
}
