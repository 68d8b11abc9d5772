// Server-sent events behind a signed request, which the browser's own EventSource cannot make.
import { send } from "./call.ts";
import type { Key } from "./sign.ts";

/** Time before a broken stream is asked for again, milliseconds. */
const RETRY = 2000;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Takes text as it comes, in whatever pieces, and gives the data of each whole event; of comments nothing. */
export function parser(): (piece: string) => string[] {
  let rest = "";
  return (piece) => {
    const events = (rest + piece).split("\n\n");
    rest = events.pop() ?? "";
    return events.filter((event) => event.startsWith("data: ")).map((event) => event.slice("data: ".length));
  };
}

async function read(key: Key, path: string, signal: AbortSignal, told: (events: string[]) => void): Promise<void> {
  const response = await send(key, path, { product: "Sts", action: "GetCallerIdentity" }, signal);
  if (!response.ok || response.body === null) throw new Error(`${path}: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = parser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    told(parse(value));
  }
}

export interface Reader {
  /** The stream begins, for the first time or anew. */
  begun: () => void;
  /** The data of the events that have come together; none when only a comment says that both ends are there. */
  told: (events: string[]) => void;
  broken: () => void;
}

/** Reads a stream, and again whenever it ends, until what is returned is called. */
export function follow(key: Key, path: string, { begun, told, broken }: Reader): () => void {
  const abort = new AbortController();
  const run = async () => {
    while (!abort.signal.aborted) {
      begun();
      try {
        await read(key, path, abort.signal, told);
      } catch {
        broken();
        await pause(RETRY);
      }
    }
  };
  void run();
  return () => abort.abort();
}
