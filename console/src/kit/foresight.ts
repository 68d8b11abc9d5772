// What the server would say to a form, asked before it is sent: a dry run judges as the real call does, and changes nothing.
import { useEffect, useState } from "react";
import { Refusal, type Call } from "../api/call.ts";
import { useSession } from "../api/session.tsx";
import { isComplete, type Entries, type FormSpec } from "./form.ts";
import { useSettled } from "./settled.ts";

/** What a dry run answers to what would have worked. */
const FINE = "DryRunOperation";

/** The refusal that a form would get as it is; nothing while something is missing in it. */
export function useForesight(spec: FormSpec, entries: Entries): Refusal | undefined {
  const { ask } = useSession();
  const fields = spec.steps.flatMap((step) => step.fields);
  const wanted = useSettled(isComplete(fields, entries) ? JSON.stringify(spec.call(entries)) : "");
  const [foreseen, put] = useState<{ wanted: string; refusal: Refusal }>();
  useEffect(() => {
    if (wanted === "") return;
    let stale = false;
    const call = JSON.parse(wanted) as Call;
    ask({ ...call, params: { ...call.params, DryRun: true } }).catch((error: unknown) => {
      // Who cannot be reached says nothing about the form.
      if (!stale && error instanceof Refusal && error.code !== FINE) put({ wanted, refusal: error });
    });
    return () => {
      stale = true;
    };
  }, [ask, wanted]);
  return foreseen?.wanted === wanted ? foreseen.refusal : undefined;
}
