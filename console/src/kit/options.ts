// What a field offers: the first of what the API lists and, while somebody types, whatever of the rest has the text in it.
import { useEffect, useState } from "react";
import type { Answer } from "../api/call.ts";
import { useAnswer, useLive } from "../api/live.tsx";
import { useSession } from "../api/session.tsx";
import type { Offer, Option, Values } from "./form.ts";
import { pagesOf } from "./paging.ts";
import { useSettled } from "./settled.ts";

/** Choices with which a list is full: no more are looked for. */
const FULL = 50;
/** Most pages that are looked through. What is beyond is found as the API itself finds it: most names whole, and ids. */
const PAGES = 20;

export interface Options {
  options: Option[];
  /** Whether the first of them are there. */
  answered: boolean;
  /** Whether there is more than was looked through. */
  cut: boolean;
  error: Error | undefined;
  search: (typed: string) => void;
}

/** The pages of a list that were read, so far. */
interface Read {
  of: string;
  answers: Answer[];
  cut: boolean;
  error: Error | undefined;
}

const has = (typed: string) => ({ label }: Option) => label.toLowerCase().includes(typed.toLowerCase());

/** Reads one page after the other until there is enough for the text that is sought. */
function useRead(from: Pick<Offer, "call" | "paging"> | undefined, sought: string, isEnough: (answers: Answer[]) => boolean): Read | undefined {
  const { ask } = useSession();
  const { tick } = useLive();
  const of = from === undefined ? "" : JSON.stringify(from.call);
  const [read, put] = useState<Read>();
  // What is being looked through is not looked through again with every change.
  const change = sought === "" ? tick : 0;
  useEffect(() => {
    if (from === undefined) return;
    let stale = false;
    const look = async () => {
      const answers: Answer[] = [];
      for await (const answer of pagesOf(ask, from.call, from.paging)) {
        if (stale) return;
        answers.push(answer);
        const over = answers.length === PAGES;
        const enough = isEnough(answers);
        put({ of, answers: [...answers], cut: over && !enough, error: undefined });
        if (over || enough) return;
      }
    };
    look().catch((error: unknown) => {
      if (!stale) put({ of, answers: [], cut: false, error: error as Error });
    });
    return () => {
      stale = true;
    };
    // What is offered is known by its call: it is made anew with every drawing of the form.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [ask, of, sought, change]);
  return read?.of === of ? read : undefined;
}

/** All values that the API lists; nothing before it has. */
function useValues(values: Values | undefined): Set<string> | undefined {
  const read = useRead(values, "", () => false);
  return values && read && new Set(read.answers.flatMap(values.pick));
}

export function useOptions(offer: Offer | undefined): Options {
  const [typed, search] = useState("");
  const sought = useSettled(typed).trim();
  const pick = (answers: Answer[]) => (offer === undefined ? [] : answers.flatMap(offer.pick));
  const read = useRead(offer, sought, (answers) => pick(answers).filter(has(sought)).length >= FULL);
  const more = offer?.search && sought !== "" ? { ...offer.call, params: { ...offer.call.params, ...offer.search(sought) } } : undefined;
  const { answer: found } = useAnswer(more);
  const taken = useValues(offer?.taken);
  const among = useValues(offer?.among);
  // Nothing is offered before it is known what is not.
  const isOffered = ({ value }: Option) =>
    !offer?.without?.includes(value) && (offer?.taken === undefined || taken?.has(value) === false) && (offer?.among === undefined || among?.has(value) === true);
  const all = pick([...(read?.answers ?? []), ...(found ? [found] : [])]).filter(isOffered);
  return {
    options: [...new Map(all.map((option) => [option.value, option])).values()],
    answered: read !== undefined && read.error === undefined,
    cut: read?.cut ?? false,
    error: read?.error,
    search,
  };
}
