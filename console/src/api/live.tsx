// What is shown follows what is: the server tells that something has changed, and pages ask again.
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import type { Answer, Call } from "./call.ts";
import { useSession } from "./session.tsx";
import { follow } from "./stream.ts";

const LiveContext = createContext({ tick: 0, connected: false });

export function Live({ children }: { children: ReactNode }) {
  const { key } = useSession();
  const [live, setLive] = useState({ tick: 0, connected: false });
  useEffect(
    () =>
      follow(key, "/console/events", {
        begun: () => undefined,
        told: (events) => {
          if (events.length > 0) setLive(({ tick }) => ({ tick: tick + 1, connected: true }));
        },
        broken: () => setLive(({ tick }) => ({ tick, connected: false })),
      }),
    [key],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): { tick: number; connected: boolean } {
  return use(LiveContext);
}

export interface Asked {
  answer: Answer | undefined;
  error: Error | undefined;
}

/** A number that is another one after each period; without one it stays. */
function useClock(period: number | undefined): number {
  const [time, put] = useState(0);
  useEffect(() => {
    if (period === undefined) return;
    const clock = setInterval(() => put((before) => before + 1), period);
    return () => clearInterval(clock);
  }, [period]);
  return time;
}

/**
 * The answer of a call, asked again whenever something has changed; nothing while there is no call. What changes without being
 * told of is asked for again after each period, milliseconds.
 */
export function useAnswer(call: Call | undefined, period?: number): Asked {
  const { ask } = useSession();
  const { tick } = useLive();
  const time = useClock(period);
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
  }, [ask, wanted, tick, time]);
  return asked.wanted === wanted ? asked : { answer: undefined, error: undefined };
}
