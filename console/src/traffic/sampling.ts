// Reads what was carried while a page that shows it is open. What was read stays for a while: who comes back finds the curves.
import { useEffect, useState } from "react";
import { beside, type Params } from "../api/call.ts";
import { useSession } from "../api/session.tsx";
import { reading, type Reading } from "./readings.ts";

/** Time between two readings, milliseconds. */
const PERIOD = 2000;
/** Readings that are kept: ten minutes. */
const KEPT = 300;
/** Things whose readings are kept. */
const THINGS = 8;

/** The readings of what was looked at last, by account and what it was. */
const kept = new Map<string, Reading[]>();

function add(name: string, found: Reading): Reading[] {
  const readings = [...(kept.get(name) ?? []), found].slice(-KEPT);
  // What was looked at last is the last to go.
  kept.delete(name);
  kept.set(name, readings);
  for (const old of [...kept.keys()].slice(0, -THINGS)) kept.delete(old);
  return readings;
}

export interface Sampled {
  readings: readonly Reading[];
  error: Error | undefined;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The readings of a load balancer, a server group or an endpoint; without a scope of everything. */
export function useReadings(scope: Params = {}): Sampled {
  const { key, ask } = useSession();
  const wanted = JSON.stringify(scope);
  const name = `${key.id} ${wanted}`;
  const [sampled, setSampled] = useState<Sampled & { name: string }>({ readings: [], error: undefined, name: "" });
  useEffect(() => {
    const abort = new AbortController();
    const isOver = () => abort.signal.aborted;
    const run = async () => {
      while (!isOver()) {
        try {
          const answer = await ask(beside("traffic", JSON.parse(wanted) as Params));
          const readings = add(name, reading(Date.now() / 1000, answer));
          if (!isOver()) setSampled({ readings, error: undefined, name });
        } catch (refused) {
          if (!isOver()) setSampled((before) => ({ ...before, error: refused as Error, name }));
        }
        await pause(PERIOD);
      }
    };
    void run();
    return () => abort.abort();
  }, [ask, name, wanted]);
  return sampled.name === name ? sampled : { readings: kept.get(name) ?? [], error: undefined };
}
