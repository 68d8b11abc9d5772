// A call of the public API, or of what the server has for the console beside it.
import { sign, type Key } from "./sign.ts";

export const VERSIONS = {
  Cas: "2020-04-07",
  Ecs: "2014-05-26",
  Nlb: "2022-04-30",
  Privatelink: "2020-04-15",
  pvtz: "2018-01-01",
  ResourceManager: "2020-03-31",
  Sts: "2015-04-01",
  Vpc: "2016-04-28",
} as const;

export type Product = keyof typeof VERSIONS;
export type Value = string | number | boolean | undefined | null | Value[] | { [name: string]: Value };
export type Params = Record<string, Value>;

export interface Call {
  product: Product;
  action: string;
  params?: Params;
  /** Where it is served, if not by the API. */
  path?: string;
}

/** A question beside the API: what the server has for the console alone. */
export const beside = (what: "probes" | "trace" | "traffic", params: Params): Call => ({
  product: "Nlb",
  action: what,
  params,
  path: `/console/${what}`,
});

/** What the API answers, read by paths such as `Vpcs.Vpc`. */
export type Answer = Record<string, unknown>;

/** A refusal, in the server's words. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requestId: string,
  ) {
    super(message);
  }
}

/** `{Zone: [{ZoneId: "g"}]}` travels as `Zone.1.ZoneId=g`. What is not given does not travel. */
export function flatten(value: Value, name = ""): [string, string][] {
  if (value === undefined || value === null || value === "") return [];
  if (typeof value !== "object") return [[name, String(value)]];
  const members = Array.isArray(value)
    ? value.map((member, index): [string, Value] => [String(index + 1), member])
    : Object.entries(value);
  return members.flatMap(([key, member]) => flatten(member, name === "" ? key : `${name}.${key}`));
}

function encode(pairs: [string, string][]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}

/** A call as the signed request of a host. */
export async function request(host: string, key: Key, call: Call): Promise<{ method: string; headers: Record<string, string>; body: string }> {
  const body = encode(flatten(call.params ?? {}));
  const headers = await sign(key, {
    host,
    action: call.action,
    version: VERSIONS[call.product],
    body,
    date: new Date(),
    nonce: Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-"),
  });
  return { method: "POST", headers, body };
}

/** Sends a signed request to a path of this server. */
export async function send(key: Key, path: string, call: Call, signal?: AbortSignal): Promise<Response> {
  return fetch(path, { ...(await request(location.host, key, call)), signal: signal ?? null });
}

/** The answer of a call. Throws the server's refusal. */
export async function ask(key: Key, call: Call, signal?: AbortSignal): Promise<Answer> {
  return read(await send(key, call.path ?? "/", call, signal));
}

/** What a response says. Throws the server's refusal. */
export async function read(response: Response): Promise<Answer> {
  const answer = (await response.json()) as Answer;
  if (response.ok) return answer;
  throw new Refusal(text(answer, "Code"), text(answer, "Message"), text(answer, "RequestId"));
}

/** What stands at a path of an answer. */
export function at(answer: unknown, path: string): unknown {
  const step = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return path.split(".").reduce(step, answer);
}

/** The text, number or truth value at a path, as text; empty when there is none. */
export function text(answer: unknown, path: string): string {
  const found = at(answer, path);
  return typeof found === "string" || typeof found === "number" || typeof found === "boolean" ? String(found) : "";
}

/** The objects in the list at a path; none when there is no list. */
export function list(answer: unknown, path: string): Answer[] {
  const found = at(answer, path);
  return Array.isArray(found) ? (found as Answer[]) : [];
}

/** The texts in the list at a path. */
export function texts(answer: unknown, path: string): string[] {
  const found = at(answer, path);
  return Array.isArray(found) ? found.map(String) : [];
}
