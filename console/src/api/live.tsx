// What is shown follows what is: the server tells that something has changed, and pages ask again.
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { send, type Answer, type Call } from "./call.ts";
import { useSession } from "./session.tsx";
import type { Key } from "./sign.ts";

/** Time before a broken stream is asked for again, milliseconds. */
const RETRY = 2000;

const LiveContext = createContext({ tick: 0, connected: false });

async function follow(key: Key, signal: AbortSignal, changed: () => void): Promise<void> {
  const response = await send(key, "/console/events", { product: "Sts", action: "GetCallerIdentity" }, signal);
  if (!response.ok || response.body === null) throw new Error(`the stream of changes: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value.includes("data:")) changed();
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function Live({ children }: { children: ReactNode }) {
  const { key } = useSession();
  const [live, setLive] = useState({ tick: 0, connected: false });
  useEffect(() => {
    const abort = new AbortController();
    const changed = () => setLive(({ tick }) => ({ tick: tick + 1, connected: true }));
    const run = async () => {
      while (!abort.signal.aborted) {
        try {
          await follow(key, abort.signal, changed);
        } catch {
          setLive(({ tick }) => ({ tick, connected: false }));
          await pause(RETRY);
        }
      }
    };
    void run();
    return () => abort.abort();
  }, [key]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): { tick: number; connected: boolean } {
  return use(LiveContext);
}

export interface Asked {
  answer: Answer | undefined;
  error: Error | undefined;
}

/** The answer of a call, asked again whenever something has changed; nothing while there is no call. */
export function useAnswer(call: Call | undefined): Asked {
  const { ask } = useSession();
  const { tick } = useLive();
  const wanted = call === undefined ? "" : JSON.stringify(call);
  const [asked, setAsked] = useState<Asked & { wanted: string }>({ answer: undefined, error: undefined, wanted: "" });
  useEffect(() => {
    if (wanted === "") return;
    let stale = false;
    const put = (next: Asked) => {
      if (!stale) setAsked({ ...next, wanted });
    };
    ask(JSON.parse(wanted) as Call).then(
      (answer) => put({ answer, error: undefined }),
      (error: unknown) => put({ answer: undefined, error: error as Error }),
    );
    return () => {
      stale = true;
    };
  }, [ask, wanted, tick]);
  return asked.wanted === wanted ? asked : { answer: undefined, error: undefined };
}
